"""Data carried inside pings."""

from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass

from analysis.alerts import Finding, Severity, Subject
from analysis.config_types import Span
from analysis.detector import Detector
from analysis.ends import peer_of
from analysis.events import EchoSeen
from analysis.window import RecentTable

PAIRS = 512
REMEMBERED, ASKED = 1024, 64
"""Different contents, and requests that may be answered yet, remembered a pair."""


class _Pair:
    """What two hosts pinged each other; times in seconds of packet time."""

    __slots__ = ("_asked", "_contents", "bytes", "data", "since", "small", "told")

    def __init__(self, ts: float, contents: int) -> None:
        self.since, self.told = ts, False
        self.bytes = 0
        """Of all different contents."""
        self.data = 0
        """Different contents that no ordinary ping has."""
        self.small: deque[float] = deque(maxlen=contents)
        """When the last of the other different ones came."""
        self._asked = RecentTable(ASKED)
        self._contents: set[int] = set()

    def add(self, event: EchoSeen, small: int) -> bool:
        """Whether the content is new."""
        asked = None
        if event.reply:
            asked = self._asked.get((event.target_ip, event.exchange))
        else:
            self._asked.put((event.source_ip, event.exchange), event.digest)
        if event.digest in self._contents or asked == event.digest:
            return False
        if len(self._contents) < REMEMBERED:
            self._contents.add(event.digest)
        self.bytes += event.size
        if asked is not None or event.size > small:
            self.data += 1
        else:
            self.small.append(event.ts)
        return True


@dataclass
class IcmpTunnel(Detector):
    """The content of pings between two hosts is different every time.

    A ping carries a fixed pattern, and its answer the same (RFC 792); whoever changes it each time sends
    data, past firewalls that let pings through. Large or many pings alone do not count, nor do a few small
    ones of any content that come back as they were sent, or not at all: some programs fill them by chance.
    """

    id = "icmp-tunnel"
    title = "Data hidden in pings (ICMP tunnel)"
    severity = Severity.HIGH

    contents: int = 40
    """Different contents between two hosts. Source: own choice; ping programs have one for each size, a size
    sweep from 0 to 1500 in usual steps of 50 has 30, a tunnel has one for each packet."""
    small_bytes: int = 64
    """Bytes of data up to which a ping is small. Source: iputils sends 56, icmplib (Home Assistant) 56 by
    chance, Windows 32."""
    small_seconds: Span = 20.0
    """Seconds within which as many different small pings are data even if they come back as sent. Source: own
    choice; Home Assistant sends five in half a minute, other watchers one a second."""
    minutes: Span = 10.0
    """The time they must fall within. Source: own choice; an idle tunnel of ptunnel or hans keeps itself
    alive about every second."""

    def __post_init__(self) -> None:
        self._pairs: OrderedDict[tuple[str, str], _Pair] = OrderedDict()

    def on_echo_seen(self, event: EchoSeen) -> Iterable[Finding]:
        a, b = event.source_ip, event.target_ip
        key = (a, b) if a < b else (b, a)
        pair = self._pairs.get(key)
        if pair is None or event.ts - pair.since > self.minutes * 60:
            pair = self._pairs[key] = _Pair(event.ts, self.contents)
            self._pairs.move_to_end(key)
            if len(self._pairs) > PAIRS:
                self._pairs.popitem(last=False)
        if pair.told or not pair.add(event, self.small_bytes):
            return ()
        if pair.data < self.contents and not self._hurries(pair):
            return ()
        return self._tell(event, pair)

    def _hurries(self, pair: _Pair) -> bool:
        small = pair.small
        return len(small) == self.contents and small[-1] - small[0] <= self.small_seconds

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
                different_contents=max(pair.data, len(pair.small)), threshold=self.contents,
                within_minutes=self.minutes, bytes_carried=pair.bytes,
                leaves_home=not known.is_home(peer),
            ),
        )  # fmt: skip
