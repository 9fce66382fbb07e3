"""Serves the dashboard until interrupted."""

import gc
import signal
import sys
import threading
import webbrowser
from contextlib import suppress
from pathlib import Path
from typing import Any

from dash import Dash
from waitress import create_server

from analysis.certificate_files import BadCertificate, tls_context
from analysis.config import Config
from analysis.config_types import is_loopback
from analysis.reach import family_url
from analysis.store.database import StoreError, open_writer
from dashboard.app import create_app
from dashboard.gates import MOST_BYTES
from dashboard.tls_front import TlsFront

_THREADS = 8
_MOST_CONNECTIONS = 1000
_IDLE_SECONDS = 30
"""A client that stays silent in the middle of a request is let go after this long."""


class CannotServe(Exception):
    """The dashboard cannot start as asked; the text names the fix. `code` is the exit code."""

    def __init__(self, said: str, code: int = 1) -> None:
        super().__init__(said)
        self.code = code


def serve(
    db_path: str | Path,
    config: Config,
    host: str | None = None,
    port: int | None = None,
    open_browser: bool = False,
) -> None:
    """Serve until SIGINT or SIGTERM. Raises `CannotServe` when the address is taken, or is open to
    others without a password."""
    where = config.dashboard.model_copy(
        update={"host": host or config.dashboard.host, "port": port or config.dashboard.port}
    )
    config = config.model_copy(update={"dashboard": where})
    if not is_loopback(where.host) and not where.password_hash:
        raise CannotServe(
            f"{where.host} can be reached by others, and no password is set.\n"
            "Make one with:  python3 sentinel.py password\nand put it into config.yaml under dashboard: "
            "password_hash.  Or serve on 127.0.0.1.",
            code=2,
        )
    with suppress(StoreError, OSError):  # an older file gains today's tables; pages tell if it cannot
        if Path(db_path).exists():
            open_writer(db_path).close()
    app = create_app(db_path, config)
    spare_the_collector()
    server, _ = listen(app, config)
    url = f"{where.url}/"
    print(f"Dashboard: {url}   (Ctrl-C stops it)", flush=True)
    if others := family_url(where):
        print(f"From other devices of your home: {others}/", flush=True)
    if not is_loopback(where.host) and where.tls_certificate is None:
        print(
            "Without tls_certificate in config.yaml, the password crosses your network readable.", flush=True
        )
    if open_browser:
        threading.Timer(0.5, webbrowser.open, (url,)).start()
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server.run()


def spare_the_collector() -> None:
    """What the app is made of stays for good, and a page makes tens of thousands of rows at once: without
    this every page would wait until all that had been looked through for garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def listen(app: Dash, config: Config) -> tuple[Any, int]:
    """The WSGI server, ready to `run`, and the port that browsers use; with a certificate TLS stands
    before it. Raises `CannotServe` with the fix."""
    host, port = config.dashboard.host.strip("[]"), config.dashboard.port
    try:
        context = tls_context(config)
    except BadCertificate as error:
        raise CannotServe(str(error), code=2) from error
    if context is None:
        server = _listen(app, host, port)
        return server, port
    server = _listen(app, "127.0.0.1", 0, "https")
    front = TlsFront(context, server.effective_port)
    app.server.wsgi_app = front.naming_clients(app.server.wsgi_app)
    try:
        front.start(host, port)
    except OSError as error:
        raise CannotServe(_why_not(error, host, port)) from error
    return server, front.port


def _listen(app: Dash, host: str, port: int, scheme: str = "http") -> Any:
    """The WSGI server on its socket; raises `CannotServe` with the fix."""
    try:
        return create_server(
            app.server, host=host, port=port, threads=_THREADS, ident=None, url_scheme=scheme,
            connection_limit=_MOST_CONNECTIONS, channel_timeout=_IDLE_SECONDS, cleanup_interval=10,
            max_request_body_size=MOST_BYTES, max_request_header_size=65_536,
            clear_untrusted_proxy_headers=True, asyncore_use_poll=True,  # select() ends at 1,024 files
        )  # fmt: skip
    except OSError as error:
        raise CannotServe(_why_not(error, host, port)) from error


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno in (48, 98, 10048):  # EADDRINUSE of macOS, Linux, Windows
        return (
            f"Port {port} on {host} is in use, perhaps by another Sentinel.\n"
            f"Stop that one, or choose another port:  python3 sentinel.py dashboard --port {port + 1}"
        )
    if error.errno in (13, 10013):
        return f"Port {port} needs administrator rights. Choose one above 1023 with --port."
    return f"Cannot serve on {host}:{port}: {error.strerror or error}. Check dashboard: host in config.yaml."
