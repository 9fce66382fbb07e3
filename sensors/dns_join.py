"""Joins each DNS query with its answer."""

from analysis.events import DnsLookup, DnsQuery, DnsResponse, of_values

ANSWER_SECONDS = 5.0
"""How long a query waits for its answer: the usual resolver time-out (resolv.conf(5))."""
MAX_PENDING = 4_096
MAX_REPEATS = 8
"""Queries that wait on one transaction id: Windows asks five times, programs that never change id and port
a few names at once."""

_Key = tuple[str, int, str, int, str]


class DnsJoin:
    """Pending queries, bounded. Every query gives exactly one `DnsLookup`; a retransmission is a
    query of its own and shares the answer.

    An answer belongs to a query if a resolver would take it: server, client, port, transaction id, name and
    type are the same (RFC 5452, section 9.1).
    """

    def __init__(self) -> None:
        self._pending: dict[_Key, list[DnsQuery]] = {}
        """By client address and port, server address, transaction id and transport, in the order in which
        they were last used; no list is empty."""
        self.orphans = 0
        """Answers whose question was not seen."""
        self.evicted = 0

    def query(self, query: DnsQuery) -> list[DnsLookup]:
        """Remember a query; the lookups that there was no room or no time for any more."""
        _, transport, _, client_ip, server, client_port, txid, _, _ = query
        pending = self._pending
        key = _key(client_ip, client_port, server, txid, transport)
        waiting = pending.pop(key, None)
        if waiting is not None:
            pending[key] = waiting
            return self._again(waiting, query)
        pending[key] = [query]
        if len(pending) <= MAX_PENDING:
            return []
        oldest = pending.pop(next(iter(pending)))
        self.evicted += len(oldest)
        return list(map(_unanswered, oldest))

    def _again(self, waiting: list[DnsQuery], query: DnsQuery) -> list[DnsLookup]:
        """One more query where others wait; those among them that waited for too long, or are too many."""
        late = sum(earlier.ts + ANSWER_SECONDS <= query.ts for earlier in waiting)
        excess = max(0, len(waiting) - late + 1 - MAX_REPEATS)
        self.evicted += excess
        told = list(map(_unanswered, waiting[: late + excess]))
        del waiting[: late + excess]
        waiting.append(query)
        return told

    def response(self, response: DnsResponse) -> list[DnsLookup]:
        """The lookups that this answer completes."""
        ts, transport, _, client_ip, server, client_port, txid, name, qtype, rcode, records, _ = response
        key = _key(client_ip, client_port, server, txid, transport)
        told: list[DnsLookup] = []
        left: list[DnsQuery] = []
        for query in self._pending.get(key, ()):
            asked, _, mac, ip, server, _, _, wanted, kind = query
            # A server that could not read a question may answer without one.
            if qtype and (wanted != name or kind != qtype):
                left.append(query)
                continue
            lookup = asked, transport, mac, ip, server, wanted, kind, rcode, records, ts - asked
            told.append(of_values(DnsLookup, lookup))
        if not told:
            self.orphans += 1
        elif left:
            self._pending[key] = left  # where it was: it waits no longer for that
        else:
            del self._pending[key]
        return told

    def expire(self, now: float) -> list[DnsLookup]:
        """The lookups that nobody answered in time; oldest first."""
        told: list[DnsLookup] = []
        while self._pending:
            key, queries = next(iter(self._pending.items()))
            if queries[-1].ts + ANSWER_SECONDS > now:
                break
            del self._pending[key]
            told += map(_unanswered, queries)
        return told


def _key(client: str, port: int, server: str, txid: int, transport: str) -> _Key:
    """Where an answer looks for its question. In LLMNR a group is asked and one of its members answers."""
    return client, port, "" if transport == "llmnr" else server, txid, transport


def _unanswered(query: DnsQuery) -> DnsLookup:
    ts, transport, mac, ip, server, _, _, name, qtype = query
    return of_values(DnsLookup, (ts, transport, mac, ip, server, name, qtype, None, (), None))
