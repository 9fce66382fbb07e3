"""Multicast DNS (RFC 6762) and the service discovery in it (RFC 6763), port 5353."""

from functools import lru_cache

from analysis.events import Event, MdnsQuery, NameSeen, of_values
from analysis.text import clean
from sensors.packets import Packet, ParseError
from sensors.parsers.addresses import ip4_text, ip6_text
from sensors.parsers.base import PacketParser
from sensors.parsers.dns import read_header, read_questions
from sensors.parsers.dns_names import Names, labels
from sensors.parsers.dns_records import strings, walk

_A, _PTR, _TXT, _AAAA = 1, 12, 16, 28
_MODEL_KEYS = (b"model=", b"md=", b"fn=", b"ty=")
"""TXT keys that say what a device is: Apple's _device-info, HomeKit and Google Cast, Cast's friendly
name, and printers (Bonjour Printing 1.2)."""
_MODEL_STARTS = frozenset(key[:3] for key in _MODEL_KEYS)
_HAP = [b"_hap", b"_tcp"]
_MAX_NAMES = 16
"""Names told from one message."""
REMEMBERED = 512
"""Messages by sender; a home of 40 devices announces and asks about 200 different ones, to the byte."""
LONGEST = 1024
"""Bytes of a message worth remembering. Bounds what hostile ones can make us hold to about 12 MB."""

_Pairs = tuple[tuple[str, str], ...]


def parse_mdns(packet: Packet) -> tuple[Event, ...]:
    """A UDP packet of port 5353.

    A query gives one `MdnsQuery`. A response gives one `NameSeen` if it tells something of its sender: "mdns"
    is its host name (without ".local"), "mdns-model" are service instance names and models, "mdns-service"
    the types of its services ("_ipp._tcp"), "hap-category" the category number of a HomeKit accessory.
    Raises ParseError on what is not DNS.
    """
    ts, mac, _, src, dst, _, _, _, payload, _, _ = packet
    asked, names = (_remembered if len(payload) <= LONGEST else _read)(payload, src)
    if asked:
        return (of_values(MdnsQuery, (ts, mac, src, dst, asked)),)
    return (of_values(NameSeen, (ts, mac, src, names)),) if names else ()


def _read(data: bytes, src: str) -> tuple[_Pairs, _Pairs]:
    """(name, type) of each question of a query; (source, name) that a response from this address tells of
    its sender. Raises ParseError on what is not DNS."""
    _, flags, questions, answers, authority, additional = read_header(data)
    names = Names(data)
    asked, start = read_questions(names, questions)
    if not flags & 0x8000:
        if not asked:
            raise ParseError("query without a question")
        return tuple(asked), ()
    # Every section is read as one: hosts put their addresses into the additional records.
    hosts, clues = _told(names, start, answers + authority + additional)
    # Its sender's are the hosts of which it is an address, and those without one of the family it sent from.
    six = ":" in src
    own = [
        ("mdns", host) for host, ips in hosts.items() if src in ips or six not in {":" in ip for ip in ips}
    ]
    if hosts and not own:  # a reflector or sleep proxy repeats other hosts' records
        return (), ()
    return (), (*own, *clues)[:_MAX_NAMES]


_remembered = lru_cache(maxsize=REMEMBERED)(_read)
_labels = lru_cache(maxsize=REMEMBERED)(labels)
"""Messages that differ name the same services."""


def _told(names: Names, start: int, count: int) -> tuple[dict[str, set[str]], _Pairs]:
    """Host names with their addresses; (source, name) of instance names and models, then of what else the
    services say, each in the order seen."""
    hosts: dict[str, set[str]] = {}
    models: dict[tuple[str, str], None] = {}
    clues: dict[tuple[str, str], None] = {}
    data = names.data
    for owner, rtype, pos, end in walk(names, start, count):
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
    return hosts, (*models, *clues)


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
