"""The vocabulary: everything a sensor can say about the network, as immutable records.

Times are packet time in seconds since the epoch. Addresses are text in canonical form
(`ipaddress` style for IP, lower case with colons for MAC). Every text that came from the wire has
passed `analysis.text.clean`. A record's name in snake case is the name of its handlers:
`FlowStart` is handled by `on_flow_start`.

NamedTuples, because a sensor makes up to 100,000 a second and a frozen dataclass costs four times
as much to build.
"""

from typing import NamedTuple

of_values = tuple.__new__
"""`of_values(FlowEnd, values)` is the record of all its values, in their order. For records and rows that
come by the thousand: a NamedTuple's own constructor takes its arguments apart to pack them again, at three
times the cost."""


class Flow(NamedTuple):
    """The identity of a conversation; the client is the originator.

    TCP without a visible handshake, and UDP: the side with the registered (lower) port is the server. But UDP
    whose first packet goes from the home to the outside was begun by the device at home.
    """

    id: int
    """Unique within a sensor's run."""
    first_seen: float
    client_mac: str | None
    server_mac: str | None
    client_ip: str
    server_ip: str
    client_port: int
    port: int
    """The responder's port; 0 for protocols that have none."""
    proto: str
    """Lower case: "tcp", "udp", "icmp", "icmpv6", "igmp", "ip-47"..."""
    client_home: bool
    server_home: bool
    group: bool
    """The server address is multicast or broadcast."""


class FlowStart(NamedTuple):
    """The first packet of a conversation."""

    ts: float
    flow: Flow
    syn: bool
    """TCP only: the conversation was seen from its SYN (False: joined in its middle)."""


class FlowAnswered(NamedTuple):
    """The responder accepted: TCP handshake completed, payload from the responder, or a UDP reply."""

    ts: float
    flow: Flow


class SessionSeen(NamedTuple):
    """The first payload of a TCP conversation was looked at; once a flow, and again if the
    protocol changes (STARTTLS)."""

    ts: float
    flow: Flow
    service: str | None
    """What the content is: "telnet", "ftp", "ftps", "rlogin", "rsh", "rexec", "mqtt", "tls", "ssh",
    "http", ... None when no parser knows it; the port is then the only clue."""
    login: bool
    """Credentials passed in clear (their values are never kept)."""
    text: bool = False
    """No parser knows it, and it begins with readable text."""


class FlowEnd(NamedTuple):
    """A conversation closed or fell idle."""

    ts: float
    flow: Flow
    packets_up: int
    packets_down: int
    bytes_up: int
    """IP bytes from the originator."""
    bytes_down: int
    payload_up: int
    """Packets that carried payload, from the originator."""
    payload_down: int
    state: str
    """"attempt" (no answer), "rejected" (RST or ICMP unreachable), "established" (handshake
    completed), "midstream" (payload but no handshake seen), "stateless" (not TCP)."""
    service: str | None


class FlowActive(NamedTuple):
    """A conversation goes on: told when it is half a minute old, then every two minutes in which it had
    packets. Totals since it began."""

    ts: float
    flow: Flow
    packets_up: int
    packets_down: int
    bytes_up: int
    bytes_down: int


class DnsQuery(NamedTuple):
    """A client asked for a name."""

    ts: float
    transport: str
    """"udp", "tcp" or "llmnr"."""
    client_mac: str | None
    client_ip: str
    server_ip: str
    client_port: int
    txid: int
    name: str
    """Lower case, without the final dot, labels as text."""
    qtype: str


class MdnsQuery(NamedTuple):
    """A host asked all others of its link for names (RFC 6762). Who knows one tells all: no answer belongs
    to one question."""

    ts: float
    client_mac: str | None
    client_ip: str
    server_ip: str
    """The group, or the host that was asked alone."""
    asked: tuple[tuple[str, str], ...]
    """(name, type) of each question, names as in `DnsQuery`."""


class DnsRecord(NamedTuple):
    """One resource record of an answer. For how long it may be kept is not told: programs keep addresses far
    longer."""

    name: str
    rtype: str
    value: str


