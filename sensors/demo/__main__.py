"""`sentinel.py demo`: the evening played into a temporary database behind the real dashboard.

The past of the evening is fed at once, so that the pages have history; the rest plays live. No
rights are needed: nothing is captured and nothing is sent.
"""

import argparse
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from analysis.arguments import port_number
from analysis.blocklist import Blocklist
from analysis.config import Blocklists, BlocklistSource, Config, ConfigError, Interface, load
from analysis.store.database import StoreError, StoreForeign
from analysis.store.reader import Reader
from analysis.store.reader import StoreError as ReadError
from analysis.store.writer import Writer
from sensors.assemble import engine_for
from sensors.children import apart, under_lifeline
from sensors.demo.cast import BLOCKED_ADDRESS, BLOCKED_NAMES
from sensors.demo.evening import HOURS, batch_of, evening
from sensors.engine import Engine
from sensors.honesty import status
from sensors.host import port_free

LIVE_SHARE = 0.05
"""The last part of the evening that plays live: 15 minutes of 5 hours."""
INTERFACE = "demo0"
_LEARNING_HOURS = 1.5
OVER = "The evening is over"
ROUND = 1.0
"""Seconds between two batches while playing live."""

Frame = tuple[float, bytes]


def demo_config(folder: Path) -> Config:
    """A configuration with the demo's own lists and a short time of learning."""
    (folder / "names.txt").write_text("\n".join(BLOCKED_NAMES) + "\n", encoding="utf-8")
    (folder / "addresses.txt").write_text(BLOCKED_ADDRESS + "\n", encoding="utf-8")
    return Config(
        interfaces=(Interface(name=INTERFACE, label="Demo home", subnets=("192.168.1.0/24",)),),
        learning_hours=_LEARNING_HOURS,
        blocklists=Blocklists(
            lists=(
                BlocklistSource(name="demo names", file="names.txt"),
                BlocklistSource(name="demo addresses", file="addresses.txt"),
            )
        ),
        base=str(folder),
    )


class Player:
    """Feeds the evening to an engine and its rows to a writer, in the time of the viewer."""

    def __init__(self, engine: Engine, writer: Writer, stop: threading.Event) -> None:
        self._engine, self._writer, self._stop = engine, writer, stop
        self._state, self._message = "running", ""

    def past(self, frames: Iterator[Frame], until: float) -> Frame | None:
        """Feed what lies before `until` as fast as it goes; returns the first frame after it."""
        self._state, self._message = "starting", "The evening so far is being read in"
        part: list[Frame] = []
        for frame in frames:
            if frame[0] >= until or self._stop.is_set():
                self._write(part)
                return frame
            part.append(frame)
            if len(part) == 4096:
                self._write(part)
                part = []
        return None

    def live(self, frames: Iterator[Frame], begin: float, speed: float) -> None:
        """Play frames so that `begin` is now and gaps are divided by `speed`."""
        self._state, self._message = "running", ""
        start = time.time()
        waiting: Frame | None = next(frames, None)
        while waiting is not None and not self._stop.wait(ROUND):
            reached = begin + (time.time() - start) * speed
            part: list[Frame] = []
            while waiting is not None and waiting[0] <= reached and len(part) < 65_536:
                part.append((start + (waiting[0] - begin) / speed, waiting[1]))
                waiting = next(frames, None)
            self._write(part)
        if not self._stop.is_set():
            self._state, self._message = "over", OVER
            print(f"{OVER}. The pages stay until Ctrl-C; start the demo again for another.", flush=True)
        while not self._stop.wait(ROUND):
            self._write([])

    def _write(self, part: list[Frame]) -> None:
        if part:
            self._engine.feed(batch_of(part))
        else:
            self._engine.tick(time.time())
        batch = self._engine.take()
        batch.status = status(
            self._engine, self._state, message=self._message or None, label="Demo home", linktype=1
        )
        self._writer.write(batch)


def play(folder: Path, database: Path, speed: float, hours: float, stop: threading.Event) -> None:
    """Play until stopped."""
    config = demo_config(folder)
    blocklist = Blocklist.open(config)
    live = hours * 3600 * LIVE_SHARE
    now = time.time()
    frames = evening(now - hours * 3600 + live, hours)
    with Writer(database, INTERFACE) as writer:
        engine = engine_for(config, writer, blocklist, network=INTERFACE, run=secrets.randbits(31))
        player = Player(engine, writer, stop)
        first = player.past(frames, now)
        if not stop.is_set():
            print("The evening so far is in; the rest plays live.", flush=True)
        if first is not None:
            player.live(_chain(first, frames), now, speed)


