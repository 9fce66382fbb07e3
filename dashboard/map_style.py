"""How the map is drawn, light and dark: a canvas does not follow CSS."""

from typing import Any

Rule = tuple[str, dict[str, Any]]

_COLOURS = {
    "light": {
        "ink": "#1d2733", "muted": "#66717f", "box": "#f1f4f8", "line": "#9aa6b4", "accent": "#3f6fd1",
        "critical": "#c92a2a", "high": "#c05f00", "page": "#ffffff",
    },
    "dark": {
        "ink": "#dfe6ee", "muted": "#95a1b0", "box": "#232b36", "line": "#6b7887", "accent": "#7aa2f0",
        "critical": "#ff7b72", "high": "#f0a04b", "page": "#171c24",
    },
}  # fmt: skip


def style(scheme: str) -> list[dict[str, Any]]:
    """A Cytoscape stylesheet; severity is told by colour, and by shape or width; dots are
    for links at home, whatever their severity, and dashes for what is folded."""
    colours = _COLOURS[scheme]
    rules = [*_devices(colours), *_destinations(colours), *_lines(colours), *_choice(colours)]
    return [{"selector": selector, "style": values} for selector, values in rules]


# fmt: off
def _devices(c: dict[str, str]) -> list[Rule]:
    beside = {"label": "data(label)", "font-size": 13, "color": c["ink"], "text-valign": "center"}
    plain = {"width": 13, "height": 13, "background-color": c["accent"], "overlay-opacity": 0}
    header = {"background-opacity": 0, "width": 1, "height": 1, "events": "no"}
    unnamed = {"background-color": c["page"], "border-width": 2.5, "border-color": c["accent"]}
    worse = {"border-width": 0, "width": 19, "height": 18}
    return [
        ("node", beside | plain | {"min-zoomed-font-size": 5, "font-family": "system-ui, sans-serif"}),
        ('node[t="header"]', header | {"font-weight": 600, "font-size": 12, "color": c["muted"]}),
        ('node[side="left"]', {"text-halign": "left", "text-margin-x": -9}),
        ('node[side="right"]', {"text-halign": "right", "text-margin-x": 9}),
        ('node[t="header"][side="left"]', {"text-margin-x": 8}),
        ('node[t="header"][side="right"]', {"text-margin-x": -8}),
        ("node[fresh=1]", unnamed),
        ('node[t="device"][severity=1]', worse | {"shape": "diamond", "background-color": c["high"]}),
        ('node[t="device"][severity=2]', worse | {"shape": "triangle", "background-color": c["critical"]}),
    ]


def _destinations(c: dict[str, str]) -> list[Rule]:
    box = {"shape": "round-rectangle", "width": 172, "height": 26, "background-color": c["box"]}
    border = {"border-width": 1, "border-color": c["line"], "border-opacity": 0.6}
    worse = {"border-opacity": 1, "border-width": 2.5}
    return [
        ('node[t="peer"]', box | border | {"font-size": 12, "text-halign": "center"}),
        ("node[folded]", {"border-style": "dashed", "color": c["muted"]}),
        ('node[t="peer"][severity=1]', worse | {"border-color": c["high"]}),
        ('node[t="peer"][severity=2]', worse | {"border-color": c["critical"]}),
    ]


def _lines(c: dict[str, str]) -> list[Rule]:
    quiet = {"curve-style": "straight", "width": 1, "line-color": c["line"], "opacity": 0.3, "events": "no"}
    curve = {"curve-style": "unbundled-bezier", "control-point-distances": 60, "control-point-weights": 0.5}
    high = {"line-color": c["high"], "width": 1.5, "opacity": 0.85}
    critical = {"line-color": c["critical"], "width": 2.2, "opacity": 0.95}
    return [
        ("edge", quiet | {"source-distance-from-node": 4}),
        ("edge[home=1]", curve | {"opacity": 0.55, "line-style": "dotted", "width": 1.5}),
        ("edge[main=0]", {"display": "none"}),
        ("edge[severity=1]", high),
        ("edge[severity=2]", critical),
    ]


def _choice(c: dict[str, str]) -> list[Rule]:
    """What is chosen and its links stand out, all else fades."""
    hot = {"display": "element", "opacity": 0.9, "width": 1.8, "line-color": c["accent"]}
    return [
        (".dim", {"opacity": 0.13}),
        ("edge.hot", hot),
        ("edge.hot[severity=1]", {"line-color": c["high"]}),
        ("edge.hot[severity=2]", {"line-color": c["critical"], "width": 2.5}),
        ("node.chosen", {"font-weight": 700}),
    ]
# fmt: on
