"""Puts an engine together: what the store remembers, what config.yaml asks for."""

from analysis.baseline import Baseline
from analysis.blocklist import Blocklist
from analysis.config import Config
from analysis.config_rules import build_detectors
from analysis.devices import Inventory
from analysis.pipeline import Pipeline
from analysis.store.writer import Writer
from analysis.volumes import Volumes
from sensors.engine import Engine
from sensors.packet_log import PacketLog


def engine_for(
    config: Config, writer: Writer, blocklist: Blocklist, *, network: str, run: int = 0, bounded: bool = False
) -> Engine:
    """An engine for one network that knows the devices and baselines of the writer's database. `bounded`: see
    `Engine`."""
    resets = writer.baseline_resets()
    baseline = Baseline(config.learning_hours * 3600, writer.known_baseline(network))
    for reset in resets:
        baseline.learn_from(reset.device, reset.asked)
    hours = writer.known_volumes(network)
    places = Volumes(row._replace(bytes_up=row.places) for row in hours)
    inventory = Inventory(
        config, network, writer.known_devices(network),
        baseline=baseline, volumes=Volumes(hours), places=places, blocklist=blocklist,
    )  # fmt: skip
    pipeline = Pipeline(build_detectors(config), inventory)
    log = PacketLog(config.packet_log.rows, config.packet_log.per_second)
    return Engine(inventory, pipeline, log, run, bounded)
