"""Building blocks that pages share. Text from the network goes in as children only, never as markup."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_ag_grid as dag
import dash_mantine_components as dmc
from dash import dcc, html

from dashboard.api_filters import EXPORTED
from dashboard.words import LEVELS, STATE_WORDS, TRUST_WORDS, new_to_you


def heading(title: str, *beside: Any, lead: str | None = None) -> html.Div:
    """A page's heading with controls beside it."""
    texts = [html.H1(title), html.P(lead, className="lead")] if lead else [html.H1(title)]
    return html.Div([html.Div(texts), html.Div(list(beside), className="beside")], className="heading")


def panel(
    title: str, *children: Any, link: tuple[str, str] | None = None, className: str = ""
) -> html.Section:
    """A titled box; `link` is (text, address) for the rows behind it."""
    more = [dcc.Link(link[0], href=link[1], className="more")] if link else []
    return html.Section(
        [html.Div([html.H2(title), *more], className="panel-head"), *children], className=f"panel {className}"
    )


def folded(title: str, told: str, *children: Any, className: str = "") -> html.Details:
    """A titled box that opens on demand; `told` says beside the title what is inside."""
    summary = html.Summary([html.H2(title), html.Span(told, className="muted")], className="panel-head")
    return html.Details([summary, *children], className=f"panel fold {className}")


def tile(key: str, count: int, label: str, href: str, tone: str = "") -> dcc.Link:
    """A number that leads to the rows behind it; live.js keeps it fresh."""
    shown = html.B(f"{count:,}", **{"data-live": key})
    return dcc.Link([shown, html.Span(label)], href=href, className=f"tile {tone if count else ''}")


def when(ts: float | None, otherwise: str = "never") -> Any:
    """A moment, written by the browser in its own zone: "5 min ago", exact on hover."""
    return html.Time(**{"data-ts": str(ts)}) if ts else html.Span(otherwise, className="muted")


def severity(level: int | None) -> html.Span | None:
    """A severity by word, colour and shape."""
    if level is None:
        return None
    shown = LEVELS[level]
    mark = html.Span(shown.mark, className="mark", **{"aria-hidden": "true"})
    return html.Span([mark, shown.word], className=f"severity {shown.css}")


def trust(device: Mapping[str, Any]) -> html.Span | None:
    """What a person said a device is to the home, in the same words on every page; None where they said
    something else of it."""
    if device["router"]:
        return html.Span("Router", className="chip")
    if new_to_you(device):
        return html.Span("New to you", className="chip trust-unknown")
    value = device["trust"]
    return None if value == "unknown" else html.Span(TRUST_WORDS[value], className=f"chip trust-{value}")


def state(value: str) -> html.Span:
    """An incident's state."""
    return html.Span(STATE_WORDS.get(value, value), className=f"chip state-{value}")


def device_link(device: int | None, label: str | None) -> Any:
    """A device's name, leading to its page."""
    name = html.Bdi(label or "unknown device")
    return dcc.Link(name, href=f"/devices/{device}", className="plain-link") if device else name


def empty(title: str, hint: str = "", code: str | None = None) -> html.Div:
    """An empty state that teaches what would stand here."""
    return html.Div(
        [
            html.P(title, className="empty-title"),
            html.P(hint) if hint else None,
            html.Code(code) if code else None,
        ],
        className="empty",
    )


def facts(rows: Sequence[tuple[str, Any]]) -> html.Dl:
    """Names and values, two columns."""
    cells = [
        part for name, value in rows if value not in (None, "") for part in (html.Dt(name), html.Dd(value))
    ]
    return html.Dl(cells, className="facts")


def bars(rows: Sequence[tuple[Any, float, str]]) -> html.Ul:
    """A ranking: label, value, the value in words."""
    most = max((value for _, value, _ in rows), default=0) or 1
    return html.Ul(
        [
            html.Li(
                [
                    html.Span(label, className="bar-label"),
                    html.Span(words, className="bar-value"),
                    html.Span(html.Span(style={"width": f"{100 * value / most:.1f}%"}), className="bar"),
                ]
            )
            for label, value, words in rows
        ],
        className="bars",
    )


def table(head: Sequence[str], rows: Sequence[Sequence[Any]], className: str = "") -> html.Div:
    """A plain table that scrolls sideways by itself when it is wider than its panel; on phones each row
    is a block of lines, with the column's name before each cell."""
    return html.Div(
        html.Table(
            [
                html.Thead(html.Tr([html.Th(name, scope="col") for name in head])),
                html.Tbody([html.Tr(list(map(_cell, head, row))) for row in rows]),
            ],
            className=f"rows {className}",
        ),
        className="table-box",
        tabIndex="0",
    )