class DnsResponse(NamedTuple):
    """A server answered."""

    ts: float
    transport: str
    client_mac: str | None
    client_ip: str
    server_ip: str
    client_port: int
    txid: int
    name: str
    qtype: str
    rcode: str
    """"NOERROR", "NXDOMAIN", "SERVFAIL", ..."""
    records: tuple[DnsRecord, ...]
    server_mac: str | None


class DnsLookup(NamedTuple):
    """A query joined with its answer; rcode is None when no answer came within five seconds."""

    ts: float
    transport: str
    client_mac: str | None
    client_ip: str
    server_ip: str
    name: str
    qtype: str
    rcode: str | None
    records: tuple[DnsRecord, ...]
    elapsed: float | None
    """Seconds from query to answer."""


class DhcpMessage(NamedTuple):
    """A DHCPv4 message (RFC 2131), in either direction."""

    ts: float
    kind: str
    """"discover", "offer", "request", "decline", "ack", "nak", "release", "inform"."""
    client_mac: str
    """The hardware address in chaddr."""
    source_mac: str | None
    """The frame's sender."""
    client_ip: str | None
    """The client's present address (ciaddr), or the one given to it (yiaddr) in an offer or ack."""
    requested_ip: str | None
    server_id: str | None
    hostname: str | None
    fqdn: str | None
    vendor_class: str | None
    """Option 60."""
    parameters: tuple[int, ...]
    """Option 55 in the order asked: the client's fingerprint."""
    client_id: str | None
    """Option 61 in hexadecimal."""
    router: str | None
    """Option 3, first address."""
    dns: tuple[str, ...]
    """Option 6."""
    lease: int | None
    """Seconds (option 51)."""


class Dhcpv6Message(NamedTuple):
    """A DHCPv6 message (RFC 8415), outermost kind, relay contents opened."""

    ts: float
    kind: str
    source_mac: str | None
    source_ip: str
    duid: str | None
    """The client's DUID in hexadecimal."""
    addresses: tuple[str, ...]
    fqdn: str | None
    """Option 39."""
    vendor_class: str | None
    parameters: tuple[int, ...]
    dns: tuple[str, ...]
    server: bool
    """Sent by a server."""


class ArpSeen(NamedTuple):
    """An ARP request or reply (RFC 826). Probes carry the sender address 0.0.0.0."""

    ts: float
    op: str
    """"request" or "reply"."""
    source_mac: str
    """The frame's sender, which may differ from the claim inside."""
    sender_mac: str
    sender_ip: str
    target_mac: str
    target_ip: str
    frame_target: str | None
    """The frame's destination: all, or one host that is known already and asked again."""


class NeighborSeen(NamedTuple):
    """An IPv6 neighbour solicitation or advertisement (RFC 4861)."""

    ts: float
    kind: str
    """"solicitation" or "advertisement"."""
    source_mac: str | None
    source_ip: str
    target_ip: str
    link_mac: str | None
    """The link-layer address option."""
    router: bool
    override: bool
    """An advertisement that replaces what hosts remember; those for anycast addresses and by proxies do not
    (RFC 4861 sections 7.2.7 and 7.2.8)."""


class RouterAdvertised(NamedTuple):
    """An IPv6 router advertisement (RFC 4861, RFC 8106)."""

    ts: float
    source_mac: str | None
    source_ip: str
    lifetime: int
    """Seconds; 0 means not a default router."""
    prefixes: tuple[str, ...]
    """On-link prefixes as CIDR."""
    dns: tuple[str, ...]
    link_mac: str | None
    """The source link-layer address option: where hosts send what they give to this router."""


class EchoSeen(NamedTuple):
    """An ICMP or ICMPv6 echo request or reply ("ping") with more than a time stamp in it."""

    ts: float
    reply: bool
    source_mac: str | None
    source_ip: str
    target_ip: str
    exchange: int
    """Identifier and sequence number: what a reply has of the request that it answers."""
    size: int
    """Bytes of data after the echo header."""
    digest: int
    """CRC-32 of the data without its first 16 bytes, where ping programs put the time. They fill the
    rest with a pattern; the data itself is never kept."""


