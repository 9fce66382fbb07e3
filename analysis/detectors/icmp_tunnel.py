"""Data carried inside pings."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from analysis.alerts import Finding, Severity, Subject
from analysis.detector import Detector
from analysis.ends import peer_of
from analysis.events import EchoSeen

PAIRS = 512
REMEMBERED = 1024
"""Different contents remembered a pair."""


class _Pair:
    """What two hosts pinged each other; times in seconds of packet time."""

    __slots__ = ("bytes", "contents", "mac", "since", "told")

    def __init__(self, ts: float) -> None:
        self.since, self.bytes, self.told = ts, 0, False
        self.mac: str | None = None
        self.contents: set[int] = set()


@dataclass
class IcmpTunnel(Detector):
    """The content of pings between two hosts is different every time.

    A ping carries a fixed pattern, and its answer the same (RFC 792); whoever changes it each time sends
    data, past firewalls that let pings through. Large or many pings alone do not count.
    """

    id = "icmp-tunnel"
    title = "Data hidden in pings (ICMP tunnel)"
    severity = Severity.HIGH

    contents: int = 40
    """Different contents between two hosts. Source: own choice; ping programs have one for each size, a size
    sweep from 0 to 1500 in usual steps of 50 has 30, a tunnel has one for each packet."""
    minutes: float = 10.0
    """The time they must fall within. Source: own choice; an idle tunnel of ptunnel or hans keeps itself
    alive about every second."""

    def __post_init__(self) -> None:
        self._pairs: OrderedDict[tuple[str, str], _Pair] = OrderedDict()

    def on_echo_seen(self, event: EchoSeen) -> Iterable[Finding]:
        a, b = event.source_ip, event.target_ip
        key = (a, b) if a < b else (b, a)
        pair = self._pairs.get(key)
        if pair is None or event.ts - pair.since > self.minutes * 60:
            pair = self._pairs[key] = _Pair(event.ts)
            self._pairs.move_to_end(key)
            if len(self._pairs) > PAIRS:
                self._pairs.popitem(last=False)
        if event.digest in pair.contents or pair.told:
            return ()
        if len(pair.contents) < REMEMBERED:
            pair.contents.add(event.digest)
        pair.bytes += event.size
        if len(pair.contents) < self.contents:
            return ()
        return self._tell(event, pair)

    def _tell(self, event: EchoSeen, pair: _Pair) -> Iterable[Finding]:
        known = self.known
        pair.told = True
        asker, answerer = event.source_ip, event.target_ip
        if event.reply:
            asker, answerer = answerer, asker
        ip, peer = (asker, answerer) if known.is_home(asker) else (answerer, asker)
        mac = known.device_of(ip)
        name, unsure = peer_of(known, peer, ip, None, inside=known.is_home(asker) and known.is_home(answerer))
        subject = Subject(mac, ip, peer, name, None, "icmp", unsure)
        device = known.display_name(mac, ip)
        return (
            self.finding(
                event.ts, subject, ip, peer,
                title=f"{device} hides data in pings to {subject.peer}",
                why="A ping is only there to see whether somebody answers and always carries the same "
                "pattern. Here each one is different: somebody sends data in it, past the firewall.",
                advice=f"If nobody runs such a tunnel on {device} on purpose, disconnect it and have it "
                "checked for malware.",
                different_contents=len(pair.contents), threshold=self.contents, within_minutes=self.minutes,
                bytes_carried=pair.bytes, leaves_home=not known.is_home(peer),
            ),
        )  # fmt: skip
