"""Which device a page was made for: its buttons change that one, or nothing. The number alone does not tell,
because another database has another device under it."""

from typing import Any

from dash import dcc, html

from analysis.store.reader import Row
from dashboard.context import reader
from dashboard.parts import empty, heading

MEANT = "device-id"
"""The id of the page's store."""


class NotThere(Exception):
    """The database does not have the device that a page was made for."""


def remember(device: Row) -> dcc.Store:
    """Keeps which device the page is made for."""
    return dcc.Store(id=MEANT, data={"id": device["id"], "mac": device["mac"]})


def meant(kept: Any) -> int:
    """The number of the device that `remember` kept. Raises `NotThere` and StoreError."""
    store = reader()
    store.forget_directory()
    found = store.directory().devices.get(kept["id"])
    if found is None or found.mac != kept["mac"]:
        raise NotThere
    return found.id


def not_there() -> list[html.Div | dcc.Link]:
    """What the page shows then."""
    words = "It was forgotten, or the database was replaced by another. Nothing was changed."
    back = dcc.Link("All devices", href="/devices", className="button")
    return [heading("No such device any more"), empty("This device is not in the database", words), back]
