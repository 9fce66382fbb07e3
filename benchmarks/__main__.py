"""`python -m benchmarks KIND [options]`: the kinds are in `KINDS`."""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from benchmarks.measure import ROOT, say

KINDS = {
    "pipeline": ("packets a CPU second beside other designs", "10 to 20 minutes"),
    "live": ("highest rate without loss, and idle cost, over a veth pair (root on Linux)", "6 minutes"),
    "database": ("questions of the pages, polls and retention on a large database", "3 minutes"),
    "blocklists": ("building, opening, looking up and reloading a million names", "1 minute"),
    "pages": ("first paint, first data, size, open tabs and heap of the pages in Chromium", "8 minutes"),
    "memory": ("peak memory and cost on a home's traffic and under floods", "1 minute"),
}
"""What each measures, and about how long it takes on two cores that are not busy, without options."""
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


def listing() -> str:
    """The kinds, for someone who named none or a wrong one."""
    kinds = "\n".join(f"  {kind:11} {text}; about {time}" for kind, (text, time) in KINDS.items())
    return f"""Say what to measure:  python3 sentinel.py bench KIND
{kinds}
`bench KIND --help` names its options."""


def arguments_of(argv: Sequence[str]) -> argparse.Namespace:
    """The kind and its options. Ends the program for a mistake, and for help."""
    top = argparse.ArgumentParser(
        prog="sentinel.py bench",
        description="Measure Sentinel beside others.",
        usage="%(prog)s KIND [options]",
        epilog="`bench KIND --help` names its options. Fewer packets, names or rounds take less time.",
    )
    kinds = top.add_subparsers(dest="kind", metavar="KIND", required=True)
    for kind, (text, time) in KINDS.items():
        about = f"{text[0].upper()}{text[1:]}. Takes about {time} without options."
        sub = kinds.add_parser(
            kind, prog=f"{top.prog} {kind}", help=f"{text}; about {time}", description=about
        )
        if kind == argv[0]:
            import_module(f"benchmarks.{kind}").add_arguments(sub)
    return top.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Exit 2 for a mistake in the arguments, 130 when interrupted."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments:
        say(listing())
        return 2
    kind = arguments[0]
    if kind not in (*KINDS, "-h", "--help"):
        file = f"A capture goes behind its kind:  bench pipeline {kind}" if Path(kind).is_file() else ""
        say(f"There is no kind of benchmark called {kind!r}. {file}\n{listing()}")
        return 2
    try:
        options = arguments_of(arguments)
        if options.kind == "pipeline":
            install_peers()
        result: int = import_module(f"benchmarks.{options.kind}").main(options)
    except KeyboardInterrupt:
        say("interrupted: nothing is told of what was measured so far")
        return 130
    return result


if __name__ == "__main__":
    sys.exit(main())
