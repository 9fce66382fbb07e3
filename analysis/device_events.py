"""What DHCP, ARP, neighbour discovery and names say about devices."""

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from analysis.device import Device
from analysis.events import (
    ArpSeen,
    DhcpMessage,
    Dhcpv6Message,
    FlowAnswered,
    HttpRequest,
    NameSeen,
    NeighborSeen,
    RouterAdvertised,
    TlsHello,
)  # fmt: skip
from analysis.networks import is_group, is_unspecified

if TYPE_CHECKING:
    from analysis.devices import Inventory

CLIENT_KINDS = frozenset({"discover", "request", "decline", "release", "inform"})
GATEWAYS = 16
"""Addresses that DHCP named as the router: a home has one, a lab a few."""


class DeviceEvents:
    """Carries facts from events into an inventory; `handlers` maps event types to methods."""

    def __init__(self, inventory: "Inventory") -> None:
        self._inventory = inventory
        self._gateways: OrderedDict[str, None] = OrderedDict()
        self.handlers: dict[type, Callable[[Any], None]] = {
            DhcpMessage: self.dhcp,
            Dhcpv6Message: self.dhcpv6,
            ArpSeen: self.arp,
            NeighborSeen: self.neighbor,
            RouterAdvertised: self.router_advertised,
            FlowAnswered: self.flow_answered,
            NameSeen: self.name_seen,
            TlsHello: inventory.names.handle,
            HttpRequest: inventory.names.handle,
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
            device.parameters = ",".join(map(str, event.parameters))
        if event.client_ip and event.kind in ("request", "inform") and not is_unspecified(event.client_ip):
            self._inventory.record_address(device, event.client_ip, event.ts)

    def _client(self, mac: str, ts: float) -> Device | None:
        device = self._inventory.touch(mac, ts)
        if device is not None:
            device.present = device.dhcp_client = True
            self._inventory.judge(device)
        return device

    def _dhcp_server(self, event: DhcpMessage) -> None:
        if event.router:
            self._gateway(event.router)
            server = self._inventory.touch(event.source_mac, event.ts)
            if server is not None and event.server_id == event.router:
                server.advertises = True
                self._inventory.judge(server)
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

    def arp(self, event: ArpSeen) -> None:
        """The frame's sender claims the address, whatever MAC stands inside."""
        self._inventory.gateway.arp(event)
        device = self._inventory.touch(event.source_mac, event.ts)
        if device is None:
            return
        device.present = True
        ip = event.sender_ip
        if is_unspecified(ip) or is_group(ip):
            return
        new = device.claim(ip)
        device.owns_gateway = device.owns_gateway or ip in self._gateways
        self._inventory.record_address(device, ip, event.ts)
        if new:
            self._inventory.judge(device)

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
        if self._inventory.networks.learn_address(event.target_ip):
            self._inventory.prefix_learned()
        if self._inventory.is_home(event.target_ip):
            device.claim(event.target_ip)
            self._inventory.record_address(device, event.target_ip, event.ts)

    def router_advertised(self, event: RouterAdvertised) -> None:
        """Lifetime 0 is no router for others (RFC 4861 section 4.2): smart-home hubs announce so."""
        self._inventory.gateway.advertisement(event)
        learned = [self._inventory.networks.learn_prefix(prefix) for prefix in event.prefixes[:8]]
        if any(learned):
            self._inventory.prefix_learned()
        device = self._inventory.touch(event.source_mac, event.ts)
        if device is not None and event.lifetime > 0:
            device.advertises = True
            self._inventory.judge(device)

    def name_seen(self, event: NameSeen) -> None:
        """The name goes to the frame's sender, or to the address's owner if a router relayed it."""
        inventory = self._inventory
        mac = event.mac
        if event.ip is not None and (mac is None or inventory.is_router(mac)):
            mac = inventory.device_of(event.ip)
        if mac is None or (event.ip is not None and not inventory.is_home(event.ip)):
            return
        device = inventory.touch(mac, event.ts)
        if device is not None and event.name:
            device.present = True
            device.named(event.source, event.name, event.ts)
