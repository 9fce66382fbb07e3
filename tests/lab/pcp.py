"""Asks a router to open a port by PCP (RFC 6887, MAP): `python pcp.py ROUTER OWN PROTOCOL PORT LIFETIME`;
`python pcp.py ROUTER OWN announce` opens nothing.

No Debian package has a client. Ends with the router's result code, 0 when it did as asked.
"""

import ipaddress
import os
import socket
import struct
import sys

VERSION, ANNOUNCE, MAP = 2, 0, 1
PORT = 5351


def message(opcode: int, own: str, lifetime: int = 0) -> bytes:
    return struct.pack("!BBHI", VERSION, opcode, 0, lifetime) + _mapped(own)


def mapping(protocol: int, port: int) -> bytes:
    return os.urandom(12) + struct.pack("!B3xHH", protocol, port, port) + _mapped("0.0.0.0")


def _mapped(address: str) -> bytes:
    return ipaddress.ip_address(f"::ffff:{address}").packed


def main(router: str, own: str, what: str, port: str = "0", lifetime: str = "0") -> int:
    if what == "announce":
        data = message(ANNOUNCE, own)
    else:
        protocol = {"tcp": socket.IPPROTO_TCP, "udp": socket.IPPROTO_UDP}[what]
        data = message(MAP, own, int(lifetime)) + mapping(protocol, int(port))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(3)
        asking.sendto(data, (router, PORT))
        answer = asking.recv(1100)
    assert answer[:2] == bytes([VERSION, data[1] | 0x80]), answer
    return answer[3]


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
