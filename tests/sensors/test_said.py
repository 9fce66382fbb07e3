"""What a person says that a device is counts in a sensor: at its start, while it runs, and no longer than said."""

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis.blocklist import Blocklist
from analysis.config import Blocklists, Config, Interface
from analysis.store import queue
from analysis.store.notes import Notes
from analysis.store.queue import WriterThread
from analysis.store.writer import Writer
from sensors.assemble import engine_for
from sensors.capture_live import LiveSource
from sensors.demo.frames import dhcp
from sensors.sensor import Sensor
from tests.sensors.frames import ROUTER, batch, conversation, udp

CAR, OTHER = "a4:83:e7:11:22:33", "a4:83:e7:11:22:44"
IP = {CAR: "192.168.1.20", OTHER: "192.168.1.21"}
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36"
RULE = "computer-like"


class Running:
    """A sensor on an interface that is not there, fed by hand: engine, writer, database are those of a live one."""

    def __init__(self, database: Path) -> None:
        self.config = Config(blocklists=Blocklists(lists=()), learning_hours=0)
        interface, lists = Interface(name="nosuch0"), Blocklist.open(self.config)
        with Writer(database, "nosuch0") as known:
            self.engine = engine_for(self.config, known, lists, network="nosuch0", run=1)
        self.writer = WriterThread(database, "nosuch0")
        source = LiveSource(interface, lambda _: pytest.fail("no such interface"))
        self.sensor = Sensor(interface, source, self.engine, self.writer, lists)
        self.ports = iter(range(50_000, 60_000))

    def surf(self, mac: str = CAR) -> None:
        """Requests of a desktop's browser, from this device."""
        asked = f"GET / HTTP/1.1\r\nHost: news.example\r\nUser-Agent: {BROWSER}\r\n\r\n".encode()
        macs = {"client_mac": mac, "server_mac": ROUTER}
        frames = conversation(
            time.time(),
            IP[mac],
            "198.51.100.9",
            next(self.ports),
            80,
            [asked],
            [b"HTTP/1.1 200 OK\r\n\r\n"],
            **macs,
        )
        self.engine.feed(batch(frames))
        self.sensor._flush()

    def asks_for_an_address(self, mac: str, hostname: str) -> None:
        asked = dhcp(3, 7, mac, hostname=hostname)
        self.engine.feed(batch([(time.time(), udp("0.0.0.0", "255.255.255.255", 68, 67, asked, src=mac))]))

    def until(self, kinds: dict[str, str | None]) -> None:
        """Go on until the sensor takes the devices for these kinds by a person's word."""
        for _ in range(400):
            self.sensor._flush()
            if {mac: self.engine.inventory.kind_said(mac) for mac in kinds} == kinds:
                return
            time.sleep(0.02)
        pytest.fail(f"still not {kinds}")

    def stop(self) -> None:
        self.engine.finish()
        self.sensor._put("stopped")
        assert self.writer.close(20)


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(queue, "POLL", 0.0)
    return tmp_path / "s.db"


@pytest.fixture
def running(database: Path) -> Iterator[Running]:
    """A sensor that knows a car charger, whose browser makes it a computer, and another device."""
    running = Running(database)
    running.asks_for_an_address(CAR, "DESKTOP-4F2K1")
    running.surf()
    running.surf(OTHER)
    wait_for_rows(database, "SELECT count(*) FROM devices WHERE NOT router", 2)
    yield running
    running.writer.close(20)


def wait_for_rows(database: Path, question: str, count: int) -> None:
    for _ in range(400):
        if value(database, question) >= count:
            return
        time.sleep(0.02)
    pytest.fail(f"{question}: {value(database, question)}")


def value(database: Path, question: str, *args: object) -> int:
    db = sqlite3.connect(database)
    try:
        return int(db.execute(question, args).fetchone()[0])
    finally:
        db.close()


def row_id(database: Path, mac: str) -> int:
    return value(database, "SELECT id FROM devices WHERE mac = ?", mac)


def told(database: Path, mac: str = CAR) -> int:
    """How often the rule told of a device."""
    return value(
        database, "SELECT coalesce(sum(count), 0) FROM alerts WHERE rule = ? AND device_mac = ?", RULE, mac
    )


def test_a_word_counts_while_the_sensor_runs_and_until_it_is_taken_back(
    database: Path, running: Running
) -> None:
    notes, car = Notes(database), row_id(database, CAR)
    notes.kind_device(car, "appliance")
    running.until({CAR: "appliance"})
    running.surf()
    wait_for_rows(
        database, f"SELECT count(*) FROM alerts WHERE rule = '{RULE}' AND title LIKE '%appliance%'", 1
    )
    guessed = value(database, "SELECT kind = 'computer' FROM devices WHERE id = ?", car)
    assert guessed == 1, "the evidence's own word stays beside the person's"
    notes.kind_device(car, None)
    running.until({CAR: None})
    assert running.engine.inventory.kind_of(CAR) == "computer"
    running.surf()
    running.surf()
    running.stop()
    assert told(database) == 1


def test_a_word_is_known_at_the_next_start(database: Path, running: Running) -> None:
    Notes(database).kind_device(row_id(database, CAR), "appliance")
    running.stop()
    assert told(database) == 0
    again = Running(database)
    assert again.engine.inventory.kind_of(CAR) == "appliance"
    again.surf()
    again.stop()
    assert told(database) == 1


def test_a_person_may_say_that_a_gadget_is_a_computer(database: Path, running: Running) -> None:
    """Also after the rule made up its mind: what it took it for first is not kept against a person's word."""
    gadget = "00:04:4b:00:00:07"
    IP[gadget] = "192.168.1.33"
    running.asks_for_an_address(gadget, "hs110")
    running.surf(gadget)
    wait_for_rows(
        database, f"SELECT count(*) FROM alerts WHERE rule = '{RULE}' AND device_mac = '{gadget}'", 1
    )
    Notes(database).kind_device(row_id(database, gadget), "computer")
    running.until({gadget: "computer"})
    running.surf(gadget)
    running.stop()
    assert told(database, gadget) == 1


def test_what_is_said_of_one_address_counts_for_the_others_of_its_device(
    database: Path, running: Running
) -> None:
    notes, car, other = Notes(database), row_id(database, CAR), row_id(database, OTHER)
    notes.kind_device(car, "appliance")
    notes.link_devices(car, other, same=True)
    running.until({CAR: "appliance", OTHER: "appliance"})
    notes.kind_device(car, "vacuum")
    running.until({CAR: "vacuum", OTHER: "vacuum"})
    again = Running(database)
    assert again.engine.inventory.kind_of(OTHER) == "vacuum"
    again.writer.close(20)
    notes.link_devices(car, other, same=False)
    running.until({CAR: "vacuum", OTHER: None})


def test_a_device_that_is_forgotten_is_no_longer_what_was_said(database: Path, running: Running) -> None:
    notes = Notes(database)
    notes.kind_device(row_id(database, CAR), "appliance")
    notes.kind_device(row_id(database, OTHER), "camera")
    running.until({CAR: "appliance", OTHER: "camera"})
    notes.forget_device(row_id(database, CAR))
    running.until({CAR: None, OTHER: "camera"})
    running.surf()
    running.stop()
    assert told(database) == 0
    assert value(database, "SELECT count(*) FROM device_notes WHERE mac = ?", CAR) == 0
