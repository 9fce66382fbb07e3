"""Blocklist of a million made-up names: building, opening, memory and look-ups a CPU second.

    python -m benchmarks.blocklist

Goals: build 10 s, open 0.1 s, 10 MB of private memory, 250,000 names a second that are not in the cache.
"""

import os
import random
import string
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from analysis.blocklist import Blocklist
from analysis.config import Blocklists, BlocklistSource, Config

NAMES = 1_000_000
LOOKUPS = 200_000
ENDS = ("com", "net", "org", "xyz", "info", "ru", "top")


def words(chance: random.Random, count: int) -> list[str]:
    return ["".join(chance.choices(string.ascii_lowercase, k=chance.randint(3, 9))) for _ in range(count)]


def names(chance: random.Random, count: int) -> list[str]:
    parts = words(chance, 40_000)
    made: dict[str, None] = {}
    while len(made) < count:
        name = f"{chance.choice(parts)}{chance.choice(('', '-'))}{chance.choice(parts)}.{chance.choice(ENDS)}"
        made[f"{chance.choice(parts)}.{name}" if chance.random() < 0.4 else name] = None
    return list(made)


def config(folder: Path) -> Config:
    lists = (BlocklistSource(name="made up", file="list.txt"), BlocklistSource(name="own", file="own.txt"))
    return Config(base=str(folder), blocklists=Blocklists(lists=lists))


def private_megabytes() -> float:
    """Memory that no other process shares; 0 where the system does not tell."""
    rollup = Path("/proc/self/smaps_rollup")
    lines = rollup.read_text().splitlines() if rollup.exists() else []
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_Dirty")) / 1024


def opened(folder: Path) -> None:
    """In a process of its own, as a sensor opens lists that another has built."""
    settings = config(folder)
    before, begun = private_megabytes(), time.process_time()
    lists = Blocklist.open(settings)
    print(f"open         {time.process_time() - begun:8.3f} s, {private_megabytes() - before:.1f} MB private")
    chance = random.Random(2)
    asked = [f"{chance.choice(('www.', 'api.', 'cdn.eu.', ''))}{name}" for name in names(chance, LOOKUPS)]
    begun = time.process_time()
    hits = sum(lists.match_name(name) is not None for name in asked)
    print(f"new names    {len(asked) / (time.process_time() - begun):8,.0f} a second, {hits} hits")
    few = asked[:5000] * 40
    begun = time.process_time()
    for name in few:
        lists.match_name(name)
    print(f"known names  {len(few) / (time.process_time() - begun):8,.0f} a second")
    addresses = [".".join(str(chance.randrange(1, 224)) for _ in range(4)) for _ in range(LOOKUPS // 4)]
    begun = time.process_time()
    for address in addresses:
        lists.match_address(address)
    print(f"addresses    {len(addresses) / (time.process_time() - begun):8,.0f} a second")


def main() -> None:
    if len(sys.argv) > 1:
        opened(Path(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        chance = random.Random(1)
        (Path(folder) / "list.txt").write_text("\n".join(names(chance, NAMES)))
        (Path(folder) / "own.txt").write_text("blocked.sentinel.test\n203.0.113.0/24\n")
        begun = sum(os.times()[:4])  # large lists are compiled in a child
        Blocklist.open(config(Path(folder)))
        print(f"build        {sum(os.times()[:4]) - begun:8.3f} s of CPU for {NAMES:,} names", flush=True)
        subprocess.run([sys.executable, "-m", "benchmarks.blocklist", folder], check=True)


if __name__ == "__main__":
    main()
