"""Fetches one list: https, public addresses, and an end to everything (hops, seconds, bytes).

The server, the network between, and whoever holds the name by now may be hostile. A redirect to a
service in the home, a page of a hotel's portal, a drip of a byte a second and a small file that
unpacks to gigabytes have each been accepted by ordinary clients.
"""

import errno
import http.client
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, urljoin, urlsplit

CHUNK = 1 << 16
CONNECT_SECONDS = 10.0
"""Patience with one address, and with a pause between two bytes."""
REDIRECTS = frozenset((301, 302, 303, 307, 308))


class Refused(Exception):
    """Why a list was not taken, in words for the person who runs the update."""


class Offline(Refused):
    """The name could not be asked for, or no way leads to its addresses."""


_NO_WAY = frozenset((errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL))


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet's, also when it is written as IPv4-mapped."""
    parsed = ip_address(address.partition("%")[0])
    inner = getattr(parsed, "ipv4_mapped", None) or parsed
    return inner.is_global and not inner.is_multicast


@dataclass(frozen=True)
class Policy:
    """What a fetch may do; tests loosen it for servers on loopback."""

    allowed: Callable[[str], bool] = is_public
    """Which addresses a name may point to."""
    schemes: tuple[str, ...] = ("https",)
    redirects: int = 3
    seconds: float = 120.0
    """For all hops together, from the first connection to the last byte."""
    max_bytes: int = 64 << 20
    """Of the list as it is unpacked."""
    tls: ssl.SSLContext | None = None
    """None: the system's certificates."""


STRICT = Policy()


def fetch(url: str, policy: Policy = STRICT) -> bytes:
    """The body at an address, unpacked. Raises Refused."""
    deadline = time.monotonic() + policy.seconds
    for _ in range(policy.redirects + 1):
        target = _checked(url, policy)
        try:
            location, body = _hop(target, policy, deadline)
        except (OSError, http.client.HTTPException, zlib.error) as error:
            if time.monotonic() >= deadline:
                raise Refused(f"took longer than {policy.seconds:g} s") from error
            raise (Offline if _no_way(error) else Refused)(_reason(error)) from error
        if location is None:
            return body
        url = urljoin(url, location)
    raise Refused(f"more than {policy.redirects} redirects")


def _checked(url: str, policy: Policy) -> SplitResult:
    try:
        target = urlsplit(url)
        port = target.port
    except ValueError as error:
        raise Refused("not an address") from error
    if target.scheme not in policy.schemes:
        raise Refused(f"{target.scheme or 'no scheme'} is not {' or '.join(policy.schemes)}")
    if not target.hostname or target.username is not None or port == 0:
        raise Refused("not an address of a server")
    if not (url.isascii() and url.isprintable() and " " not in url):
        raise Refused("the address holds characters that must not be there")
    return target


def _reason(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return "".join(char if char.isprintable() else "?" for char in text)[:200]


def _no_way(error: Exception) -> bool:
    """Whether this is what a computer without internet says."""
    if isinstance(error, socket.gaierror):
        return error.errno in (socket.EAI_AGAIN, socket.EAI_FAIL, socket.EAI_NONAME)
    return isinstance(error, OSError) and error.errno in _NO_WAY


def _addresses(host: str, port: int, policy: Policy) -> list[str]:
    """Where a name points, all of it public: the connection is made to one of these very addresses,
    so that a second answer of the name server cannot lead it elsewhere."""
    found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    for address in found:
        if not policy.allowed(address):
            raise Refused(f"{host} points to {address}, which is not a public address")
    return found


def _connect(target: SplitResult, policy: Policy, deadline: float) -> socket.socket:
    host, secure = str(target.hostname), target.scheme == "https"
    port = target.port or (443 if secure else 80)
    failure: OSError = OSError("the name has no address")
    for address in _addresses(host, port, policy):
        try:
            patience = max(0.1, min(CONNECT_SECONDS, deadline - time.monotonic()))
            raw = socket.create_connection((address, port), timeout=patience)
        except OSError as error:
            failure = error
            continue
        if not secure:
            return raw
        with _ends_at(deadline, raw):
            return (policy.tls or ssl.create_default_context()).wrap_socket(raw, server_hostname=host)
    raise failure


@contextmanager
def _ends_at(deadline: float, connection: socket.socket) -> Iterator[None]:
    """Shuts the connection at the deadline: a timeout of the socket begins anew with every byte."""

    def shut() -> None:
        with suppress(OSError):
            socket.socket.shutdown(connection, socket.SHUT_RDWR)  # not SSLSocket's, which drops its state

    timer = threading.Timer(max(0.0, deadline - time.monotonic()), shut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _hop(target: SplitResult, policy: Policy, deadline: float) -> tuple[str | None, bytes]:
    """Where a redirect leads, or the body."""
    connection = http.client.HTTPConnection(str(target.hostname), target.port or 443)
    with _connect(target, policy, deadline) as connection.sock, _ends_at(deadline, connection.sock):
        path = (target.path or "/") + (f"?{target.query}" if target.query else "")
        headers = {"Host": target.netloc, "User-Agent": "Sentinel-blocklists", "Accept-Encoding": "gzip"}
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        if response.status in REDIRECTS and (location := response.headers.get("Location")):
            return location, b""
        if response.status != 200:
            raise Refused(f"the server answered {response.status} {_reason(Exception(response.reason))}")
        return None, _body(response, policy, deadline)


def _body(response: http.client.HTTPResponse, policy: Policy, deadline: float) -> bytes:
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip"):
        raise Refused("packed in a way that was not asked for")
    unpack = None if encoding == "identity" else zlib.decompressobj(wbits=31)
    body = bytearray()
    while chunk := response.read1(CHUNK):
        body += unpack.decompress(chunk, policy.max_bytes + 1 - len(body)) if unpack else chunk
        if len(body) > policy.max_bytes or (unpack and unpack.unconsumed_tail):
            raise Refused(f"larger than {policy.max_bytes} bytes")
        if time.monotonic() >= deadline:
            raise TimeoutError
    if time.monotonic() >= deadline or response.length or (unpack and not unpack.eof):
        raise ConnectionError("the connection ended before the list did")
    return bytes(body)
