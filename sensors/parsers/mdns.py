"""Multicast DNS (RFC 6762) and the service discovery in it (RFC 6763), port 5353."""

from functools import lru_cache
from typing import NamedTuple

from analysis.events import DnsQuery, DnsRecord, DnsResponse, Event, NameSeen, of_values
from analysis.text import clean
from sensors.packets import Packet, ParseError
from sensors.parsers.addresses import ip4_text, ip6_text
from sensors.parsers.base import PacketParser
from sensors.parsers.dns import RCODES, read_header, read_questions
from sensors.parsers.dns_names import Names, labels
from sensors.parsers.dns_records import MAX_RECORDS, read_records, strings, walk

_A, _PTR, _TXT, _AAAA = 1, 12, 16, 28
_MODEL_KEYS = (b"model=", b"md=", b"fn=", b"ty=")
"""TXT keys that say what a device is: Apple's _device-info, HomeKit and Google Cast, Cast's friendly
name, and printers (Bonjour Printing 1.2)."""
_MODEL_STARTS = frozenset(key[:3] for key in _MODEL_KEYS)
_HAP = [b"_hap", b"_tcp"]
_MAX_NAMES = 16
"""`NameSeen` events from one message."""
REMEMBERED = 512
"""Messages; a home of 40 devices announces and asks about 200 different ones, to the byte."""
LONGEST = 1024
"""Bytes of a message worth remembering. Bounds what hostile ones can make us hold to about 20 MB."""


class _Host(NamedTuple):
    """A host name with its addresses."""

    name: str
    addresses: frozenset[str]
    six: frozenset[bool]
    """Whether they are of IPv6: one of the two, or both."""


class _Message(NamedTuple):
    """What a message says, whoever sent it and when."""

    asked: tuple[tuple[str, str], ...]
    """(name, type) of each question."""
    rcode: str | None
    """None for a query, of which nothing more is read."""
    records: tuple[DnsRecord, ...] = ()
    hosts: tuple["_Host", ...] = ()
    clues: tuple[tuple[str, str], ...] = ()
    """(source, name) of instance names, models and what else the services say, in the order told."""


def parse_mdns(packet: Packet) -> list[Event]:
    """A UDP packet of port 5353.

    A query gives one `DnsQuery` a question. A response gives one `DnsResponse` with its answers and
    additional records (name and qtype are empty when it was not asked for), and `NameSeen` events:
    "mdns" for the sender's host name (without ".local"), "mdns-model" for service instance names
    and models, "mdns-service" for the types of its services ("_ipp._tcp"), "hap-category" for the
    category number of a HomeKit accessory. Raises ParseError on what is not DNS.
    """
    ts, src_mac, dst_mac, src, dst, sport, dport, _, payload, _ = packet
    read = _remembered if len(payload) <= LONGEST else _read
    asked, rcode, records, hosts, clues = read(payload)
    txid = int.from_bytes(payload[:2])
    if rcode is None:
        return [
            of_values(DnsQuery, (ts, "mdns", src_mac, src, dst, sport, txid, name, qtype))
            for name, qtype in asked
        ]
    name, qtype = asked[0] if asked else ("", "")
    head = (ts, "mdns", dst_mac, dst, src, dport, txid, name, qtype, rcode, records, src_mac)
    told: list[Event] = [of_values(DnsResponse, head)]
    # Its sender's are the hosts of which it is an address, and those without one of the family it sent from.
    six = ":" in src
    own = [("mdns", host.name) for host in hosts if src in host.addresses or six not in host.six]
    if own or not hosts:  # else a reflector or sleep proxy repeats other hosts' records
        said = (*own, *clues)[:_MAX_NAMES]
        told += [of_values(NameSeen, (ts, src_mac, src, source, name)) for source, name in said]
    return told


def _read(data: bytes) -> _Message:
    """What a message says, whoever sends it. Raises ParseError on what is not DNS."""
    _, flags, questions, answers, authority, additional = read_header(data)
    names = Names(data)
    asked, start = read_questions(names, questions)
    if not flags & 0x8000:
        if not asked:
            raise ParseError("query without a question")
        return _Message(tuple(asked), None)
    # Every section is read as one: hosts put their addresses into the additional records.
    count = min(answers + authority + additional, MAX_RECORDS)
    hosts, clues = _told(names.again(), start, count)
    return _Message(tuple(asked), RCODES[flags & 15], read_records(names, start, count), hosts, clues)


_remembered = lru_cache(maxsize=REMEMBERED)(_read)
_labels = lru_cache(maxsize=REMEMBERED)(labels)
"""Messages that differ name the same services."""


def _told(names: Names, start: int, count: int) -> tuple[tuple[_Host, ...], tuple[tuple[str, str], ...]]:
    """Host names with their addresses; (source, name) of instance names and models, then of what else the
    services say, each in the order seen."""
    hosts: dict[str, set[str]] = {}
    models: dict[tuple[str, str], None] = {}
    clues: dict[tuple[str, str], None] = {}
    data = names.data
    for owner, rtype, _, pos, end in walk(names, start, count):
        if rtype == _TXT:
            texts = strings(data, pos, end)
            models.update(dict.fromkeys(("mdns-model", model) for model in _models(texts)))
            if _labels(owner)[1:3] == _HAP:
                clues.update(dict.fromkeys(("hap-category", number) for number in _categories(texts)))
        elif rtype in (_A, _AAAA) and end - pos == (4 if rtype == _A else 16):
            address = (ip4_text if rtype == _A else ip6_text)(data[pos:end])
            host = _labels(owner)
            if len(host) == 2 and host[1].lower() == b"local":
                hosts.setdefault(clean(host[0]), set()).add(address)
        elif rtype == _PTR and (instance := _instance(names, owner, pos)):
            models["mdns-model", instance] = None
            clues["mdns-service", clean(b".".join(_labels(owner)[:2]).lower())] = None
    told = (_Host(name, frozenset(own), frozenset(":" in ip for ip in own)) for name, own in hosts.items())
    return tuple(told), (*models, *clues)


def _models(texts: list[bytes]) -> list[str]:
    """Values of the keys that name a model."""
    found = []
    for item in texts[:32]:
        if item[:3].lower() in _MODEL_STARTS:
            key, mark, value = item.partition(b"=")
            if value and key.lower() + mark in _MODEL_KEYS:
                found.append(clean(value))
    return found


def _categories(texts: list[bytes]) -> list[str]:
    """The category of a HomeKit accessory (key "ci" of _hap._tcp, a number up to 99)."""
    found = (item[3:] for item in texts[:32] if item[:3].lower() == b"ci=")
    return [value.decode() for value in found if value.isdigit() and len(value) <= 2]


def _instance(names: Names, owner: bytes, pos: int) -> str | None:
    """The instance name in a pointer from "_service._tcp.local" to "Instance._service._tcp.local"."""
    service = _labels(owner)
    if len(service) < 2 or service[1].lower() not in (b"_tcp", b"_udp"):
        return None
    try:
        target = _labels(names.read(pos)[0])
    except (ValueError, IndexError):
        return None
    if len(target) != len(service) + 1 or target[0].startswith(b"_"):
        return None
    return clean(target[0].strip()) or None


PARSER = PacketParser("mdns", parse_mdns, udp_ports=frozenset({5353}))
