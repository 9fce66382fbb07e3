"""How the map is drawn, light and dark: a canvas does not follow CSS."""

from typing import Any

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
    """A Cytoscape stylesheet; severity is told by shape and by colour."""
    c = _COLOURS[scheme]
    rules: list[tuple[str, dict[str, Any]]] = [
        (
            "node",
            {
                "label": "data(label)",
                "font-size": 13,
                "color": c["ink"],
                "text-valign": "center",
                "width": 13,
                "height": 13,
                "background-color": c["accent"],
                "min-zoomed-font-size": 5,
                "overlay-opacity": 0,
                "font-family": "system-ui, sans-serif",
            },
        ),
        (
            'node[t="header"]',
            {
                "background-opacity": 0,
                "width": 1,
                "height": 1,
                "font-weight": 600,
                "font-size": 12,
                "color": c["muted"],
                "events": "no",
            },
        ),
        ('node[side="left"]', {"text-halign": "left", "text-margin-x": -9}),
        ('node[side="right"]', {"text-halign": "right", "text-margin-x": 9}),
        ('node[t="header"][side="left"]', {"text-margin-x": 8}),
        ('node[t="header"][side="right"]', {"text-margin-x": -8}),
        (
            'node[t="peer"]',
            {
                "shape": "round-rectangle",
                "width": 172,
                "height": 26,
                "background-color": c["box"],
                "border-width": 1,
                "border-color": c["line"],
                "border-opacity": 0.6,
                "font-size": 12,
                "text-halign": "center",
            },
        ),
        ("node[folded]", {"border-style": "dashed", "color": c["muted"]}),
        (
            'node[trust="unknown"]',
            {"background-color": c["page"], "border-width": 2.5, "border-color": c["accent"]},
        ),
        (
            'node[t="device"][severity=1]',
            {
                "shape": "diamond",
                "background-color": c["high"],
                "border-width": 0,
                "width": 18,
                "height": 18,
            },
        ),
        (
            'node[t="device"][severity=2]',
            {
                "shape": "triangle",
                "background-color": c["critical"],
                "border-width": 0,
                "width": 19,
                "height": 18,
            },
        ),
        (
            'node[t="peer"][severity=1]',
            {"border-color": c["high"], "border-width": 2, "border-opacity": 1, "border-style": "dashed"},
        ),
        (
            'node[t="peer"][severity=2]',
            {"border-color": c["critical"], "border-width": 2.5, "border-opacity": 1},
        ),
        (
            "edge",
            {
                "curve-style": "straight",
                "width": 1,
                "line-color": c["line"],
                "opacity": 0.3,
                "events": "no",
                "source-distance-from-node": 4,
            },
        ),
        (
            "edge[home=1]",
            {
                "curve-style": "unbundled-bezier",
                "control-point-distances": 60,
                "control-point-weights": 0.5,
                "opacity": 0.55,
                "line-style": "dotted",
                "width": 1.5,
            },
        ),
        ("edge[main=0]", {"display": "none"}),
        (
            "edge[severity=1]",
            {"line-color": c["high"], "width": 1.5, "opacity": 0.85, "line-style": "dashed"},
        ),
        (
            "edge[severity=2]",
            {"line-color": c["critical"], "width": 2.2, "opacity": 0.95, "line-style": "solid"},
        ),
        (".dim", {"opacity": 0.13}),
        ("edge.hot", {"display": "element", "opacity": 0.9, "width": 1.8, "line-color": c["accent"]}),
        ("edge.hot[severity=1]", {"line-color": c["high"]}),
        ("edge.hot[severity=2]", {"line-color": c["critical"], "width": 2.5}),
        ("node.chosen", {"font-weight": 700}),
    ]
    return [{"selector": selector, "style": values} for selector, values in rules]
