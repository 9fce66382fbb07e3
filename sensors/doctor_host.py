"""The doctor's questions about this computer: Python, clock, disk, database, lists, port."""

import ctypes
import http.client
import importlib.util
import os
import platform
import shutil
import sys
import time
from contextlib import suppress
from pathlib import Path

from analysis import blocklist
from analysis.config import SMALLEST_MB, Config
from analysis.config_files import no_place_for
from analysis.store.database import StoreError, StoreForeign, is_foreign
from analysis.store.recovery import problems, refuse_unfit
from analysis.store.rows import HealthRow
from sensors.findings import Result, ok, problem
from sensors.host import local_connection, port_free

_SANE_YEARS = range(2026, 2046)
_TIME_ERROR = 5
"""What adjtimex(2) returns while the clock is not synchronised."""
_TIMEX_BYTES = 256
"""More than struct timex has on any Linux (208)."""
_SPARE_MB = 200
"""Space that the write-ahead log and the lists take beside the database."""


def python() -> Result:
    """Is this the Python that Sentinel was made for?"""
    if sys.prefix == sys.base_prefix:
        fix = "Start by the launcher, which makes it: python3 sentinel.py doctor"
        return problem("python", "not running in Sentinel's own environment (.venv)", fix)
    library = (
        "pcapy-ng" if importlib.util.find_spec("pcapy") else "scapy (slower; no pcapy-ng for this system)"
    )
    return ok("python", f"Python {platform.python_version()}, captures by {library}")


def clock(now: float | None = None) -> Result:
    """Is the time right? Alerts and history are kept by it."""
    year = time.gmtime(now).tm_year
    if year not in _SANE_YEARS:
        return problem("clock", f"this computer believes that it is the year {year}", "Set the clock.")
    synchronised = _synchronised()
    if synchronised is False:
        fix = "Turn on time synchronisation: sudo timedatectl set-ntp true"
        return problem("clock", "the clock is not synchronised with the internet's time", fix)
    return ok("clock", "synchronised" if synchronised else f"the year {year} is plausible")


def _synchronised() -> bool | None:
    """Whether the kernel's clock is being disciplined; None where that cannot be asked."""
    if sys.platform != "linux":
        return None
    with suppress(OSError, AttributeError):
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
        return None if state < 0 else state != _TIME_ERROR
    return None


def disk(config: Config, database: Path) -> Result:
    """Is there room for the database to grow to the size that config.yaml allows?"""
    folder = next(path for path in (database, *database.parents) if path.exists())
    free = shutil.disk_usage(folder).free >> 20
    now = database.stat().st_size >> 20 if database.is_file() else 0
    needed = max(0, config.retention.size_mb - now) + _SPARE_MB
    if free < needed:
        fits = free + now - _SPARE_MB
        fix = (
            f"Make room, or set `retention: size_mb:` in config.yaml below {fits}."
            if fits > SMALLEST_MB
            else f"Make room: even the smallest `retention: size_mb:`, {SMALLEST_MB}, does not fit."
        )
        return problem("disk", f"{free} MB are free where the database may need {needed} MB more", fix)
    return ok("disk", f"{free} MB free; the database may need {needed} MB more")


def port(config: Config) -> Result:
    """Can the dashboard be served where config.yaml says, or is it already?"""
    host, number = config.dashboard.host, config.dashboard.port
    if port_free(host, number):
        return ok("port", f"{number} is free for the dashboard")
    if is_sentinel(config.dashboard.url):
        return ok("port", f"Sentinel's dashboard answers at {config.dashboard.url}")
    fix = "Stop the program that uses it, or set another `dashboard: port:` in config.yaml."
    return problem("port", f"{number} on {host} is used by another program", fix)


def is_sentinel(url: str) -> bool:
    """Whether our dashboard answers at this address."""
    connection = local_connection(url, 3)
    with suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/")
        answer = connection.getresponse()
        return b"Sentinel" in answer.read(65_536)
    return False


def database(path: Path) -> Result:
    """Is the database whole?"""
    if why := no_place_for(path):
        return problem("database", why, "Name another file: --db, or database in config.yaml.")
    if not path.exists():
        return ok("database", f"{path} will be made at the first start")
    if path.is_file() and os.access(path, os.R_OK) and is_foreign(path):
        fix = "Name another file: --db, or database in config.yaml."
        return problem("database", f"{path} is no database of Sentinel", fix)
    try:
        found = problems(path)
        if not found:
            refuse_unfit(path)
    except StoreForeign as error:
        return problem("database", str(error), "Name another file: --db, or database in config.yaml.")
    except StoreError as error:
        fix = "Ask as its owner, or with administrator rights: sudo python3 sentinel.py doctor"
        return problem("database", f"the database cannot be read: {error}", fix)
    if found:
        fix = "Start Sentinel: it sets the damaged file aside and saves what can be read."
        return problem("database", f"{path} is damaged: {found[0]}", fix)
    return ok("database", f"{path} is whole ({path.stat().st_size >> 20} MB)")


def lists(config: Config) -> list[Result]:
    """Are the blocklists there, readable and fresh?"""
    return [_list_result(row) for row in blocklist.health(config)]


def _list_result(row: HealthRow) -> Result:
    check = f"list {row.subject}"
    if row.level == "ok":
        return ok(check, row.message)
    return problem(check, row.message, row.fix or "Fetch the lists: python3 sentinel.py update")
