"""What may be asked of the API and of the exports: a name or value that no filter has is refused, because the
empty list that it would get reads as "nothing is wrong"."""

from collections.abc import Iterable

from flask import Response, request

from analysis.detectors import ALL as RULES
from analysis.store.reader import FEEDS, RANGES, BadFilter, Reader
from dashboard.address import whole_number
from dashboard.api import as_json, integer
from dashboard.words import LEVELS, STATE_WORDS, TRUST_WORDS, cut

_ALERTS = ("severity", "state", "rule", "device", "q", "range")
ALERT_FILTERS = (*_ALERTS, "n", "before")
EXPORTED = {name: (*feed.equal, *feed.flags, "q", "range") for name, feed in FEEDS.items()} | {
    "alerts": _ALERTS,
    "devices": ("trust", "q"),
}
"""The filters of each export."""
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


def refused(error: BadFilter) -> Response:
    """What whoever asked is told."""
    return as_json({"error": str(error), "fix": getattr(error, "fix", WHERE_TOLD)}, 400)


def alert_filters(store: Reader) -> int:
    """How many incidents are asked for. Raises `Refused`, and `StoreError`."""
    only(ALERT_FILTERS)
    _alerts(store)
    return _number_of_rows()


def export_filters(store: Reader, name: str) -> None:
    """Raises `Refused` for what the export of that name has no filter for, and `StoreError`."""
    only(EXPORTED[name])
    if name == "alerts":
        _alerts(store)
    elif name == "devices":
        _one_of("trust", ("new", *TRUST_WORDS))
    else:
        for flag in FEEDS[name].flags:
            _one_of(flag, ("1",))
        _device(store)


def _alerts(store: Reader) -> None:
    _one_of("severity", map(str, LEVELS))
    _one_of("state", STATE_WORDS)
    _one_of("range", RANGES)
    if request.args.get("rule"):
        _one_of("rule", {*(rule.id for rule in RULES), *store.rules_seen()})
    _device(store)


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
