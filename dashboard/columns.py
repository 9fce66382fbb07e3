"""Columns of the big tables. `wide` ones are left out on phones; the functions and components named here
live in assets/cells.js."""

from typing import Any

Column = dict[str, Any]


def text(field: str, title: str, width: int, *, grow: int = 0, wide: bool = True, **more: Any) -> Column:
    """Plain text; cut texts show in full on hover. `grow` columns share the space that is left."""
    size = {"flex": grow, "minWidth": width} if grow else {"width": width}
    return {"field": field, "headerName": title, "tooltipField": field, **size, **_context(wide), **more}


def computed(
    field: str, title: str, width: int, function: str, *, grow: int = 0, wide: bool = True
) -> Column:
    """Text that a function of cells.js makes from the whole row."""
    made = {"function": f"{function}(params.data)"}
    column = text(field, title, width, grow=grow, wide=wide, valueGetter=made, tooltipValueGetter=made)
    del column["tooltipField"]
    return column


def moment(
    field: str, title: str, width: int = 118, *, wide: bool = False, write: str = "clockTime"
) -> Column:
    """A time in the viewer's zone, exact on hover; `write` is a function of cells.js."""
    return {
        "field": field, "headerName": title, "width": width, "cellClass": "moment", **_context(wide),
        "valueFormatter": {"function": f"{write}(params.value)"},
        "tooltipValueGetter": {"function": "exactTime(params.value)"},
    }  # fmt: skip


def number(field: str, title: str, width: int, function: str | None = None) -> Column:
    """A number at the right, written by a function of cells.js where one is named."""
    column = {"field": field, "headerName": title, "width": width, "type": "rightAligned", **_context(True)}
    if function:
        column["valueFormatter"] = {"function": f"{function}(params.value)"}
    return column


def drawn(field: str, title: str, width: int, component: str, *, grow: int = 0, wide: bool = False) -> Column:
    """A cell that a component of cells.js draws."""
    return text(field, title, width, grow=grow, wide=wide, cellRenderer=component)


def on_phone(column: Column, width: int) -> Column:
    """The column with another width on phones."""
    return {**column, "minWidth": width, "context": {**column["context"], "phone": width}}


def wraps(column: Column) -> Column:
    """The column with its text over up to three lines on phones, and rows as tall as that."""
    return {**column, "cellClass": "wraps", "context": {**column["context"], "wraps": True}}


def on_phone_only(title: str, component: str) -> Column:
    """What matters of a row in one cell, instead of the columns that a phone has no room for."""
    cell = {"cellRenderer": component, "cellClass": "wraps", "hide": True}
    context = {"wide": False, "narrow": True, "wraps": True}
    return {"colId": "phone", "headerName": title, "flex": 1, "minWidth": 150, **cell, "context": context}


def _context(wide: bool) -> Column:
    return {"context": {"wide": wide}}
