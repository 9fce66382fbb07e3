"""`sentinel.py up`: keeps a sensor for each interface, the periodic analyses and the dashboard running.

Only the sensors have administrator rights. Started by sudo, the other processes run as the person who
called sudo; started without rights, the sensors run under a second supervisor behind sudo.
"""

import argparse
import http.client
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from types import FrameType

from analysis.config import Config, ConfigError, Dashboard, load
from analysis.config_files import no_place_for, wrong_certificate
from analysis.config_load import located
from analysis.reach import family_url
from analysis.store.claim import claim
from analysis.store.database import StoreError, StoreUnavailable, share_with
from analysis.store.recovery import ensure_sound
from analysis.store.rows import HealthRow
from sensors.children import ROOT, SILENCE, Child, Program, under_lifeline
from sensors.config_watch import ConfigWatch
from sensors.filters import wrong_filters
from sensors.health import HealthLog
from sensors.host import Person, invoker, local_connection, may_capture, port_free
from sensors.lifeline import PATIENCE

POLL = 0.1
"""Seconds between two looks at the children."""
WHY_RIGHTS = (
    "Listening to the network needs administrator rights. Only the sensors get them; the dashboard "
    "runs as you.\nsudo may ask for your password now."
)


class NoStart(Exception):
    """`up` cannot start; the text says why and what to do."""


def log(name: str, text: str) -> None:
    """One line an event."""
    with suppress(OSError, ValueError):  # a closed terminal must not end the watch
        print(f"{time.strftime('%H:%M:%S')}  {name}: {text}", flush=True)


class Supervisor:
    """Keeps programs running until it is told to stop.

    `record` takes the health rows that tell of deaths and gaps; it must not block. `config` is looked at
    beside the children."""

    def __init__(
        self, programs: Iterable[Program], record: Callable[[HealthRow], None],
        config: ConfigWatch | None = None,
    ) -> None:  # fmt: skip
        self._config = config
        self.children = [Child(program) for program in programs]
        self._record = record

    def run(self, stop: threading.Event) -> None:
        """Returns when `stop` is set and every child is gone, within `PATIENCE` and a second."""
        try:
            while not stop.is_set():
                for child in self.children:
                    self._look_at(child)
                if self._config is not None:
                    self._config.look(self._record, log)
                stop.wait(POLL)
        finally:
            self._stop_all()

    def _look_at(self, child: Child) -> None:
        if (silent := child.hung_for()) is not None:
            child.how = f"gave no sign of life for {silent:.0f} s and was ended"
            child.kill()
        if child.died_with() is not None:
            self._tell_death(child)
        elif child.is_due():
            try:
                child.start()
            except OSError as error:
                child.how = f"could not be started: {error}"
                child.plan_restart()
                self._tell_death(child)
            else:
                self._tell_start(child)

    def _tell_death(self, child: Child) -> None:
        name, how, pause = child.program.name, child.how, child.due - time.monotonic()
        log(name, f"{how}; starts again in {max(0.0, pause):.1f} s")
        message = f"{name} {how} at {time.strftime('%H:%M:%S')}"
        fix = "Read the lines above this one in the terminal or journal, and run `sentinel.py doctor`."
        self._record(HealthRow("supervisor", name, "alarm", message, fix))

    def _tell_start(self, child: Child) -> None:
        name = child.program.name
        log(name, f"started (process {child.pid})")
        if child.died is None:
            self._record(HealthRow("supervisor", name, "ok", f"{name} runs", None))
            return
        gone = time.monotonic() - child.died
        message = f"{name} was away for {gone:.1f} s until {time.strftime('%H:%M:%S')}"
        message += f": it {child.how}"
        message += f"; it stopped {child.deaths} times since the start" if child.deaths > 1 else ""
        child.how = ""
        level = "alarm" if child.fast_deaths > 2 else "note"
        self._record(HealthRow("supervisor", name, level, message, None))

    def _stop_all(self) -> None:
        for child in self.children:
            child.ask_to_end()
        until = time.monotonic() + PATIENCE
        late = [child for child in self.children if not child.wait(until)]
        for child in late:
            log(child.program.name, f"did not stop within {PATIENCE:.0f} s: killed")
            child.kill()
        for child in late:
            child.wait(time.monotonic() + 0.5)


def interfaces(config: Config) -> list[str]:
    """The interfaces to listen on; NoStart where there is none."""
    if config.interfaces:
        return [interface.name for interface in config.interfaces]
    from sensors.capture import default_interface  # loads the capture libraries

    name = default_interface()
    if name is None:
        raise NoStart(
            "No network to watch: this computer has no default route.\n"
            "Connect it, or name the interface under `interfaces:` in config.yaml "
            "(`python3 sentinel.py doctor` lists them)."
        )
    return [name]


def refuse_doubles(names: Iterable[str], database: Path) -> None:
    """StoreTaken where another Sentinel watches one of the interfaces for this database."""
    for name in names:
        with suppress(StoreUnavailable), claim(database, name):  # the sensors tell what is unavailable
            pass


def sensor_programs(names: Iterable[str], common: tuple[str, ...]) -> list[Program]:
    """A sensor for each interface."""
    return [
        Program(f"sensor {name}", under_lifeline("sensors.sensor", name, *common), silence=SILENCE)
        for name in names
    ]


