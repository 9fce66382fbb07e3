"""Retro-hunt: what a list names only now was contacted before."""

import json
import os
import time
from pathlib import Path

import pytest

from analysis.config import Config
from analysis.retro_hunt import RetroHunt
from analysis.store import contacts
from analysis.store.rows import Batch, DeviceRow, DnsRow, FlowRow, HttpRow, TlsRow
from analysis.store.writer import Writer
from tests.analysis.store.samples import ask, one

KEY = ("eth0", "aa:bb:cc:00:00:01")
IP, BAD_IP = "192.168.1.2", "203.0.113.66"
DAY = 86_400.0


def config(tmp_path: Path, *lines: str, **more) -> Config:
    (tmp_path / "own.txt").write_text("\n".join(lines) + "\n")
    lists = [{"name": "Own", "file": "own.txt", **more}]
    return Config.model_validate({"base": str(tmp_path), "database": "s.db", "blocklists": {"lists": lists}})


def dns(ts: float, name: str, blocked_by: str | None = None, transport: str = "udp") -> DnsRow:
    return DnsRow(ts, KEY, transport, IP, KEY[1], "192.168.1.1", name, "A", "NOERROR", (), blocked_by, 0.01)


def flow(number: int, ts: float, server: str) -> FlowRow:
    return FlowRow(
        number, KEY, IP, server, 40_000, 443, "tcp", None, None, "established", ts, ts + 1, 5, 5, 500, 500,
        server, True, 500, 500,
    )  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    then = time.time() - 10 * DAY
    row = DeviceRow(KEY, "Maker", False, "Annas-Phone", "dhcp", None, None, None, None, False, IP, then, then)
    batch = Batch(
        devices=[row],
        dns=[dns(then, "www.bad.example"), dns(then + DAY, "www.bad.example"), dns(then, "good.example"),
             dns(then, "old.example", "Own"), dns(then, "printer.bad.example", transport="mdns")],
        tls=[TlsRow(then + 2 * DAY, KEY, IP, BAD_IP, 443, "cdn.bad.example", "1.3", "", "t13", False, False)],
        http=[HttpRow(then, KEY, IP, BAD_IP, 8080, "GET", "worse.example:8080", "/", None)],
        flows=[flow(1, then, BAD_IP), flow(2, then, "198.51.100.1")],
    )  # fmt: skip
    with Writer(tmp_path / "s.db", "eth0") as writer:
        writer.write(batch)
    return tmp_path / "s.db"


def alerts(path: Path) -> list[tuple]:
    return ask(path, "SELECT rule, title, evidence, count, device, severity FROM alerts ORDER BY rule, title")


def test_past_contact_is_told_once_with_its_dates(path: Path, tmp_path: Path) -> None:
    hunt = RetroHunt(config(tmp_path, "bad.example", "worse.example", BAD_IP), path)
    hunt.run()
    address, bad, worse = alerts(path)
    assert address[0] == "blocklisted-address" and BAD_IP in address[1]
    assert bad[1].startswith("Annas-Phone contacted cdn.bad.example on ")
    evidence = json.loads(bad[2])
    assert evidence["found_later"] is True and evidence["contacts"] == 3
    assert (
        set(evidence["seen_in"]) == {"dns", "tls"} and evidence["first_contact"] != evidence["last_contact"]
    )
    assert worse[0] == "blocklisted-name" and worse[5] == 2
    assert {row[4] for row in (address, bad, worse)} == {one(path, "SELECT id FROM devices")}
    RetroHunt(config(tmp_path, "bad.example", "worse.example", BAD_IP), path).run()
    assert [row[3] for row in alerts(path)] == [1, 1, 1]


def test_nothing_is_told_of_mild_lists_and_of_what_was_told_then(path: Path, tmp_path: Path) -> None:
    RetroHunt(config(tmp_path, "bad.example", category="advertising"), path).run()
    RetroHunt(config(tmp_path, "old.example", "nobody.example"), path).run()
    assert alerts(path) == []
    assert "0 contacts found" in one(path, "SELECT message FROM health WHERE subject = 'retro-hunt'")


def test_a_rule_that_is_off_hunts_nothing(path: Path, tmp_path: Path) -> None:
    off = config(tmp_path, "bad.example")
    off = off.model_copy(update={"rules": {"blocklisted-name": {"enabled": False}}})
    RetroHunt(off, path).run()
    assert alerts(path) == []


def test_a_list_that_changes_starts_another_hunt(path: Path, tmp_path: Path) -> None:
    hunt = RetroHunt(config(tmp_path, "nobody.example"), path)
    hunt.run()
    hunt.step()
    assert alerts(path) == []
    (tmp_path / "own.txt").write_text("nobody.example\nbad.example\n")
    os.utime(tmp_path / "own.txt", (time.time() + 5, time.time() + 5))
    until = time.monotonic() + 30
    while not alerts(path) and time.monotonic() < until:
        hunt.step()
        time.sleep(0.05)
    assert [row[0] for row in alerts(path)] == ["blocklisted-name"]


def test_the_past_is_read_in_slices(path: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(contacts, "ROWS", 1)
    past = contacts.PastContacts(str(path))
    slices = list(past.slices())
    past.close()
    assert all(len(part) <= 1 for part in slices) and len(slices) == 9
    RetroHunt(config(tmp_path, "bad.example", BAD_IP), path).run()
    assert len(alerts(path)) == 2


def test_only_the_newest_rows_are_read(path: Path, monkeypatch) -> None:
    monkeypatch.setattr(contacts, "MOST_ROWS", 1)
    past = contacts.PastContacts(str(path))
    assert sum(len(part) for part in past.slices()) == 3
    past.close()
