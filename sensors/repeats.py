"""What was said lately, so that a sensor that cannot keep up need not look at it again.

Most of a fast link's conversations and messages are said over and over: the same device asks the same server
the same thing. Telling that costs a hundredth of understanding it.
"""

import secrets

import numpy as np
from numpy.typing import NDArray

from sensors.extract import payload_spans
from sensors.floods import senders
from sensors.flows import Columns
from sensors.packets import PacketTable
from sensors.parsers.base import PacketParser

Keys = NDArray[np.uint64]
Mask = NDArray[np.bool_]

AGAIN = 2
"""What was looked at so often within a minute may wait for the next one."""
HEAVY, MORE = 1_000, 2_200
"""Who begins the same conversation more often than that within a minute is looked at again, so often: a
flood is 2,000 within ten seconds (`flood`), and nobody's usual traffic. Look-ups are left out there, too."""
PLACES = 1 << 16
"""Things remembered at a time. Where two meet, the older one counts as never heard: it is looked at."""
ORDINARY = (0, 53, 67, 68, 123, 137, 443, 853, 1900, 3478, 5353, 5355)
"""Servers' ports (0: protocols without) that homes use all day. A conversation on any other port (Telnet,
SSH, FTP, web pages in clear, remote desktops) is no repetition: each may be another guess of a password."""
DNS = 53
SAME_PAIR = frozenset({"quic"})
"""Parsers whose packets never look alike: the same ends are a repetition."""
QUESTIONS = frozenset({"dns", "llmnr", "nbns"})
"""Parsers of messages in the format of RFC 1035: the same question is a repetition, and with it its answer,
so that no answer is looked at whose question was not."""
NEVER = frozenset({"http", "http refused", "port mapping", "upnp"})
"""Parsers whose messages are never a repetition: each may be another guess of a password, or open a port."""

_MESSAGE = np.uint64(1 << 32)
"""Tells the keys of messages from those of conversations."""
_SHIFT, _NOT_ZERO = np.uint64(29), np.uint64(1 << 63)


class Heard:
    """How often each of many keys came within the present minute, and was looked at; bounded by `places`, a
    power of 2."""

    def __init__(self, places: int = PLACES) -> None:
        self._key = np.zeros(places, np.uint64)
        self._minute = np.full(places, -1, np.int64)
        self._came = np.zeros(places, np.int64)
        self._looked = np.zeros(places, np.int64)
        self._mask = np.uint64(places - 1)

    def before(self, keys: Keys, minute: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """int64[n] each: how often a key came before in this minute, those before it in `keys` counted; and
        how often it will have been looked at if all those before it in `keys` are."""
        order = np.argsort(keys, kind="stable")
        ordered = keys[order]
        begins = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))[: len(keys)]
        rank = np.empty(len(keys), np.int64)
        rank[order] = np.arange(len(keys)) - np.repeat(begins, np.diff(begins, append=len(keys)))
        place = (keys & self._mask).astype(np.int64)
        known = (self._key[place] == keys) & (self._minute[place] == minute)
        came, looked = np.where(known, self._came[place], 0), np.where(known, self._looked[place], 0)
        # Of several for one place the last is kept, in all columns.
        self._key[place], self._minute[place] = keys, minute
        self._came[place], self._looked[place] = came + rank + 1, looked
        return came + rank, looked + rank

    def looked_at(self, keys: Keys) -> None:
        """These were not refused in the end."""
        place = (keys & self._mask).astype(np.int64)
        np.add.at(self._looked, place[self._key[place] == keys], 1)


class Repeats:
    """Tells repetitions of conversations and of messages. Keys are salted anew in each process, so that
    nobody can make a message that passes for another."""

    def __init__(self, parsers: tuple[PacketParser, ...]) -> None:
        self._salt = np.array([secrets.randbits(64) | 1 for _ in range(6)], np.uint64)
        self._heard = Heard()
        names = [parser.name for parser in parsers]
        self._pair = np.array([name in SAME_PAIR for name in names], np.bool_)
        self._asks = np.array([name in QUESTIONS for name in names], np.bool_)
        self._never = np.array([name in NEVER for name in names], np.bool_)
        self._ordinary = np.zeros(65_536, np.bool_)
        self._ordinary[list(ORDINARY)] = True

    def looked_at(self, keys: Keys) -> None:
        """What has these keys, 0 for none, was looked at."""
        self._heard.looked_at(keys[keys != 0])

    def starts(self, col: Columns, rows: NDArray[np.int64], ts: float) -> tuple[Mask, Keys]:
        """bool[n]: which of these new flows say nothing new; uint64[n]: their keys, 0 for none."""
        again, every = np.zeros(len(rows), np.bool_), np.zeros(len(rows), np.uint64)
        at = np.flatnonzero(self._ordinary[col["server_port"][rows]])
        few = rows[at]
        who = senders(col["client_mac"][few], col["client_lo"][few])
        end = col["server_port"][few].astype(np.uint64) << np.uint64(8) | col["proto"][few]
        keys = self._keys(who, col["client_lo"][few], col["server_hi"][few], col["server_lo"][few], end)
        came, looked = self._heard.before(keys, int(ts // 60))
        every[at] = keys
        flood = (came >= HEAVY) & (came < HEAVY + MORE) & (col["server_port"][few] != DNS)
        again[at] = (looked >= AGAIN) & ~flood
        return again, every

    def messages(
        self, table: PacketTable, at: NDArray[np.int64], owner: NDArray[np.uint8], ts: float
    ) -> tuple[Mask, Keys]:
        """bool[n]: which of the packets `at`, for the parsers `owner`, say nothing new; uint64[n]: keys."""
        again, every = np.zeros(len(at), np.bool_), np.zeros(len(at), np.uint64)
        some = np.flatnonzero(~self._never[owner])
        at, owner = at[some], owner[some]
        begin, end = payload_spans(table, at)
        begin[self._pair[owner]] = end[self._pair[owner]]
        view, asks = table.batch.buffer.data, self._asks[owner].tolist()
        said = [
            hash(_question(bytes(view[b:e])) if ask else bytes(view[b:e]))
            for b, e, ask in zip(begin.tolist(), end.tolist(), asks, strict=True)
        ]
        ports = np.minimum(table.sport[at], table.dport[at]).astype(np.uint64) << np.uint64(8) | owner
        ports |= _MESSAGE
        who, what = senders(table.src_mac[at], table.src_lo[at]), np.array(said, np.int64).view(np.uint64)
        keys = self._keys(who, table.dst_hi[at], table.dst_lo[at], ports, what)
        every[some], again[some] = keys, self._heard.before(keys, int(ts // 60))[1] >= AGAIN
        return again, every

    def _keys(self, *columns: Keys) -> Keys:
        keys = np.zeros(len(columns[0]), np.uint64)
        for salt, column in zip(self._salt, columns, strict=False):
            keys = (keys ^ column) * salt
            keys ^= keys >> _SHIFT
        keys *= self._salt[-1]
        return np.asarray(keys ^ (keys >> _SHIFT) | _NOT_ZERO)


def _question(message: bytes) -> bytes:
    """Name, type and class of the only question of a message in the format of RFC 1035, section 4.1; all of
    a message that has not exactly one."""
    if message[4:6] != b"\0\1":
        return message
    at = 12
    while at < len(message) and message[at]:
        at += message[at] + 1
    return message[12 : at + 5]
