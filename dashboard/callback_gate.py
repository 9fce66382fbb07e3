"""The gate before Dash's callbacks: Dash takes what is posted there on trust, and fails inside on any other
shape than that of its own pages."""

from typing import Any

from dash import Dash
from flask import Flask, Response, request

from dashboard.errors import error_page

_CALLBACKS = "/_dash-update-component"


def install_callback_gate(app: Dash, server: Flask) -> None:
    """Refuse what no page of ours asks."""

    @server.before_request
    def understood() -> Response | None:
        if request.path != _CALLBACKS:
            return None
        try:
            body = request.get_json()
        except RecursionError:  # deeper nested than Python's parser follows
            body = None
        return None if _is_ours(app, body) else error_page(400, "The request could not be understood.")


def _is_ours(app: Dash, body: Any) -> bool:
    """Whether a body names a callback that runs here, with as many values as it takes."""
    if not isinstance(body, dict) or not isinstance(body.get("output"), str):
        return False
    asked = app.callback_map.get(body["output"], {})
    outputs, changed = body.get("outputs"), body.get("changedPropIds")
    return (
        "callback" in asked
        and _are_properties(body.get("inputs"), len(asked["inputs"]))
        and _are_properties(body.get("state", []), len(asked["state"]))
        and (_is_property(outputs) or _are_properties(outputs, body["output"].count("...") + 1))
        and isinstance(changed, list)
        and all(isinstance(name, str) for name in changed)
    )


def _are_properties(given: Any, count: int) -> bool:
    """Whether that many properties are given; one of a pattern is a list of all that fit it."""
    return isinstance(given, list) and len(given) == count and all(map(_is_one_or_pattern, given))


def _is_one_or_pattern(given: Any) -> bool:
    return _is_property(given) or (isinstance(given, list) and all(map(_is_property, given)))


def _is_property(given: Any) -> bool:
    """Whether something names one property of one component."""
    return (
        isinstance(given, dict)
        and isinstance(given.get("id"), str | dict)
        and isinstance(given.get("property"), str)
    )
