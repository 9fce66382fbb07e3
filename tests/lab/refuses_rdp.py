"""A Remote Desktop server that refuses every password: `python refuses_rdp.py PORT KEY-AND-CERTIFICATE`.

It speaks as far as a password is asked for: X.224 (MS-RDPBCGR 2.2.1.1 and 2.2.1.2), TLS, then CredSSP with
NTLM (MS-CSSP 2.2.1, MS-NLMP 2.2.1.2), and answers STATUS_LOGON_FAILURE.
"""

import os
import socketserver
import ssl
import struct
import sys
from contextlib import suppress

PROTOCOL_HYBRID = 2
LOGON_FAILURE = 0xC000006D
TARGET_INFO, TARGET_IS_SERVER = 0x00800000, 0x00020000
NAME = "LAB".encode("utf-16-le")


def der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = len(body)
    length = bytes([size]) if size < 128 else bytes([0x82]) + size.to_bytes(2, "big")
    return bytes([tag]) + length + body


def request(*fields: bytes) -> bytes:
    """A TSRequest of version 6."""
    return der(0x30, der(0xA0, der(0x02, b"\x06")), *fields)


def challenge(negotiate: bytes) -> bytes:
    """NTLM's second message, with the flags that the client offered."""
    flags = struct.unpack_from("<I", negotiate, 12)[0] | TARGET_INFO | TARGET_IS_SERVER
    pairs = b"".join(struct.pack("<HH", kind, len(NAME)) + NAME for kind in (2, 1)) + bytes(4)
    fixed = 56
    return (
        b"NTLMSSP\0"
        + struct.pack("<IHHII", 2, len(NAME), len(NAME), fixed, flags)
        + os.urandom(8)
        + bytes(8)
        + struct.pack("<HHI", len(pairs), len(pairs), fixed + len(NAME))
        + bytes.fromhex("0a00614a0000000f")
        + NAME
        + pairs
    )


class Desktop(socketserver.BaseRequestHandler):
    context: ssl.SSLContext

    def handle(self) -> None:
        with suppress(OSError, ValueError):  # clients hang up when they have heard enough
            self.talk()

    def talk(self) -> None:
        self.request.settimeout(10)
        self.request.recv(4096)
        confirm = struct.pack("<BBHI", 2, 0, 8, PROTOCOL_HYBRID)
        self.request.sendall(bytes.fromhex("030000130ed00000123400") + confirm)
        with self.context.wrap_socket(self.request, server_side=True) as talk:
            asked = talk.recv(8192)
            token = challenge(asked[asked.index(b"NTLMSSP\0") :])
            talk.sendall(request(der(0xA1, der(0x30, der(0x30, der(0xA0, der(0x04, token)))))))
            talk.recv(8192)
            talk.sendall(request(der(0xA4, der(0x02, b"\0" + LOGON_FAILURE.to_bytes(4, "big")))))


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


def main(port: str, certificate: str) -> None:
    Desktop.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    Desktop.context.load_cert_chain(certificate)
    Server(("0.0.0.0", int(port)), Desktop).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
