"""TLS before the WSGI server, which has none: bytes are decrypted here and passed on as they are, so that
its limits on size and time hold for them too.

A client reaches the server only after its handshake and a whole request head: who stalls before
that costs one socket and no thread.
"""

import asyncio
import ssl
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

_HANDSHAKE_SECONDS = 10.0
_HEAD_SECONDS = 30.0
_MOST_HEAD = 65_536
_MOST_CLIENTS = 1000
_CHUNK = 65_536
_FILES = 8192
"""Open files wished for: a client costs up to three, and systems begin with 1,024 or 256."""

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class TlsFront:
    """Listens for TLS on one address, from a thread of its own; `clients` tells who is behind a port."""

    def __init__(self, context: ssl.SSLContext, backend_port: int) -> None:
        self._context = context
        self._backend = backend_port
        self._open = 0
        self._ready = threading.Event()
        self._failure: OSError | None = None
        self.port = 0
        self.clients: dict[str, str] = {}
        """Our port towards the server to the client's address, while connected."""

    def start(self, host: str, port: int) -> None:
        """Listen; `port` 0 takes a free one. Raises OSError as `bind` does."""
        allow_many_files()
        arguments = (host, port)
        threading.Thread(target=self._run, args=arguments, name="tls", daemon=True).start()
        self._ready.wait()
        if self._failure:
            raise self._failure

    def naming_clients(self, app: Application) -> Application:
        """The application with the client's own address in REMOTE_ADDR instead of ours."""

        def named(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            client = self.clients.get(str(environ.get("REMOTE_PORT")))
            if client is not None:
                environ["REMOTE_ADDR"] = client
            return app(environ, start_response)

        return named

    def _run(self, host: str, port: int) -> None:
        asyncio.run(self._serve(host, port))

    async def _serve(self, host: str, port: int) -> None:
        try:
            server = await asyncio.start_server(
                self._client, host, port, ssl=self._context, limit=_MOST_HEAD, backlog=512,
                ssl_handshake_timeout=_HANDSHAKE_SECONDS, ssl_shutdown_timeout=2.0,
            )  # fmt: skip
        except OSError as error:
            self._failure = error
            self._ready.set()
            return
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        asyncio.get_running_loop().set_exception_handler(_quiet)
        await server.serve_forever()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            if self._open <= _MOST_CLIENTS:
                async with asyncio.timeout(_HEAD_SECONDS):
                    head = await reader.readuntil(b"\r\n\r\n")
                await self._pass_on(head, reader, writer)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # gone, too slow, or no HTTP
        finally:
            self._open -= 1
            writer.close()

    async def _pass_on(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Everything both ways, until the server closes or the client is gone."""
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self._backend)
        own = str(to_server.get_extra_info("sockname")[1])
        self.clients[own] = writer.get_extra_info("peername")[0]
        try:
            to_server.write(head)
            upward = asyncio.create_task(_copy(reader, to_server))
            downward = asyncio.create_task(_copy(from_server, writer))
            await asyncio.wait({upward, downward}, return_when=asyncio.FIRST_COMPLETED)
            upward.cancel()
            downward.cancel()
            await asyncio.gather(upward, downward, return_exceptions=True)
        finally:
            del self.clients[own]
            to_server.close()


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(_CHUNK):
        sink.write(data)
        await sink.drain()


def _quiet(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Failed handshakes are daily life (port scans, refused certificates) and no fault of ours."""
    if not isinstance(context.get("exception"), OSError):  # ssl.SSLError is one
        loop.default_exception_handler(context)


def allow_many_files() -> None:
    """Raise this process's limit of open files as far as it may."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
