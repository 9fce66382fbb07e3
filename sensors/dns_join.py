"""Joins each DNS query with its answer."""

from analysis.events import DnsLookup, DnsQuery, DnsResponse, of_values

ANSWER_SECONDS = 5.0
"""How long a query waits for its answer: the usual resolver time-out (resolv.conf(5))."""
MAX_PENDING = 4_096


class DnsJoin:
    """Pending queries, bounded. Every query gives exactly one `DnsLookup`; a retransmission is a
    query of its own and shares the answer."""

    def __init__(self) -> None:
        self._pending: dict[tuple[str, int, int, str], list[DnsQuery]] = {}
        """By client address, client port, transaction id and transport."""
        self.orphans = 0
        """Answers whose question was not seen."""
        self.evicted = 0

    def query(self, query: DnsQuery) -> list[DnsLookup]:
        """Remember a query; the lookups that there was no room for any more."""
        _, transport, _, client_ip, _, client_port, txid, _, _ = query
        pending = self._pending
        key = client_ip, client_port, txid, transport
        waiting = pending.get(key)
        if waiting is not None:
            waiting.append(query)
            return []
        pending[key] = [query]
        if len(pending) <= MAX_PENDING:
            return []
        self.evicted += 1
        return [_unanswered(oldest) for oldest in pending.pop(next(iter(pending)))]

    def response(self, response: DnsResponse) -> list[DnsLookup]:
        """The lookups that this answer completes."""
        ts, transport, _, client_ip, _, client_port, txid, _, _, rcode, records, _ = response
        queries = self._pending.pop((client_ip, client_port, txid, transport), None)
        if queries is None:
            self.orphans += 1
            return []
        told: list[DnsLookup] = []
        for asked, _, mac, ip, server, _, _, name, qtype in queries:
            lookup = asked, transport, mac, ip, server, name, qtype, rcode, records, ts - asked
            told.append(of_values(DnsLookup, lookup))
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


def _unanswered(query: DnsQuery) -> DnsLookup:
    ts, transport, mac, ip, server, _, _, name, qtype = query
    return of_values(DnsLookup, (ts, transport, mac, ip, server, name, qtype, None, (), None))
