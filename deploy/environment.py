"""Sentinel's own Python environment, `.venv` beside sentinel.py: made, mended, completed.

A stamp in it says where it was made and from which requirements, so that a later start only compares.
"""

from __future__ import annotations

import errno
import hashlib
import importlib.util
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from deploy import Stop
from deploy.interpreter import OLDEST, base, install_venv, is_root, package_tool
from deploy.packages import install, pip_wheel
from deploy.progress import Progress

WINDOWS = os.name == "nt"


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
        self._writable_or_stop()
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

    def _writable_or_stop(self) -> None:
        """Stop where the environment cannot be written, with what to do."""
        place = self.place if self.place.exists() else self.root
        if os.access(place, os.W_OK):
            return
        told = f"{place} cannot be written to, and Sentinel keeps its Python environment there.\n"
        told += "Copy Sentinel to a folder of your own and start it there"
        if not is_root() and self.root.stat().st_uid != os.getuid():
            told += ",\nor let its owner finish the environment once:  sudo python3 sentinel.py check"
        else:
            told += f":  cp -r {shlex.quote(str(self.root))} ~/sentinel"
        raise Stop(told)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Held by one launcher at a time: three terminals may start at once."""
        with (self.root / "requirements.txt").open("rb") as file:
            if not _locked(file, wait=False):
                print("Another start is setting Sentinel up; waiting for it.", file=sys.stderr, flush=True)
                while not _locked(file, wait=True):
                    pass
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
            # pip takes five of its six seconds to unpack there, and can be run as the file it comes in.
            without = ["--without-pip"] if pip_wheel() else []
            command = [base(), "-m", "venv", *without, str(self.place)]
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
        begun = time.monotonic()
        install(self.python, self.root / name, person)
        self._write_stamp(self._wanted(dev))
        print(f"Ready after {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)


def _locked(file: BinaryIO, wait: bool) -> bool:
    """Whether this process holds the file's lock now, which closing the file gives back."""
    try:
        if WINDOWS:
            import msvcrt

            file.seek(1 << 30)  # beyond the end: the text itself stays readable for pip
            mode = msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK  # type: ignore[attr-defined]
            msvcrt.locking(file.fileno(), mode, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        # Held by another, and Windows gives up waiting after ten seconds. Any other error: a file system
        # without locks, where only a second start in the same moment could be in the way.
        return error.errno not in (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
    return True
