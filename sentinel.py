#!/usr/bin/env python3
"""Sentinel's launcher: `python3 sentinel.py VERB`. The first use makes Sentinel's own Python environment.

Standard library only, and readable by any Python 3 since 3.7, so that an old one can be told what to do.
What a verb does stands in the module that its entry in `VERBS` names. Nothing is imported before it is
needed: `--help` has to answer at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:  # as typing has it, without the time that typing takes to load
    from typing import Any

ROOT = Path(__file__).resolve().parent
LAUNCHER = str(ROOT / "sentinel.py")
sys.path.insert(0, str(ROOT))  # not there by itself under PYTHONSAFEPATH
# Under sudo nothing of root's may be left in a person's checkout.
sys.dont_write_bytecode |= os.name == "posix" and os.geteuid() == 0 != ROOT.stat().st_uid

OPTIONS: dict[str, dict[str, Any]] = {
    "--config": {"metavar": "PATH", "help": "the configuration (default: config.yaml beside sentinel.py)"},
    "--db": {"metavar": "PATH", "help": "the database (default: the one that config.yaml names)"},
    "--home": {"metavar": "CIDR[,CIDR]", "help": "the home networks (default: those in config.yaml)"},
    "--learning": {"metavar": "HOURS", "help": "learn connections so long before new ones are told"},
    "--expect": {"metavar": "FILE", "help": "expectations in another file than DIR/expect.tsv"},
    "--captures-only": {"action": "store_true", "help": "leave the made-up situations out"},
    "--write": {"action": "store_true", "help": "write docs/detection.md"},
    "--json": {"action": "store_true", "help": "print JSON instead of text"},
    "--host": {"metavar": "ADDRESS", "help": "serve on this address; any but loopback needs a password"},
    "--port": {"metavar": "N", "type": int, "help": "serve on this port"},
    "--speed": {"metavar": "X", "type": float, "help": "play X times as fast as life"},
    "--open": {"action": "store_true", "help": "open the pages in a browser"},
}

OTHERWISE: dict[tuple[str, str], str] = {
    ("replay", "--db"): "keep the results in this database (default: they are only printed)",
    ("demo", "--db"): "the database (default: a temporary one)",
    ("demo", "--config"): "a configuration whose dashboard section is used (default: the demo's own)",
}
"""Where an option means something else for one verb."""

# verb: what it does, the module that does it (None: a function here), its argument, its options
VERBS: dict[str, tuple[str, str | None, str | None, str]] = {
    "up": ("watch the network and serve the dashboard", "sensors.supervisor", None, "--config --db"),
    "sensor": ("one sensor alone", "sensors.sensor", "IFACE", "--config --db"),
    "dashboard": ("the dashboard alone", "dashboard", None, "--config --db --host --port --open"),
    "replay": (
        "run captures through the sensor",
        "sensors.replay",
        "FILE",
        "--config --db --home --learning --json",
    ),
    "score": (
        "compare what the rules say with what they should",
        "sensors.score",
        "DIR",
        "--config --json --expect --captures-only --write",
    ),
    "demo": ("a made-up home, no rights needed", "sensors.demo", None, "--config --db --port --speed --open"),
    "doctor": ("find what keeps Sentinel from seeing", "sensors.doctor", None, "--config --db --json"),
    "check": ("read config.yaml and name every mistake", None, None, "--config"),
    "update": ("fetch the blocklists", "blocklists.update", None, "--config"),
    "password": ("make the dashboard's password line", None, None, ""),
    "bench": ("measure Sentinel beside other designs; takes a kind and its options", "benchmarks", None, ""),
    "test": (
        "run Sentinel's own tests; takes pytest's options, such as -x, -k WORD and paths",
        "pytest",
        None,
        "",
    ),
}
HELP_OF_THEIR_OWN = frozenset({"bench", "test"})
"""Verbs whose options their modules alone know."""
EXAMPLES = """first steps:
  python3 sentinel.py demo --open    look around in a made-up home
  python3 sentinel.py doctor         what this computer can see, and what is in the way
  sudo python3 sentinel.py up        watch this network
