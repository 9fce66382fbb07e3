"""Joins each DNS query with its answer."""

from collections.abc import Iterator

from analysis.events import DnsLookup, DnsQuery, DnsResponse

ANSWER_SECONDS = 5.0
"""How long a query waits for its answer: the usual resolver time-out (resolv.conf(5))."""
MAX_PENDING = 4_096

_Key = tuple[str, int, int, str]


class DnsJoin:
    """Pending queries, bounded. Every query gives exactly one `DnsLookup`; a retransmission is a
    query of its own and shares the answer."""

    def __init__(self) -> None:
        self._pending: dict[_Key, list[DnsQuery]] = {}
        self.orphans = 0
        """Answers whose question was not seen."""
        self.evicted = 0

    def query(self, query: DnsQuery) -> Iterator[DnsLookup]:
        """Remember a query; mDNS is not answered one to one and is told at once."""
        if query.transport == "mdns":
            yield _unanswered(query)
            return
        self._pending.setdefault(_key(query), []).append(query)
        if len(self._pending) > MAX_PENDING:
            self.evicted += 1
            yield from map(_unanswered, self._pending.pop(next(iter(self._pending))))

    def response(self, response: DnsResponse) -> Iterator[DnsLookup]:
        """The lookups that this answer completes."""
        if response.transport == "mdns":
            return
        queries = self._pending.pop(_key(response), None)
        if queries is None:
            self.orphans += 1
            return
        for q in queries:
            yield DnsLookup(
                q.ts, q.transport, q.client_mac, q.client_ip, q.server_ip, q.name, q.qtype,
                response.rcode, response.records, response.ts - q.ts,
            )  # fmt: skip

    def expire(self, now: float) -> Iterator[DnsLookup]:
        """The lookups that nobody answered in time; oldest first."""
        while self._pending:
            key, queries = next(iter(self._pending.items()))
            if queries[-1].ts + ANSWER_SECONDS > now:
                return
            del self._pending[key]
            yield from map(_unanswered, queries)


def _key(message: DnsQuery | DnsResponse) -> _Key:
    return message.client_ip, message.client_port, message.txid, message.transport


def _unanswered(q: DnsQuery) -> DnsLookup:
    return DnsLookup(
        q.ts, q.transport, q.client_mac, q.client_ip, q.server_ip, q.name, q.qtype, None, (), None
    )
