"""Small TCP servers, many ports in one process: `python sinks.py PORT…`, `python sinks.py tls CERT PORT…`,
`python sinks.py spawn PORT PROGRAM ARGS…` (as inetd: a connection is the program's standard input),
`python sinks.py files CERT PORT` (over TLS: takes what is PUT, and gives N megabytes for `GET /N`)."""

import socket
import ssl
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n"


def listen(port: int) -> socket.socket:
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("0.0.0.0", port))
    server.listen(128)
    return server


def answer(connection: socket.socket, context: ssl.SSLContext | None) -> None:
    try:
        connection.settimeout(10)
        with context.wrap_socket(connection, server_side=True) if context else connection as talk:
            if talk.recv(4096):
                talk.sendall(ANSWER)
    except OSError:
        pass


def serve(port: int, context: ssl.SSLContext | None) -> None:
    server = listen(port)
    while True:
        connection, _ = server.accept()
        threading.Thread(target=answer, args=(connection, context), daemon=True).start()


class Files(BaseHTTPRequestHandler):
    def do_PUT(self) -> None:
        left = int(self.headers["Content-Length"])
        while left > 0 and (got := len(self.rfile.read(min(left, 1 << 20)))):
            left -= got
        self.send_response(201)
        self.end_headers()

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        for _ in range(int(self.path[1:])):
            self.wfile.write(bytes(1_000_000))


def files(certificate: str, port: int) -> None:
    server = ThreadingHTTPServer(("0.0.0.0", port), Files)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


def spawn(port: int, command: list[str]) -> None:
    server = listen(port)
    while True:
        connection, _ = server.accept()
        with connection:
            subprocess.Popen(command, stdin=connection, stdout=connection, stderr=connection)


def main(arguments: list[str]) -> None:
    if arguments[0] == "spawn":
        spawn(int(arguments[1]), arguments[2:])
    if arguments[0] == "files":
        files(arguments[1], int(arguments[2]))
    context = None
    if arguments[0] == "tls":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(arguments[1])
        arguments = arguments[2:]
    for port in map(int, arguments[:-1]):
        threading.Thread(target=serve, args=(port, context), daemon=True).start()
    serve(int(arguments[-1]), context)


if __name__ == "__main__":
    main(sys.argv[1:])
