"""A device bombards one target outside."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from analysis.alerts import Finding, Severity
from analysis.config_types import Share, Span
from analysis.detector import Detector, FlowKind
from analysis.events import Flow, FlowActive, FlowEnd, FlowStart
from analysis.window import RecentSet, RecentTable

PAIRS, FLOWS = 65_536, 16_384
DNS = 53

Totals = tuple[float, int, int]
"""A time, and the packets sent and got until then."""


class _Starts(dict[str, int]):
    """Connections begun, by the address that they are for; emptied often, and when it is full."""

    evictions = 0

    def add(self, target: str) -> int:
        """How many there are now."""
        count = self.get(target, 0) + 1
        if count == 1 and len(self) >= PAIRS:
            self.evictions += len(self)
            self.clear()
        self[target] = count
        return count


@dataclass
class Flood(Detector):
    """A device sends one target outside thousands of connection attempts or a one-sided stream of packets.

    That is how devices with malware take part in attacks that make servers unreachable (DDoS). Name look-ups
    are left out, and streams of which the other side confirms what it gets.
    """

    id = "flood"
    title = "Device attacks a target"
    severity = Severity.CRITICAL

    connections: int = 2000
    """New connections within `seconds` to one address. Source: ntopng warns of 256 a second."""
    seconds: Span = 10.0
    """The time in which they are counted. Source: own choice."""
    packets: int = 20_000
    """Packets in one conversation, or in two minutes of it, before it is looked at. Source: own
    choice; some seconds of an attack."""
    per_second: float = 500.0
    """Packets a second in them. Source: own choice; a video call sends 100, a camera 400, Mirai thousands."""
    answers: Share = 0.05
    """The largest share of answers. Source: own choice; confirmations of TCP and QUIC are a tenth or more."""

    _told: RecentSet = field(default_factory=RecentSet, init=False)

    def __post_init__(self) -> None:
        self._before = RecentTable(FLOWS)
        self._starts = _Starts()
        self._until = 0.0

    def concerns(self, event: type, flow: FlowKind) -> bool:
        return not (flow.server_home or flow.group or (event is FlowStart and flow.port == DNS))

    def on_flow_start(self, event: FlowStart) -> Iterable[Finding]:
        flow = event.flow
        if flow.server_home or flow.port == DNS or flow.group:
            return ()
        target = flow.server_ip
        count = self._starts.add(target)
        if count != self.connections or self.known.is_scanning(flow.client_ip, target, event.ts):
            return ()
        what = f"opened {count:,} connections within {self.seconds:g} seconds to"
        return (self._finding(event.ts, flow, what, connections=count, threshold=self.connections),)

    def on_tick(self, now: float) -> Iterable[Finding]:
        if now >= self._until:
            self._starts.clear()
            self._until = now + self.seconds
        return ()

    def on_flow_active(self, event: FlowActive) -> Iterable[Finding]:
        """A stream is looked at as long as it goes on, and at its end: whole, and, as one that was quiet for
        an hour may attack in its last minute, what came since the last time. Not so TCP, which goes on only
        as long as it is confirmed, and of which busy receivers confirm a whole burst at once."""
        flow = event.flow
        if flow.server_home or flow.group:
            return ()
        if flow.proto == "tcp":
            return self._look(event, None)
        before: Totals | None = self._before.get(flow.id)
        self._before.put(flow.id, (event.ts, event.packets_up, event.packets_down))
        return self._look(event, before)

    def on_flow_end(self, event: FlowEnd) -> Iterable[Finding]:
        before: Totals | None = self._before.pop(event.flow.id, None)
        if event.flow.server_home or event.flow.group:
            return ()
        return self._look(event, before)

    def _look(self, event: FlowActive | FlowEnd, before: Totals | None) -> Iterable[Finding]:
        if event.packets_up < self.packets or event.flow.id in self._told:
            return ()
        whole = self._judge(event, (event.flow.first_seen, 0, 0))
        return whole or (() if before is None else self._judge(event, before))

    def _judge(self, event: FlowActive | FlowEnd, since: Totals) -> Iterable[Finding]:
        """What was sent since then."""
        flow, sent, got = event.flow, event.packets_up - since[1], event.packets_down - since[2]
        if sent < self.packets:
            return ()
        # The time is that of the look, which comes after the last packet: the true rate may be higher.
        rate, share = sent / max(1.0, event.ts - since[0]), got / sent
        if rate < self.per_second or share > self.answers:
            return ()
        self._told.add(flow.id, event.ts)
        what = f"sends at least {rate:,.0f} packets a second to"
        return (
            self._finding(
                event.ts, flow, what, packets=sent, packets_needed=self.packets,
                packets_per_second=round(rate), threshold=self.per_second,
                answered_share=round(share, 3), largest_share=self.answers,
            ),
        )  # fmt: skip

    def _finding(self, ts: float, flow: Flow, what: str, **evidence: Any) -> Finding:
        subject = self.subject(flow)
        device = self.known.display_name(subject.device_mac, subject.device_ip)
        target = subject.peer
        return self.finding(
            ts, subject, subject.device_mac or subject.device_ip, flow.server_ip,
            title=f"{device} {what} {target}, which hardly answers",
            why="No ordinary program does this. Devices that malware has taken over are used to attack "
            "others in this way, from your connection and in your name.",
            advice=f"Disconnect {device} now. Reset it to its factory settings, install its updates and set "
            "a new password before you connect it again.",
            port=flow.port, **evidence,
        )  # fmt: skip
