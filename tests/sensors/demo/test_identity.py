"""The demo home's devices are told for what they are."""

import random

import pytest

from analysis.blocklist import Blocklist
from analysis.config import Config
from analysis.store.writer import Writer
from sensors.assemble import engine_for
from sensors.demo import cast
from sensors.demo.evening import batches
from sensors.demo.talk import join

EXPECTED = {
    cast.PHONE: ("phone", "iOS", 0.8), cast.TABLET: ("tablet", "iPadOS", 0.8),
    cast.PIXEL: ("phone", "Android 14", 0.8), cast.LAPTOP: ("computer", "Windows", 0.9),
    cast.WORK: ("computer", "Linux", 0.7), cast.TV: ("television", "Linux", 0.7),
    cast.CONSOLE: ("console", "Linux", 0.9), cast.SPEAKER: ("speaker", "Linux", 0.5),
    cast.CAMERA: ("camera", "Linux", 0.9), cast.PLUG: ("plug", "Linux", 0.9),
    cast.HUE: ("bridge", "Linux", 0.9), cast.THERMOSTAT: ("thermostat", "Linux", 0.7),
    cast.PRINTER: ("printer", "Linux", 0.9), cast.NAS: ("storage", "Linux", 0.9),
    cast.GUEST: ("phone", "Android 13", 0.6),
}  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    config = Config.model_validate({"base": str(tmp_path_factory.mktemp("demo"))})
    rng = random.Random(3)
    frames = [frame for n, device in enumerate(EXPECTED) for frame in join(1.7e9 + n * 10, rng, device)]
    with Writer(tmp_path_factory.mktemp("db") / "s.db", "demo") as writer:
        engine = engine_for(config, writer, Blocklist.open(config), network="demo", run=1)
        for batch in batches(sorted(frames)):
            engine.feed(batch)
        return {row.key[1]: row for row in engine.take().devices}


@pytest.mark.parametrize("device", EXPECTED, ids=lambda device: device.name)
def test_each_device_is_told_for_what_it_is(told, device):
    row = told[device.mac]
    kind, system, least = EXPECTED[device]
    assert (row.kind, row.os) == (kind, system)
    assert row.confidence >= least


def test_everybody_at_home_is_expected():
    assert set(cast.HOME) <= set(EXPECTED)