def _chain(first: Frame, rest: Iterator[Frame]) -> Iterator[Frame]:
    yield first
    yield from islice(rest, None)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs until interrupted; exit 1 when the dashboard ends by itself."""
    parser = argparse.ArgumentParser(
        prog="sentinel.py demo", description=__doc__.splitlines()[0] if __doc__ else ""
    )
    parser.add_argument("--port", type=port_number, default=8050, help="the dashboard's port (8050)")
    parser.add_argument("--speed", type=float, default=1.0, help="how fast the live part plays (1)")
    parser.add_argument("--hours", type=float, default=HOURS, help=argparse.SUPPRESS)
    parser.add_argument("--db", type=Path, help="the database (default: a temporary one)")
    parser.add_argument("--open", action="store_true", help="open a browser")
    parser.add_argument("--config", type=Path, help="a configuration whose dashboard section is used")
    arguments = parser.parse_args(argv)
    if not arguments.speed > 0:
        parser.error("--speed must be above 0")
    try:
        if arguments.db:
            refuse_real(arguments.db)
        if _port_taken(arguments):
            return 1
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    except (StoreError, ReadError) as error:
        print(error, file=sys.stderr)
        return 1
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with tempfile.TemporaryDirectory(prefix="sentinel-demo-") as folder:
        return _run(arguments, Path(folder), stop)


def refuse_real(database: Path) -> None:
    """Make the database where it is missing. Raises StoreError where that cannot be, and where other sensors
    than the demo's have written to it: a made-up home among real devices could not be told apart."""
    Writer(database, INTERFACE).close()
    others = [row["name"] for row in Reader(database).sensors() if row["name"] != INTERFACE]
    if others:
        raise StoreForeign(
            f"{database} holds what {', '.join(others)} recorded: the made-up home would be mixed into it. "
            "Name a new file, or leave --db out."
        )


def _port_taken(arguments: argparse.Namespace) -> bool:
    """Whether the pages cannot be served there, which is then told before anything is made."""
    host = load(arguments.config).dashboard.host if arguments.config else "127.0.0.1"
    if port_free(host, arguments.port):
        return False
    other = next((port for port in range(arguments.port + 1, 65_536) if port_free(host, port)), 8050)
    print(
        f"Port {arguments.port} on {host} is in use, perhaps by another Sentinel.\n"
        f"Stop that one, or choose another port:  python3 sentinel.py demo --port {other}",
        file=sys.stderr,
    )
    return True


def _pages_config(folder: Path) -> Path:
    """What the pages of the made-up home run with: its own lists, so that no button touches the real ones."""
    lists = "".join(f"    - {{name: demo {name}, file: {name}.txt}}\n" for name in ("names", "addresses"))
    path = folder / "config.yaml"
    path.write_text(f"learning_hours: {_LEARNING_HOURS}\nblocklists:\n  lists:\n{lists}", encoding="utf-8")
    return path


def _run(arguments: argparse.Namespace, folder: Path, stop: threading.Event) -> int:
    database = arguments.db or folder / "sentinel.db"
    Writer(database, INTERFACE).close()
    command = [*under_lifeline("dashboard", "--db", str(database), "--port", str(arguments.port))]
    command += ["--config", str(arguments.config or _pages_config(folder))]
    command += ["--open"] if arguments.open else []
    # Ctrl-C is for the demo alone, which then ends the pages in order.
    pages = subprocess.Popen(command, stdin=subprocess.PIPE, **apart())

    alone: list[int] = []

    def watch() -> None:
        code = pages.wait()
        if not stop.is_set():
            alone.append(code)
        stop.set()

    threading.Thread(target=watch, daemon=True).start()
    try:
        play(folder, database, arguments.speed, arguments.hours, stop)
    finally:
        pages.terminate()
        pages.wait(timeout=5)
    if alone:
        print(_why_it_ended(alone[0]), file=sys.stderr)
    return 1 if alone else 0


def _why_it_ended(code: int) -> str:
    how = f"was ended by signal {-code}" if code < 0 else f"ended by itself, exit code {code}"
    return f"The dashboard {how}, so the demo ends too. Start it again:  python3 sentinel.py demo"


if __name__ == "__main__":
    sys.exit(main())
