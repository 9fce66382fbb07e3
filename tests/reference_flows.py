"""The flow table and the selection once more, one packet at a time with dictionaries: slow and plain. Tests
hold the fast ones against them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sensors.flow_keys import _SERVER_RANK
from sensors.flows import STREAM_PACKETS
from sensors.parsers.base import PacketParser
from tests.reference_decode import Row

FIN, SYN, RST, ACK = 1, 2, 4, 16
Endpoint = tuple[int, int]
Key = tuple[frozenset[Endpoint], int]


@dataclass
class ReferenceFlow:
    """What is known of a conversation; pairs are up and down."""

    client: Endpoint
    server: Endpoint
    proto: int
    macs: tuple[int, int]
    times: list[float]
    packets: list[int]
    size: list[int]
    payload: list[int]
    flags: list[int]
    answered: bool = False


class ReferenceFlows:
    """Conversations by their endpoints and protocol, none of which ever ends."""

    def __init__(self, home: Callable[[int], bool] = lambda address: False) -> None:
        self._home = home
        self.flows: dict[Key, ReferenceFlow] = {}

    def add(self, row: Row, ts: float) -> tuple[bool, bool, bool, bool]:
        """A packet: whether it is in a flow, began it, came from the client, and is early."""
        if not row.version or row.fragment:
            return False, False, False, False
        source, target = (row.src, row.sport), (row.dst, row.dport)
        key = (frozenset((source, target)), row.proto)
        flow = self.flows.get(key)
        begins = flow is None
        if flow is None:
            ends, macs = (source, target), (row.src_mac, row.dst_mac)
            outward = row.proto == 17 and self._home(row.src) and not self._home(row.dst)
            if not (outward or from_client(row)):
                ends, macs = ends[::-1], macs[::-1]
            flow = ReferenceFlow(*ends, row.proto, macs, [ts, ts], [0, 0], [0, 0], [0, 0], [0, 0])
            self.flows[key] = flow
        side = int(source != flow.client)
        flow.times[1] = max(flow.times[1], ts)
        flow.packets[side] += 1
        flow.size[side] += row.ip_len
        flow.payload[side] += row.payload_len > 0
        flow.flags[side] |= row.tcp_flags & ~ACK if row.tcp_flags & RST else row.tcp_flags
        shaken = all(flags & (SYN | ACK) == SYN | ACK for flags in flow.flags)
        if row.proto == 6:
            flow.answered |= shaken or flow.payload[1] > 0
        else:
            flow.answered |= flow.packets[1] > 0
        early = row.proto == 6 and row.payload_len > 0 and sum(flow.payload) <= STREAM_PACKETS
        return True, begins, not side, early


def from_client(row: Row) -> bool:
    """Whether the sender of a first packet is the client."""
    if row.proto == 6 and row.tcp_flags & SYN:
        return not row.tcp_flags & ACK
    source, target = int(_SERVER_RANK[row.sport]), int(_SERVER_RANK[row.dport])
    if row.proto != 6:
        group = row.dst_mac >> 40 & 1 or row.dst >> 120 == 0xFF
        if group or row.sport == row.dport == 0 or (row.proto == 17 and source == target):
            return True
    return source > target or (source == target and row.sport >= row.dport)


def parser_of(parsers: Sequence[PacketParser], row: Row, data: bytes) -> int | None:
    """The number of the parser that a packet is for."""
    number = claims(parsers, row, data)
    if number is None:
        return None
    parser, size = parsers[number], row.payload_len
    payload = data[row.payload or 0 :][:size]
    if parser.min_payload > 0 or parser.udp_first_byte is not None or parser.holds is not None:
        if size < max(parser.min_payload, 1):
            return None
        if parser.udp_first_byte is not None:
            mask, value = parser.udp_first_byte
            if payload[0] & mask != value:
                return None
        if parser.holds is not None:
            offset, texts = parser.holds
            if not payload.startswith(tuple(texts), offset):
                return None
    return number


def claims(parsers: Sequence[PacketParser], row: Row, data: bytes) -> int | None:
    def first(of: str, value: object) -> int | None:
        return next((n for n, parser in enumerate(parsers) if value in getattr(parser, of)), None)

    if not row.version:
        return first("ethertypes", row.ethertype) if row.l3 else None
    if row.fragment:
        return None
    if row.proto == 17:
        found = first("udp_ports", row.dport)
        return first("udp_ports", row.sport) if found is None else found
    if row.proto == 6 and row.payload_len >= 4:
        begin = data[row.payload : (row.payload or 0) + 4]
        found = first("tcp_prefixes", begin)
        if found is not None:
            return found
    return first("ip_protocols", row.proto)
