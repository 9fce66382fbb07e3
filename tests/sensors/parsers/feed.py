"""Runs stream and packet parsers over bytes and captures, without the engine: the smallest thing that
reads as it does."""

from collections.abc import Iterable
from pathlib import Path

from scapy.all import IP, TCP, UDP, Ether, IPv6, PcapReader

from analysis.events import Event, Flow
from sensors.packets import Packet, ParseError
from sensors.parsers import STREAM_PARSERS
from sensors.parsers.base import STREAM_LIMIT, PacketParser, Stream, StreamParser


def flow(port: int = 4000, client_port: int = 50_000) -> Flow:
    """A conversation between two home devices."""
    return Flow(
        1, 0.0, "02:00:00:00:00:01", "02:00:00:00:00:02", "10.0.0.1", "10.0.0.2",
        client_port, port, "tcp", True, True, False,
    )  # fmt: skip


class Feeder:
    """One conversation: segments in order, shown to the parsers as the framework shows them."""

    def __init__(
        self, of: Flow, midstream: bool = False, parsers: Iterable[StreamParser] = STREAM_PARSERS
    ) -> None:
        self.stream = Stream(of, midstream)
        self.parsers = tuple(parsers)
        self.parser: StreamParser | None = None
        self.given_up = False
        self.events: list[Event] = []
        self.errors: list[str] = []

    def send(self, data: bytes, up: bool, ts: float = 1.0) -> None:
        buffer = self.stream.up if up else self.stream.down
        if self.given_up or self.stream.done or not data or len(buffer) >= STREAM_LIMIT:
            return
        buffer += data[: STREAM_LIMIT - len(buffer)]
        self.stream.first = self.stream.first or len(self.stream.up)
        if self.parser is None:
            answers = {p: p.recognise(self.stream) for p in self.parsers}
            assert set(answers.values()) <= {True, False, None}
            self.parser = next((p for p, answer in answers.items() if answer), None)
            self.given_up = self.parser is None and None not in answers.values()
        if self.parser is not None:
            self.stream.service = self.parser.name
            try:
                for event in self.parser.parse(self.stream, ts):
                    self.events.append(event)
            except ParseError as error:
                self.errors.append(str(error))
                self.stream.done = True

    def up(self, data: bytes) -> "Feeder":
        self.send(data, True)
        return self

    def down(self, data: bytes) -> "Feeder":
        self.send(data, False)
        return self

    def of(self, kind: type) -> list:
        return [e for e in self.events if isinstance(e, kind)]

    def sessions(self) -> list[tuple[str | None, bool]]:
        from analysis.events import SessionSeen

        return [(e.service, e.login) for e in self.of(SessionSeen)]


class _Order:
    """One direction's sequence numbers."""

    def __init__(self) -> None:
        self.next: int | None = None
        self.early: dict[int, bytes] = {}

    def place(self, seq: int, data: bytes) -> bytes:
        self.next = seq if self.next is None else self.next
        self.early[seq] = max(self.early.get(seq, b""), data, key=len)
        out = b""
        while ready := [s for s in self.early if (self.next - s) % 2**32 < 2**31]:
            for s in ready:
                piece = self.early.pop(s)[(self.next - s) % 2**32 :]
                out += piece
                self.next = (self.next + len(piece)) % 2**32
        return out


def conversations(path: Path) -> list[Feeder]:
    """Every TCP conversation of a capture, fed."""
    live: dict[frozenset, tuple[Feeder, dict[str, _Order]]] = {}
    done: list[Feeder] = []
    for packet in packets(path):
        if TCP not in packet:
            continue
        ip, tcp = packet[IP if IP in packet else IPv6], packet[TCP]
        here, there = (ip.src, tcp.sport), (ip.dst, tcp.dport)
        key = frozenset(((*here, 0), (*there, 1))) if here == there else frozenset((here, there))
        syn = tcp.flags.S and not tcp.flags.A
        if key not in live or (syn and live[key][0].stream.up):
            first = here if syn or (tcp.sport >= tcp.dport and not tcp.flags.S) else there
            second = there if first is here else here
            of = flow(second[1], first[1])._replace(client_ip=first[0], server_ip=second[0])
            feeder = Feeder(of, midstream=not syn)
            live[key] = (feeder, {"up": _Order(), "down": _Order()})
            done.append(feeder)
        feeder, orders = live[key]
        up = here == (feeder.stream.flow.client_ip, feeder.stream.flow.client_port)
        order = orders["up" if up else "down"]
        if tcp.flags.S:
            order.next = (tcp.seq + 1) % 2**32
        elif data := payload(packet, tcp):
            feeder.send(order.place(tcp.seq, data), up, float(packet.time))
    return done


def single(path: Path, parser: PacketParser) -> tuple[list[Event], int]:
    """The events that a packet parser makes of a capture, and how many packets it refused."""
    parse = parser.fresh() if parser.fresh else parser.parse
    events: list[Event] = []
    refused = 0
    for packet in packets(path):
        ip = packet.getlayer(IP) or packet.getlayer(IPv6)
        upper = packet.getlayer(TCP) or packet.getlayer(UDP)
        if ip is None or upper is None:
            continue
        data = payload(packet, upper)
        if not chosen(parser, upper, data):
            continue
        ends = (ip.src, ip.dst, upper.sport, upper.dport)
        protocol, seq = (6, upper.seq) if isinstance(upper, TCP) else (17, 0)
        one = Packet(float(packet.time), None, None, *ends, protocol, data, seq)
        try:
            events += parse(one)
        except ParseError:
            refused += 1
    return events, refused


def chosen(parser: PacketParser, upper: object, data: bytes) -> bool:
    """What the engine's selection does for one packet."""
    if len(data) < max(parser.min_payload, 1):
        return False
    if parser.holds is not None and not data.startswith(tuple(parser.holds[1]), parser.holds[0]):
        return False
    if isinstance(upper, TCP):
        return data[:4] in parser.tcp_prefixes
    mask, value = parser.udp_first_byte or (0, 0)
    return bool({upper.sport, upper.dport} & parser.udp_ports) and data[0] & mask == value


def payload(packet: Ether, upper: object) -> bytes:
    """The transport payload without link padding."""
    raw = bytes(upper.payload)
    if IP in packet:
        size = packet[IP].len - packet[IP].ihl * 4 - (upper.dataofs * 4 if isinstance(upper, TCP) else 8)
        return raw[: max(size, 0)]
    size = packet[IPv6].plen - (upper.dataofs * 4 if isinstance(upper, TCP) else 8)
    return raw[: max(size, 0)]


def packets(path: Path) -> Iterable:
    """A capture's packets as scapy dissects them, up to the transport layer."""
    with PcapReader(str(path)) as reader:
        while True:
            try:
                yield reader.read_packet()
            except EOFError:
                return
