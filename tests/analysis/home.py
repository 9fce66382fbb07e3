"""A home for tests: an inventory with a laptop, a router and lists, and events with short names."""

from collections.abc import Sequence
from itertools import count

from analysis.alerts import Finding, Severity
from analysis.baseline import Baseline
from analysis.blocklist import Match
from analysis.config import Config
from analysis.detector import Detector
from analysis.devices import Inventory
from analysis.events import (
    DnsLookup,
    DnsQuery,
    DnsRecord,
    Flow,
    FlowAnswered,
    FlowEnd,
    FlowStart,
    SessionSeen,
    TlsHello,
)  # fmt: skip
from analysis.pipeline import Pipeline

T0 = 1_700_000_000.0
LAPTOP, LAPTOP_IP = "a4:83:e7:11:22:33", "192.168.1.20"
TELEVISION, TELEVISION_IP = "cc:b8:a8:01:02:03", "192.168.1.30"
ROUTER, ROUTER_IP = "44:d9:e7:aa:bb:cc", "192.168.1.1"
OUTSIDE = "93.184.216.34"

_serial = count(1)


class Lists:
    """Blocklists as a dictionary: the two questions that an inventory asks of them."""

    def __init__(
        self, names: dict[str, Severity] | None = None, addresses: dict[str, Severity] | None = None,
        own: bool = False,
    ) -> None:  # fmt: skip
        self.names, self.addresses, self.own = names or {}, addresses or {}, own

    def match_name(self, name: str) -> Match | None:
        labels = name.split(".")
        for start in range(len(labels)):
            if (entry := ".".join(labels[start:])) in self.names:
                severity = self.names[entry]
                category = "malware" if severity else "advertising"
                return Match("test list", entry, category, severity, self.own)
        return None

    def match_address(self, ip: str) -> Match | None:
        severity = self.addresses.get(ip)
        return None if severity is None else Match("test list", ip, "malware", severity, self.own)


class Home:
    """Detectors on an inventory that knows a laptop, a television and a router."""

    def __init__(
        self, *detectors: Detector, lists: Lists | None = None, learning_seconds: float = 0.0,
        config: Config | None = None,
    ) -> None:  # fmt: skip
        self.inventory = Inventory(config or Config(), "eth0", baseline=Baseline(learning_seconds))
        self.inventory.blocklist = lists  # type: ignore[assignment]
        self.pipeline = Pipeline(detectors, self.inventory)
        self.inventory.sighting(T0, LAPTOP, LAPTOP_IP)
        self.inventory.sighting(T0, TELEVISION, TELEVISION_IP)
        for server in ("8.8.8.8", "9.9.9.9", "1.1.1.1"):
            self.inventory.sighting(T0, ROUTER, server, inward=True)
        self.inventory.new_devices(T0 + 120)

    def flow(
        self, server: str = OUTSIDE, port: int = 443, proto: str = "tcp", *, ts: float = T0,
        client: str = LAPTOP_IP, client_port: int = 50_000, client_mac: str | None = LAPTOP, group: bool = False,
    ) -> Flow:  # fmt: skip
        is_home = self.inventory.is_home
        server_mac = None if group else TELEVISION if server == TELEVISION_IP else ROUTER
        return Flow(
            next(_serial), ts, client_mac, server_mac, client, server, client_port, port, proto,
            is_home(client), is_home(server), group,
        )  # fmt: skip

    def start(self, flow: Flow, syn: bool = True, ts: float | None = None) -> list[Finding]:
        return self.pipeline.handle(FlowStart(ts or flow.first_seen, flow, syn and flow.proto == "tcp"))

    def answer(self, flow: Flow, ts: float | None = None) -> list[Finding]:
        return self.pipeline.handle(FlowAnswered(ts or flow.first_seen + 0.01, flow))

    def session(self, flow: Flow, service: str | None, login: bool = False) -> list[Finding]:
        return self.pipeline.handle(SessionSeen(flow.first_seen + 0.1, flow, service, login))

    def end(
        self, flow: Flow, state: str, service: str | None = None, *, up: int = 1, down: int = 0,
        payload_up: int = 0, payload_down: int = 0, ts: float | None = None,
    ) -> list[Finding]:  # fmt: skip
        return self.pipeline.handle(
            FlowEnd(
                ts or flow.first_seen + 30,
                flow,
                up,
                down,
                up * 60,
                down * 60,
                payload_up,
                payload_down,
                state,
                service,
            )
        )

    def open(self, flow: Flow) -> list[Finding]:
        return [*self.start(flow), *self.answer(flow)]

    def learn(self, name: str, *addresses: str, client: str = LAPTOP_IP, ts: float = T0) -> None:
        self.inventory.learn_name(lookup(name, addresses, client, ts))


def lookup(name: str, addresses: Sequence[str], client: str = LAPTOP_IP, ts: float = T0) -> DnsLookup:
    records = tuple(DnsRecord(name, "AAAA" if ":" in ip else "A", ip) for ip in addresses)
    return DnsLookup(ts, "udp", LAPTOP, client, ROUTER_IP, name, "A", "NOERROR", records, 0.01)


def query(name: str, transport: str = "udp", ts: float = T0) -> DnsQuery:
    return DnsQuery(ts, transport, LAPTOP, LAPTOP_IP, ROUTER_IP, 40_000, 7, name, "A")


def hello(sni: str | None, server: str = OUTSIDE, ts: float = T0) -> TlsHello:
    return TlsHello(ts, LAPTOP, LAPTOP_IP, server, 443, sni, "1.3", (), "t13d", False, False)
