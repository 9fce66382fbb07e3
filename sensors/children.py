"""Child processes of the supervisor: started, noticed when they die, stopped in good order."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sensors.host import Person

ROOT = Path(__file__).resolve().parent.parent
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 30.0
"""Seconds between a death and the next start."""
MISTAKEN = 2
"""The exit status of all our programs for a mistake in config.yaml."""
FAST = 5.0
"""Seconds of life under which a death counts as fast: it died before it did any work."""
SILENCE = 60.0
"""Seconds without a beat after which a process counts as hung: a beat is due each second, and on a computer
with far too much to do ten were seen."""
FIRST_SILENCE = 10.0
"""So many times longer may the first beat take: a small computer may have a million names to compile."""
_ABSENT = 1.0
"""Seconds between two looks above which the supervisor itself stood still (a suspended laptop, a paused
virtual machine, an overloaded computer): that time is nobody's silence."""


@dataclass(frozen=True, slots=True)
class Program:
    """What is to be kept running."""

    name: str
    """As log lines and health rows call it, such as "sensor eth0"."""
    command: tuple[str, ...]
    """Must end when its standard input closes: see `lifeline`."""
    person: Person | None = None
    """Runs as this user; None: as the supervisor itself."""
    signals: bool = True
    """Whether it can be sent signals. A process behind sudo cannot: closing its input ends it."""
    quiet: bool = False
    """Whether its standard output is thrown away (standard error never is)."""
    silence: float | None = None
    """Seconds without a beat (`lifeline.beat`) after which it counts as hung; None: it gives none."""


def under_lifeline(module: str, *arguments: str) -> tuple[str, ...]:
    """The command for one of our modules as a child."""
    return (sys.executable, "-m", "sensors.lifeline", module, *arguments)


def apart() -> dict[str, Any]:
    """What keeps a child out of our process group: Ctrl-C in the terminal is for us, who then stop our
    children in order."""
    if os.name == "posix":
        return {"process_group": 0}
    return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}  # type: ignore[attr-defined]


def pause_before_restart(fast_deaths: int) -> float:
    """Seconds to wait before a restart: `FIRST_PAUSE`, doubled with each fast death after the first, at most
    `LONGEST_PAUSE`."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** max(0, fast_deaths - 1))


def fate(status: int) -> str:
    """An exit status in words."""
    if status == MISTAKEN:
        return f"ended with status {status}: config.yaml has a mistake, which the lines above name"
    if status >= 0:
        return f"ended with status {status}"
    with suppress(ValueError):
        return f"was killed by {signal.Signals(-status).name}"
    return f"was killed by signal {-status}"


class Child:
    """One program and its present process. Times are monotonic seconds."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.deaths = 0
        self.fast_deaths = 0
        self.died: float | None = None
        self.due = 0.0
        """When it is to be started next; of no meaning while it runs."""
        self.how = ""
        """How it ended last."""
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._line: socket.socket | None = None
        self._heard = self._looked = 0.0
        self._beats = False

    @property
    def pid(self) -> int | None:
        """Of the present process; None where it does not run."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Starts the process; OSError where the system cannot."""
        self._started = time.monotonic()
        popen = apart()  # output goes where the supervisor's goes
        person, env = self.program.person, {**os.environ, "PYTHONPATH": str(ROOT)}
        if person is not None:
            env |= {"HOME": person.home, "USER": person.name, "LOGNAME": person.name}
            groups = os.getgrouplist(person.name, person.gid)
            popen |= {"user": person.uid, "group": person.gid, "extra_groups": groups}
        output = subprocess.DEVNULL if self.program.quiet else None
        command, silence = self.program.command, self.program.silence
        if silence is None or os.name != "posix":
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output, env=env, **popen)
            return
        ours, theirs = socket.socketpair()
        with theirs:
            ours.setblocking(False)
            self._line = ours
            self._process = subprocess.Popen(command, stdin=theirs.fileno(), stdout=output, env=env, **popen)
        self._heard = self._looked = time.monotonic()
        self._beats = False

    def died_with(self) -> int | None:
        """The exit status, once, when the process has died since it was started; plans the restart."""
        if self._process is None or (status := self._process.poll()) is None:
            return None
        self._close()
        self.how = self.how or fate(status)
        self.plan_restart()
        if status == MISTAKEN:  # nothing but a person mends that
            self.due = time.monotonic() + LONGEST_PAUSE
        return status

    def hung_for(self) -> float | None:
        """Seconds of silence, when it runs and has been silent for too long. Has to be asked often."""
        if self._process is None or self._line is None or self.program.silence is None:
            return None
        now = time.monotonic()
        if now - self._looked > _ABSENT:
            self._heard += now - self._looked
        self._looked = now
        with suppress(BlockingIOError):
            if self._line.recv(4096):
                self._heard, self._beats = now, True
        silent = now - self._heard
        allowed = self.program.silence * (1 if self._beats else FIRST_SILENCE)
        return silent if silent > allowed else None

    def plan_restart(self) -> None:
        """It has just died, or could not be started: count that, and say when it is due again."""
        self.died = time.monotonic()
        self.deaths += 1
        self.fast_deaths = self.fast_deaths + 1 if self.died - self._started < FAST else 0
        self.due = self.died + pause_before_restart(self.fast_deaths)

    def is_due(self) -> bool:
        """Whether it does not run and its pause is over."""
        return self._process is None and time.monotonic() >= self.due

    def ask_to_end(self) -> None:
        """Asks for an end in good order. Returns at once."""
        if self._process is None:
            return
        if self.program.signals and os.name == "posix":
            with suppress(OSError):
                self._process.terminate()
        else:
            self._close_input()

    def wait(self, until: float) -> bool:
        """Whether it is gone by that time."""
        if self._process is None:
            return True
        try:
            self._process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            return False
        self._close()
        return True

    def kill(self) -> None:
        """Ends it hard."""
        if self._process is not None:
            with suppress(OSError):  # behind sudo we may not; closing its input has the same end
                self._process.kill()
            self._close_input()

    def _close_input(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None
        if self._process is not None and self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()

    def _close(self) -> None:
        self._close_input()
        self._process = None
