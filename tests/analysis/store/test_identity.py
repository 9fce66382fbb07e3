"""Row ids of many keys at once are those that each key gets alone."""

import random
from pathlib import Path

import pytest

from analysis.store import identity
from analysis.store.database import open_writer
from analysis.store.identity import Identity
from tests.analysis.store.samples import T0, ask

KEYS = [("eth0", f"02:00:00:00:00:{number:02x}") for number in range(9)]


@pytest.mark.parametrize("remembered", [3, identity.CACHE])
def test_all_at_once_are_what_each_is_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, remembered: int
) -> None:
    monkeypatch.setattr(identity, "CACHE", remembered)
    rnd = random.Random(7)
    batches = [[rnd.choice((None, *KEYS[: 2 + number])) for _ in range(40)] for number in range(8)]
    seen = [T0 + number for number in range(40)]
    path = tmp_path / "s.db"
    together, alone = Identity(open_writer(path)), Identity(open_writer(tmp_path / "alone.db"))
    for keys in batches:
        expected = [None if key is None else alone.of(key, ts) for key, ts in zip(keys, seen, strict=True)]
        assert together.of_all(keys, seen) == expected
    devices = "SELECT id, network, mac, first_seen, last_seen FROM devices"
    assert ask(path, devices) == ask(tmp_path / "alone.db", devices)


def test_rows_without_a_device_make_none(tmp_path: Path) -> None:
    assert Identity(open_writer(tmp_path / "s.db")).of_all([None, None], [T0, T0]) == [None, None]
    assert ask(tmp_path / "s.db", "SELECT count(*) FROM devices") == [(0,)]
