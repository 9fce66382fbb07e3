"""DNS types and the values of records as text."""

import struct
from collections.abc import Callable, Iterator
from functools import lru_cache

from analysis.events import DnsRecord, of_values
from analysis.text import LIMIT, clean
from sensors.packets import ParseError
from sensors.parsers.addresses import ip4_text, ip6_text
from sensors.parsers.dns_names import Names, text

MAX_RECORDS = 256
"""Records read from one message; a response over UDP rarely has 30."""
OPT = 41
_CNAME = 5

TYPES = {
    1: "A", 2: "NS", 3: "MD", 4: "MF", 5: "CNAME", 6: "SOA", 7: "MB", 8: "MG", 9: "MR", 10: "NULL",
    11: "WKS", 12: "PTR", 13: "HINFO", 14: "MINFO", 15: "MX", 16: "TXT", 17: "RP", 18: "AFSDB", 19: "X25",
    20: "ISDN", 21: "RT", 22: "NSAP", 23: "NSAP-PTR", 24: "SIG", 25: "KEY", 26: "PX", 27: "GPOS", 28: "AAAA",
    29: "LOC", 30: "NXT", 31: "EID", 32: "NIMLOC", 33: "SRV", 34: "ATMA", 35: "NAPTR", 36: "KX", 37: "CERT",
    38: "A6", 39: "DNAME", 40: "SINK", OPT: "OPT", 42: "APL", 43: "DS", 44: "SSHFP", 45: "IPSECKEY",
    46: "RRSIG", 47: "NSEC", 48: "DNSKEY", 49: "DHCID", 50: "NSEC3", 51: "NSEC3PARAM", 52: "TLSA",
    53: "SMIMEA", 55: "HIP", 59: "CDS", 60: "CDNSKEY", 61: "OPENPGPKEY", 62: "CSYNC", 63: "ZONEMD",
    64: "SVCB", 65: "HTTPS", 99: "SPF", 104: "NID", 105: "L32", 106: "L64", 107: "LP", 108: "EUI48",
    109: "EUI64", 249: "TKEY", 250: "TSIG", 251: "IXFR", 252: "AXFR", 253: "MAILB", 254: "MAILA", 255: "ANY",
    256: "URI", 257: "CAA", 32768: "TA", 32769: "DLV",
}  # fmt: skip
"""IANA's registry of RR types, the assigned names in use."""

_RECORD = struct.Struct("!H6xH").unpack_from
"""Type and length of the data, after the owner; class and time to live between them."""
_POINTED = struct.Struct("!HH6xH").unpack_from
"""The same after an owner that is a mere pointer."""
_TARGET = 0x3FFF
"""The part of a pointer that says where it leads."""
_ADDRESSES: dict[int, Callable[[bytes], str]] = {1: ip4_text, 28: ip6_text}
_U16 = struct.Struct("!H")
_U16x2 = struct.Struct("!HH")
_U16x3 = struct.Struct("!HHH")
_U32 = struct.Struct("!I")


def type_name(rtype: int) -> str:
    """The type's mnemonic, or "TYPE65280" (RFC 3597) where it has none."""
    return TYPES.get(rtype) or f"TYPE{rtype}"


def walk(names: Names, pos: int, count: int) -> Iterator[tuple[bytes, int, int, int]]:
    """(owner in wire form, type, start of data, end of data) of each whole record from `pos`.

    Stops without a word where the message is cut or broken: what came before it is still true.
    """
    data = names.data
    size = len(data)
    for _ in range(min(count, MAX_RECORDS)):
        try:
            owner, pos = names.read(pos)
            rtype, length = _RECORD(data, pos)
        except (ParseError, IndexError, struct.error):
            return
        pos += 10
        end = pos + length
        if end > size:
            return
        yield owner, rtype, pos, end
        pos = end


