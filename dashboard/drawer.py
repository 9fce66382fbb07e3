"""The drawer in which a page shows the row that was chosen in its table."""

import dash_mantine_components as dmc


def drawer(name: str, title: str, width: int) -> dmc.Drawer:
    """An empty one at the right of the page, closed; `width` in pixels."""
    return dmc.Drawer(
        id=name, position="right", size=width, opened=False, title=title, children=[],
        closeButtonProps={"aria-label": "Close"}, overlayProps={"backgroundOpacity": 0.25},
        transitionProps={"duration": 120},
    )  # fmt: skip
