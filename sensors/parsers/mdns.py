"""Multicast DNS (RFC 6762) and the service discovery in it (RFC 6763), port 5353."""

from analysis.events import DnsResponse, Event, NameSeen
from analysis.text import clean
from sensors.packets import Packet
from sensors.parsers.addresses import ip4_text, ip6_text
from sensors.parsers.base import PacketParser
from sensors.parsers.dns import parse_message, read_header, read_questions
from sensors.parsers.dns_names import Names, labels
from sensors.parsers.dns_records import MAX_RECORDS, read_records, strings, walk
from sensors.parsers.repeats import remembering

_A, _PTR, _TXT, _AAAA = 1, 12, 16, 28
_MODEL_KEYS = (b"model=", b"md=", b"fn=", b"ty=")
"""TXT keys that say what a device is: Apple's _device-info, HomeKit and Google Cast, Cast's friendly
name, and printers (Bonjour Printing 1.2)."""
_HAP = [b"_hap", b"_tcp"]
_MAX_NAMES = 16
"""`NameSeen` events from one message."""


@remembering
def parse_mdns(packet: Packet) -> list[Event]:
    """A UDP packet of port 5353.

    A query gives one `DnsQuery` a question. A response gives one `DnsResponse` with its answers and
    additional records (name and qtype are empty when it was not asked for), and `NameSeen` events:
    "mdns" for the sender's host name (without ".local"), "mdns-model" for service instance names
    and models, "mdns-service" for the types of its services ("_ipp._tcp"), "hap-category" for the
    category number of a HomeKit accessory. Raises ParseError on what is not DNS.
    """
    ts, src_mac, dst_mac, src, dst, sport, dport, _, payload = packet[:9]
    events = parse_message(payload, ts, "mdns", src_mac, src, sport, dst_mac, dst, dport)
    head = events[0]
    if not isinstance(head, DnsResponse):
        return events
    _, _, questions, answers, authority, additional = read_header(payload)
    names = Names(payload)
    _, start = read_questions(names, questions)
    # Every section is read as one: hosts put their addresses into the additional records.
    count = min(answers + authority + additional, MAX_RECORDS)
    told: list[Event] = [head._replace(records=read_records(names, start, count))]
    hosts, models, clues = _told(Names(payload), start, count)
    if _speaks_for_itself(hosts, src):
        told += [NameSeen(ts, src_mac, src, "mdns", name) for name, own in hosts.items() if _fits(own, src)]
        told += [NameSeen(ts, src_mac, src, "mdns-model", name) for name in models]
        told += [NameSeen(ts, src_mac, src, source, clue) for source, clue in clues]
    return told[: _MAX_NAMES + 1]


def _told(
    names: Names, start: int, count: int
) -> tuple[dict[str, set[str]], list[str], list[tuple[str, str]]]:
    """Host names with their addresses, instance names and models, and (source, clue) of what else the
    services say, in the order seen."""
    hosts: dict[str, set[str]] = {}
    models: dict[str, None] = {}
    clues: dict[tuple[str, str], None] = {}
    data = names.data
    for owner, rtype, _, pos, end in walk(names, start, count):
        if rtype == _TXT:
            texts = strings(data, pos, end)
            models.update(dict.fromkeys(_models(texts)))
            if labels(owner)[1:3] == _HAP:
                clues.update(dict.fromkeys(("hap-category", number) for number in _categories(texts)))
        elif rtype in (_A, _AAAA) and end - pos == (4 if rtype == _A else 16):
            address = (ip4_text if rtype == _A else ip6_text)(data[pos:end])
            host = labels(owner)
            if len(host) == 2 and host[1].lower() == b"local":
                hosts.setdefault(clean(host[0]), set()).add(address)
        elif rtype == _PTR and (instance := _instance(names, owner, pos)):
            models[instance] = None
            clues["mdns-service", clean(b".".join(labels(owner)[:2]).lower())] = None
    return hosts, list(models), list(clues)


def _models(texts: list[bytes]) -> list[str]:
    """Values of the keys that name a model."""
    found = []
    for item in texts[:32]:
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
    service = labels(owner)
    if len(service) < 2 or service[1].lower() not in (b"_tcp", b"_udp"):
        return None
    try:
        target = labels(names.read(pos)[0])
    except (ValueError, IndexError):
        return None
    if len(target) != len(service) + 1 or target[0].startswith(b"_"):
        return None
    return clean(target[0].strip()) or None


def _fits(addresses: set[str], sender: str) -> bool:
    """Whether these can be the sender's addresses: one is, or none is of the family it sent from."""
    colon = ":" in sender
    return sender in addresses or all((":" in address) != colon for address in addresses)


def _speaks_for_itself(hosts: dict[str, set[str]], sender: str) -> bool:
    """False for reflectors and sleep proxies, which repeat other hosts' records under their own address."""
    return not hosts or any(_fits(addresses, sender) for addresses in hosts.values())


PARSER = PacketParser("mdns", parse_mdns, udp_ports=frozenset({5353}))
