"""Which conversation a packet belongs to, and which side of it began."""

from collections.abc import Mapping
from secrets import token_bytes
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensors.at_home import Home
from sensors.packets import Ends, PacketTable

TCP, UDP = 6, 17
FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10

_K = np.frombuffer(token_bytes(48), np.uint64) | np.uint64(1)
"""Odd multipliers, new in each process: with known ones two conversations could be made to look like one."""
_S29, _S32 = np.uint64(29), np.uint64(32)


def ends_of(table: PacketTable) -> Ends:
    """For every packet of a table a hash of the source endpoint, of the target endpoint, and one of both and
    the protocol, 0 where the packet belongs to no flow. What one packet gives depends on no other. Made once
    a table."""
    if table.ends is None:
        table.ends = _hashes(table)
    return table.ends


def _hashes(table: PacketTable) -> Ends:
    six = bool((table.version == 6).any())
    source = _half(table.src_hi if six else None, table.src_lo, table.sport)
    target = _half(table.dst_hi if six else None, table.dst_lo, table.dport)
    key = source + target
    key += table.proto.astype(np.uint64) * _K[3]
    key *= _K[5]
    key ^= key >> _S29
    key |= np.uint64(1)
    key[(table.version == 0) | table.fragment] = 0
    return Ends(source, target, key)


def _half(
    hi: NDArray[np.uint64] | None, lo: NDArray[np.uint64], port: NDArray[np.uint16]
) -> NDArray[np.uint64]:
    """The hash of one endpoint; without `hi` where there is IPv4 alone."""
    half: NDArray[np.uint64] = lo * _K[0]
    half ^= half >> _S29
    if hi is not None:
        high = hi * _K[1]
        high ^= high >> _S32  # of IPv4 it is 0, as if it had not been looked at
        half += high
    half += port.astype(np.uint64) * _K[2]
    half *= _K[4]
    half ^= half >> _S32
    return half


_SERVER_RANK = np.full(65_536, 3, np.uint8)
"""How much a port looks like a server's, lower is more: registered below 1024; services of homes
above; other registered ports; the ephemeral range (RFC 6335: 49152 up, Linux: 32768 up)."""
_SERVER_RANK[1:1024] = 0
_SERVER_RANK[1024:32_768] = 2
_SERVER_RANK[[1080, 1194, 1433, 1723, 1883, 1900, 3074, 3128, 3306, 3389, 3478, 4433, 5000, 5060, 5222, 5228,
              5353, 5355, 5432, 5683, 5900, 5938, 5985, 6379, 6667, 7070, 8000, 8008, 8009, 8080, 8443, 8883,
              8888, 9000, 9100, 9200, 27017, 32400, 51820]] = 1  # fmt: skip


def begun_by(table: PacketTable, at: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """The columns of the flows that the packets `at` would begin, as in `flow_columns`."""
    forward, ends = _source_is_client(table, at), ends_of(table)
    half = (ends.source[at], ends.target[at])
    columns: dict[str, NDArray[Any]] = {"hash": ends.key[at], "client_half": np.where(forward, *half)}
    for name in ("hi", "lo", "mac"):
        source, target = getattr(table, f"src_{name}")[at], getattr(table, f"dst_{name}")[at]
        columns[f"client_{name}"] = np.where(forward, source, target)
        columns[f"server_{name}"] = np.where(forward, target, source)
    source, target = table.sport[at], table.dport[at]
    columns["client_port"] = np.where(forward, source, target)
    columns["server_port"] = np.where(forward, target, source)
    columns["proto"] = proto = table.proto[at]
    columns["first_ts"] = columns["last_ts"] = table.batch.ts[at]
    columns["syn"] = (table.tcp_flags[at] & SYN) != 0
    columns["start_up"] = _starts(table, at)
    columns["watched"] = proto == TCP
    return columns


def _starts(table: PacketTable, at: NDArray[np.int64]) -> NDArray[np.uint32]:
    """uint32[n]: of packets with SYN the sequence number of the client's first byte: the one after its SYN,
    which the server acknowledges (RFC 9293, section 3.5). Of others 0."""
    flags, starts = table.tcp_flags[at], np.zeros(len(at), np.uint32)
    opening = np.flatnonzero(flags & SYN)
    answer = flags[opening] & ACK != 0
    begin = table.l4[at[opening]] + np.where(answer, 8, 4)
    numbers = table.batch.buffer[begin[:, None] + np.arange(4)].view(">u4")[:, 0]
    starts[opening] = numbers + ~answer
    return starts


def turn_outward(
    col: Mapping[str, NDArray[Any]], rows: NDArray[np.int64], source: NDArray[np.uint64], home: Home
) -> None:
    """Of new flows, begun by packets from the endpoints with the hashes `source`: UDP that leaves the home
    was begun from inside, whatever the ports. The ports are believed where an answer may come without its
    question: from outside (a push after silence), and inside (SSDP answers what was asked of a group)."""
    against = (col["proto"][rows] == UDP) & (col["client_half"][rows] != source)
    rows, source = rows[against], source[against]
    if not len(rows):
        return
    outward = home(col["server_hi"][rows], col["server_lo"][rows])
    outward &= ~home(col["client_hi"][rows], col["client_lo"][rows])
    rows = rows[outward]
    col["client_half"][rows] = source[outward]
    for name in ("hi", "lo", "mac", "port"):
        client, server = col[f"client_{name}"], col[f"server_{name}"]
        client[rows], server[rows] = server[rows], client[rows]


def _source_is_client(table: PacketTable, at: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the sender of a flow's first packet is its client: a TCP handshake tells; else the
    side with the less server-like port, then the higher port, is; in doubt the sender."""
    sport, dport = table.sport[at], table.dport[at]
    source, target = _SERVER_RANK[sport], _SERVER_RANK[dport]
    forward = (source > target) | ((source == target) & (sport >= dport))
    flags, tcp = table.tcp_flags[at], table.proto[at] == TCP
    forward[tcp & ((flags & (SYN | ACK)) == SYN)] = True
    forward[tcp & ((flags & (SYN | ACK)) == (SYN | ACK))] = False
    high = table.dst_hi[at]
    group = (table.dst_mac[at] >> np.uint64(40)) & np.uint64(1) != 0
    group |= (high >> np.uint64(56)) == 0xFF
    forward[~tcp & (group | ((sport == 0) & (dport == 0)))] = True
    udp = table.proto[at] == UDP
    # Two equally server-like UDP ports: the first to speak is the client.
    forward[udp & (source == target)] = True
    return np.asarray(forward, np.bool_)
