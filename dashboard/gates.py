"""The gates before every route: whose name we answer to, who may change things, what a browser may load."""

import ipaddress
import re
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from dash import Dash
from flask import Flask, Response, request

from analysis.config_types import is_loopback
from dashboard.errors import error_page

_HOST = re.compile(r"^(\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(:\d{1,5})?$")
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
MOST_BYTES = 1_000_000


def allowed_names(host: str, further: Iterable[str]) -> frozenset[str]:
    """Host names that a browser may use for this dashboard."""
    own = {"localhost", "127.0.0.1", "[::1]", host.lower()}
    if not is_loopback(host):
        own |= {socket.gethostname().lower(), f"{socket.gethostname().lower()}.local"}
    return frozenset(own | {name.lower() for name in further})


def install_gates(server: Flask, host: str, further_hosts: Iterable[str]) -> None:
    """Refuse requests for other host names (DNS rebinding) and changes asked by other sites (CSRF)."""
    names = allowed_names(host, further_hosts)
    open_to_network = not is_loopback(host)

    @server.before_request
    def gate() -> Response | None:
        matched = _HOST.match(request.headers.get("Host", ""))
        if matched is None:
            return error_page(400, "This request names no valid host.")
        name = matched[1].lower()
        if name not in names and not (open_to_network and _is_address(name)):
            return error_page(421, "Sentinel does not answer to this host name.")
        if request.method not in _READING and not _same_origin():
            return error_page(403, "Changes are accepted only from Sentinel's own pages.")
        return None


def _is_address(name: str) -> bool:
    """Rebinding needs a name: a literal address in Host is what the person typed."""
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _same_origin() -> bool:
    """Browsers send Origin and Sec-Fetch-Site with every change; without either it is no browser."""
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None and site != "same-origin":
        return False
    if origin is not None:
        return urlsplit(origin).netloc == request.host
    return site == "same-origin"


_POLICY = (
    "default-src 'none'; script-src 'self' {scripts}; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; manifest-src 'self';"
    " frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def install_headers(app: Dash, server: Flask) -> None:
    """Headers of every response. The hashes of Dash's own inline scripts are asked anew for each page:
    Dash adds its last one while it answers the first request."""

    @server.after_request
    def headers(response: Response) -> Response:
        scripts = " ".join(app.csp_hashes()) if response.mimetype == "text/html" else ""
        response.headers["Content-Security-Policy"] = _POLICY.format(scripts=scripts)
        response.headers.update(_FIXED)
        path = request.path
        if path == "/login":  # under no-referrer a browser sends its form with `Origin: null`
            response.headers["Referrer-Policy"] = "same-origin"
        if path.startswith("/assets/") and "m" in request.args and response.status_code == 200:
            response.headers["Cache-Control"] = "private, max-age=604800"
        elif not path.startswith(("/assets/", "/_dash-component-suites/")):
            response.headers["Cache-Control"] = "no-store"
        return response
