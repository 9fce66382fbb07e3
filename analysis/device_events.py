"""What DHCP, ARP, neighbour discovery and names say about devices."""

from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from analysis.device import Device
from analysis.events import (
    ArpSeen,
    DhcpMessage,
    Dhcpv6Message,
    DnsQuery,
    FlowAnswered,
    HttpRequest,
    NameSeen,
    NeighborSeen,
    RouterAdvertised,
    TlsHello,
)  # fmt: skip
from analysis.fingerprints import CALLS
from analysis.networks import is_group, is_unspecified
from analysis.user_agents import clue_of
from analysis.window import RecentSet

if TYPE_CHECKING:
    from analysis.devices import Inventory

CLIENT_KINDS = frozenset({"discover", "request", "decline", "release", "inform"})
CLUES = frozenset({"mdns-service", "hap-category", "ssdp-type"})
"""Sources of `NameSeen` that say what a device is and are no name of it."""
AGENTS = 300
"""Unknown User-Agents read a minute: a home has some hundred in all."""
GATEWAYS = 16
"""Addresses that DHCP named as the router: a home has one, a lab a few."""


@lru_cache(maxsize=512)
def _listed(parameters: tuple[int, ...]) -> str:
    """DHCP parameters as tables of fingerprints write them; a home's clients ask with some ten lists."""
    return ",".join(map(str, parameters))