def read_records(names: Names, pos: int, count: int, owners: dict[int, str]) -> tuple[DnsRecord, ...]:
    """The records from `pos` as events show them, up to the first broken one; OPT is left out. `owners` are
    names as texts by where they stand, as far as known."""
    data = names.data
    size = len(data)
    found: list[DnsRecord] = []
    try:
        for _ in range(min(count, MAX_RECORDS)):
            if data[pos] >= 0xC0:  # most owners are a mere pointer, and most of one message the same
                pointer, rtype, length = _POINTED(data, pos)
                owner = owners.get(pointer & _TARGET)
                if owner is None:
                    owner = owners[pointer & _TARGET] = text(names.read(pos)[0])
                pos += 12
            else:
                wire, pos = names.read(pos)
                rtype, length = _RECORD(data, pos)
                owner = text(wire)
                pos += 10
            end = pos + length
            if end > size:
                break
            if rtype in _ADDRESSES:
                found.append(_address(owner, rtype, data[pos:end]))
            elif rtype == _CNAME:  # the next record is mostly about the name that this one gives
                value = owners[pos] = text(names.read(pos)[0])
                found.append(of_values(DnsRecord, (owner, "CNAME", value)))
            elif rtype != OPT:
                value = record_value(rtype, names, pos, end)
                found.append(of_values(DnsRecord, (owner, type_name(rtype), value)))
            pos = end
    except (ParseError, IndexError, ValueError, OSError, struct.error):
        pass  # what came before the broken record is still true
    return tuple(found)


@lru_cache(maxsize=4096)
def _address(owner: str, rtype: int, raw: bytes) -> DnsRecord:
    """The record of an address. Most answers tell what earlier ones told, in another order; the memory holds
    5 MB at most."""
    return DnsRecord(owner, TYPES[rtype], _ADDRESSES[rtype](raw))


def record_value(rtype: int, names: Names, start: int, end: int) -> str:
    """The record's data as text, at most 255 characters; "type 48" where a reader needs no more.

    Raises ParseError, IndexError, ValueError, OSError or struct.error on data that is not of its type.
    """
    decode = _VALUES.get(rtype)
    return f"type {rtype}" if decode is None else decode(names, start, end)


def strings(data: bytes, start: int, end: int) -> list[bytes]:
    """The character strings of a TXT record; one that runs over the end is cut."""
    found = []
    while start < end:
        stop = min(start + 1 + data[start], end)
        found.append(data[start + 1 : stop])
        start = stop
    return found


def _name(names: Names, start: int, end: int) -> str:
    return text(names.read(start)[0])


def _mx(names: Names, start: int, end: int) -> str:
    (preference,) = _U16.unpack_from(names.data, start)
    return f"{preference} {text(names.read(start + 2)[0])}"


def _srv(names: Names, start: int, end: int) -> str:
    priority, weight, port = _U16x3.unpack_from(names.data, start)
    return f"{priority} {weight} {port} {text(names.read(start + 6)[0])}"


def _txt(names: Names, start: int, end: int) -> str:
    return clean(b" ".join(strings(names.data, start, min(end, start + LIMIT))))


def _soa(names: Names, start: int, end: int) -> str:
    primary, pos = names.read(start)
    mailbox, pos = names.read(pos)
    (serial,) = _U32.unpack_from(names.data, pos)
    return f"{text(primary)} {text(mailbox)} {serial}"[:LIMIT]


def _caa(names: Names, start: int, end: int) -> str:
    data = names.data
    tag_end = start + 2 + data[start + 1]
    return clean(b"%d %b %b" % (data[start], data[start + 2 : tag_end], data[tag_end:end]))


def _svcb(names: Names, start: int, end: int) -> str:
    """Service binding (RFC 9460): priority, target, and the parameters that say how to connect."""
    data = names.data
    (priority,) = _U16.unpack_from(data, start)
    target, pos = names.read(start + 2)
    parts = [f"{priority} {text(target) or '.'}"]
    while pos < end:
        key, length = _U16x2.unpack_from(data, pos)
        pos += 4
        if pos + length > end:
            raise ParseError("SvcParam too long")
        parts.append(_svc_param(key, data[pos : pos + length]))
        pos += length
        if len(parts) > 16:
            break
    return " ".join(filter(None, parts))[:LIMIT]


def _svc_param(key: int, raw: bytes) -> str:
    if key == 1:
        return "alpn=" + clean(b",".join(strings(raw, 0, len(raw))))
    if key == 3:
        return f"port={_U16.unpack(raw)[0]}"
    if key == 4:
        return "ipv4hint=" + ",".join(ip4_text(raw[i : i + 4]) for i in range(0, min(len(raw), 64), 4))
    if key == 6:
        return "ipv6hint=" + ",".join(ip6_text(raw[i : i + 16]) for i in range(0, min(len(raw), 128), 16))
    return "ech" if key == 5 else ""


_VALUES: dict[int, Callable[[Names, int, int], str]] = {
    2: _name, 6: _soa, 12: _name, 15: _mx, 16: _txt, 33: _srv, 39: _name,
    64: _svcb, 65: _svcb, 99: _txt, 257: _caa,
}  # fmt: skip
