"""Fetches whose the addresses outside are: DB-IP's free monthly files in MaxMind DB format.

Source: https://db-ip.com/db/lite.php (IP to ASN Lite, IP to Country Lite), Creative Commons Attribution
4.0; `analysis.destinations.CREDIT` stands on the Health page. Called by `sentinel.py update` only.
"""

import datetime
import zlib
from collections.abc import Callable
from pathlib import Path

from analysis.config import Config
from analysis.destinations import FETCHED
from blocklists.fetch import STRICT, Offline, Policy, Refused, fetch

URLS = (
    "https://download.db-ip.com/free/dbip-asn-lite-{month}.mmdb.gz",
    "https://download.db-ip.com/free/dbip-country-lite-{month}.mmdb.gz",
)
LARGEST = 256 << 20
"""Bytes of an unpacked file; they had 10 MB in 2026."""
MARKER = b"\xab\xcd\xefMaxMind.com"
"""Begins the metadata at the end of every such file (MaxMind DB File Format 2.0)."""
FRESH_DAYS = 25
"""The files are monthly: a younger one is not fetched again."""

Write = Callable[[Path, bytes], None]


def refresh(config: Config, progress: Callable[[str], None], write: Write, policy: Policy = STRICT,
            urls: tuple[str, ...] = URLS, today: datetime.date | None = None) -> list[str]:  # fmt: skip
    """Fetch what is older than `FRESH_DAYS`; the names of files that are not fresh after that. Nothing is
    done where config.yaml names files of its own or says not to fetch."""
    today = today or datetime.datetime.now(datetime.UTC).date()
    bad: list[str] = []
    for path in overdue(config, today):
        name, url = path.name, urls[FETCHED.index(path.name)]
        try:
            progress(f"{name}: fetching {url.format(month=f'{today:%Y-%m}')}")
            raw = unpack(_newest(url, today, policy))
            check(raw)
            write(path, raw)
            progress(f"{name}: updated, {len(raw) >> 20} MB")
        except (Refused, OSError) as error:
            bad.append(name)
            kept = "kept" if path.exists() else "failed"
            progress(f"{name}: {kept} ({error})")
    return bad


def overdue(config: Config, today: datetime.date | None = None) -> list[Path]:
    """The files that `refresh` would fetch."""
    if config.destinations.mmdb or not config.destinations.fetch:
        return []
    today = today or datetime.datetime.now(datetime.UTC).date()
    folder = Path(config.base) / "blocklists" / "fetched"
    return [folder / name for name in FETCHED if _age_days(folder / name, today) >= FRESH_DAYS]


def _age_days(path: Path, today: datetime.date) -> int:
    try:
        changed = datetime.datetime.fromtimestamp(path.stat().st_mtime, datetime.UTC).date()
    except OSError:
        return 10_000
    return abs((today - changed).days)


def _newest(url: str, today: datetime.date, policy: Policy) -> bytes:
    """This month's file, or last month's in the days before it is made."""
    last = today.replace(day=1) - datetime.timedelta(days=1)
    try:
        return fetch(url.format(month=f"{today:%Y-%m}"), policy)
    except Offline:
        raise
    except Refused:
        return fetch(url.format(month=f"{last:%Y-%m}"), policy)


def unpack(packed: bytes) -> bytes:
    """The contents of a gzip file, at most `LARGEST`. Raises Refused."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        raw = unpacker.decompress(packed, LARGEST)
    except zlib.error as error:
        raise Refused("not a gzip file") from error
    if not unpacker.eof:
        raise Refused("the file is cut off or too large")
    return raw


def check(raw: bytes) -> None:
    """Whether this is a database that can be asked. Raises Refused."""
    import io

    import maxminddb

    if MARKER not in raw[-(128 << 10) :]:
        raise Refused("not a MaxMind DB file")
    try:
        with maxminddb.open_database(io.BytesIO(raw), maxminddb.MODE_FD) as reader:
            reader.get("1.1.1.1")
    except Exception as error:  # whatever a damaged file makes the reader do
        raise Refused(f"a damaged file: {error}"[:200]) from error
