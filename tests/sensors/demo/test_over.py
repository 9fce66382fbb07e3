"""The demo after the last packet of its evening."""

import threading
import time

from analysis.blocklist import Blocklist
from analysis.store.reader import Reader
from analysis.store.writer import Writer
from dashboard.watch import present_watch
from sensors.assemble import engine_for
from sensors.demo.__main__ import INTERFACE, Player, demo_config
from tests.sensors.frames import udp


def test_an_evening_that_is_over_says_so_and_when_its_last_packet_came(tmp_path, capsys):
    database, config = tmp_path / "demo.db", demo_config(tmp_path)
    frame = udp("192.168.1.10", "203.0.113.5", 4000, 4001, b"x")
    stop, begin = threading.Event(), time.time()
    with Writer(database, INTERFACE) as writer:
        engine = engine_for(config, writer, Blocklist.open(config), network=INTERFACE, run=1)
        frames = iter([(1000.0, frame), (1000.5, frame)])
        player = threading.Thread(target=Player(engine, writer, stop).live, args=(frames, 1000.0, 1.0))
        player.start()
        end = begin + 30
        while not (rows := Reader(database).sensors()) or rows[0]["state"] != "over":
            assert time.time() < end
            time.sleep(0.1)
        time.sleep(1.5)  # a further round: the heart goes on beating, no packet comes
        stop.set()
        player.join()
    (row,) = Reader(database).sensors()
    assert begin <= row["last_packet"] < row["heartbeat"] - 1
    watch = present_watch(Reader(database), time.time())
    assert (watch.state, watch.text) == ("over", "The evening is over")
    assert watch.fix == "python3 sentinel.py demo" and watch.since == row["last_packet"]
    assert "The evening is over" in capsys.readouterr().out
