"""The blocklists that Sentinel runs with, and what a person put on their own one, with the way back."""

from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, ctx, dcc, html, no_update

from analysis.blocklist_build import list_path, told_of
from analysis.blocklist_status import held
from analysis.config import BlocklistSource, Config
from analysis.detectors.listed_tls import ListedTls
from analysis.own_list import OwnList, OwnListError
from analysis.store.reader import Reader, Row
from dashboard.context import context
from dashboard.parts import empty, folded, panel, table, when
from dashboard.words import number, plural, size

_MOST_SHOWN = 100
_HINT = "Choose a lookup or a conversation, and put its name on your list."


def lists(config: Config, store: Reader) -> html.Section | html.Details:
    """Every list of config.yaml: what it holds (a finding of the periodic checks), the age and size of its
    file, and what of it was met last."""
    sources = config.blocklists.lists
    if not sources:
        return panel("Blocklists", empty("None configured", "Add lists under `blocklists:` in config.yaml."))
    holds = _held(config, store)
    met = store.last_listed()
    files = [_file(one, config) for one in sources]
    lines = [
        (one.name, one.category, holds.get(one.name, "not read yet") if one.enabled else "off", *file,
         _met(store, met.get(one.name)))
        for one, file in zip(sources, files, strict=True)
    ]  # fmt: skip
    none = sum(one.enabled and not file[-1] for one, file in zip(sources, files, strict=True))
    told = f"{plural(len(sources), 'list')}, {sum(one.enabled for one in sources)} of them on"
    if none:
        told += f", {none} of those without a file yet: python3 sentinel.py update fetches them"
    head = ("List", "Category", "Holds", "Changed", "Size", "Found last")
    return folded("Blocklists", f"{told}.", table(head, lines, "config"), _fingerprints(config))


def _held(config: Config, store: Reader) -> dict[str, str]:
    """What each list holds, by its name: as the periodic checks tell; where none run (the demo), as it was
    compiled."""
    found = {row["subject"]: row["message"] for row in store.health() if row["component"] == "blocklists"}
    if found:
        return found
    told = told_of(config)
    return {name: held(one["entries"] - one["addresses"], one["addresses"]) for name, one in told.items()}


def _met(store: Reader, incident: Row | None) -> Any:
    """The latest incident that a list told of, with the way to it."""
    if incident is None:
        return html.Span("not found so far", className="muted")
    name = store.directory().name(incident["device"])
    by = [" by ", html.Bdi(name)] if name else []
    link = dcc.Link(html.Bdi(incident["found"]), href=f"/alerts?id={incident['id']}&state=all&range=all")
    return html.Span([link, *by, " ", when(incident["last_seen"])])


def _fingerprints(config: Config) -> html.P | None:
    """Lists hold none; a rule's options may."""
    count = len(config.rules.get(ListedTls.id, {}).get("ja4", ()))
    if not count:
        return None
    words = (
        f"{plural(count, 'fingerprint')} of encrypted connections (JA4): under the rule “{ListedTls.title}”."
    )
    return html.P(words, className="muted")


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
