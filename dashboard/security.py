"""Password hashes for the login page, and patience after wrong ones."""

import base64
import hashlib
import hmac
import secrets
import threading
import time

_N, _R, _P = 2**14, 8, 5
"""scrypt cost: OWASP Password Storage Cheat Sheet, the 16 MiB row."""
FREE_FAILURES = 5
_LONGEST_WAIT = 300.0
"""Seconds."""
_MOST_ADDRESSES = 1000
"""Addresses whose failures are remembered."""


def hash_password(password: str) -> str:
    """A line for `dashboard.password_hash` in config.yaml: scrypt$n$r$p$salt$hash, base64 parts."""
    salt = secrets.token_bytes(16)
    parts = (_b64(salt), _b64(_scrypt(password, salt, _N, _R, _P)))
    return f"scrypt${_N}${_R}${_P}${parts[0]}${parts[1]}"


def check_password(password: str, stored: str) -> bool:
    """Whether a password is the stored one; False also for a hash that cannot be read."""
    try:
        kind, n, r, p, salt, wanted = stored.split("$")
        found = _scrypt(password, base64.b64decode(salt), int(n), int(r), int(p))
        return kind == "scrypt" and hmac.compare_digest(found, base64.b64decode(wanted))
    except ValueError:
        return False


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=128 * 2**20, dklen=32)


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


class Patience:
    """How long an address must wait before it may try again: free for five failures, then twice as
    long after each. Bounded: the oldest addresses are forgotten first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures: dict[str, tuple[int, float]] = {}

    def wait(self, address: str) -> float:
        """Seconds until this address may try again; 0 when it may now."""
        with self._lock:
            count, last = self._failures.get(address, (0, 0.0))
        if count < FREE_FAILURES:
            return 0.0
        due = last + min(2.0 ** (count - FREE_FAILURES + 1), _LONGEST_WAIT)
        return max(0.0, due - time.monotonic())

    def failed(self, address: str) -> None:
        """Count a wrong password."""
        with self._lock:
            count = self._failures.pop(address, (0, 0.0))[0]
            if len(self._failures) >= _MOST_ADDRESSES:
                self._failures.pop(next(iter(self._failures)))
            self._failures[address] = (count + 1, time.monotonic())

    def succeeded(self, address: str) -> None:
        """Forget what went wrong before."""
        with self._lock:
            self._failures.pop(address, None)
