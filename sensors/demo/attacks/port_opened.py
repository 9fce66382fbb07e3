"""Devices that open ports in the router, and those that only ask about it."""

import random
import struct

from sensors.demo import cast, frames
from sensors.demo.attacks.case import Case
from sensors.demo.talk import Frames, at_home, join, port, tcp

ROUTER = (cast.ROUTER_MAC, cast.ROUTER_IP)
SERVICE = "urn:schemas-upnp-org:service:WANIPConnection:1"


def soap(
    action: str, fields: dict[str, object], device: cast.Device, apart: bool = False
) -> list[tuple[bool, bytes]]:
    """A SOAP request to the router, its body in a segment of its own or not."""
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    body = (
        '<?xml version="1.0"?>\r\n<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">'
        f'<s:Body><u:{action} xmlns:u="{SERVICE}">{inner}</u:{action}></s:Body></s:Envelope>\r\n'
    )
    head = (
        f"POST /ctl/IPConn HTTP/1.1\r\nHost: {cast.ROUTER_IP}:5000\r\nUser-Agent: MiniUPnPc/2.2\r\n"
        f'SOAPAction: "{SERVICE}#{action}"\r\nContent-Length: {len(body)}\r\n\r\n'
    )
    sent = [(True, head.encode()), (True, body.encode())] if apart else [(True, (head + body).encode())]
    return [*sent, (False, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]


def upnp(t: float, rng: random.Random, device: cast.Device, inside: int, apart: bool = False) -> Frames:
    fields = {
        "NewRemoteHost": "", "NewExternalPort": inside, "NewProtocol": "TCP", "NewInternalPort": inside,
        "NewInternalClient": device.ip, "NewEnabled": 1, "NewPortMappingDescription": "cam",
        "NewLeaseDuration": 0,
    }  # fmt: skip
    yield from join(t, rng, device)
    yield from tcp(t + 5, rng, at_home(device), ROUTER, 5000, soap("AddPortMapping", fields, device, apart))


def upnp_question(t: float, rng: random.Random) -> Frames:
    """A program asks for the router's outside address and takes its port back."""
    yield from join(t, rng, cast.CONSOLE)
    for n, action in enumerate(("GetExternalIPAddress", "DeletePortMapping", "GetSpecificPortMappingEntry")):
        turns = soap(action, {"NewExternalPort": 3074, "NewProtocol": "UDP"}, cast.CONSOLE)
        yield from tcp(t + 5 + n, rng, at_home(cast.CONSOLE), ROUTER, 5000, turns)


def datagram(t: float, rng: random.Random, message: bytes) -> Frames:
    yield from join(t, rng, cast.CONSOLE)
    console, sport = cast.CONSOLE, port(rng)
    yield t + 5, frames.udp(console.mac, cast.ROUTER_MAC, console.ip, cast.ROUTER_IP, sport, 5351, message)


def nat_pmp(lifetime: int) -> bytes:
    return struct.pack("!BBHHHI", 0, 1, 0, 3074, 3074, lifetime)


def pcp(lifetime: int) -> bytes:
    address = bytes(10) + b"\xff\xff" + frames.ip_bytes(cast.CONSOLE.ip)
    head = struct.pack("!BBHI", 2, 1, 0, lifetime) + address
    return head + bytes(12) + struct.pack("!B3xHH", 6, 32_400, 32_400) + bytes(16)


RULE = "port-opened"
CASES = (
    Case(RULE, "positive", "upnp for a camera", lambda t, rng: upnp(t, rng, cast.CAMERA, 554)),
    Case(RULE, "positive", "upnp, body apart", lambda t, rng: upnp(t, rng, cast.CONSOLE, 3074, True)),
    Case(RULE, "positive", "nat-pmp", lambda t, rng: datagram(t, rng, nat_pmp(7200))),
    Case(RULE, "positive", "pcp", lambda t, rng: datagram(t, rng, pcp(7200))),
    Case(RULE, "near-miss", "a port given back by nat-pmp", lambda t, rng: datagram(t, rng, nat_pmp(0))),
    Case(RULE, "near-miss", "a port given back by pcp", lambda t, rng: datagram(t, rng, pcp(0))),
    Case(RULE, "benign", "the outside address by upnp", upnp_question),
    Case(RULE, "benign", "the outside address by nat-pmp", lambda t, rng: datagram(t, rng, b"\0\0")),
)  # fmt: skip