"""
UNPRINTABLE = "backslashreplace"
"""What a terminal or file cannot hold (a device's name, in a Windows code page) is written as its code
instead of ending the verb."""
SHORTEST_PASSWORD = 8
"""Characters; NIST SP 800-63B (2017), 5.1.1.2."""


def parser() -> argparse.ArgumentParser:
    """The command line. Options unknown here are left to the verb's module."""
    top = argparse.ArgumentParser(
        prog="sentinel.py",
        description="Real-time security monitor for homes and small networks.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = top.add_subparsers(dest="verb", metavar="VERB")
    for verb, (summary, _, argument, options) in VERBS.items():
        own = verb not in HELP_OF_THEIR_OWN
        sub = verbs.add_parser(
            verb, help=summary, description=summary[0].upper() + summary[1:] + ".", add_help=own
        )
        if argument:
            sub.add_argument("argument", metavar=argument, nargs={"FILE": "+", "DIR": "?"}.get(argument))
        for option in options.split():
            told = {"help": OTHERWISE.get((verb, option), OPTIONS[option]["help"])}
            sub.add_argument(option, **{**OPTIONS[option], **told})
    return top


def early_help(verb: str, rest: list[str]) -> str | None:
    """What can be told of a verb with help of its own before its packages are there; None where they are, or
    where no help is asked for."""
    if verb not in HELP_OF_THEIR_OWN or not {"-h", "--help"} & set(rest):
        return None
    from deploy.environment import Environment

    if Environment(ROOT).ready(dev=verb == "test"):
        return None
    summary = VERBS[verb][0]
    return f"""usage: sentinel.py {verb} ...

{summary[0].upper()}{summary[1:]}.
Once its packages are installed, which its first use does, this help names everything that it takes."""


def become(command: list[str], env: dict[str, str]) -> int:
    """Runs the command in this process's place; on Windows, which cannot, as its only child."""
    if os.name == "posix":
        os.execve(command[0], command, env)
    import signal
    import subprocess

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the child too, and the child decides
    return subprocess.call(command, env=env)


def hold_signals() -> None:
    """Ctrl-C and its like wait until `deploy.verb` heeds them: a starting Python answers with a traceback."""
    import signal

    from deploy.verb import NAMES

    if os.name == "posix":
        signal.pthread_sigmask(signal.SIG_BLOCK, [getattr(signal, name) for name in NAMES])


def surroundings() -> dict[str, str]:
    """The environment variables for the verb: our modules are found from any folder, none is taken from
    the folder that the person happens to be in (which may hold a hostile json.py), no package is searched
    for plugins of pydantic, and no output fails at a letter that it cannot hold. Children of the verb inherit
    all of it."""
    env = {key: value for key, value in os.environ.items() if key != "PYTHONHOME"}
    env.update(PYTHONPATH=str(ROOT), PYTHONSAFEPATH="1", PYDANTIC_DISABLE_PLUGINS="__all__")
    env["PYTHONIOENCODING"] = f"{env.get('PYTHONIOENCODING', '').partition(':')[0]}:{UNPRINTABLE}"
    if sys.dont_write_bytecode:
        env["PYTHONDONTWRITEBYTECODE"] = "1"
    return env


def pytest_arguments(rest: list[str]) -> list[str]:
    """pytest's arguments; paths keep the meaning they have in the caller's folder."""
    given = [arg for arg in rest if Path(arg.split("::")[0]).exists()]
    rest = [str(Path.cwd() / arg) if arg in given else arg for arg in rest]
    return ["-p", "tests.skipped", *rest, *([] if given else ["tests"])]


def check(config: str | None) -> int:
    """The verb `check`; runs inside the environment."""
    from analysis.config import ConfigError, load
    from analysis.config_files import unusable
    from analysis.config_load import located
    from sensors.filters import wrong_filters

    path = Path(config) if config else None
    try:
        read = load(path)
        wrong = located([*unusable(read), *wrong_filters(read)], path)
        if wrong:
            raise ConfigError(wrong)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{config or 'config.yaml'}: OK")
    return 0


def password() -> int:
    """The verb `password`; runs inside the environment."""
    from getpass import getpass

    from dashboard.security import hash_password

    if not sys.stdin.isatty():
        print("A password is asked for in a terminal only, so that it shows nowhere.", file=sys.stderr)
        return 1
    try:
        first = getpass("New password for the dashboard: ")
        again = getpass("The same again: ")
    except EOFError:
        first = again = ""
    if not first:
        print("No password given: nothing made.", file=sys.stderr)
        return 1
    if first != again:
        print("The two were not the same: nothing made. Try again.", file=sys.stderr)
        return 1
    if len(first) < SHORTEST_PASSWORD:
        print(
            f"Shorter than {SHORTEST_PASSWORD} characters: whoever reaches the dashboard or reads "
            "config.yaml guesses such a password soon. Nothing made; a few words in a row do well.",
            file=sys.stderr,
        )
        return 1
    print("Put this under `dashboard:` in config.yaml:")
    print(f"  password_hash: '{hash_password(first)}'")
    return 0


def run(verb: str, config: str | None, rest: list[str]) -> int:
    """Does the verb, in Sentinel's environment."""
    from deploy.environment import Environment

    environment = Environment(ROOT)
    environment.ensure(dev=verb == "test")
    python = str(environment.python)
    module = VERBS[verb][1]
    if verb == "test":
        rest = pytest_arguments(rest)
        os.chdir(ROOT)
    if module is None and environment.place.samefile(sys.prefix):
        return password() if verb == "password" else check(config)
    hold_signals()
    asked = [module, *rest] if module else ["sentinel", verb, *rest]
    return become([python, "-m", "deploy.verb", *asked], surroundings())


def main(argv: list[str]) -> int:
    from deploy import Stop

    try:
        if sys.version_info < (3, 11):  # noqa: UP036 - this file is what tells an old Python
            from deploy.interpreter import newer_or_stop

            return become([newer_or_stop(), LAUNCHER, *argv], dict(os.environ))
        options, unknown = parser().parse_known_args(argv)
        if options.verb is None:
            print(f"{EXAMPLES}\nAll verbs:  python3 sentinel.py --help", file=sys.stderr)
            return 2
        if unknown and options.verb in ("check", "password"):
            parser().error(f"unknown arguments: {' '.join(unknown)}")
        early = early_help(options.verb, argv[1:])
        if early:
            print(early)
            return 0
        return run(options.verb, getattr(options, "config", None), argv[1:])
    except Stop as stop:
        print(stop, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def open_what_is_closed() -> None:
    """Standard streams that the caller closed (`>&-`) are the null device, for what the verb starts too: else
    the next file that is opened, the database perhaps, would take the place of one and what is printed."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)


if __name__ == "__main__":
    open_what_is_closed()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(errors=UNPRINTABLE)  # type: ignore[union-attr]
    sys.exit(main(sys.argv[1:]))
