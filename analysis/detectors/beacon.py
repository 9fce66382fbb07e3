"""A device calls the same place again and again, as regularly as a clock."""

from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from analysis import regularity
from analysis.alerts import Finding, Severity
from analysis.config_types import Port, Share
from analysis.detector import Detector, FlowKind
from analysis.events import Flow, FlowEnd
from analysis.names import registrable
from analysis.usual import is_learned, is_own_maker
from analysis.window import RecentTable

PAIRS, CONTACTS = 2048, 256
"""Pairs of device and destination that are watched, and the newest contacts kept of each: 8 MB when full."""
LOOK_EVERY = 8
"""A pair is looked at again after so many further contacts: a look takes 0.05 ms."""
CLOCKWORK = (53, 67, 123, 853, 5353)
TELL_AGAIN = 1800.0
NO_CALLS = frozenset({"attempt", "rejected", "midstream"})
"""Of which no beginning was answered: nobody took the call, or it goes on with one that began before."""

PARTS = ("even_intervals", "equal_sizes", "steady", "long_enough")
"""Of the score, each from 0 to 1."""

Key = tuple[str, str, int, str]
"""Device, destination (name, else address), port, protocol"""


class Contacts:
    """What is remembered of one pair."""

    __slots__ = ("count", "first", "sizes", "starts", "told", "told_count")

    def __init__(self, first: float) -> None:
        self.first, self.count, self.told, self.told_count = first, 0, 0.0, 0
        self.starts, self.sizes = array("d"), array("d")

    def add(self, start: float, size: int) -> None:
        self.count += 1
        if start < self.first:
            self.first = start
        self.starts.append(start)
        self.sizes.append(size)
        if len(self.starts) > CONTACTS:
            del self.starts[:LOOK_EVERY], self.sizes[:LOOK_EVERY]


