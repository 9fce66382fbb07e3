"""What an address asks for, where a filter does not have it."""

from collections.abc import Iterable, Mapping

from dash import html

from dashboard.words import cut

_SHOWN = 20


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
