"""Whether a person answered a password prompt on a terminal in clear; Telnet and rlogin ask alike."""

import re

PATIENCE = 8192
"""Bytes of the server's text, or a quarter of it of typing, after which no prompt is expected."""

_NAME = re.compile(rb"(?:login|user ?name|user|account) ?: ?", re.I)
_PASSWORD = re.compile(rb"pass(?:word|wd|code|phrase)[^\r\n:]{0,40}: ?", re.I)
_TYPED = re.compile(rb"[^\r\n\x00]+[\r\n]")


def answered(typed: bytes, shown: bytes) -> bool:
    """Whether the client typed as many lines as the server asked for, a password among them.

    Lines are counted, so it does not matter how the two directions interleave. Neither argument
    holds the terminal protocol's own sequences.
    """
    password = _PASSWORD.search(shown)
    if password is None:
        return False
    asked = 2 if _NAME.search(shown, 0, password.start()) else 1
    return len(_TYPED.findall(typed)) >= asked


def exhausted(up: int, down: int) -> bool:
    """Whether so much has passed that a login is over or was missed; arguments are bytes."""
    return down > PATIENCE or up > PATIENCE // 4
