"""Tokens by which other programs read the API. A token is 256 random bits, so its plain SHA-256 may stand
in config.yaml: there is nothing to guess. Run as a program, it makes one."""

import argparse
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Sequence

READABLE = frozenset({"/api/v1/summary", "/api/v1/alerts", "/api/v1/devices"})
"""What a token opens; everything else needs a person's login."""


def make_token() -> tuple[str, str]:
    """A new token and its hash for `dashboard.api_tokens`."""
    token = secrets.token_urlsafe(32)
    return token, hash_token(token)


def hash_token(token: str) -> str:
    """The hash of a token, as hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_token(header: str | None, hashes: Iterable[str]) -> bool:
    """Whether an Authorization header (RFC 6750, Bearer) holds a token of ours."""
    kind, _, token = (header or "").partition(" ")
    found = hash_token(token.strip())
    matches = [hmac.compare_digest(found, known) for known in hashes]
    return kind.lower() == "bearer" and any(matches)


def main(argv: Sequence[str] | None = None) -> None:
    """Make a token, and say where each half of it goes."""
    argparse.ArgumentParser(
        prog="python -m dashboard.tokens",
        description="Make a token by which another program reads the API, and its line for config.yaml.",
    ).parse_args(argv)
    made, line = make_token()
    print(f"Give this to the program, it is not shown again:\n  {made}")
    print(f"and put this into config.yaml under dashboard, api_tokens:\n  - {line}")


if __name__ == "__main__":
    main()
