"""The blocklists that Sentinel runs with, and what a person put on their own one, with the way back."""

from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, ctx, html, no_update

from analysis.blocklist_build import list_path
from analysis.config import BlocklistSource, Config
from analysis.own_list import OwnList, OwnListError
from dashboard.context import context
from dashboard.parts import empty, folded, panel, table, when
from dashboard.words import number, plural, size

_MOST_SHOWN = 100
_HINT = "Choose a lookup or a conversation, and put its name on your list."


def lists(config: Config) -> html.Section | html.Details:
    """Every list of config.yaml with the age and size of its file; how many entries were taken and
    refused is a finding of the periodic checks."""
    sources = config.blocklists.lists
    if not sources:
        return panel("Blocklists", empty("None configured", "Add lists under `blocklists:` in config.yaml."))
    lines = [(one.name, one.category, "on" if one.enabled else "off", *_file(one, config)) for one in sources]
    files = [line[-1] for line in lines]
    none = sum(one.enabled and not file for one, file in zip(sources, files, strict=True))
    told = f"{plural(len(sources), 'list')}, {sum(one.enabled for one in sources)} of them on"
    if none:
        told += f", {none} of those without a file yet: python3 sentinel.py update fetches them"
    head = ("List", "Category", "State", "Changed", "Size")
    return folded("Blocklists", f"{told}.", table(head, lines, "config"))


def _file(source: BlocklistSource, config: Config) -> tuple[Any, str]:
    """When the list's file was last written, and its size."""
    try:
        stat = list_path(source, config).stat()
    except OSError:
        return "no file yet", ""
    return when(stat.st_mtime), size(stat.st_size)


def own_entries(config: Config, said: str = "") -> html.Section | None:
    """What stands on the person's own list, newest last in the file and first here."""
    own = OwnList(config)
    if own.name is None:
        return None
    try:
        entries = own.entries()[::-1]
    except OwnListError as error:
        return panel("Your own list", empty(str(error)))
    lines = [(html.Bdi(entry), _off(entry)) for entry in entries[:_MOST_SHOWN]]
    rest = len(entries) - len(lines)
    return panel(
        "Your own list",
        html.P(f"“{own.name}”, {plural(len(entries), 'entry', 'entries')}.", className="muted"),
        table(("Name or address", ""), lines, "own") if lines else empty("Nothing yet", _HINT),
        html.P(f"and {number(rest)} more in its file.", className="muted") if rest else None,
        html.P(said, className="said", role="status"),
    )


def _off(entry: str) -> dmc.Button:
    return dmc.Button(
        "Take off", id={"own-off": entry}, size="compact-sm", variant="default",
        **{"aria-label": f"Take {entry} off my list"},
    )  # fmt: skip


def own_callbacks(app: Dash) -> None:
    """What the buttons of `own_entries` do."""

    @app.callback(
        Output("health-own", "children"), Input({"own-off": ALL}, "n_clicks"), prevent_initial_call=True
    )
    def taken_off(clicks: list[int | None]) -> Any:
        pressed = ctx.triggered_id
        if not any(clicks) or not isinstance(pressed, dict):
            return no_update
        entry, config = str(pressed["own-off"]), context().config
        try:
            OwnList(config).remove(entry)
        except OwnListError as error:
            return own_entries(config, str(error))
        return own_entries(config, f"{entry} is no longer on your list.")
