"""Where the CPU time of a replay goes, stage by stage: `python -m benchmarks.stages FILE FOLDER`.

Each stage's functions are wrapped by a clock that knows about nesting: time spent in an inner stage is
not the outer one's. The clocks themselves cost some time, so the rates come from other rounds; here only
the shares count.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks import measure

LEARNED = (
    "dhcp", "dhcpv6", "arp", "neighbor", "router_advertised", "flow_answered", "name_seen", "tls_hello",
    "http_request", "dns_query",
)  # fmt: skip
"""Methods of `DeviceEvents`, one for each type of event."""

STAGES: dict[str, tuple[str, ...]] = {
    "read": ("sensors.capture_files:FileSource.batches",),
    "decode": ("sensors.engine:decode",),
    "flows": (
        "sensors.moments:Traffic",
        "sensors.conversations:Conversations.update",
        "sensors.device_traffic:DeviceTraffic.count",
        "sensors.conversations:Conversations.expire",
        "sensors.flows:FlowTable.room_for",
        "sensors.flows:FlowTable.reused",
        "sensors.flows:FlowTable.remove",
    ),
    "select": ("sensors.select:Selector.select", "sensors.moments:Chosen", "sensors.moments:Segments"),
    "parse": ("sensors.engine:Engine._parse_packet", "sensors.engine:Engine._parse_segment"),
    "who is who": (
        *(f"analysis.device_events:DeviceEvents.{event}" for event in LEARNED),
        "analysis.devices:Inventory.sighting",
        "analysis.devices:Inventory.seen",
        "analysis.devices:Inventory.learn_name",
        "analysis.devices:Inventory.drain",
    ),
    "detect": ("analysis.pipeline:Pipeline.handle", "analysis.pipeline:Pipeline.tick"),
    "rows": (
        "sensors.recorder:Recorder.flows",
        "sensors.recorder:Recorder.lookup",
        "sensors.recorder:Recorder.questions",
        "sensors.recorder:Recorder.tls",
        "sensors.recorder:Recorder.http",
        "sensors.conversations:Conversations.starts",
        "sensors.conversations:Conversations.answer",
        "sensors.conversations:Conversations.ended",
        "sensors.engine:Engine.take",
    ),
    "store": ("analysis.store.writer:Writer.write",),
}
"""Stage: the functions that it consists of. Ones that are no longer there are told, not an error."""
REST = "between the stages"


class Clocks:
    """CPU time by stage, each moment charged to the innermost one that runs."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()
        self._stack = [REST]
        self._since = time.process_time()

    def enter(self, stage: str) -> None:
        now = time.process_time()
        self.spent[self._stack[-1]] += now - self._since  # type: ignore[assignment]
        self._stack.append(stage)
        self._since = now

    def leave(self) -> None:
        now = time.process_time()
        self.spent[self._stack.pop()] += now - self._since  # type: ignore[assignment]
        self._since = now

    def reset(self) -> None:
        self.spent.clear()
        self._since = time.process_time()

    def wrap(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function with a clock; of a generator each step is timed."""

        def steps(iterator: Iterator[Any]) -> Iterator[Any]:
            while True:
                self.enter(stage)
                try:
                    value = next(iterator)
                except StopIteration:
                    return
                finally:
                    self.leave()
                yield value

        def timed(*arguments: Any, **more: Any) -> Any:
            self.enter(stage)
            try:
                result = function(*arguments, **more)
            finally:
                self.leave()
            return steps(result) if hasattr(result, "__next__") else result

        return timed


def install(clocks: Clocks) -> list[str]:
    """Put clocks around every function of the stages; returns those that are not there."""
    gone = []
    for stage, places in STAGES.items():
        for place in places:
            module, _, dotted = place.partition(":")
            *owners, name = dotted.split(".")
            owner: Any = import_module(module)
            for part in owners:
                owner = getattr(owner, part, None)
            if owner is None or not hasattr(owner, name):
                gone.append(place)
                continue
            setattr(owner, name, clocks.wrap(stage, getattr(owner, name)))
    return gone


def main() -> None:
    from benchmarks.designs import sentinel

    clocks = Clocks()
    gone = install(clocks)
    work = sentinel(Path(sys.argv[1]), Path(sys.argv[2]))
    clocks.reset()
    packets = work()
    clocks.enter(REST)
    total = sum(clocks.spent.values())
    shares = {stage: clocks.spent[stage] / total for stage in (*STAGES, REST)}
    measure.tell({"packets": packets, "cpu": total, "shares": shares, "gone": gone})


if __name__ == "__main__":
    main()
