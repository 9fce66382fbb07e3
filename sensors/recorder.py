"""Turns events and flows into the rows that the store takes."""

from collections.abc import Iterable, Sequence
from functools import partial

from analysis.blocklist import Match
from analysis.detector import Known
from analysis.events import DnsLookup, DnsRecord, Flow, HttpRequest, MdnsQuery, TlsHello, of_values
from analysis.names import listed_aliases, registrable
from analysis.store.rows import Batch, DeviceKey, DnsRow, FlowRow, HttpRow, TlsRow, columns_of
from sensors.flows import Columns

MAX_ANSWERS = 32
"""Answers of one look-up that are stored; a UDP answer of 1,232 bytes holds about 70."""
_TOTALS = ("last_ts", "packets_up", "packets_down", "bytes_up", "bytes_down")
"""The columns of the flow table that are columns of a flow's row, in its order."""
_FLOW_ROW = partial(of_values, FlowRow)


class Recorder:
    """Collects rows until they are taken. `known` tells whose they are and what they are called."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self.batch = Batch()

    def take(self) -> Batch:
        """The rows since the last call."""
        batch, self.batch = self.batch, Batch()
        return batch

    def lookup(self, event: DnsLookup) -> None:
        """A DNS question with its answer."""
        ts, transport, client_mac, client_ip, server_ip, name, qtype, rcode, records, elapsed = event
        blocked: Match | None = None
        if transport in ("udp", "tcp"):
            blocked = self._known.blocked_name(name) or self._blocked_alias(name, records)
        values = tuple([record.value for record in records[:MAX_ANSWERS]]) if records else ()
        self.batch.dns.append(
            of_values(
                DnsRow,
                (
                    ts, self._known.device_key(client_mac), transport, client_ip, client_mac, server_ip, name,
                    qtype, rcode, values, blocked.list if blocked else None, elapsed,
                ),
            )
        )  # fmt: skip

    def _blocked_alias(self, name: str, records: tuple[DnsRecord, ...]) -> Match | None:
        return next((match for _, match in listed_aliases(self._known, name, records)), None)

    def questions(self, event: MdnsQuery, asked: Iterable[tuple[str, str]]) -> None:
        """Those of the questions of one host to all others that are recorded."""
        ts, mac, ip, server_ip, _ = event
        key = self._known.device_key(mac)
        self.batch.dns.extend(
            [
                of_values(DnsRow, (ts, key, "mdns", ip, mac, server_ip, name, qtype, None, (), None, None))
                for name, qtype in asked
            ]
        )

    def tls(self, event: TlsHello) -> None:
        """A TLS or QUIC hello."""
        ts, client_mac, client_ip, server_ip, port, sni, version, alpn, ja4, ech, quic = event
        device = self._known.device_key(client_mac)
        self.batch.tls.append(
            TlsRow(ts, device, client_ip, server_ip, port, sni, version, ",".join(alpn), ja4, ech, quic)
        )

    def http(self, event: HttpRequest) -> None:
        """An HTTP request head; each has one row."""
        ts, client_mac, client_ip, server_ip, port, method, host, path, agent, _, _, again = event
        if again:
            return
        device = self._known.device_key(client_mac)
        self.batch.http.append(HttpRow(ts, device, client_ip, server_ip, port, method, host, path, agent))

    def flows(
        self, flows: Sequence[Flow], services: Sequence[str | None], states: Sequence[str], columns: Columns
    ) -> None:
        """Flows so far, or at their end, with their columns in the flow table: a row each."""
        if not flows:
            return
        number, first_seen, _, _, client_ip, server_ip, client_port, port, proto, *_ = columns_of(flows)
        device, peer, peer_key = zip(*map(self._sides, flows), strict=True)
        last_seen, *totals = (columns[name].tolist() for name in _TOTALS)
        new = (columns["written_ts"] == 0).tolist()
        since = [(columns[f"bytes_{way}"] - columns[f"written_{way}"]).tolist() for way in ("up", "down")]
        rows = zip(
            number, device, client_ip, server_ip, client_port, port, proto, peer, services, states,
            first_seen, last_seen, *totals, peer_key, new, *since, strict=True,
        )  # fmt: skip
        self.batch.flows.extend(map(_FLOW_ROW, rows))

    def _sides(self, flow: Flow) -> tuple[DeviceKey | None, str | None, str]:
        """Whose flow it is, and the name and the key of the other side."""
        _, _, client_mac, server_mac, client_ip, server_ip, _, _, _, client_home, server_home, group = flow
        device_key = self._known.device_key
        if client_home or not server_home:
            device, peer_ip, own_ip = device_key(client_mac), server_ip, client_ip
        else:
            device, peer_ip, own_ip = device_key(server_mac), client_ip, server_ip
        peer = None if group else self._known.peer_name(peer_ip, own_ip)
        if client_home and server_home and not group and (neighbour := device_key(server_mac)) is not None:
            return device, peer, f"mac:{neighbour[1]}"
        return device, peer, _peer_key(peer_ip, peer)


def _peer_key(ip: str, name: str | None) -> str:
    # A made-up name with a colon could pass for a device's key; no domain has one.
    return registrable(name) if name and ":" not in name else ip