def ordinary_programs(common: tuple[str, ...], person: Person | None) -> list[Program]:
    """What needs no rights, run as `person` where that is someone else than the supervisor."""
    return [
        Program("periodic", under_lifeline("analysis.periodic", *common), person),
        # Quiet, because `announce` tells the address once the pages really answer.
        Program("dashboard", under_lifeline("dashboard", *common), person, quiet=True),
    ]


def sensors_behind_sudo(common: tuple[str, ...]) -> Program:
    """A second supervisor with rights, for the sensors alone. Asks for the rights first."""
    sudo = shutil.which("sudo")
    again = "sudo python3 sentinel.py up"
    if sudo is None:
        raise NoStart(f"Listening to the network needs administrator rights. Start as root:  {again}")
    allowed = subprocess.call([sudo, "-n", "-v"], stderr=subprocess.DEVNULL) == 0
    if not allowed:
        if not sys.stdin.isatty():
            raise NoStart(f"Listening to the network needs administrator rights. Start with:  {again}")
        print(WHY_RIGHTS, flush=True)
        if subprocess.call([sudo, "-v"]) != 0:
            raise NoStart("Without administrator rights there is nothing to watch.")
    output = os.environ.get("PYTHONIOENCODING", "")
    surroundings = (
        f"PYTHONPATH={ROOT}", "PYTHONSAFEPATH=1", "PYDANTIC_DISABLE_PLUGINS=__all__",
        "PYTHONDONTWRITEBYTECODE=1", f"PYTHONIOENCODING={output}",
    )  # fmt: skip
    command = under_lifeline("sensors.supervisor", "--sensors-only", *common)
    return Program("sensors", (sudo, "-n", "--", "env", *surroundings, *command), signals=False)


def announce(pages: Dashboard, stop: threading.Event) -> None:
    """Prints the dashboard's address once it answers, and the one for other devices where they may use it."""
    url = pages.url
    while not stop.wait(0.2):
        connection = local_connection(url, 5)
        with suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/")
            connection.getresponse()
            others = family_url(pages)
            more = f"  From other devices:  {others}\n" if others else ""
            # Whether anything is watched, the sensors tell.
            print(f"\n  Sentinel's pages:    {url}    (Ctrl-C stops Sentinel)\n{more}", flush=True)
            return
        connection.close()


def stop_on_signals(stop: threading.Event) -> None:
    """Ctrl-C, SIGTERM and a closed terminal set `stop`."""

    def told(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), told)


def programs(config: Config, arguments: argparse.Namespace, common: tuple[str, ...]) -> list[Program]:
    """All that is to run, in the order of starting."""
    names = interfaces(config)
    if arguments.sensors_only:
        return sensor_programs(names, common)
    if not port_free(config.dashboard.host, config.dashboard.port):
        raise NoStart(
            f"Port {config.dashboard.port} on {config.dashboard.host} is in use by another program (or "
            "another Sentinel).\nStop that one, or set `dashboard: port:` in config.yaml."
        )
    watching = sensor_programs(names, common) if may_capture() else [sensors_behind_sudo(common)]
    return watching + ordinary_programs(common, invoker())


def up(arguments: argparse.Namespace) -> None:
    """Runs until it is told to stop; NoStart, ConfigError or StoreError where it cannot begin."""
    path = Path(arguments.config) if arguments.config else None
    watch = None if arguments.sensors_only else ConfigWatch(path)  # of two supervisors one tells
    config = load(path)
    wrong = [*wrong_filters(config), *([] if arguments.sensors_only else wrong_certificate(config))]
    if wrong:
        raise ConfigError(located(wrong, path))
    database = Path(arguments.db).absolute() if arguments.db else config.database_path
    common: tuple[str, ...] = ("--db", str(database))
    if arguments.config:
        common += ("--config", str(Path(arguments.config).absolute()))
    if why := no_place_for(database):
        raise NoStart(f"database: {why}")
    wanted = programs(config, arguments, common)
    stop = threading.Event()
    stop_on_signals(stop)
    if (mended := ensure_sound(database)) is not None:
        log("database", mended)
    refuse_doubles(interfaces(config), database)
    with HealthLog(database, log) as health:
        person = invoker()
        if person is not None:  # the dashboard reads as this person what the sensors write as root
            share_with(database, person.uid, person.gid)
        if watch is not None:
            health.record(watch.unchanged())
            threading.Thread(target=announce, args=(config.dashboard, stop), daemon=True).start()
        Supervisor(wanted, health.record, watch).run(stop)
    log("sensors" if arguments.sensors_only else "supervisor", "everything has stopped")


def main() -> int:
    parser = argparse.ArgumentParser(prog="sentinel.py up", description=__doc__)
    parser.add_argument("--config", metavar="PATH", help="the configuration")
    parser.add_argument("--db", metavar="PATH", help="the database")
    parser.add_argument("--sensors-only", action="store_true", help=argparse.SUPPRESS)
    os.umask(0o077)  # the database and all beside it are private to Sentinel
    try:
        up(parser.parse_args())
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    except (NoStart, StoreError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
