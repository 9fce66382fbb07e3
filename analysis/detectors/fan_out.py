"""A device suddenly talks to very many places."""

from collections.abc import Iterable
from dataclasses import dataclass

from analysis.alerts import Finding, Severity
from analysis.config_types import Port
from analysis.detector import CountOrZero, Detector, FlowKind
from analysis.detectors.lateral_movement import THINGS
from analysis.events import Flow, FlowEnd
from analysis.store.rows import DeviceKey
from analysis.volumes import Usual
from analysis.window import DistinctWindow, RecentTable

HOUR = 3600
EVERYBODYS = (53, 123, 853)


@dataclass
class FanOut(Detector):
    """Within an hour a device reached, or tried to reach, far more different places outside than in its own
    busy hours.

    Compared with the hours of the last two weeks in which it talked to the outside at all. File exchange and
    games find their partners so; so does malware that spreads, sends mail or takes part in attacks. NORMAL,
    and HIGH for a camera, a plug or the like. Scans of one port are told by port-scan.
    """

    id = "fan-out"
    title = "Sudden contact with very many places"
    severity = Severity.NORMAL
    cooldown_minutes = 1440.0

    places: int = 100
    """Different places (registered domains, else addresses) within an hour below which nothing is told.
    Source: own choice; the busiest of 32 devices of a smart home that was recorded for an hour reaches 40."""
    times: float = 3.0
    """How many times as many as in the device's own busy hours. Source: own choice; people's busiest hours
    differ by two."""
    left_out: tuple[Port, ...] = EVERYBODYS
    """Ports that do not count: names and clocks, as a resolver at home asks hundreds of servers; what was
    counted of earlier runs leaves these three out, too. Source: IANA's registry."""
    hours: CountOrZero = 24
    """Hours with connections that must be known before a device is judged. Source: own choice: a day, as for
    uploads."""

    def __post_init__(self) -> None:
        self._places = DistinctWindow(2.0 * HOUR, max_values=4096)
        self._told = RecentTable(1024)

    def concerns(self, event: type, flow: FlowKind) -> bool:
        return flow.client_home and not (flow.server_home or flow.group or flow.port in self.left_out)

    # At their end conversations have the names by which later hours are compared.
    def on_flow_end(self, event: FlowEnd) -> Iterable[Finding]:
        flow = event.flow
        if flow.server_home or not flow.client_home or flow.group or flow.port in self.left_out:
            return ()
        device = self.known.device_key(flow.client_mac)
        if device is None:
            return ()
        place = self.known.service_of(flow.server_ip, flow.client_ip) or flow.server_ip
        key = (device, int(flow.first_seen) // HOUR)
        if self._places.seen(key, place) or self.known.is_scanning(flow.client_ip, flow.port, event.ts):
            return ()
        count = self._places.add(key, place, event.ts)
        self.known.places.reached(device, key[1], count)
        if count < self.places or count < 2 * self._told.get(key, 0):
            return ()
        return self._compare(event.ts, flow, device, key[1], count)

    def _compare(self, ts: float, flow: Flow, device: DeviceKey, hour: int, count: int) -> Iterable[Finding]:
        """Against the device's own past; told again when it has doubled."""
        usual = self.known.places.usual(device, hour)
        limit = max(float(self.places), self.times * usual.busy)
        if usual.hours < self.hours or count < limit:
            return ()
        first = (device, hour) not in self._told
        self._told.put((device, hour), count)
        return (self._finding(ts, flow, (device, hour), usual, limit, count, int(first)),)

    def _finding(
        self, ts: float, flow: Flow, key: tuple[DeviceKey, int], usual: Usual, limit: float, count: int,
        times: int,
    ) -> Finding:  # fmt: skip
        device = key[0]
        subject = self.subject(flow)._replace(peer_ip=None, peer_name=None, port=None, proto=None)
        name = self.known.display_name(subject.device_mac, subject.device_ip)
        kind = self.known.kind_of(device[1])
        return self.finding(
            ts, subject, device[1],
            title=f"{name} suddenly talks to very many places: {count} within an hour",
            why="That is far more than it ever does. Exchanging files and playing games do this; so does "
            "malware that spreads, sends unwanted mail or attacks others from your connection.",
            advice=f"Ask who uses {name}: a new game or a program that exchanges files explains it. If "
            f"nobody does, disconnect {name}, update it and have it checked for malware.",
            severity=Severity.HIGH if kind in THINGS else None, times=times,
            places=count, threshold=round(limit), busy_hours_so_far=round(usual.busy),
            usual=f"usually {usual.median:.0f} places in an hour, {usual.busy:.0f} in busy ones, from "
            f"{usual.hours} hours",
            hours_compared=usual.hours, kind=kind, examples=[str(p) for p in self._places.values(key)[-5:]],
            port=flow.port,
        )  # fmt: skip
