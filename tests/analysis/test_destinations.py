"""Whose an address is, from files that the tests make."""

import threading
from pathlib import Path

import pytest

from analysis import destinations
from analysis.config import Config
from analysis.destinations import NOBODY, Destinations, Owner
from tests import mmdb

ASN = {
    "1.1.1.0/24": {"autonomous_system_number": 13335, "autonomous_system_organization": "Cloudflare, Inc."},
    "2606:4700::/32": {"autonomous_system_organization": "Cloudflare, Inc."},
    "9.9.9.0/24": {"as_name": "Quad9 \u202e<b>"},
    "192.168.0.0/16": {"autonomous_system_organization": "Nobody"},
}
COUNTRY = {
    "1.1.0.0/16": {"country": {"iso_code": "AU"}},
    "9.9.9.0/24": {"country_code": "CH"},
    "8.8.8.0/24": {"country": "US"},
}


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return mmdb.write(tmp_path / "asn.mmdb", ASN), mmdb.write(tmp_path / "country.mmdb", COUNTRY)


def test_organisation_and_country_from_two_files(files):
    known = Destinations(files)
    assert known.owner("1.1.1.1") == Owner("Cloudflare, Inc.", "AU")
    assert known.owner("1.1.2.1") == Owner(None, "AU")
    assert known.owner("2606:4700::1111") == Owner("Cloudflare, Inc.", None)
    assert known.owner("8.8.8.8") == Owner(None, "US")
    assert str(known.owner("1.1.1.1")) == "Cloudflare, Inc., AU"


def test_texts_of_the_file_are_made_harmless(files):
    assert Destinations(files).owner("9.9.9.9") == Owner("Quad9 \\u202e<b>", "CH")


@pytest.mark.parametrize(
    "ip", ["192.168.1.7", "10.0.0.1", "fe80::1", "203.0.113.9", "5.5.5.5", "x", "", "224.0.0.251", "::1"]
)
def test_private_unknown_and_malformed_addresses_are_nobodys(files, ip):
    assert Destinations(files).owner(ip) == NOBODY


def test_a_missing_file_is_no_error(tmp_path, files):
    assert Destinations([tmp_path / "none.mmdb"]).owner("1.1.1.1") == NOBODY
    assert Destinations([tmp_path / "none.mmdb", files[1]]).owner("1.1.1.1") == Owner(None, "AU")
    assert Destinations([]).owner("1.1.1.1") == NOBODY


@pytest.mark.parametrize("damage", [b"", b"not a database", bytes(4096)])
def test_a_broken_file_is_told_and_left_out(tmp_path, files, damage):
    broken = tmp_path / "broken.mmdb"
    broken.write_bytes(damage)
    known = Destinations([broken, files[1]])
    assert known.owner("1.1.1.1") == Owner(None, "AU")
    assert "broken.mmdb" in known.problems[0]


def test_damaged_bytes_give_no_exception(tmp_path, files):
    whole = bytearray(files[0].read_bytes())
    for at in range(0, len(whole) - 200, 37):
        bad = whole.copy()
        bad[at] ^= 0xFF
        (tmp_path / "bad.mmdb").write_bytes(bad)
        Destinations([tmp_path / "bad.mmdb"]).owner("1.1.1.1")


def test_a_replaced_file_is_noticed(tmp_path, files, monkeypatch):
    monkeypatch.setattr(destinations, "LOOK_AGAIN", -1.0)
    known = Destinations([files[0]])
    assert known.owner("1.1.1.1").organisation == "Cloudflare, Inc."
    other = mmdb.write(
        tmp_path / "other", {"1.1.1.0/24": {"autonomous_system_organization": "Somebody else"}}
    )
    other.replace(files[0])
    assert known.owner("1.1.1.1").organisation == "Somebody else"
    files[0].unlink()
    assert known.owner("1.1.1.1") == NOBODY


def test_threads_may_share_it(files):
    known, wrong = Destinations(files), []

    def ask() -> None:
        for number in range(2000):
            if known.owner(f"1.1.1.{number % 256}") != Owner("Cloudflare, Inc.", "AU"):
                wrong.append(number)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert wrong == []


def told(config: Config) -> tuple[str, str]:
    (row,) = destinations.health(config)
    return row.level, row.message


def test_health_says_what_is_missing(tmp_path):
    base = {"base": str(tmp_path)}
    assert told(Config.model_validate(base))[0] == "ok"
    own = Config.model_validate({**base, "destinations": {"mmdb": ["mine.mmdb"]}})
    assert told(own)[0] == "note" and "mine.mmdb" in told(own)[1]
    mmdb.write(tmp_path / "mine.mmdb", ASN)
    assert told(own) == ("ok", "Owners of addresses are known.")
    (tmp_path / "mine.mmdb").write_bytes(b"x")
    assert told(own)[0] == "note" and "cannot be read" in told(own)[1]


def test_fetched_files_are_used_and_credited(tmp_path):
    config = Config.model_validate({"base": str(tmp_path)})
    for path in destinations.paths(config):
        path.parent.mkdir(parents=True, exist_ok=True)
        mmdb.write(path, ASN)
    assert Destinations(destinations.paths(config)).owner("1.1.1.1").organisation == "Cloudflare, Inc."
    assert "DB-IP" in told(config)[1]
