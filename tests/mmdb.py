"""Small MaxMind DB files for tests, as the MaxMind DB File Format Specification 2.0 describes them."""

import struct
from ipaddress import ip_network
from pathlib import Path
from typing import Any

RECORD_BITS = 32


def write(path: Path, networks: dict[str, dict[str, Any]]) -> Path:
    """A file that gives each network's record; IPv4 stands under ::/96, as usual."""
    nodes: list[list[int | tuple[str, int]]] = [[-1, -1]]
    data, offsets = b"", {}
    for text, record in networks.items():
        network = ip_network(text)
        bits = f"{int(network.network_address):0{network.max_prefixlen}b}"[: network.prefixlen]
        bits = "0" * 96 + bits if network.version == 4 else bits
        packed = _value(record)
        if packed not in offsets:
            offsets[packed] = len(data)
            data += packed
        _insert(nodes, bits, offsets[packed])
    count = len(nodes)
    tree = b"".join(struct.pack("!II", *[_record(child, count) for child in node]) for node in nodes)
    meta = _value({
        "node_count": count, "record_size": RECORD_BITS, "ip_version": 6, "database_type": "Test",
        "languages": [], "binary_format_major_version": 2, "binary_format_minor_version": 0,
        "build_epoch": 1_700_000_000, "description": {"en": "made by a test"},
    })  # fmt: skip
    path.write_bytes(tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + meta)
    return path


def _insert(nodes: list[list[Any]], bits: str, offset: int) -> None:
    node = 0
    for bit in bits[:-1]:
        child = nodes[node][int(bit)]
        if not isinstance(child, int) or child < 0:
            nodes.append([-1, -1])
            nodes[node][int(bit)] = child = len(nodes) - 1
        node = child
    nodes[node][int(bits[-1])] = ("data", offset)


def _record(child: Any, count: int) -> int:
    if isinstance(child, tuple):
        return count + 16 + child[1]
    return count if child < 0 else child


def _value(value: Any) -> bytes:
    if isinstance(value, str):
        return _head(2, len(value.encode())) + value.encode()
    if isinstance(value, dict):
        return _head(7, len(value)) + b"".join(_value(k) + _value(v) for k, v in value.items())
    if isinstance(value, list):
        return _head(11, len(value)) + b"".join(map(_value, value))
    raw = value.to_bytes(8, "big").lstrip(b"\0")
    return _head(9 if len(raw) > 4 else 6, len(raw)) + raw


def _head(kind: int, size: int) -> bytes:
    assert size < 285
    small, more = (size, b"") if size < 29 else (29, bytes([size - 29]))
    return bytes([kind << 5 | small]) + more if kind < 8 else bytes([small, kind - 7]) + more
