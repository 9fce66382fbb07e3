"""Sentinel's own Python environment, `.venv` beside sentinel.py: made, mended, completed.

A stamp in it says where it was made and from which requirements, so that a later start only compares.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deploy import Stop
from deploy.interpreter import OLDEST, base, install_venv, is_root, package_tool
from deploy.progress import Progress

WINDOWS = os.name == "nt"
_OUTPUT: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "errors": "replace"}
_NO_NETWORK = (
    "NewConnectionError",
    "NameResolutionError",
    "Temporary failure in name resolution",
    "Network is unreachable",
    "ConnectTimeoutError",
    "getaddrinfo failed",
    "nodename nor servname",
)


class Environment:
    """The environment of one checkout. `root` holds requirements.txt and requirements-dev.txt."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.place = root / ".venv"
        self.python = self.place / ("Scripts/python.exe" if WINDOWS else "bin/python")
        self._stamp = self.place / "sentinel.json"

    def ensure(self, dev: bool = False) -> None:
        """Everything that Sentinel (or with `dev`, its tests) needs is installed when this returns; at
        once where it was. Stop where that cannot be."""
        if self.ready(dev):
            return
        with self._alone():
            if not self.ready(dev):  # another terminal may have finished it meanwhile
                person = self._person()
                if not self._mendable():
                    self._make(person)
                self._install(dev, person)

    def ready(self, dev: bool) -> bool:
        """Whether nothing is to be done."""
        stamp = self._read_stamp()
        return all(stamp.get(key) == value for key, value in self._wanted(dev).items()) and self._works()

    def _wanted(self, dev: bool) -> dict[str, str]:
        """What the stamp of a finished environment says."""
        stamp = {"place": str(self.place)}
        texts = b""
        for name in ("requirements.txt", "requirements-dev.txt")[: 2 if dev else 1]:
            texts += (self.root / name).read_bytes()
            stamp[name] = hashlib.sha256(texts).hexdigest()
        return stamp

    def _read_stamp(self) -> dict[str, Any]:
        try:
            stamp = json.loads(self._stamp.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return stamp if isinstance(stamp, dict) else {}

    def _write_stamp(self, stamp: dict[str, str]) -> None:
        new = self._stamp.with_suffix(".new")
        new.write_text(json.dumps(stamp), encoding="utf-8")
        if is_root():  # to whom the environment belongs
            place = self.place.stat()
            os.chown(new, place.st_uid, place.st_gid)
        new.replace(self._stamp)

    def _works(self) -> bool:
        """Whether the environment's Python runs, is new enough, and is the one whose packages are there
        (an upgraded base Python runs, but looks for its packages in another folder)."""
        # -I: nothing from outside may make a broken environment look whole.
        ask = [str(self.python), "-I", "-c", "import sys; print(*sys.version_info[:2])"]
        try:
            answer = subprocess.run(ask, capture_output=True, text=True, timeout=60, check=True).stdout
            version = tuple(int(part) for part in answer.split())
        except (OSError, ValueError, subprocess.SubprocessError):
            return False
        library = "Lib" if WINDOWS else "lib/python{}.{}".format(*version)
        return version >= OLDEST and (self.place / library / "site-packages").is_dir()

    def _mendable(self) -> bool:
        """Whether pip can finish what is there: it runs, stands where it was made, and was not left
        half-made. An environment without a stamp was made by hand and is kept."""
        stamp = self._read_stamp()
        return (
            stamp.get("place", str(self.place)) == str(self.place) and not stamp.get("half") and self._works()
        )

    def _person(self) -> dict[str, Any]:
        """Arguments for subprocess that give the environment to whom the checkout belongs, when root (by
        sudo) sets it up; empty where there is nothing to change."""
        uid = self.root.stat().st_uid
        if not is_root() or uid == 0:
            return {}
        import pwd  # not on Windows

        try:
            who = pwd.getpwuid(uid)
            env = {**os.environ, "HOME": who.pw_dir, "USER": who.pw_name, "LOGNAME": who.pw_name}
            person: dict[str, Any] = {"user": uid, "group": who.pw_gid, "extra_groups": [], "env": env}
            subprocess.run([base(), "-c", ""], check=True, **person)
        except (KeyError, OSError, subprocess.SubprocessError):
            return {}  # the owner is unknown to this system, or may not read this Python
        return person

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Held by one launcher at a time: three terminals may start at once."""
        with (self.root / "requirements.txt").open("rb") as file:
            if WINDOWS:
                import msvcrt

                file.seek(1 << 30)  # beyond the end: the text itself stays readable for pip
                msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined]
            else:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _make(self, person: dict[str, Any]) -> None:
        """An empty environment in the place of whatever is there."""
        missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
        if missing:
            mend = install_venv(package_tool(), is_root(), sys.version_info[:2])
            raise Stop(
                f"This Python lacks its module `{missing[0]}`, which Sentinel needs once.\nMend it:  {mend}"
            )
        self._remove()
        with Progress("Making Sentinel's Python environment in .venv (first use only)"):
            command = [base(), "-m", "venv", str(self.place)]
            made = subprocess.run(
                command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **person
            )
        if made.returncode:
            raise Stop(f"Could not make {self.place}:\n{made.stdout.strip()}")
        self._write_stamp({"place": str(self.place), "half": "made"})

    def _remove(self) -> None:
        try:
            if self.place.is_symlink():
                self.place.unlink()
            elif self.place.exists():
                shutil.rmtree(self.place)
        except OSError as error:
            mend = f"Remove it yourself:  sudo rm -rf {self.place}"
            raise Stop(f"{self.place} is broken and cannot be removed ({error}).\n{mend}") from None

    def _install(self, dev: bool, person: dict[str, Any]) -> None:
        """Everything in the requirements, with a line of progress."""
        name = "requirements-dev.txt" if dev else "requirements.txt"
        command = [str(self.python), "-I", "-m", "pip", "install", "--no-input", "--progress-bar=off"]
        command += [
            "--disable-pip-version-check",
            "--root-user-action=ignore",
            "--retries=2",
            "--prefer-binary",
        ]
        command += ["-r", str(self.root / name)]
        begun = time.monotonic()
        lines = []
        with Progress("Installing Sentinel's packages") as progress:
            pip = subprocess.Popen(command, **_OUTPUT, **person)
            for line in pip.stdout or ():
                lines.append(line.rstrip())
                progress.step(pip_step(line))
        if pip.wait():
            raise Stop(pip_failed(lines, name))
        self._write_stamp(self._wanted(dev))
        print(f"Ready after {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)


def pip_step(line: str) -> str | None:
    """A line of pip's output as a step of the progress line; None for one that says nothing new."""
    word, _, rest = line.strip().partition(" ")
    if word == "Collecting":
        return "finding " + rest.split(" ")[0].split(";")[0]
    if word == "Downloading" and ".metadata" not in rest:
        file, _, size = rest.rpartition("/")[2].partition(" ")
        return "downloading " + " ".join(file.split("-")[:2]) + " " + size
    if line.startswith("Building wheel"):
        return "building " + rest
    if line.startswith("Installing collected packages"):
        return f"unpacking {rest.count(',') + 1} packages"
    return None


def pip_failed(lines: list[str], name: str) -> str:
    """What to tell when pip could not install the requirements in `name`."""
    text = "\n".join(lines)
    if any(sign in text for sign in _NO_NETWORK):
        return (
            "The packages that Sentinel needs could not be fetched: there is no way to https://pypi.org.\n"
            "Check this computer's internet connection (or proxy: set https_proxy) and start again."
        )
    if "No space left on device" in text:
        return "The disk is full: Sentinel's packages need about 700 MB. Make room and start again."
    return "pip could not install " + name + ":\n  " + "\n  ".join(lines[-12:])
