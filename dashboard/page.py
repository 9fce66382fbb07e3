"""What a page is: a path, a name and two functions."""

from collections.abc import Callable
from typing import Any, NamedTuple

from dash import Dash


def _no_callbacks(app: Dash) -> None:
    """A page without interaction of its own."""


class Page(NamedTuple):
    """One page. Its module ends with `PAGE = Page(...)` and stands in `dashboard.pages.PAGES`."""

    path: str
    """Where it is; `/devices/<device_id>` passes `device_id` to the layout."""
    name: str
    """What the navigation and the browser's title call it."""
    layout: Callable[..., Any]
    """Called with the path's variables and the address's query as texts; returns components.
    A `StoreError` that it raises becomes the designed state."""
    callbacks: Callable[[Dash], None] = _no_callbacks
    """Registers the page's callbacks on the app."""
    icon: str | None = None
    """Name of the icon in assets/style.css; None keeps the page out of the navigation."""
    libraries: tuple[str, ...] = ()
    """Of `late_scripts.LIBRARIES` those that the page draws with at once."""
