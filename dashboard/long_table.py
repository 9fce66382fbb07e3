"""A plain table of many rows, as data that rows.js draws: Dash would make a component of each cell, and a
browser then stands still for seconds whenever the page is drawn anew."""

import json
from collections.abc import Sequence

from dash import html

Cell = tuple[str, str | float]
"""How a value is drawn ("text", "name", "code" or "time") and the value; times in seconds since the epoch."""


def long_table(name: str, head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> html.Div:
    """The table, scrolled in its own box; `name` is what screen readers call it."""
    given = json.dumps({"name": name, "head": list(head), "rows": rows}, separators=(",", ":"))
    return html.Div(className="table-box", tabIndex="0", **{"data-rows": given})
