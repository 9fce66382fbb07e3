"""`python -m dashboard`: serve the pages of one database."""

import argparse
import logging
import sys
from pathlib import Path

from analysis.arguments import port_number
from analysis.config import ConfigError, load
from analysis.store.database import is_foreign


def main(arguments: list[str] | None = None) -> int:
    """The verb `dashboard`; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="sentinel.py dashboard", description="Serve the dashboard until interrupted."
    )
    parser.add_argument("--config", type=Path, metavar="PATH", help="config.yaml to use")
    parser.add_argument("--db", type=Path, metavar="PATH", help="database (default: as config.yaml says)")
    parser.add_argument(
        "--host", metavar="ADDRESS", help="address to serve on; any but loopback needs a password"
    )
    parser.add_argument("--port", type=port_number, metavar="N", help="port to serve on")
    parser.add_argument("--open", action="store_true", help="open a browser")
    options = parser.parse_args(arguments)
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    try:
        config = load(options.config)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    from dashboard.serve import CannotServe, serve  # a mistake in config.yaml is told before Dash loads

    database = options.db or config.database_path
    if database.exists() and is_foreign(database):
        print(f"{database} is no database of Sentinel; choose another file", file=sys.stderr)
        return 2
    if options.db and not database.exists():
        print(f"{database} does not exist yet: the pages fill when a sensor writes it", file=sys.stderr)
    try:
        serve(database, config, options.host, options.port, options.open)
    except CannotServe as error:
        print(error, file=sys.stderr)
        return error.code
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
