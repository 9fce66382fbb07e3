"""Facts about this computer and this process: who started it, what it may do, which ports are free."""

import os
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:  # sensors ask who started them, and nothing of the web
    import ssl
    from http.client import HTTPConnection

_CAP_NET_RAW = 13
"""Linux capability number for raw and packet sockets (linux/capability.h)."""


class Person(NamedTuple):
    """An ordinary user."""

    name: str
    uid: int
    gid: int
    home: str


def invoker() -> Person | None:
    """Who asked for administrator rights (by sudo, doas or pkexec) to start this process; None where
    it runs as the person who started it, and where the person is unknown or is root."""
    if os.name != "posix" or os.geteuid() != 0:
        return None
    import pwd  # not on Windows

    with suppress(KeyError, ValueError):
        if uid := os.environ.get("SUDO_UID") or os.environ.get("PKEXEC_UID"):
            entry = pwd.getpwuid(int(uid))
        else:
            entry = pwd.getpwnam(os.environ["DOAS_USER"])
        if entry.pw_uid != 0:
            return Person(entry.pw_name, entry.pw_uid, entry.pw_gid, entry.pw_dir)
    return None


def may_capture() -> bool:
    """Whether this process may listen to network interfaces. On Windows Npcap decides that when an
    interface is opened, and this says yes."""
    if sys.platform == "linux":
        # Not the user id: root in a container may lack the right, and an ordinary user may have it.
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("CapEff:"):
                return bool(int(line.split()[1], 16) >> _CAP_NET_RAW & 1)
        return False
    if os.name == "posix":
        return os.geteuid() == 0 or os.access("/dev/bpf0", os.R_OK)
    return True


def port_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if os.name == "posix":  # connections that are only fading away do not keep a server from it
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def local_connection(url: str, seconds: float) -> "HTTPConnection":
    """A connection to a server of this computer, by http or https. Its certificate is not judged: it
    names the home's address, not this one, and no secret is sent."""
    import http.client

    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 0
    if parts.scheme == "https":
        return http.client.HTTPSConnection(host, port, timeout=seconds, context=_any_certificate())
    return http.client.HTTPConnection(host, port, timeout=seconds)


def _any_certificate() -> "ssl.SSLContext":
    import ssl

    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
