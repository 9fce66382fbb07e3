"""Alerts, devices, names, hellos, requests and flows are the same as from a pipeline that takes each packet
alone."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from analysis.blocklist import Blocklist
from analysis.config import load
from analysis.store.export import Export, Record
from analysis.store.writer import Writer
from sensors import assemble, engine
from sensors.capture import BrokenCapture, open_file
from sensors.demo.evening import batches, evening
from sensors.packets import PacketBatch
from tests.reference_engine import ReferenceEngine, decode_singly

BEGIN = 1_700_000_000.0


def records(parts: Iterable[PacketBatch], database: Path) -> list[Record]:
    """What `replay --json` would print."""
    config = load(None).model_copy(update={"learning_hours": 0})
    with Writer(database, "replay") as writer:
        made = assemble.engine_for(config, writer, Blocklist.open(config), network="replay", run=1)
        try:
            for part in parts:
                made.feed(part)
        except BrokenCapture:
            pass
        made.finish()
        writer.write(made.take())
    return list(Export(database, everything=True).records())


def singly(parts: Iterable[PacketBatch], database: Path, monkeypatch: pytest.MonkeyPatch) -> list[Record]:
    with monkeypatch.context() as patch:
        patch.setattr(assemble, "Engine", ReferenceEngine)
        patch.setattr(engine, "decode", decode_singly)
        return records(parts, database)


def test_a_made_up_evening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = list(evening(BEGIN, hours=0.05))
    fast = records(batches(frames, 4096), tmp_path / "fast.db")
    slow = singly(batches(frames, 4096), tmp_path / "slow.db", monkeypatch)
    assert {record["type"] for record in fast} >= {"alert", "device", "dns", "tls", "flow"}
    assert same(fast, slow)


@pytest.mark.captures
@pytest.mark.timeout(400)  # all of them, one packet at a time
def test_every_capture(captures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = 0
    for path in sorted(captures.glob("*.pcap*")):
        fast = records(open_file(path).batches(), tmp_path / f"{path.name}.fast.db")
        slow = singly(open_file(path).batches(), tmp_path / f"{path.name}.slow.db", monkeypatch)
        assert same(fast, slow), path.name
        told += len(fast)
    assert told > 5_000


def same(fast: list[Record], slow: list[Record]) -> bool:
    """Equal record by record; the first that differs is shown."""
    for one, other in zip(fast, slow, strict=True):
        assert one == other
    return True
