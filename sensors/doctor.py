"""`sentinel.py doctor`: what keeps Sentinel from seeing the network, and what mends it.

Looks, listens for a few seconds, and changes nothing. Exit status 0 when all is well, 1 with problems.
"""

import argparse
import json
import shlex
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

from analysis.config import Config, ConfigError, load
from analysis.config_files import broken
from analysis.config_load import located
from analysis.printing import to_a_reader
from sensors import doctor_host, doctor_network
from sensors.filters import wrong_filters
from sensors.findings import Result, State, ok, problem, unknown

_MARKS = {State.OK: "ok", State.PROBLEM: "PROBLEM", State.UNKNOWN: "?"}


def examine(config_path: Path | None, database: Path | None) -> Iterator[Result]:
    """All results, each as soon as it is known."""
    yield doctor_host.python()
    config, result = _configuration(config_path)
    yield result
    database = database or config.database_path
    yield doctor_host.clock()
    yield doctor_host.disk(config, database.absolute())
    yield doctor_host.database(database)
    yield from doctor_host.lists(config)
    yield doctor_host.port(config)
    yield from _network(config)


def _configuration(path: Path | None) -> tuple[Config, Result]:
    """The configuration, or the defaults where it has mistakes."""
    option = f" --config {shlex.quote(str(path))}" if path else ""
    fix = f"Correct these lines; `python3 sentinel.py check{option}` reads the file again."
    try:
        config = load(path)
        wrong = located([*broken(config), *wrong_filters(config)], path)
    except ConfigError as error:
        return Config(), problem("config", str(error), fix)
    if wrong:
        return config, problem("config", "\n".join(map(str, wrong)), fix)
    return config, ok("config", "config.yaml is understood")


def _network(config: Config) -> Iterator[Result]:
    rights = doctor_network.rights()
    yield rights
    cards = doctor_network.cards()
    names = [interface.name for interface in config.interfaces] or _default()
    if not names:
        fix = "Connect this computer to the network, or name the interface in config.yaml."
        yield problem(
            "interface", "this computer has no default route, and config.yaml names no interface", fix
        )
    for name in names:
        state = doctor_network.interface(name, cards)
        yield state
        if rights.state is State.OK and state.state is State.OK:
            yield _visibility(name, config, cards)
        else:
            yield unknown(f"visibility {name}", "cannot listen there; see above")


def _default() -> list[str]:
    from sensors.capture import default_interface  # loads the capture libraries

    name = default_interface()
    return [] if name is None else [name]


def _visibility(name: str, config: Config, cards: list[doctor_network.Card]) -> Result:
    try:
        return doctor_network.visibility(name, doctor_network.listen(name, config.capture), cards)
    except (OSError, ValueError) as error:
        return unknown(f"visibility {name}", f"listening failed: {error}")


def as_text(result: Result) -> str:
    """The result in one line, its fix in the next."""
    message = result.message.replace("\n", "\n" + " " * 24)
    line = f"{_MARKS[result.state]:8} {result.check:22} {message}"
    return line + (f"\n{'':8} -> {result.fix}" if result.fix else "")


def as_json(results: Iterable[Result]) -> str:
    """All results as one JSON object."""
    rows = [asdict(result) for result in results]
    found = sum(row["state"] == State.PROBLEM for row in rows)
    return json.dumps({"problems": found, "results": rows}, indent=2, ensure_ascii=False)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="sentinel.py doctor", description=__doc__)
    parser.add_argument("--config", type=Path, metavar="PATH", help="the configuration")
    parser.add_argument("--db", type=Path, metavar="PATH", help="the database")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    options = parser.parse_args(arguments)
    results = []
    with to_a_reader():
        for result in examine(options.config, options.db):
            results.append(result)
            if not options.json:
                print(as_text(result), flush=True)
        if options.json:
            print(as_json(results))
    return 1 if any(result.state is State.PROBLEM for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
