"""`sentinel.py update`: fetches the lists and whose addresses are; what comes wrong leaves the last good.

Only this command reaches out, only when it is called, and only to the addresses in config.yaml,
`blocklists/sources` and `blocklists/destinations.py`.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from analysis.blocklist import Blocklist
from analysis.blocklist_build import enabled_lists
from analysis.blocklist_compile import ListFile, read_list
from analysis.blocklist_formats import NOT_A_NAME, parse
from analysis.config import Config, ConfigError, load
from blocklists import destinations
from blocklists.fetch import STRICT, Offline, Policy, Refused, fetch
from blocklists.sources import Feed, feeds

SHRINK = 0.5
"""A list that lost more than this part at once is more likely broken at its source than better."""
SMALL = 20
"""Lists below this many entries may shrink as they like: those of live botnet servers do."""
ENOUGH = 2
"""Servers without a way to them after which no other is tried."""
MARKUP = (b"<!doctype", b"<html", b"<head", b"<?xml", b"<script")

Progress = Callable[[str], None]


class Result(NamedTuple):
    """What became of one list."""

    name: str
    state: str
    """"updated", "unchanged", "kept" (refused, the last good one stays), "failed" (and there is none) or
    "offline" (no way to the server; what was there stays)."""
    entries: int
    message: str
    """Why it was refused; empty when all is well."""

    def __str__(self) -> str:
        told = f"{self.name}: {self.state}, {self.entries} entries"
        return f"{told} ({self.message})" if self.message else told


def update(config: Config, progress: Progress, policy: Policy = STRICT) -> list[Result]:
    """Fetch every enabled feed and address, and compile the lists. `progress` gets a line at a time.

    Files go to `blocklists/fetched` beside config.yaml. Raises nothing for what a server does.
    """
    known = feeds()
    results: list[Result] = []
    for item in enabled_lists(config):
        if item.source.file is not None:
            continue
        if offline(results):
            results.append(_unasked(item))
            continue
        feed = known.get(item.source.feed or "")
        url = feed.url if feed else item.source.url
        progress(f"{item.source.name}: fetching {url}")
        results.append(_refresh(item, str(url), feed, policy))
        progress(str(results[-1]))
    if any(result.state == "updated" for result in results):
        progress("compiling the lists")
        Blocklist.open(config)
    return results


def offline(results: Sequence[Result]) -> bool:
    """Whether this computer has no internet: the first addresses, of different servers, all lead nowhere.
    One that does may be the server's own trouble."""
    return len(results) >= ENOUGH and all(result.state == "offline" for result in results)


def _unasked(item: ListFile) -> Result:
    return Result(item.source.name, "offline", 0, "not tried")


def _refresh(item: ListFile, url: str, feed: Feed | None, policy: Policy) -> Result:
    name = item.source.name
    old = read_list(item.path)
    had = parse(old).entries if old else 0
    try:
        raw = fetch(url, policy)
        entries = check(raw, feed.minimum if feed else 1, had, item.path)
        if raw == old:
            os.utime(item.path)
            return Result(name, "unchanged", entries, "")
        write(item.path, raw)
    except Offline as error:
        return Result(name, "offline", had, str(error))
    except (Refused, OSError) as error:
        return Result(name, "kept" if had else "failed", had, str(error))
    return Result(name, "updated", entries, "")


def check(raw: bytes, minimum: int, had: int, path: Path) -> int:
    """The number of entries of a list that may replace one which `had` so many. Raises Refused."""
    head = raw[:2048].lower()
    if any(tag in head for tag in MARKUP):
        raise Refused("a web page came instead of a list")
    if b"\0" in raw:
        raise Refused("not a text file")
    parsed = parse(raw)
    entries, nonsense = parsed.entries, parsed.refused[NOT_A_NAME]
    if entries < max(1, minimum):
        raise Refused(f"{entries} entries came, at least {max(1, minimum)} were expected")
    if nonsense > entries:
        raise Refused(f"{nonsense} of {nonsense + entries} lines are no entries")
    if had >= SMALL and entries < had * (1 - SHRINK):
        raise Refused(f"only {entries} of {had} entries came; if that is right, delete {path}")
    return entries


def write(path: Path, raw: bytes) -> None:
    """Replace a file in one step, with the whole content on disk before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=".fetched-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def main() -> int:
    """0: all lists are fresh; 1: some are not; 2: config.yaml has mistakes."""
    parser = argparse.ArgumentParser(prog="sentinel.py update", description="Fetch the blocklists.")
    parser.add_argument("--config", metavar="PATH", type=Path, help="the configuration")
    arguments = parser.parse_args()
    try:
        config = load(arguments.config)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    results = update(config, _say)
    if not results:
        print("no list in config.yaml is fetched")
    if offline(results):
        return _no_internet(config)
    owners = destinations.refresh(config, _say, write)
    bad = [result for result in results if result.state in ("kept", "failed", "offline")]
    if bad:
        print(f"{len(bad)} of {len(results)} lists are not fresh", file=sys.stderr)
    if owners:
        print(f"not fresh, whose addresses are: {', '.join(owners)}", file=sys.stderr)
    return 1 if bad or owners else 0


def _say(line: str) -> None:
    print(line, flush=True)


def _no_internet(config: Config) -> int:
    """Tells it once; the exit status."""
    wanted = sum(item.source.file is None for item in enabled_lists(config))
    files = len(destinations.overdue(config))
    told = f"No internet: this computer finds no way to the servers. Nothing was fetched ({wanted} lists"
    told += f", {files} files about addresses" if files else ""
    print(
        f"{told}); what was there stays.\nConnect it, and run again:  python3 sentinel.py update",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
