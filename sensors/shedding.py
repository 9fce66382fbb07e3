"""What a sensor gives up when packets come faster than it can understand them, in a stated order.

Counting a packet costs a twentieth of understanding it. Who gives up detail in time keeps the kernel's buffer
from overflowing: what is lost there is lost at random, the packet of an attack too. Findings, devices
and all counters are never given up.
"""

from collections import Counter
from collections.abc import Sequence
from enum import IntEnum
from math import inf

from analysis.events import DnsLookup, MdnsQuery
from analysis.window import RecentSet


class Detail(IntEnum):
    """What goes first, and what goes after it. Each level gives up all before it, too."""

    NONE = 0
    PACKET_LOG = 1
    """Packets for the Live Traffic page."""
    FLOW_ROWS = 2
    """Rows of flows that still run, and of flows that were a look-up: the DNS row says the same."""
    REPEATED_NAMES = 3
    """Look-ups that the same device made with the same answer within `REPEATED`."""
    REPEATS = 4
    """Conversations and messages that say nothing new, see `sensors.repeats`: they are counted only."""
    HASTE = 5
    """The bounds of `sensors.floods` are spread evenly over a step: each sender has its share of them."""


LATE = "late"
"""Counts what was not looked at because the time for its batch was over."""

FULL_READS = 2
"""Reads in a row that gave as many packets as one may; after so many the next detail goes, or all of it
where the work of a read takes longer than its packets took to come."""
CALM = 2.0
"""Seconds without a full read after which one detail comes back."""
BUSY = 0.5
"""Nothing comes back while the sensor works more of its time than this: it would have to go again at once."""
REPEATED = 300.0
"""Seconds for which a look-up counts as a repetition."""
NAMES = 16_384
"""Look-ups remembered for that."""


class Shedding:
    """How far behind the sensor is. `given_up` counts by detail since the start."""

    def __init__(self) -> None:
        self.level = Detail.NONE
        self.given_up: Counter[str] = Counter()
        self.until = inf
        """Monotonic time up to which the present batch may be looked at; then it is counted only."""
        self._full = 0
        self._last_full = 0.0
        self._heard = RecentSet(NAMES)

    def note_read(self, full: bool, now: float, load: float = 0.0) -> None:
        """A read is over: `full` when it was cut at the most that one read may give, so that more packets
        waited already. `now` is a monotonic time in seconds, `load` seconds of work a second of traffic."""
        if full:
            self._last_full = now
            self._full += 1
            if self._full >= FULL_READS and self.level < Detail.HASTE:
                self.level, self._full = Detail.HASTE if load > 1 else Detail(self.level + 1), 0
            return
        self._full = 0
        if self.level and now - self._last_full >= CALM and load < BUSY:
            self.level, self._last_full = Detail(self.level - 1), now
            self._heard.clear()

    def drops(self, detail: Detail, count: int = 1) -> bool:
        """Whether this detail is given up now; counts what is."""
        if self.level < detail:
            return False
        self.given_up[detail.name.lower()] += count
        return True

    def drops_lookup(self, lookup: DnsLookup) -> bool:
        """Whether a look-up is one of the repetitions that are given up now."""
        if self.level < Detail.REPEATED_NAMES:
            return False
        answer = tuple(record.value for record in lookup.records)
        key = (lookup.client_mac, lookup.transport, lookup.name, lookup.qtype, lookup.rcode, answer)
        return self._drops_name(key, lookup.ts)

    def kept_questions(self, event: MdnsQuery) -> Sequence[tuple[str, str]]:
        """The questions of a message without the repetitions that are given up now."""
        if self.level < Detail.REPEATED_NAMES:
            return event.asked
        return [asked for asked in event.asked if not self._drops_name((event.client_mac, *asked), event.ts)]

    def _drops_name(self, key: tuple[object, ...], ts: float) -> bool:
        last = self._heard.get(key)
        if last is None or ts - last > REPEATED:
            self._heard.add(key, ts)
            return False
        return self.drops(Detail.REPEATED_NAMES)
