"""What a sensor says of itself: how much it saw, and what it lost, could not read or had to forget."""

from typing import Any

from analysis.store.rows import SensorStatus
from sensors.engine import Engine
from sensors.packets import Undecoded


def undecoded(engine: Engine) -> dict[str, int]:
    """Packets without a network layer that we read, by reason."""
    counts = enumerate(engine.undecoded.tolist())
    return {Undecoded(n).name.lower(): count for n, count in counts if n and count}


def _flooded(engine: Engine) -> dict[str, int]:
    """What floods brought beyond their bounds: counted as traffic, not looked at."""
    if engine.floods is None:
        return {}
    counts = {"conversations": engine.floods.flows.refused, "messages": engine.floods.messages.refused}
    return {name: count for name, count in counts.items() if count}


def status(engine: Engine, state: str, **more: Any) -> SensorStatus:
    """Cumulative counters of an engine; `more` sets further fields."""
    pipeline = engine.pipeline
    evicted = {
        "flows": engine.conversations.table.evicted, "streams": engine.streams.evicted,
        "dns": engine.dns.evicted, "rules": pipeline.evictions, **engine.inventory.evictions(),
    }  # fmt: skip
    counters: dict[str, Any] = {
        "undecoded": undecoded(engine),
        "parser_errors": {**engine.failures, **engine.streams.failures},
        "detector_failures": dict(pipeline.failures),
        "detectors_disabled": dict(pipeline.disabled),
        "fragments": engine.conversations.fragments,
        "dns_answers_without_question": engine.dns.orphans,
        "shed": dict(engine.shedding.given_up),
        "flooded": _flooded(engine),
        "shedding": engine.shedding.level.name.lower(),
        "evicted": {name: count for name, count in evicted.items() if count},
    }
    fields: dict[str, Any] = {
        "label": None, "linktype": None, "state": state, "message": None,
        "last_packet": engine.heard,
        "packets": engine.packets, "bytes": engine.bytes, "dropped": 0,
        "undecoded": int(engine.undecoded[Undecoded.TRUNCATED :].sum()),
        "shed": engine.shedding.given_up.total(), "evicted": sum(evicted.values()), "counters": counters,
    }  # fmt: skip
    return SensorStatus(**{**fields, **more})
