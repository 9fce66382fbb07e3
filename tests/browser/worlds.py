"""Two databases for the same workflows: what `sentinel.py demo` fills, and a large one."""

import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from analysis.config import Blocklists, BlocklistSource, Config, Dashboard
from benchmarks.database_fill import Sizes, fill
from benchmarks.pages_server import Stream
from dashboard.app import create_app
from dashboard.serve import listen

ROOT = Path(__file__).parents[2]
LARGER = "SENTINEL_WORKFLOWS_DB"
"""Environment variable: a large database for the workflows besides the demo's, as `sentinel.py bench pages
--keep PATH` makes it; where nothing is yet, one of `SIZES` is made. Decisions are written into it, so name a
copy. Without it the workflows would take ten minutes more than they tell."""
SIZES = Sizes(flows=200_000, dns=100_000, alerts=5_000)
_FILLED = "The evening so far is in"


class World(NamedTuple):
    """A served database, the person's own list in `folder`, and what its pages run with."""

    name: str
    url: str
    path: Path
    folder: Path

    @property
    def db(self) -> sqlite3.Connection:
        """A connection of the test's own; each statement is a transaction."""
        return sqlite3.connect(self.path, isolation_level=None, timeout=30)

    @property
    def own_list(self) -> Path:
        return self.folder / "own.txt"

    @property
    def config(self) -> Config:
        return config_in(self.folder)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        db = self.db
        try:
            return db.execute(sql, values).fetchall()
        finally:
            db.close()

    def value(self, sql: str, *values: Any) -> Any:
        found = self.rows(sql, *values)
        return found[0][0] if found else None


def config_in(folder: Path, **board: Any) -> Config:
    """The configuration of pages in that folder, with a list of the person's own."""
    return Config(
        dashboard=Dashboard(**board).model_copy(update={"port": 0}),
        blocklists=Blocklists(lists=(BlocklistSource(name="Own list", file="own.txt"),)),
        base=str(folder),
    )


@contextmanager
def demo(folder: Path) -> Iterator[World]:
    """The demo itself: its sensor and its dashboard, the past of the evening in."""
    (folder / "own.txt").write_text("# mine\n")
    (folder / "config.yaml").write_text(
        "learning_hours: 1.5\nblocklists:\n  lists:\n    - {name: Own list, file: own.txt}\n"
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--db", str(folder / "demo.db"), "--port", str(port), "--config", str(folder / "config.yaml")]
    command = [sys.executable, "-m", "sensors.demo", *options]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        said = child.stdout
        assert said is not None
        assert any(line.startswith(_FILLED) for line in said), "the demo ended before it had begun"
        threading.Thread(target=said.read, daemon=True).start()
        url = f"http://127.0.0.1:{port}"
        _answers(url)
        yield World("demo", url, folder / "demo.db", folder)
    finally:
        child.terminate()
        child.wait(30)


@contextmanager
def large(folder: Path) -> Iterator[World]:
    """The database that `LARGER` names, with a sensor that writes one row a second."""
    path = Path(os.environ[LARGER])
    (folder / "own.txt").write_text("# mine\n")
    if not path.exists():
        fill(path, SIZES, days=7, year=40)
    with Stream(path, 1), serving(path, config_in(folder)) as url:
        yield World("large", url, path, folder)


@contextmanager
def serving(path: Path, config: Config) -> Iterator[str]:
    """The dashboard on a database, in this process."""
    server, _ = listen(create_app(path, config), config)
    threading.Thread(target=server.run, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.close()


def _answers(url: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(url, timeout=5).read()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"{url} does not answer")


WORLDS = {"demo": demo, "large": large} if LARGER in os.environ else {"demo": demo}
