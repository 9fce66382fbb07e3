"""What an address asks for: numbers, time ranges, and what no filter has."""

from collections.abc import Iterable, Mapping

from dash import html

from dashboard.words import cut

SPANS = {"24h": "24 hours", "7d": "7 days", "30d": "30 days"}
"""Time ranges, in words, of pages that show one as a whole; `RANGES` of the reader has their hours."""
USUAL_SPAN = "24h"
_SHOWN = 20
"""Characters of an unknown value that are said."""
_DIGITS = 18
"""Of a number in an address: all of them fit SQLite's 64 bits."""


def whole_number(text: str) -> int | None:
    """A whole number of 0 or more; None for any other text."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None


def settled(
    given: Mapping[str, str], choices: Mapping[str, Iterable[str]]
) -> tuple[dict[str, str], html.P | None]:
    """What is asked for without the values that no filter of the page has, so that its usual ones hold; and
    a line that says so, which filters.js takes as the word to clean the address."""
    unknown = [name for name, values in choices.items() if given.get(name) and given[name] not in set(values)]
    if not unknown:
        return dict(given), None
    asked = ", ".join(f"{name} “{cut(given[name], _SHOWN)}”" for name in unknown)
    words = f"The address asks for what is not known here ({asked}): the usual is shown instead."
    said = html.P(words, className="muted gone", role="status", **{"data-unknown": " ".join(unknown)})
    return {name: value for name, value in given.items() if name not in unknown}, said