class DeviceEvents:
    """Carries facts from events into an inventory; `handlers` maps event types to methods."""

    def __init__(self, inventory: "Inventory") -> None:
        self._inventory = inventory
        self._gateways: OrderedDict[str, None] = OrderedDict()
        self._agents = RecentSet(1024)
        self._agents_since, self._agents_read = 0.0, 0
        self.handlers: dict[type, Callable[[Any], None]] = {
            DhcpMessage: self.dhcp,
            Dhcpv6Message: self.dhcpv6,
            ArpSeen: self.arp,
            NeighborSeen: self.neighbor,
            RouterAdvertised: self.router_advertised,
            FlowAnswered: self.flow_answered,
            NameSeen: self.name_seen,
            TlsHello: self.tls_hello,
            HttpRequest: self.http_request,
            DnsQuery: self.dns_query,
        }

    def dhcp(self, event: DhcpMessage) -> None:
        if event.kind in CLIENT_KINDS:
            if event.source_mac in (None, event.client_mac):
                self._dhcp_client(event)
        elif event.kind in ("offer", "ack"):
            self._inventory.gateway.dhcp(event)
            self._dhcp_server(event)

    def _dhcp_client(self, event: DhcpMessage) -> None:
        device = self._client(event.client_mac, event.ts)
        if device is None:
            return
        for name in (event.fqdn, event.hostname):
            if name:
                device.named("dhcp", name, event.ts)
        device.vendor_class = event.vendor_class or device.vendor_class
        if event.parameters:
            device.parameters = _listed(event.parameters)
            device.evidence.add("dhcp-parameters", device.parameters, event.ts)
        if event.vendor_class:
            device.evidence.add("dhcp-class", event.vendor_class, event.ts)
        if event.client_id and not event.client_id.endswith(event.client_mac.replace(":", "")):
            device.evidence.add("client-id", event.client_id, event.ts)
        if event.client_ip and event.kind in ("request", "inform") and not is_unspecified(event.client_ip):
            self._inventory.record_address(device, event.client_ip, event.ts)

    def _client(self, mac: str, ts: float) -> Device | None:
        device = self._inventory.touch(mac, ts)
        if device is not None:
            device.present = True
            if not device.dhcp_client:
                device.dhcp_client = True
                self._inventory.judge(device)
        return device

    def _dhcp_server(self, event: DhcpMessage) -> None:
        if event.router:
            self._gateway(event.router)
            server = self._inventory.touch(event.source_mac, event.ts)
            if server is not None and event.server_id == event.router:
                self._advertises(server)
        if event.kind == "ack" and event.client_ip and not is_unspecified(event.client_ip):
            device = self._client(event.client_mac, event.ts)
            if device is not None:
                self._inventory.record_address(device, event.client_ip, event.ts)

    def _gateway(self, ip: str) -> None:
        if ip in self._gateways:
            return
        self._gateways[ip] = None
        if len(self._gateways) > GATEWAYS:
            self._gateways.popitem(last=False)
        owner = self._inventory.device_of(ip)
        device = self._inventory.touch(owner, 0.0) if owner else None
        if device is not None and ip in device.claimed:
            device.owns_gateway = True
            self._inventory.judge(device)

    def dhcpv6(self, event: Dhcpv6Message) -> None:
        if event.server or event.source_mac is None:
            return
        device = self._inventory.touch(event.source_mac, event.ts)
        if device is not None and not device.router:
            device.present = True
            if event.fqdn:
                device.named("dhcpv6", event.fqdn, event.ts)
            device.vendor_class = device.vendor_class or event.vendor_class
            if event.duid:
                device.evidence.add("duid", event.duid, event.ts)

    def arp(self, event: ArpSeen) -> None:
        """The frame's sender claims the address, whatever MAC stands inside."""
        inventory = self._inventory
        inventory.gateway.arp(event)
        ts, ip = event.ts, event.sender_ip
        device = inventory.touch(event.source_mac, ts)
        if device is None:
            return
        device.present = True
        if is_unspecified(ip) or is_group(ip):
            return
        new = device.claim(ip)
        if ip in self._gateways:
            device.owns_gateway = True
        inventory.record_address(device, ip, ts)
        if new:
            inventory.judge(device)

    def flow_answered(self, event: FlowAnswered) -> None:
        self._inventory.gateway.answered(event.ts, event.flow)

    def neighbor(self, event: NeighborSeen) -> None:
        """Addresses that a host defends or is about to take (RFC 4862 section 5.4) are on the link."""
        tentative = event.kind == "solicitation" and is_unspecified(event.source_ip)
        own = tentative or (event.kind == "advertisement" and event.link_mac in (None, event.source_mac))
        if not own or is_group(event.target_ip):
            return
        device = self._inventory.touch(event.source_mac, event.ts)
        if device is None:
            return
        if self._inventory.networks.learn_member(event.target_ip, device.mac):
            self._inventory.prefix_learned()
        if not self._inventory.is_home(event.target_ip):
            device.saw_foreign(event.target_ip, inward=False)
        else:
            device.claim(event.target_ip)
            self._inventory.record_address(device, event.target_ip, event.ts)

    def router_advertised(self, event: RouterAdvertised) -> None:
        """Lifetime 0 is no router for others (RFC 4861 section 4.2): smart-home hubs announce so, networks of
        their own, which nobody outside has."""
        self._inventory.gateway.advertisement(event)
        device = self._inventory.touch(event.source_mac, event.ts)
        if event.lifetime > 0 or (device is not None and device.router):
            learned = [self._inventory.networks.learn_prefix(prefix) for prefix in event.prefixes[:8]]
            if any(learned):
                self._inventory.prefix_learned()
        if device is not None and event.lifetime > 0:
            self._advertises(device)

    def _advertises(self, device: Device) -> None:
        if not device.advertises:
            device.advertises = True
            self._inventory.judge(device)

    def name_seen(self, event: NameSeen) -> None:
        """The name goes to the frame's sender, or to the address's owner if a router relayed it."""
        inventory = self._inventory
        ts, mac, ip, names = event
        if ip is not None:
            if mac is None or inventory.is_router(mac):
                mac = inventory.device_of(ip)
            if mac is None or not inventory.is_home(ip):
                return
        elif mac is None:
            return
        device = inventory.touch(mac, ts)
        if device is None:
            return
        device.present = True
        for source, name in names:
            if source in CLUES:
                device.evidence.add(source, name, ts)
            elif name:
                device.named(source, name, ts)

    def tls_hello(self, event: TlsHello) -> None:
        """The names reached, and the client's habit."""
        self._inventory.names.hello(event)
        self._inventory.clue(event.client_mac, "ja4", event.ja4, event.ts)

    def http_request(self, event: HttpRequest) -> None:
        """The names reached, and what the program calls itself."""
        self._inventory.names.request(event)
        agent = event.user_agent
        if agent and (agent in self._agents or self._may_read(event.ts)):
            self._agents.add(agent, event.ts)
            self._inventory.clue(event.client_mac, "user-agent", clue_of(agent), event.ts)

    def _may_read(self, ts: float) -> bool:
        """Whether another unknown User-Agent may cost its 0.2 ms: `AGENTS` times a minute."""
        if ts - self._agents_since >= 60.0:
            self._agents_since, self._agents_read = ts, 0
        self._agents_read += 1
        return self._agents_read <= AGENTS

    def dns_query(self, event: DnsQuery) -> None:
        """A name that only one system asks for by itself."""
        if event.name in CALLS and event.transport != "mdns":
            self._inventory.clue(event.client_mac, "dns", event.name, event.ts)
