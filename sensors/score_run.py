"""One capture or made-up situation through the pipeline, with the time that each stage took."""

import random
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.blocklist import Blocklist
from analysis.config import Config
from analysis.store.export import Export
from analysis.store.writer import Writer
from sensors.assemble import engine_for
from sensors.capture import BrokenCapture, open_file
from sensors.capture_time import steady
from sensors.demo.attacks.case import Case
from sensors.demo.evening import batches
from sensors.engine import Engine
from sensors.expectations import Alert
from sensors.honesty import undecoded
from sensors.packets import PacketBatch

SENSOR = "score"
BEGIN = 1_700_000_000.0
"""When every made-up situation begins."""
SEED = 5


@dataclass(slots=True)
class Run:
    """What came out."""

    alerts: list[Alert]
    packets: int
    seconds: float
    """Packet time from first to last."""
    device_hours: float
    """Minutes in which each device was active, added up, in hours."""
    stages: dict[str, float] = field(default_factory=dict)
    """Seconds of CPU time: read, follow (decode, flows and parsers), detect, store."""
    undecoded: dict[str, int] = field(default_factory=dict)
    """Packets that could not be read, by reason."""


class Stopwatch:
    """CPU seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def timed(self, stage: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """The same callable, its time counted."""

        def wrapped(*args: Any) -> Any:
            begun = time.process_time()
            try:
                return call(*args)
            finally:
                self.seconds[stage] = self.seconds.get(stage, 0.0) + time.process_time() - begun

        return wrapped


def run_capture(path: Path, config: Config, blocklist: Blocklist) -> Run:
    """Raises CaptureError for what is no capture; one that breaks off counts as far as it goes."""
    source = open_file(path, config.capture)
    try:
        return _run(steady(source.batches()), config, blocklist)
    finally:
        source.close()


def run_case(case: Case) -> Run:
    """A made-up situation, in a home that has learned nothing."""
    with tempfile.TemporaryDirectory(prefix="sentinel-score-") as folder:
        case.lay_out(Path(folder))
        config = Config.model_validate({"base": folder, "learning_hours": 0, **(case.config or {})})
        frames = sorted(case.make(BEGIN, random.Random(SEED)), key=lambda frame: frame[0])
        return _run(batches(frames), config, Blocklist.open(config))


def _run(source: Iterable[PacketBatch], config: Config, blocklist: Blocklist) -> Run:
    watch = Stopwatch()
    with tempfile.TemporaryDirectory(prefix="sentinel-score-") as folder:
        database = Path(folder) / "sentinel.db"
        with Writer(database, SENSOR) as writer, closing(Export(database)) as export:
            engine = engine_for(config, writer, blocklist, network=SENSOR, run=1)
            pipeline: Any = engine.pipeline
            pipeline.handle = watch.timed("detect", pipeline.handle)
            pipeline.tick = watch.timed("detect", pipeline.tick)
            _feed(engine, source, watch)
            store = watch.timed("store", writer.write)
            store(engine.take())
            alerts, active = list(export.alerts()), _device_hours(export)
    watch.seconds["follow"] = max(0.0, watch.seconds.get("follow", 0.0) - watch.seconds.get("detect", 0.0))
    return Run(alerts, engine.packets, engine.seconds, active, watch.seconds, undecoded(engine))


def _feed(engine: Engine, source: Iterable[PacketBatch], watch: Stopwatch) -> None:
    feed, finish = watch.timed("follow", engine.feed), watch.timed("follow", engine.finish)
    batches_of = iter(source)
    read = watch.timed("read", lambda: next(batches_of, None))
    while True:
        try:
            batch = read()
        except BrokenCapture:
            break
        if batch is None:
            break
        feed(batch)
    finish()


def _device_hours(export: Export) -> float:
    devices = {ip: device["mac"] for device in export.devices() for ip in device["ips"]}
    active: set[tuple[str, int]] = set()
    for flow in export.flows():
        for ip in (flow["client_ip"], flow["server_ip"]):
            if ip in devices:
                first, last = int(flow["first_seen"] // 60), int(flow["last_seen"] // 60)
                active.update((devices[ip], minute) for minute in range(first, min(last, first + 1440) + 1))
    return len(active) / 60
