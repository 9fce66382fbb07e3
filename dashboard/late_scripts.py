"""Component libraries that only some pages draw with: the others' first load leaves them out.

A page names them in `Page.libraries`. Elsewhere `assets/late.js` has them fetched once the page stands, and
runs one when its first component is drawn.
"""

import re
from collections.abc import Iterable

GRID, GRAPH = "dash_ag_grid", "dash_cytoscape"
LIBRARIES = (GRID, GRAPH)

_TAG = re.compile(rf'<script src="([^"]*/_dash-component-suites/({"|".join(LIBRARIES)})/[^"]+)"></script>\n?')
_NEXT = {GRID: "async-community.js"}
"""What a library asks for itself as soon as it is drawn; asked for beforehand where it will be."""


def split(scripts: str, wanted: Iterable[str]) -> tuple[str, str]:
    """Dash's script tags as (links for the head, tags): of `LIBRARIES` only the wanted keep their tag."""
    wanted = set(wanted)
    links: list[str] = []

    def kept(tag: re.Match[str]) -> str:
        address, library = tag.groups()
        if library not in wanted:
            links.append(f'<link rel="late" as="script" data-late="{library}" href="{address}">')
            return ""
        if library in _NEXT:
            folder = address.rsplit("/", 1)[0]
            links.append(f'<link rel="preload" as="script" href="{folder}/{_NEXT[library]}">')
        return tag[0]

    rest = _TAG.sub(kept, scripts)
    return "".join(links), rest
