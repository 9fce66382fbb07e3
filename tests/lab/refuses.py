"""Servers that refuse every password: `python refuses.py http PORT`, `python refuses.py telnet PORT`."""

import socketserver
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Http(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="lab"')
        self.send_header("Content-Length", "0")
        self.end_headers()


class Telnet(socketserver.StreamRequestHandler):
    """Three tries a connection, as `login` gives."""

    def handle(self) -> None:
        self.wfile.write(b"\xff\xfd\x18\xff\xfd\x20\xff\xfb\x01")
        for _ in range(3):
            for prompt in (b"\r\nlogin: ", b"\r\nPassword: "):
                self.wfile.write(prompt)
                if not self.typed():
                    return
            self.wfile.write(b"\r\nLogin incorrect\r\n")

    def typed(self) -> bool:
        """Whether a line came; Telnet ends one with CR and NUL or LF (RFC 854)."""
        while byte := self.rfile.read(1):
            if byte == b"\r":
                return bool(self.rfile.read(1))
        return False


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


def main(kind: str, port: str) -> None:
    where = ("0.0.0.0", int(port))
    server = ThreadingHTTPServer(where, Http) if kind == "http" else Server(where, Telnet)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