@dataclass
class Beacon(Detector):
    """A device calls the same place outside at regular intervals with messages of the same size, as malware
    does that asks its owner for orders; or sends large, equally sized parcels by the clock.

    Connections are scored as RITA does: how even the intervals are, how alike the sizes, how
    steadily they fill the time, and how long it has lasted. What the device has learned as usual, services
    of its own maker, places that other devices of the home call too, name look-ups and clocks are left out.
    """

    id = "beacon"
    title = "Regular calls to one place"
    severity = Severity.HIGH
    cooldown_minutes = 24 * 60.0

    score: Share = 0.9
    """The score from 0 to 1 from which calls are told. Source: RITA v5 calls 0.9 high."""
    connections: int = 30
    """Connections needed before a pair is judged. Source: own choice; RITA's 4 need a day's history."""
    enough_connections: int = 200
    """Connections that make a series as telling as `enough_hours` do. Source: own choice; one every three
    minutes for ten hours."""
    enough_hours: float = 6.0
    """Hours after which a series is long enough. Source: RITA v5 needs 6 hours."""
    minutes: float = 10.0
    """Minutes that a series lasts at least. Source: own choice; the set-up of a Hue bridge calls its cloud
    every 2.3 seconds for two minutes."""
    noise_bytes: float = 120.0
    """Bytes by which equal messages may differ, because confirmations of TCP are sent or spared. Source: own
    choice, two of 60 bytes; RITA has no such noise, because it counts the content only."""
    parcels: int = 6
    """Large uploads of the same size at even intervals, with nearly nothing coming back, that are told.
    Source: own choice; a remote-access trojan that sends a picture of the screen every ten seconds."""
    parcel_bytes: int = 50_000
    """Bytes that make an upload large. Source: own choice; the pictures of that trojan have 90,000."""
    parcel_ratio: float = 10.0
    """How many times as much as what comes back. Source: own choice; confirmations of TCP are a thirtieth."""

    parcel_deviation: float = 0.05
    """How far their intervals may stray from the middle one, as a share of it. Source: own choice; the
    trojan's stray by a thousandth."""
    left_out: tuple[Port, ...] = CLOCKWORK
    """Ports that are not judged: names, addresses and the time are asked for regularly by everybody. Source:
    IANA's registry."""

    def __post_init__(self) -> None:
        self._pairs = RecentTable(PAIRS)

    def concerns(self, event: type, flow: FlowKind) -> bool:
        return flow.proto in ("tcp", "udp") and not flow.group and flow.port not in self.left_out

    def on_flow_end(self, event: FlowEnd) -> Iterable[Finding]:
        flow = event.flow
        if event.state in NO_CALLS or flow.port in self.left_out or flow.group:
            return ()
        if (flow.server_home and event.bytes_up < self.parcel_bytes) or flow.proto not in ("tcp", "udp"):
            return ()
        place = self.known.peer_name(flow.server_ip, flow.client_ip) or flow.server_ip
        key = (flow.client_mac or flow.client_ip, place, flow.port, flow.proto)
        pair: Contacts | None = self._pairs.get(key)
        if pair is None:
            self._pairs.put(key, pair := Contacts(flow.first_seen))
        else:
            self._pairs.move_to_end(key)
        pair.add(flow.first_seen, event.bytes_up)
        if pair.count < self.parcels:
            return ()
        if event.bytes_up >= self.parcel_bytes and event.bytes_up >= self.parcel_ratio * event.bytes_down:
            return self._parcels(event, key, pair)
        if flow.server_home or pair.count < self.connections or pair.count % LOOK_EVERY:
            return ()
        return self._judge(event, key, pair)

    def _judge(self, event: FlowEnd, key: Key, pair: Contacts) -> Iterable[Finding]:
        """Score the pair, the cheap questions first."""
        lasted = max(pair.starts) - pair.first
        if lasted < self.minutes * 60 or event.ts - pair.told < TELL_AGAIN:
            return ()
        parts = self._parts(pair, lasted)
        score = _mean(parts)
        if score < self.score or self._is_explained(event.flow, key, event.ts):
            return ()
        return (self._finding(event, pair, round(score, 3), parts, lasted),)

    def _parts(self, pair: Contacts, lasted: float) -> dict[str, float]:
        """The cheap ones first. Each is 1 as long as it is not known; once the score is out of reach even so,
        the others need not be known."""
        parts = dict.fromkeys(PARTS, 1.0)
        ask: dict[str, Callable[[], float]] = {
            "long_enough": lambda: min(1.0, self._length(pair, lasted)),
            "steady": lambda: regularity.steadiness(pair.starts),
            "equal_sizes": lambda: regularity.evenness(pair.sizes, self.noise_bytes),
            "even_intervals": lambda: regularity.evenness(regularity.gaps(pair.starts)),
        }
        for name, part in ask.items():
            parts[name] = round(part(), 3)
            if _mean(parts) < self.score:
                break
        return parts

    def _length(self, pair: Contacts, lasted: float) -> float:
        return max(lasted / 3600 / self.enough_hours, pair.count / self.enough_connections)

    def _is_explained(self, flow: Flow, key: Key, ts: float) -> bool:
        """Whether the calls are the device's usual business, or everybody's."""
        if is_learned(self.known, flow, ts) or is_own_maker(self.known, flow):
            return True
        if key[1] == flow.server_ip:
            return any(k[1] == key[1] and k[0] != key[0] for k in self._pairs)
        domain = registrable(key[1])
        return any(k[0] != key[0] and k[2] == key[2] and registrable(k[1]) == domain for k in self._pairs)

    def _parcels(self, event: FlowEnd, key: Key, pair: Contacts) -> Iterable[Finding]:
        """Large uploads by the clock: an even series of few is enough, for chance makes none."""
        if event.ts - pair.told < TELL_AGAIN or regularity.spread(pair.sizes)[0] < self.parcel_bytes:
            return ()
        gaps = regularity.gaps(pair.starts)
        middle, deviation = regularity.spread(gaps) if len(gaps) else (0.0, 0.0)
        most = self.parcel_deviation * middle
        if middle < 1.0 or deviation > most or self._is_explained(event.flow, key, event.ts):
            return ()
        parts = {"interval_deviation": round(deviation, 3), "deviation_threshold": round(most, 3)}
        return (self._finding(event, pair, None, parts, max(pair.starts) - pair.first),)

    def _finding(
        self, event: FlowEnd, pair: Contacts, score: float | None, parts: dict[str, float], lasted: float
    ) -> Finding:
        flow, known = event.flow, self.known
        subject = self.subject(flow)
        device = known.display_name(subject.device_mac, subject.device_ip)
        place = subject.peer_name or flow.server_ip
        every, size = regularity.spread(regularity.gaps(pair.starts))[0], regularity.spread(pair.sizes)[0]
        times, pair.told, pair.told_count = pair.count - pair.told_count, event.ts, pair.count
        more: dict[str, Any] = {"score": score, "threshold": self.score} if score is not None else {}
        parcel = score is None
        nameless = "" if subject.peer_name else " It was reached by its bare address, which is unusual."
        named = known.service_of(flow.server_ip, flow.client_ip) is not None
        what = f"sends {subject.peer} {size / 1000:,.0f} kB" if parcel else f"calls {subject.peer}"
        return self.finding(
            event.ts, subject, subject.device_mac or subject.device_ip, place, flow.port,
            title=f"{device} {what} every {_span(every)}, as regularly as a clock",
            why="People do not act by the clock, programs do. Many are harmless, such as a weather display "
            "or a backup; malware that asks its owner for orders, or sends away what is on the screen, looks "
            f"the same.{nameless}",
            advice=f"If you know what {device} does there, mark the alert as expected. If not, find the "
            f"program that talks to {subject.peer}, and have {device} checked for malware.",
            severity=Severity.NORMAL if parcel or named else None,
            times=max(1, times), destination=flow.server_ip, port=flow.port,
            connections=pair.count, connections_needed=self.parcels if parcel else self.connections,
            interval_seconds=round(every, 2), bytes_up_each=round(size), lasted_minutes=round(lasted / 60, 1),
            **more, **parts,
        )  # fmt: skip


def _mean(parts: dict[str, float]) -> float:
    return sum(parts.values()) / len(parts)


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} seconds" if seconds >= 10 else f"{seconds:.1f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"
