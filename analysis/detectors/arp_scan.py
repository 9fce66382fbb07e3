"""A device asks by ARP for one address after the other."""

from collections.abc import Iterable
from dataclasses import dataclass

from analysis.alerts import Finding, Severity, Subject
from analysis.config_types import Span
from analysis.detector import Detector
from analysis.events import ArpSeen
from analysis.window import DistinctWindow, RecentSet

SEARCHERS = 1024


@dataclass
class ArpScan(Detector):
    """A device asked within half a minute who has each of many addresses: it is looking for what is there.

    Network tools, printers' drivers and phones that look for televisions do this too. Routers that ask the
    hosts they know, each in a frame of its own, whether they are still there do not count.
    """

    id = "arp-scan"
    title = "Device searches the network (ARP)"
    severity = Severity.NORMAL

    addresses: int = 20
    """Distinct addresses that make a search. Source: own choice; Slips' 5 in 30 s fires whenever a
    computer wakes up."""
    seconds: Span = 30.0
    """The time they must fall within. Source: Slips, modules/arp."""

    def __post_init__(self) -> None:
        self._asked = DistinctWindow(self.seconds, max_values=max(4096, self.addresses))
        self._told = RecentSet(SEARCHERS)
        self._growing: dict[str, tuple[ArpSeen, int]] = {}

    def on_arp_seen(self, event: ArpSeen) -> Iterable[Finding]:
        ts, op, source, _, sender_ip, _, target, frame_target = event
        if op != "request" or target == sender_ip:
            return ()
        key = source, frame_target
        count = self._asked.add(key, target, ts)
        if count < self.addresses:
            return ()
        oldest = self._asked.nth_newest(key, self.addresses)
        if oldest is None or ts - oldest > self.seconds:
            return ()
        return self._tell(event, count)

    def _tell(self, event: ArpSeen, count: int) -> Iterable[Finding]:
        """Once a search; how large it has become follows with the next tick."""
        last = self._told.get(event.source_mac)
        self._told.add(event.source_mac, event.ts)
        if last is not None and event.ts - last <= self.seconds:
            if len(self._growing) < SEARCHERS:
                self._growing[event.source_mac] = (event, count)
            return ()
        return (self._finding(event, count, 1),)

    def on_tick(self, now: float) -> Iterable[Finding]:
        grown, self._growing = self._growing, {}
        return [self._finding(event, count, 0) for event, count in grown.values()]

    def _finding(self, event: ArpSeen, count: int, times: int) -> Finding:
        ip = None if event.sender_ip == "0.0.0.0" else event.sender_ip  # noqa: S104 (an ARP probe)
        device = self.known.display_name(event.source_mac, ip)
        return self.finding(
            event.ts, Subject(event.source_mac, ip), event.source_mac,
            title=f"{device} is searching your network for devices",
            why="It asked for one address after the other. That is how network tools, and intruders, "
            "find out what is there.",
            advice=f"If somebody is using a network tool or setting up a device on {device}, all is "
            "well. Otherwise look at what else it does.",
            times=times, addresses_asked=count, threshold=self.addresses, within_seconds=self.seconds,
        )  # fmt: skip