def _cell(name: str, value: Any) -> html.Td:
    return html.Td(value, **{"data-label": name})


def redraw(page: str) -> html.Div:
    """live.js writes to the store `<page>-redraw` when something the page shows has changed."""
    return html.Div(
        [dcc.Store(id=f"{page}-redraw"), html.Span(hidden=True, **{"data-redraw": f"{page}-redraw"})]
    )


def segments(
    page: str, name: str, options: list[dict[str, str]], value: str, label: str
) -> dmc.SegmentedControl:
    """A filter with very few values, all in sight."""
    values = {option["value"] for option in options}
    return dmc.SegmentedControl(
        id={"filter": name, "page": page},
        data=options,
        value=value if value in values else options[0]["value"],
        size="sm",
        className="segments",
        **{"aria-label": label},
    )


def choice(
    page: str, name: str, options: list[dict[str, str]], value: str, label: str, width: int = 150
) -> dmc.Select:
    """A filter with a few values; its value lives in the address."""
    values = {option["value"] for option in options}
    return dmc.Select(
        id={"filter": name, "page": page},
        data=options,
        value=value if value in values else options[0]["value"],
        w=width,
        size="sm",
        allowDeselect=False,
        checkIconPosition="right",
        **{"aria-label": label},
    )


def search(page: str, value: str, label: str) -> dmc.TextInput:
    """The free-text filter."""
    return dmc.TextInput(
        id={"filter": "q", "page": page}, value=value[:100], placeholder=label, debounce=300, size="sm",
        className="search", inputProps={"type": "search", "maxLength": 100}, **{"aria-label": label},
    )  # fmt: skip


_THEME = (
    "themeQuartz.withParams({accentColor: 'var(--accent)', backgroundColor: 'var(--surface)',"
    " foregroundColor: 'var(--ink)', borderColor: 'var(--line)', chromeBackgroundColor: 'var(--surface)',"
    " headerBackgroundColor: 'var(--surface)', headerTextColor: 'var(--muted)', oddRowBackgroundColor:"
    " 'var(--surface)', rowHoverColor: 'var(--hover)', fontFamily: 'inherit', fontSize: 13,"
    " headerFontSize: 12, headerFontWeight: 600, spacing: 6, wrapperBorderRadius: 10,"
    " cellHorizontalPadding: 12, columnBorder: false, headerColumnBorder: false})"
)


def grid(
    name: str, columns: list[dict[str, Any]], rows: list[dict[str, Any]] | None = None, **options: Any
) -> dag.AgGrid:
    """A table of many rows; `columns` come from dashboard/columns.py."""
    return dag.AgGrid(
        id=name, columnDefs=columns, rowData=rows or [], getRowId="params.data.id + ''", className="grid",
        defaultColDef={"resizable": True, "sortable": False, "suppressMovable": True, "minWidth": 70},
        dashGridOptions={
            "theme": {"function": _THEME}, "rowHeight": 34, "headerHeight": 36, "animateRows": False,
            "tooltipShowDelay": 400, "suppressCellFocus": False, "enableCellTextSelection": True,
            "ensureDomOrder": True, **options,
        },
    )  # fmt: skip


def downloads(name: str) -> html.Span:
    """Links to what is filtered, as files; filters.js keeps their filters those of the address."""
    about = "At most 100,000 rows; a cut is told at the end of the file"
    where = f"/api/v1/export/{name}"
    links = [
        html.A(kind.upper(), href=f"{where}.{kind}", download="", title=about, className="export")
        for kind in ("csv", "json")
    ]
    return html.Span(
        links, className="exports", **{"data-export": where, "data-filters": " ".join(EXPORTED[name])}
    )


def feed(
    feed_name: str,
    grid_part: dag.AgGrid,
    defaults: dict[str, str],
    *,
    selects: str | None = None,
    what: str = "rows",
) -> html.Div:
    """A grid that feed.js fills: the newest rows, older ones on scrolling, news while they come. That there
    are none is said above it, with the reason."""
    grid_part.dashGridOptions["suppressNoRowsOverlay"] = True
    return html.Div(
        [
            html.Div(
                [
                    html.Button("Pause", type="button", className="pause", **{"aria-pressed": "false"}),
                    html.Span(className="feed-status", role="status"),
                    html.Button(type="button", className="feed-new", hidden=True),
                    downloads(feed_name),
                ],
                className="feed-bar",
            ),
            grid_part,
        ],
        className="feed",
        **{
            "data-feed": feed_name, "data-grid": grid_part.id, "data-what": what,
            "data-defaults": "&".join(f"{key}={value}" for key, value in defaults.items()),
            "data-selects": selects or "",
        },
    )  # fmt: skip
