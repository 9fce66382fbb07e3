"""A device sends far more out of the home than it ever does."""

from collections.abc import Iterable
from dataclasses import dataclass

from analysis.alerts import Finding, Severity
from analysis.detector import CountOrZero, Detector, FlowKind
from analysis.events import Flow, FlowActive, FlowEnd
from analysis.store.rows import DeviceKey
from analysis.volumes import Usual
from analysis.window import RecentTable

HOUR, MEGABYTE = 3600, 1_000_000
DEVICES, PEERS, FLOWS = 4096, 64, 16_384
"""Devices, destinations of each within the hour, and conversations that go on, which are remembered."""


class _Hour:
    """What one device sent to whom within an hour, and how much of it was told."""

    __slots__ = ("hour", "main", "most", "peers", "told")

    def __init__(self, hour: int, flow: Flow) -> None:
        self.hour, self.told = hour, 0
        self.peers: dict[str, int] = {}
        self.main, self.most = flow, 0
        """A conversation with whom most was sent to, and how much that is."""

    def add(self, flow: Flow, size: int) -> None:
        peer, _ = _sides(flow)
        sent = self.peers.get(peer)
        if sent is None and len(self.peers) >= PEERS:
            return
        self.peers[peer] = sent = (sent or 0) + size
        if sent >= self.most:
            self.main, self.most = flow, sent


@dataclass
class UploadVolume(Detector):
    """Within an hour a device sent much more out of the home than its own usual hour.

    Compared with the hours of the last two weeks in which it sent anything. Backups and shared films do
    this; so does somebody who takes your files away. Serious when the receiver is new or has no name.
    """

    id = "upload-volume"
    title = "Unusually large upload"
    severity = Severity.HIGH
    cooldown_minutes = 180.0

    megabytes: float = 100.0
    """Megabytes within an hour below which nothing is told. Source: Slips, modules/flowalerts: 100 MB."""
    deviations: float = 6.0
    """Median absolute deviations above the device's median hour. Source: own choice; with even noise
    3.5 marks an outlier (Iglewicz and Hoaglin 1993), and uploads are far from even."""
    hours: CountOrZero = 24
    """Hours with uploads that must be known before an upload can be serious. Source: own choice: a day."""
    new_hours: float = 24.0
    """How long a receiver that was not learned counts as new. Source: own choice: a day."""

    def __post_init__(self) -> None:
        self._now = RecentTable(DEVICES)
        self._counted = RecentTable(FLOWS)

    def concerns(self, event: type, flow: FlowKind) -> bool:
        return flow.server_home != flow.client_home and not flow.group

    def on_flow_active(self, event: FlowActive) -> Iterable[Finding]:
        flow = event.flow
        if flow.server_home == flow.client_home or flow.group:
            return ()
        sent = event.bytes_up if flow.client_home else event.bytes_down
        new = sent - self._counted.get(flow.id, (0, 0.0))[0]
        self._counted.put(flow.id, (sent, event.ts))
        return self._add(event.ts, flow, new)

    # An end is told after silence, maybe in another hour: the bytes belong to when it was last active.
    def on_flow_end(self, event: FlowEnd) -> Iterable[Finding]:
        flow = event.flow
        if flow.server_home == flow.client_home or flow.group:
            return ()
        sent = event.bytes_up if flow.client_home else event.bytes_down
        counted, last = self._counted.pop(flow.id, (0, flow.first_seen))
        return self._add(last, flow, sent - counted)

    def _add(self, ts: float, flow: Flow, size: int) -> Iterable[Finding]:
        known = self.known
        device = known.device_key(flow.client_mac if flow.client_home else flow.server_mac)
        if device is None or size <= 0:
            return ()
        hour = int(ts) // HOUR
        total = known.volumes.sent(device, hour, size)
        now: _Hour | None = self._now.get(device)
        if now is not None and now.hour > hour:
            return ()
        if now is None or now.hour < hour:
            now = _Hour(hour, flow)
            self._now.put(device, now)
        now.add(flow, size)
        if total < self.megabytes * MEGABYTE or total < 2 * now.told:
            return ()
        return self._compare(ts, device, now, total)

    def _compare(self, ts: float, device: DeviceKey, now: _Hour, total: int) -> Iterable[Finding]:
        """Against the device's own past; told again when it has doubled."""
        known = self.known
        usual = known.volumes.usual(device, now.hour)
        limit = max(self.megabytes * MEGABYTE, usual.median + self.deviations * usual.deviation)
        learning = ts < known.baseline.learning_until(device, known.first_seen(device[1]) or ts)
        peer, own = _sides(now.main)
        if total < limit or (learning and known.service_of(peer, own)):
            return ()
        first = now.told == 0
        now.told = total
        return (self._finding(ts, device, usual, limit, now, int(first)),)

    def _is_new(self, ts: float, flow: Flow, device: DeviceKey) -> bool:
        """Whether the receiver is nobody that this device is used to."""
        entry = self.known.baseline.entry(device, flow.server_ip, flow.port, flow.proto)
        return entry is None or (not entry[1] and ts - entry[0] < self.new_hours * HOUR)

    def _finding(
        self, ts: float, device: DeviceKey, usual: Usual, limit: float, now: _Hour, times: int
    ) -> Finding:
        subject = self.subject(now.main)
        name = self.known.display_name(subject.device_mac, subject.device_ip)
        peer = subject.peer
        service = self.known.service_of(*_sides(now.main))
        strange = service is None or self._is_new(ts, now.main, device)
        grave = strange and usual.hours >= self.hours
        compared = (
            f"usually {usual.median / MEGABYTE:.1f} MB in an hour, from {usual.hours} hours"
            if usual.hours
            else "nothing to compare with yet: the device is new here"
        )
        count, scattered = len(now.peers), 2 * now.most < now.told
        at_least = "at least " if count == PEERS else ""
        to = f"to {at_least}{count} addresses, most of all {peer}" if scattered else f"mostly to {peer}"
        return self.finding(
            ts, subject, device[1], "many" if scattered else subject.peer_name or subject.peer_ip,
            title=f"{name} sent {now.told / MEGABYTE:,.0f} MB out of your home within an hour, {to}",
            why="That is far more than it usually sends. Backups, photo uploads and video calls do this, and "
            "so does somebody who takes your files away.",
            advice=f"Ask who uses {name}: a backup or upload that somebody started is harmless. If nobody "
            f"did, disconnect {name} from the network and find the program that talks to {peer}.",
            severity=None if grave else Severity.NORMAL, times=times,
            megabytes_sent=round(now.told / MEGABYTE, 1), threshold_megabytes=round(limit / MEGABYTE, 1),
            megabytes_to_peer=round(now.most / MEGABYTE, 1), receivers=count, usual=compared,
            median_megabytes=round(usual.median / MEGABYTE, 2), hours_compared=usual.hours,
            deviation_megabytes=round(usual.deviation / MEGABYTE, 2), receiver_new_or_nameless=strange,
        )  # fmt: skip


def _sides(flow: Flow) -> tuple[str, str]:
    """The address outside, and the device's own."""
    return (flow.server_ip, flow.client_ip) if flow.client_home else (flow.client_ip, flow.server_ip)