class NameSeen(NamedTuple):
    """A host told its own name, or what it is; all that one message says."""

    ts: float
    mac: str | None
    ip: str | None
    names: tuple[tuple[str, str], ...]
    """(source, name) of each. Sources: "dhcp", "dhcpv6", "mdns", "nbns", "llmnr", "mdns-model",
    "ssdp-server"..."""


class TlsHello(NamedTuple):
    """A TLS or QUIC ClientHello."""

    ts: float
    client_mac: str | None
    client_ip: str
    server_ip: str
    port: int
    sni: str | None
    version: str
    """The highest version offered: "1.3", "1.2"..."""
    alpn: tuple[str, ...]
    ja4: str
    """FoxIO JA4 (BSD 3-clause part of JA4+)."""
    ech: bool
    quic: bool


class TlsAccepted(NamedTuple):
    """A TLS ServerHello: what was chosen."""

    ts: float
    client_ip: str
    server_ip: str
    port: int
    version: str
    cipher: int


class HttpRequest(NamedTuple):
    """An HTTP/1 request head in clear."""

    ts: float
    client_mac: str | None
    client_ip: str
    server_ip: str
    port: int
    method: str
    host: str | None
    path: str
    """Without the query string."""
    user_agent: str | None
    basic_auth: bool
    """An Authorization: Basic header was sent (its value is never kept)."""
    client_port: int = 0
    again: bool = False
    """Told before from its first segment, which did not hold all that this says."""


class BannerSeen(NamedTuple):
    """A server or client said what software it is (SSH identification string, FTP greeting)."""

    ts: float
    flow: Flow
    service: str
    banner: str
    from_client: bool


class CertificateSeen(NamedTuple):
    """The leaf certificate of a TLS server (TLS 1.2 and below; 1.3 encrypts it)."""

    ts: float
    client_mac: str | None
    client_ip: str
    server_ip: str
    port: int
    sni: str | None
    """What the client asked for."""
    subject: str
    """The subject's common name, else its organisation; may be empty."""
    issuer: str
    names: tuple[str, ...]
    """DNS names and IP addresses of the alternative names, lower case; the common name where there
    are none (RFC 6125)."""
    not_before: float
    not_after: float
    """Seconds since the epoch."""
    key: str
    """"rsa", "ec", "ed25519", ..."""
    key_bits: int
    """0 where the kind of key has no size of its own."""
    self_signed: bool
    """Issuer and subject are the same."""
    fingerprint: str
    """SHA-256 of the certificate in hexadecimal."""


class SnmpSeen(NamedTuple):
    """An SNMP v1 or v2c request: its community, a password, passed in clear."""

    ts: float
    client_mac: str | None
    client_ip: str
    server_ip: str
    port: int
    version: str
    """"1" or "2c"."""
    default: bool
    """The community is one that devices leave the factory with ("public", "private"...); its value is
    never kept."""
    writes: bool
    """A set request."""


class LoginFailed(NamedTuple):
    """A server refused a password, said in clear."""

    ts: float
    client_mac: str | None
    client_ip: str
    server_ip: str
    port: int
    service: str
    """"ftp", "telnet", "http"."""
    client_port: int = 0


class PortMapping(NamedTuple):
    """A device asked the router to let connections from outside in."""

    ts: float
    client_mac: str | None
    client_ip: str
    server_ip: str
    """The router."""
    method: str
    """"upnp", "nat-pmp" or "pcp"."""
    proto: str
    """"tcp", "udp" or "all"."""
    outside_port: int
    """0 where any will do."""
    inside_ip: str
    inside_port: int
    lifetime: int
    """Seconds; 0 means for ever with UPnP, and closes the port with the other two."""
    description: str | None


Event = (
    FlowStart | FlowAnswered | SessionSeen | FlowEnd | DnsQuery | MdnsQuery | DnsResponse | DnsLookup
    | DhcpMessage | Dhcpv6Message | ArpSeen | NeighborSeen | RouterAdvertised | EchoSeen | NameSeen | TlsHello
    | TlsAccepted | FlowActive | HttpRequest | BannerSeen | CertificateSeen | SnmpSeen | LoginFailed
    | PortMapping
)  # fmt: skip
