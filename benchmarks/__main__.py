"""`python -m benchmarks [pipeline|live|database|pages|blocklists|memory] [options]`; `pipeline` by itself."""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from importlib import import_module

from benchmarks.measure import ROOT, say

KINDS = {
    "pipeline": "packets a CPU second beside other designs",
    "live": "highest rate without loss, and idle cost, over a veth pair (root on Linux)",
    "database": "questions of the pages, polls and retention on a large database",
    "blocklists": "building, opening, looking up and reloading a million names",
    "pages": "first paint, first data, size, open tabs and heap of the pages in Chromium",
    "memory": "peak memory and cost on a home's traffic and under floods",
}
REQUIREMENTS = ROOT / "requirements-bench.txt"


def install_peers() -> None:
    """What Sentinel is compared with, each from its wheel; one that has none here is skipped later."""
    from importlib.util import find_spec

    wanted = [line for line in REQUIREMENTS.read_text().splitlines() if line and not line.startswith("#")]
    for line in wanted:
        name = line.partition("=")[0].partition(">")[0]
        if find_spec(name.replace("-", "_")) is None:
            say(f"installing {line}")
            command = [sys.executable, "-m", "pip", "install", "-q", "--only-binary=:all:", line]
            subprocess.run(command, check=False)


def main(argv: Sequence[str] | None = None) -> int:
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] not in (*KINDS, "-h", "--help"):
        arguments.insert(0, "pipeline")
    top = argparse.ArgumentParser(prog="sentinel.py bench", description="Measure Sentinel beside others.")
    kinds = top.add_subparsers(dest="kind", metavar="KIND", required=True)
    for kind, text in KINDS.items():
        sub = kinds.add_parser(kind, help=text, description=text[0].upper() + text[1:] + ".")
        if kind == arguments[0]:
            import_module(f"benchmarks.{kind}").add_arguments(sub)
    options = top.parse_args(arguments)
    if options.kind == "pipeline":
        install_peers()
    result: int = import_module(f"benchmarks.{options.kind}").main(options)
    return result


if __name__ == "__main__":
    sys.exit(main())
