"""Plain error pages that say nothing about the inside."""

import json
import logging

from flask import Flask, Response, request
from markupsafe import escape
from werkzeug.exceptions import HTTPException

log = logging.getLogger(__name__)

_WORDS = {
    400: "The request could not be understood.",
    404: "There is no such page.",
    405: "This cannot be done here.",
    413: "The request is too large.",
    415: "This kind of content is not accepted.",
    500: "Something went wrong on our side. The log tells more.",
}
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} - Sentinel</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/assets/style.css"><link rel="icon" href="data:,">
</head><body class="plain"><main class="plain-box"><p class="plain-code">{code}</p><h1>{title}</h1>
<p><a href="/">Back to the overview</a></p></main></body></html>"""


def error_page(code: int, title: str) -> Response:
    """A small page; JSON for the API, so that scripts need no HTML parser."""
    if request.path.startswith("/api/"):
        response = Response(json.dumps({"error": title}), code, mimetype="application/json")
    else:
        response = Response(_PAGE.format(code=code, title=escape(title)), code, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    return response


def install_errors(server: Flask) -> None:
    """Designed pages for every failure; details go to the log only."""

    @server.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response:
        code = error.code or 500
        return error_page(code, _WORDS.get(code, error.name))

    @server.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        if request.path.startswith("/_dash-component-suites/"):
            return error_page(404, _WORDS[404])  # Dash raises for unknown files of its suites
        log.exception("%s %s failed", request.method, request.path)
        return error_page(500, _WORDS[500])
