"""The files that say whose addresses are: fetched whole or not at all."""

import datetime
import gzip
import os
from pathlib import Path

import pytest

from analysis.config import Config
from analysis.destinations import FETCHED, Destinations, paths
from blocklists import destinations
from blocklists.destinations import refresh
from blocklists.fetch import Policy
from blocklists.update import write
from tests import mmdb
from tests.blocklists.server import body, serving

POLICY = Policy(allowed=lambda address: address == "127.0.0.1", schemes=("http",), seconds=5)
TODAY = datetime.date(2026, 11, 22)


def packed(folder: Path) -> bytes:
    made = mmdb.write(folder / "made", {"1.1.1.0/24": {"autonomous_system_organization": "Cloudflare, Inc."}})
    return gzip.compress(made.read_bytes())


def run(folder: Path, pages, config: Config | None = None) -> tuple[list[str], list[str], Config]:
    lines: list[str] = []
    config = config or Config.model_validate({"base": str(folder)})
    with serving(pages) as base:
        urls = (f"{base}/asn-{{month}}", f"{base}/country-{{month}}")
        return refresh(config, lines.append, write, POLICY, urls, TODAY), lines, config


def test_both_files_come_and_are_used(tmp_path):
    raw = packed(tmp_path)
    bad, lines, config = run(tmp_path, {"/asn-2026-11": body(raw), "/country-2026-11": body(raw)})
    assert not bad and sum("updated" in line for line in lines) == 2
    assert [path.name for path in paths(config)] == list(FETCHED)
    assert Destinations(paths(config)).owner("1.1.1.1").organisation == "Cloudflare, Inc."
    assert {path.name for path in paths(config)[0].parent.iterdir()} == set(FETCHED)


def test_last_months_file_will_do(tmp_path):
    raw = packed(tmp_path)
    assert run(tmp_path, {"/asn-2026-10": body(raw), "/country-2026-10": body(raw)})[0] == []


@pytest.mark.parametrize("bad", [b"<html>", gzip.compress(b"<html>"), gzip.compress(b"x" * 5000)[:-9], b""])
def test_what_is_no_database_leaves_the_last_good_file(tmp_path, bad):
    raw = packed(tmp_path)
    _, _, config = run(tmp_path, {"/asn-2026-11": body(raw), "/country-2026-11": body(raw)})
    before = [path.read_bytes() for path in paths(config)]
    for path in paths(config):
        os.utime(path, (0, 0))
    bad, lines, _ = run(tmp_path, {"/asn-2026-11": body(bad), "/country-2026-11": body(bad)})
    assert bad == list(FETCHED) and sum("kept" in line for line in lines) == 2
    assert [path.read_bytes() for path in paths(config)] == before


def test_a_bomb_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(destinations, "LARGEST", 1 << 16)
    bad, lines, config = run(tmp_path, {"/asn-2026-11": body(gzip.compress(bytes(1 << 20)))})
    assert bad == list(FETCHED) and any("too large" in line for line in lines)
    assert not paths(config)[0].exists()


def test_young_files_own_files_and_no_wish_reach_out_to_nobody(tmp_path):
    raw = packed(tmp_path)
    run(tmp_path, {"/asn-2026-11": body(raw), "/country-2026-11": body(raw)})
    stamp = datetime.datetime(2026, 11, 10, tzinfo=datetime.UTC).timestamp()
    for name in FETCHED:
        os.utime(tmp_path / "blocklists" / "fetched" / name, (stamp, stamp))
    assert run(tmp_path, {})[:2] == ([], [])
    for chosen in ({"fetch": False}, {"mmdb": ["mine.mmdb"]}):
        other = Config.model_validate({"base": str(tmp_path / "other"), "destinations": chosen})
        assert run(tmp_path, {}, other)[:2] == ([], [])
