"""What a program may ask the API for: a name or value that no filter has is refused, because the empty list
that it would get reads as "nothing is wrong"."""

from collections.abc import Iterable

from flask import request

from analysis.detectors import ALL as RULES
from analysis.store.reader import RANGES, BadFilter, Reader
from dashboard.address import whole_number
from dashboard.api import integer
from dashboard.words import LEVELS, STATE_WORDS, cut

ALERT_FILTERS = ("severity", "state", "rule", "device", "q", "range", "n", "before")
MOST, USUAL = 500, 100
"""Incidents of one answer."""
WHERE_TOLD = "docs/api.md tells what each filter takes."
_SHOWN = 40
"""Characters of a wrong value that are said."""


class Refused(BadFilter):
    """A filter that there is not, or a value that it does not take; `fix` says what is allowed."""

    def __init__(self, text: str, fix: str) -> None:
        super().__init__(text)
        self.fix = fix


def only(allowed: Iterable[str]) -> None:
    """Raises `Refused` for a filter that the address does not have, or that is given twice."""
    names = sorted(allowed)
    for name, values in request.args.lists():
        if name not in names:
            fix = f"Filters here: {', '.join(names)}." if names else "This address takes no filters."
            raise Refused(f"There is no filter “{cut(name, _SHOWN)}”.", fix)
        if len(values) > 1:
            raise Refused(f"{name}: given {len(values)} times.", "Give it once.")


def alert_filters(store: Reader) -> int:
    """How many incidents are asked for. Raises `Refused`, and `StoreError`."""
    only(ALERT_FILTERS)
    _one_of("severity", map(str, LEVELS))
    _one_of("state", STATE_WORDS)
    _one_of("range", RANGES)
    if request.args.get("rule"):
        _one_of("rule", {*(rule.id for rule in RULES), *store.rules_seen()})
    _device(store)
    return _number_of_rows()


def _one_of(name: str, allowed: Iterable[str]) -> None:
    given = request.args.get(name, "")
    values = sorted({"all", *allowed})
    if given and given not in values:
        raise Refused(f"{name}: there is no “{cut(given, _SHOWN)}”.", f"Use one of: {', '.join(values)}.")


def _device(store: Reader) -> None:
    given = request.args.get("device", "")
    if given not in ("", "all") and whole_number(given) not in store.directory().devices:
        raise Refused(
            f"device: there is no “{cut(given, _SHOWN)}”.", "/api/v1/devices lists them: use an id of those."
        )


def _number_of_rows() -> int:
    wanted = integer("n")
    if wanted is not None and not 1 <= wanted <= MOST:
        raise Refused(f"n: {wanted} is out of range.", f"Use 1 to {MOST}.")
    return USUAL if wanted is None else wanted
