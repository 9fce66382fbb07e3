"""How usual something is for a device, for rules to ask and for people to read."""

from typing import TYPE_CHECKING

from analysis.alerts import Subject
from analysis.first_party import is_first_party
from analysis.vendors import vendor

if TYPE_CHECKING:
    from analysis.detector import Known
    from analysis.events import Flow

DAY = 86_400.0
FRESH = 60.0
"""A destination first seen so recently is met for the first time: its record is a part of the finding."""


def is_learned(known: "Known", flow: "Flow", ts: float) -> bool:
    """Whether the client learned this destination as usual. What has no name counts only when the learning
    is over: a device that comes infected must not teach us its owner's address."""
    device = known.device_key(flow.client_mac)
    if device is None:
        return False
    entry = known.baseline.entry(device, flow.server_ip, flow.port, flow.proto)
    if entry is None or not entry[1]:
        return False
    named = known.service_of(flow.server_ip, flow.client_ip) is not None
    return named or ts >= known.baseline.learning_until(device, known.first_seen(device[1]) or ts)


def is_own_maker(known: "Known", flow: "Flow") -> bool:
    """Whether the destination is a service of the client's maker, as far as its name tells."""
    name = known.peer_name(flow.server_ip, flow.client_ip)
    if name is None or known.service_of(flow.server_ip, flow.client_ip) is None:
        return False
    shown = known.display_name(flow.client_mac, flow.client_ip)
    return is_first_party(name, shown, vendor(flow.client_mac or ""))


def in_words(known: "Known", subject: Subject, ts: float) -> str | None:
    """How long a device has known its peer, or we the device where there is none; None where that cannot be
    told."""
    device = known.device_key(subject.device_mac)
    if device is None:
        return None
    if not subject.peer_ip or not subject.port or not subject.proto:
        return _acquaintance(known.first_seen(device[1]), ts)
    entry = known.baseline.entry(device, subject.peer_ip, subject.port, subject.proto)
    since = ts if entry is None else min(entry[0], ts)
    met = known.first_seen(device[1])
    age = f"; this device had been known for {_span(ts - met)}" if met is not None and met < ts else ""
    if ts - since < FRESH:
        return f"first contact with {subject.peer_ip} on port {subject.port}{age}"
    return f"in contact with {subject.peer_ip} on port {subject.port} for {_span(ts - since)}{age}"


def _acquaintance(met: float | None, ts: float) -> str:
    if met is None or ts - met < FRESH:
        return "this device had only just come"
    return f"this device had been known for {_span(ts - met)}"


def _span(seconds: float) -> str:
    if seconds < 5400:
        count, unit = max(1, round(seconds / 60)), "minute"
    elif seconds < 2 * DAY:
        count, unit = round(seconds / 3600), "hour"
    else:
        count, unit = round(seconds / DAY), "day"
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
