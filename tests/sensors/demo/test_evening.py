"""The demo's evening: sorted, the same each time, and with an incident of every rule of the mission."""

import threading

import pytest

from analysis.blocklist import Blocklist
from analysis.store.export import Export
from analysis.store.writer import Writer
from sensors.assemble import engine_for
from sensors.demo.__main__ import INTERFACE, Player, demo_config
from sensors.demo.evening import evening

BEGIN = 1_700_000_000.0
MISSION = {
    "insecure-protocol", "suspicious-port", "blocklisted-name", "blocklisted-address", "new-connection",
    "port-scan", "arp-scan", "new-device",
}  # fmt: skip


@pytest.fixture(scope="module")
def alerts(tmp_path_factory) -> list[dict]:
    folder = tmp_path_factory.mktemp("demo")
    config = demo_config(folder).model_copy(update={"learning_hours": 0.2})
    database = folder / "sentinel.db"
    with Writer(database, INTERFACE) as writer:
        engine = engine_for(config, writer, Blocklist.open(config), network=INTERFACE, run=1)
        Player(engine, writer, threading.Event()).past(evening(BEGIN, 1.0), BEGIN + 4000)
        engine.finish()
        writer.write(engine.take())
    return list(Export(database, everything=True).alerts())


def test_frames_come_in_order_and_the_same_each_time():
    first = [f for _, f in zip(range(5000), evening(BEGIN, 0.2), strict=False)]
    again = [f for _, f in zip(range(5000), evening(BEGIN, 0.2), strict=False)]
    assert first == again
    assert [t for t, _ in first] == sorted(t for t, _ in first)


def test_every_rule_of_the_mission_has_its_incident(alerts):
    assert {a["rule"] for a in alerts} >= MISSION


def test_the_ordinary_part_of_the_evening_raises_nothing_serious(alerts):
    serious = {a["device_name"] for a in alerts if a["severity"] != "NORMAL"}
    assert serious <= {
        "LivingRoom-TV", "HS110-Heater", "DESKTOP-4F2K1", "Pixel-8", "guest-phone", "DCS-935L", "Thermostat",
    }  # fmt: skip
