"""Headers of a whole batch in columns, with no Python step for a packet.

Link, network and transport layer each have a file. What one packet says never depends on the bytes of
the next: lengths are checked against the captured bytes before a field counts.
"""

from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from sensors.decode_bounds import Bounds
from sensors.decode_link import ARP, IPV4, IPV6, Link, decode_link
from sensors.decode_network import decode_arp, decode_ipv4, decode_ipv6
from sensors.decode_plain import decode_plain
from sensors.decode_transport import decode_transport
from sensors.packets import PacketBatch, PacketTable

_HEADERS = [
    field.name for field in fields(PacketTable) if field.name not in ("batch", "wirelen", "ends", "openings")
]
"""The columns that a packet's headers fill."""


def decode(batch: PacketBatch) -> PacketTable:
    """The headers of `batch`, one row a packet in its order; never raises on what packets hold.

    A row with a verdict in `undecoded` keeps what its link layer said and has 0 in all network
    columns. Ethernet padding is no payload. An IP length of 0 (segmentation offload) means: to the
    end of the frame. TCP options cut by the capture leave an empty payload; a cut fixed header is
    TRUNCATED. Where the source gives no wire length it is the link header and the IP length. Tunnels
    above IP are not opened.
    """
    plain = decode_plain(batch)
    if plain is None:
        table = _by_layers(batch)
    else:
        table, settled = plain
        _merge(table, np.flatnonzero(~settled))
    _measure(table)
    return table


def _merge(table: PacketTable, rows: NDArray[np.int64]) -> None:
    """Decodes these rows layer by layer."""
    if not len(rows):
        return
    buffer, offsets, caplen, wirelen, ts, linktype, _ = table.batch
    part = _by_layers(PacketBatch(buffer, offsets[rows], caplen[rows], wirelen[rows], ts[rows], linktype))
    for name in _HEADERS:
        getattr(table, name)[rows] = getattr(part, name)


def _by_layers(batch: PacketBatch) -> PacketTable:
    """The table of a batch that may hold anything."""
    end = batch.offsets + batch.caplen
    link = decode_link(batch, end)
    table = _blank(batch, link)
    more = np.zeros(len(end), np.bool_)
    bounds = Bounds(end, batch.offsets + table.wirelen, end.copy(), more)
    fine = link.undecoded == 0
    decode_ipv4(table, np.flatnonzero((link.ethertype == IPV4) & fine), bounds)
    decode_ipv6(table, np.flatnonzero((link.ethertype == IPV6) & fine), bounds)
    decode_arp(table, np.flatnonzero((link.ethertype == ARP) & fine), bounds)
    decode_transport(table, bounds)
    return table


def _blank(batch: PacketBatch, link: Link) -> PacketTable:
    """The link columns, the place of the network layer where there is one, and 0 for all the rest."""
    count = len(batch.offsets)
    return PacketTable(
        batch=batch,
        undecoded=link.undecoded,
        src_mac=link.src_mac,
        dst_mac=link.dst_mac,
        ethertype=link.ethertype,
        vlan=link.vlan,
        version=np.zeros(count, np.uint8),
        src_hi=np.zeros(count, np.uint64),
        src_lo=np.zeros(count, np.uint64),
        dst_hi=np.zeros(count, np.uint64),
        dst_lo=np.zeros(count, np.uint64),
        proto=np.zeros(count, np.uint8),
        sport=np.zeros(count, np.uint16),
        dport=np.zeros(count, np.uint16),
        tcp_flags=np.zeros(count, np.uint8),
        fragment=np.zeros(count, np.bool_),
        l3=link.l3 * (link.undecoded == 0),
        l4=np.zeros(count, np.int64),
        payload=np.zeros(count, np.int64),
        payload_len=np.zeros(count, np.int32),
        ip_len=np.zeros(count, np.int32),
        wirelen=np.maximum(batch.wirelen, batch.caplen),
    )


def _measure(table: PacketTable) -> None:
    """Wire lengths where the source told none, so that packets cut by the capture count in full."""
    batch = table.batch
    rows = np.flatnonzero((batch.wirelen == 0) & (table.version != 0))
    if len(rows):
        stated = table.l3[rows] - batch.offsets[rows] + table.ip_len[rows]
        table.wirelen[rows] = np.maximum(batch.caplen[rows], stated)
