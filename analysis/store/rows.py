"""What a sensor hands to the writer: plain rows, a second's worth at a time.

Devices are named by `(network, mac)`; the writer turns them into row ids. Times are packet time in seconds
since the epoch, addresses and names are text as in `analysis.events`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from analysis.alerts import Finding

DeviceKey = tuple[str, str]
"""(network, mac)"""


class DeviceRow(NamedTuple):
    """The present knowledge about a device; None keeps what the database has."""

    key: DeviceKey
    vendor: str | None
    randomised: bool
    name: str | None
    name_source: str | None
    vendor_class: str | None
    dhcp_parameters: str | None
    kind: str | None
    os: str | None
    router: bool
    ip: str | None
    first_seen: float
    last_seen: float
    maker: str | None = None
    """Of the device; `vendor` is that of its network card."""
    model: str | None = None
    confidence: float | None = None
    """How sure `kind` is, 0 to 1."""
    os_confidence: float | None = None


class EvidenceRow(NamedTuple):
    """A clue about a device and one thing that it says; `says` is empty for mere habits."""

    key: DeviceKey
    source: str
    clue: str
    says: str
    """"kind=phone", "os=Android 14", "maker=Apple", "model=DCS-935L"."""
    weight: float
    first_seen: float
    last_seen: float


class KnownDevice(NamedTuple):
    """What the database knew about a device when a sensor started (the one row that comes back)."""

    key: DeviceKey
    name: str | None
    """What a person called it, not the name from the wire."""
    trust: str
    router: bool
    first_seen: float
    last_seen: float
    addresses: tuple[tuple[str, float], ...] = ()
    """(address, last seen), oldest first."""
    names: tuple[tuple[str, str], ...] = ()
    """(source, name) as in `NameRow`."""
    evidence: tuple[tuple[str, str, float, float], ...] = ()
    """(source, clue, first seen, last seen) as in `EvidenceRow`."""
    kind: str | None = None
    """What a person said it is."""


class AddressRow(NamedTuple):
    """An IP address that a device used."""

    key: DeviceKey
    ip: str
    first_seen: float
    last_seen: float


class NameRow(NamedTuple):
    """What a device called itself, or was called."""

    key: DeviceKey
    source: str
    """Who said it, as in `analysis.names`."""
    name: str
    first_seen: float
    last_seen: float


class FlowRow(NamedTuple):
    """Totals since the flow began; `peer_key` and `delta_*` (since the last row of this flow) feed the
    roll-ups."""

    flow: int
    device: DeviceKey | None
    client_ip: str
    server_ip: str
    client_port: int
    port: int
    proto: str
    peer: str | None
    service: str | None
    state: str
    first_seen: float
    last_seen: float
    packets_up: int
    packets_down: int
    bytes_up: int
    bytes_down: int
    peer_key: str
    """Registrable domain, else the peer's address; "mac:<mac>" when the peer is a device of the
    same network."""
    new: bool
    """The flow's first row: counts as a flow in the roll-ups."""
    delta_up: int
    delta_down: int


class DnsRow(NamedTuple):
    """A query with its answer, if one came; `elapsed` are the seconds between the two."""

    ts: float
    device: DeviceKey | None
    transport: str
    client_ip: str
    client_mac: str | None
    server_ip: str
    name: str
    qtype: str
    rcode: str | None
    """None: no answer came."""
    answers: tuple[str, ...]
    blocked_by: str | None
    """The blocklist that holds the name."""
    elapsed: float | None


class TlsRow(NamedTuple):
    """A ClientHello, of TLS over TCP or of QUIC."""

    ts: float
    device: DeviceKey | None
    client_ip: str
    server_ip: str
    port: int
    sni: str | None
    version: str
    alpn: str
    ja4: str
    ech: bool
    quic: bool


class HttpRow(NamedTuple):
    """A request in clear; `path` without its query."""

    ts: float
    device: DeviceKey | None
    client_ip: str
    server_ip: str
    port: int
    method: str
    host: str | None
    path: str
    user_agent: str | None


class PacketRow(NamedTuple):
    """A packet of the log; `length` is bytes on the wire, `sample` n where one in n was logged."""

    ts: float
    src: str
    dst: str
    sport: int
    dport: int
    proto: str
    length: int
    sample: int


class TrafficRow(NamedTuple):
    """What a device sent (up) and got in a minute, counted in minutes since the epoch."""

    device: DeviceKey
    minute: int
    bytes_up: int
    bytes_down: int
    packets: int


class BaselineRow(NamedTuple):
    """A destination that a device uses; `learned`: it was met while learning, else it was reported as new."""

    device: DeviceKey
    peer: str
    port: int
    proto: str
    service: str | None
    learned: bool
    first_seen: float
    last_seen: float


class VolumeRow(NamedTuple):
    """What a device sent out of the home, and to how many different places, within an hour since the epoch:
    all that the rules counted so far."""

    device: DeviceKey
    hour: int
    bytes_up: int
    places: int = 0


class HealthRow(NamedTuple):
    """What is to be said of Sentinel itself; the newest of a component and subject holds."""

    component: str
    subject: str
    level: str
    """"ok", "note" or "alarm"."""
    message: str
    fix: str | None


class SensorStatus(NamedTuple):
    """Cumulative counters of this run; the writer derives `sensor_minute` from their growth."""

    label: str | None
    linktype: int | None
    state: str
    message: str | None
    last_packet: float | None
    packets: int
    bytes: int
    dropped: int
    undecoded: int
    shed: int
    evicted: int
    counters: dict[str, Any]


@dataclass(slots=True)
class Batch:
    """About a second of rows from one sensor."""

    devices: list[DeviceRow] = field(default_factory=list)
    addresses: list[AddressRow] = field(default_factory=list)
    names: list[NameRow] = field(default_factory=list)
    evidence: list[EvidenceRow] = field(default_factory=list)
    flows: list[FlowRow] = field(default_factory=list)
    dns: list[DnsRow] = field(default_factory=list)
    tls: list[TlsRow] = field(default_factory=list)
    http: list[HttpRow] = field(default_factory=list)
    packets: list[PacketRow] = field(default_factory=list)
    traffic: list[TrafficRow] = field(default_factory=list)
    baseline: list[BaselineRow] = field(default_factory=list)
    volumes: list[VolumeRow] = field(default_factory=list)
    findings: list[tuple[Finding, DeviceKey | None, float]] = field(default_factory=list)
    """Finding, the home device it is about, and the rule's cooldown in seconds."""
    health: list[HealthRow] = field(default_factory=list)
    status: SensorStatus | None = None


def columns_of(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The columns of at least one row, all of one kind. What is to be done with every row is done with whole
    columns: that spares a step of Python for each row and column."""
    return list(zip(*rows, strict=True))
