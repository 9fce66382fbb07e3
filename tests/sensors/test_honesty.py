"""What a sensor says of itself."""

from analysis.blocklist import Blocklist
from analysis.config import Config
from analysis.store.writer import Writer
from sensors.assemble import engine_for
from sensors.engine import Engine
from sensors.honesty import status
from tests.sensors.frames import batch, udp


def new_engine(tmp_path) -> Engine:
    config = Config(base=str(tmp_path), learning_hours=0)
    with Writer(tmp_path / "sentinel.db", "test") as writer:
        return engine_for(config, writer, Blocklist.open(config), network="test", run=1)


def test_time_that_passes_without_packets_is_not_a_packet(tmp_path):
    engine = new_engine(tmp_path)
    engine.tick(50.0)
    assert status(engine, "running").last_packet is None
    frame = udp("192.168.1.10", "203.0.113.5", 4000, 4001, b"x")
    engine.feed(batch([(100.0, frame), (101.5, frame)]))
    engine.tick(2000.0)
    assert status(engine, "running").last_packet == 101.5
    engine.feed(batch([(2001.0, frame)]))
    assert status(engine, "running").last_packet == 2001.0
