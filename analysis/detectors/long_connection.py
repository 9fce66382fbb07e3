"""A connection to the outside that never ends."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from analysis.alerts import Finding, Severity
from analysis.detector import Detector, FlowKind
from analysis.events import Flow, FlowActive, FlowEnd
from analysis.usual import is_learned, is_own_maker
from analysis.window import RecentSet, RecentTable

HOUR = 3600.0
SILENCE = 300.0
"""Seconds of silence after which a TCP connection counts as over: what ended sooner was closed."""
KEPT = HOUR
"""Seconds for which the next piece of a connection is waited for, until its end. One that itself lasts longer
begins anew."""
NO_PIECES = frozenset({"attempt", "rejected"})


class _Held:
    """What is known of a TCP connection of which a piece ended."""

    __slots__ = ("began", "bytes_down", "bytes_up", "ended", "piece_began", "told")

    def __init__(self, began: float, told: bool) -> None:
        self.began = self.piece_began = self.ended = began
        self.told = told
        self.bytes_up = self.bytes_down = 0

    def add(self, event: FlowEnd) -> None:
        self.piece_began, self.ended = event.flow.first_seen, event.ts
        self.bytes_up += event.bytes_up
        self.bytes_down += event.bytes_down


@dataclass
class LongConnection(Detector):
    """A device has kept one connection to the outside open for hours, to somebody it is not used to.

    Messages that arrive at once, video calls and work networks need this; so does remote control. What the
    device has learned as usual and services of its own maker are left out. A connection that was silent for
    so long that it counts as several is put together again.
    """

    id = "long-connection"
    title = "Very long connection"
    severity = Severity.NORMAL
    cooldown_minutes = 24 * 60.0

    hours: float = 4.0
    """Hours that a connection lasts at least. Source: RITA v5 calls 4 hours medium, 8 high."""
    silence_minutes: float = 10.0
    """Minutes between the beginnings of two pieces of a connection at most. Source: own choice, twice the
    silence that cuts them (Zeek's tcp_inactivity_timeout). Phones' message services are silent for 15 to 30
    minutes, and are not meant."""

    _told: RecentSet = field(default_factory=RecentSet, init=False)
    _held: RecentTable = field(default_factory=RecentTable, init=False)

    def concerns(self, event: type, flow: FlowKind) -> bool:
        return not (flow.server_home or flow.group or (event is FlowEnd and flow.proto != "tcp"))

    def on_flow_active(self, event: FlowActive) -> Iterable[Finding]:
        flow = event.flow
        lasted = event.ts - flow.first_seen
        if lasted < self.hours * HOUR or flow.server_home or flow.group or not event.packets_down:
            return ()
        if not self._told.add(flow.id, event.ts):
            return ()
        return self._tell(event.ts, flow, lasted / HOUR, event.bytes_up, event.bytes_down)

    def on_flow_end(self, event: FlowEnd) -> Iterable[Finding]:
        """A piece that began without a handshake goes on with the last one between the same ports."""
        flow = event.flow
        if event.ts - flow.first_seen < SILENCE or flow.proto != "tcp" or event.state in NO_PIECES:
            return ()
        if flow.server_home or flow.group:
            return ()
        self._forget(event.ts)
        ends = (flow.client_ip, flow.client_port, flow.server_ip, flow.port)
        held: _Held | None = self._held.pop(ends, None)
        goes_on = held is not None and flow.first_seen - held.piece_began <= self.silence_minutes * 60
        if held is None or not goes_on or event.state != "midstream":
            held = _Held(flow.first_seen, flow.id in self._told)
        held.add(event)
        self._held.put(ends, held)
        lasted = flow.first_seen - held.began
        if lasted < self.hours * HOUR or held.told or not held.bytes_down:
            return ()
        held.told = True
        return self._tell(event.ts, flow, lasted / HOUR, held.bytes_up, held.bytes_down)

    def _forget(self, ts: float) -> None:
        while self._held and ts - next(iter(self._held.values())).ended > KEPT:
            self._held.popitem(last=False)

    def _tell(self, ts: float, flow: Flow, hours: float, up: int, down: int) -> Iterable[Finding]:
        if is_learned(self.known, flow, ts) or is_own_maker(self.known, flow):
            return ()
        return (self._finding(ts, flow, hours, up, down),)

    def _finding(self, ts: float, flow: Flow, hours: float, up: int, down: int) -> Finding:
        subject = self.subject(flow)
        device = self.known.display_name(subject.device_mac, subject.device_ip)
        peer = subject.peer_name or flow.server_ip
        return self.finding(
            ts, subject, subject.device_mac or subject.device_ip, peer, flow.port,
            title=f"{device} has been connected to {subject.peer} for {hours:.0f} hours without a break",
            why="Most connections last seconds or minutes. Message services, video calls and work networks "
            "stay connected for long, and so does a program that lets somebody outside control a device.",
            advice=f"If {device} runs a messenger, a work network (VPN) or a remote support program that you "
            "know, there is nothing to do. If not, find out what holds the connection.",
            hours=round(hours, 1), threshold_hours=self.hours, port=flow.port,
            bytes_up=up, bytes_down=down,
        )  # fmt: skip
