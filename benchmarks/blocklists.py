"""A blocklist of a million made-up names: building, opening, memory, look-ups, and reloading under load."""

import argparse
import json
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import measure, settings
from benchmarks.traffic import made_names

LOOKUPS = 200_000
SHARE_LISTED = 0.05
"""Look-ups that are on the list, as in a home that has a problem."""
RELOAD_SECONDS = 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--names", type=int, default=1_000_000, help="names on the list (1,000,000)")
    parser.add_argument("--rounds", type=int, default=5, help="processes that open and ask (5)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")


def main(options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="sentinel-bench-") as place:
        folder = Path(place)
        measure.say(f"building {options.names:,} names")
        built = measure.run(measure.module("benchmarks.blocklists", "build", place, str(options.names)))
        rounds = []
        for number in range(options.rounds):
            measure.say(f"opening and asking, round {number + 1} of {options.rounds}")
            rounds.append(measure.run(measure.module("benchmarks.blocklists", "ask", place)).told)
        measure.say("changing the list while it is in use")
        reloaded = measure.run(measure.module("benchmarks.blocklists", "reload", place)).told
        files = sum(f.stat().st_size for f in (folder / "blocklists").rglob("*") if f.is_file())
    result = {
        "names": options.names, "files_mb": files / 2**20, "build": built.told, "reload": reloaded,
        **{key: measure.spread([one[key] for one in rounds]) for key in rounds[0]},
    }  # fmt: skip
    print(json.dumps({"machine": measure.machine(), **result}, indent=1) if options.json else text(result))
    return 0


def text(result: dict[str, Any]) -> str:
    """The result for a person."""

    def line(name: str, key: str, unit: str, digits: int = 0) -> str:
        middle, least, most = result[key]
        return f"{name:34} {middle:>12,.{digits}f} {unit} ({least:,.{digits}f}..{most:,.{digits}f})"

    build, reload = result["build"], result["reload"]
    return "\n".join(
        [
            measure.about(),
            f"{result['names']:,} names, {result['files_mb']:.1f} MB compiled",
            f"{'built in':34} {build['cpu']:>12.2f} s of CPU, {build['wall']:.2f} s in all",
            line("opened in (wall)", "open_wall", "s", 3),
            line("private memory of a process", "private_mb", "MB", 1),
            line("names not asked before", "new", "a second of CPU"),
            line("names asked before", "known", "a second of CPU"),
            line("addresses", "addresses", "a second of CPU"),
            f"{'reload: taken over after':34} {reload['after']:>12.2f} s; longest look-up meanwhile "
            f"{reload['longest_ms']:.1f} ms (before: {reload['longest_before_ms']:.1f} ms), "
            f"{reload['lookups']:,} look-ups, {reload['wrong']} wrong",
        ]
    )


def build(folder: Path, names: int) -> None:
    """Compile the list in this process's child, as the first sensor does."""
    (folder / "list.txt").write_text("\n".join(made_names(names)) + "\n", encoding="utf-8")
    from analysis.blocklist import Blocklist

    begun = time.monotonic()
    cpu, _ = measure.timed(lambda: Blocklist.open(settings.config_in(folder)))
    measure.tell({"cpu": cpu, "wall": time.monotonic() - begun})


def ask(folder: Path) -> None:
    """Open the compiled list as a further sensor does, and look names up."""
    from analysis.blocklist import Blocklist

    config = settings.config_in(folder)
    chance = random.Random(2)
    names = questions(folder, chance)
    before, begun = measure.private_mb(), time.monotonic()
    lists = Blocklist.open(config)
    opened = time.monotonic() - begun
    lists.match_name("www.example.com")
    # Memory before the caches fill: these are bounded, and counted apart.
    private = measure.private_mb() - before

    def rate(asked: list[str], match: Any) -> float:
        cpu, _ = measure.timed(lambda: [match(one) is None for one in asked])
        return len(asked) / cpu

    addresses = [".".join(str(chance.randrange(1, 224)) for _ in range(4)) for _ in range(LOOKUPS // 4)]
    measure.tell(
        {
            "open_wall": opened, "private_mb": private, "new": rate(names, lists.match_name),
            "known": rate(names[:5000] * 20, lists.match_name),
            "addresses": rate(addresses, lists.match_address),
            "private_mb_caches_full": measure.private_mb() - before,
        }
    )  # fmt: skip


def questions(folder: Path, chance: random.Random) -> list[str]:
    """Names as they are asked: mostly on no list, some below a listed name."""
    listed = (folder / "list.txt").read_text(encoding="utf-8").splitlines()
    fresh = made_names(LOOKUPS, seed=3)
    heads = ("www.", "api.", "cdn.eu.", "")
    return [
        f"{chance.choice(heads)}{chance.choice(listed) if chance.random() < SHARE_LISTED else name}"
        for name in fresh
    ]


def reload(folder: Path) -> None:
    """Change the list while one thread looks names up as fast as it can; how long did one wait?"""
    from analysis.blocklist import Blocklist

    lists = Blocklist.open(settings.config_in(folder))
    names = questions(folder, random.Random(2))
    added = "only-in-the-second-list.example"
    lists.match_name(added)
    quiet = _longest(lists, names, lambda: False)
    with (folder / "list.txt").open("a", encoding="utf-8") as file:
        file.write(added + "\n")
    begun = time.monotonic()
    state: dict[str, Any] = {"next": 0.0, "taken": None}

    def look() -> bool:
        """As a sensor does every few seconds, here ten times a second."""
        now = time.monotonic()
        if now < state["next"]:
            return False
        state["next"] = now + 0.1
        if lists.reload_if_changed():
            state["taken"] = now - begun
        return now - begun > RELOAD_SECONDS or state["taken"] is not None

    loud = _longest(lists, names, look, until_told=True)
    measure.tell(
        {
            "after": state["taken"] if state["taken"] is not None else float("nan"),
            "longest_ms": loud[0] * 1000, "longest_before_ms": quiet[0] * 1000, "lookups": loud[1],
            "wrong": int(lists.match_name(added) is None),
        }
    )  # fmt: skip


def _longest(lists: Any, names: list[str], look: Any, until_told: bool = False) -> tuple[float, int]:
    """Longest time of one look-up in seconds, and how many there were."""
    longest, count = 0.0, 0
    while True:
        for name in names:
            begun = time.monotonic()
            lists.match_name(name)
            done = look()
            longest = max(longest, time.monotonic() - begun)
            count += 1
            if done:
                return longest, count
        if not until_told:
            return longest, count


if __name__ == "__main__":
    job, place = sys.argv[1], Path(sys.argv[2])
    build(place, int(sys.argv[3])) if job == "build" else {"ask": ask, "reload": reload}[job](place)
