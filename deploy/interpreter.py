"""Which Python runs Sentinel, and the command that mends a missing or old one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from deploy import Stop

OLDEST = (3, 11)
_NEWEST_TRIED = 20
_TOOLS = ("apt-get", "dnf", "zypper", "pacman", "apk", "brew", "winget")
_PYTHON = {
    "apt-get": "apt install python3.11 python3.11-venv",
    "dnf": "dnf install python3.11",
    "zypper": "zypper install python311",
    "pacman": "pacman -Syu python",
    "apk": "apk add --upgrade python3",
    "brew": "brew install python@3.13",
    "winget": "winget install Python.Python.3.13",
}


def package_tool() -> str | None:
    """The system's package tool, None where it has none that we know."""
    return next((tool for tool in _TOOLS if shutil.which(tool)), None)


def is_root() -> bool:
    return os.name == "posix" and os.geteuid() == 0


def install_python(tool: str | None, root: bool) -> str:
    """The command that installs a Python new enough."""
    if tool is None:
        return "get Python 3.13 from https://www.python.org/downloads/"
    return _with_rights(tool, _PYTHON[tool], root)


def install_venv(tool: str | None, root: bool, version: tuple[int, ...]) -> str:
    """The command that adds what this Python lacks for making environments.

    Only Debian and its family package `ensurepip` apart from Python; elsewhere a Python without it is
    incomplete, and a complete one is the cure."""
    if tool == "apt-get":
        return _with_rights(tool, f"apt install python{version[0]}.{version[1]}-venv", root)
    return install_python(tool, root)


def _with_rights(tool: str, command: str, root: bool) -> str:
    return command if root or tool in ("brew", "winget") else "sudo " + command


def too_old(version: tuple[int, ...], tool: str | None, root: bool) -> str:
    """What to tell someone whose Python is too old."""
    return (
        f"Sentinel needs Python {OLDEST[0]}.{OLDEST[1]} or newer; this is {version[0]}.{version[1]}.\n"
        f"Install one:  {install_python(tool, root)}\n"
        "Then start Sentinel again in the same way: it finds the newer Python by itself."
    )


def newer() -> str | None:
    """A Python on the PATH that is new enough, the newest first."""
    test = f"import sys; sys.exit(sys.version_info < {OLDEST!r})"
    for minor in range(_NEWEST_TRIED, OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        # Version managers leave commands on the PATH that only print an error: ask before trusting one.
        if found and subprocess.call([found, "-c", test], stderr=subprocess.DEVNULL) == 0:
            return found
    return None


def newer_or_stop() -> str:
    """A Python that is new enough; Stop with the command that installs one."""
    found = newer()
    if found is None:
        raise Stop(too_old(sys.version_info[:2], package_tool(), is_root()))
    return found


def base() -> str:
    """The Python that environments are made from, also when called from inside one."""
    return getattr(sys, "_base_executable", None) or sys.executable
