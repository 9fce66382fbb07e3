"""Puts the app together: server, gates, pages."""

import logging
import re
import secrets
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import dash
from dash import Dash
from flask import Flask, Response, request

from analysis import destinations
from analysis.config import Config
from analysis.destinations import Destinations
from analysis.store.notes import Notes
from analysis.store.reader import Reader, StoreError
from dashboard.api_read import api
from dashboard.callback_gate import install_callback_gate
from dashboard.context import KEY, Context
from dashboard.errors import error_page, install_errors
from dashboard.export import export
from dashboard.first_paint import INDEX, first_paint
from dashboard.gates import MOST_BYTES, install_gates, install_headers
from dashboard.late_scripts import split
from dashboard.login import install_login
from dashboard.page import Page
from dashboard.pages import PAGES
from dashboard.shell import shell, shell_callbacks
from dashboard.states import not_found, store_failed

ASSETS = Path(__file__).parent / "assets"
_PATHS = tuple((page, re.compile(re.sub(r"<\w+>", r"[\\w-]{1,40}", page.path))) for page in PAGES)
"""Every page and the addresses that lead to it."""


def create_app(db_path: str | Path, config: Config | None = None) -> Dash:
    """The whole dashboard on one database; `app.server` is the WSGI application.

    The database need not exist yet: pages then say how to start a sensor."""
    config = config or Config()
    server = _server(config)
    store = Reader(db_path)
    store.destinations = Destinations(destinations.paths(config))
    server.extensions[KEY] = Context(store, Notes(db_path), config)
    app = _Sentinel(
        "sentinel",
        server=server,
        assets_folder=str(ASSETS),
        assets_path_ignore=["head"],
        use_pages=True,
        pages_folder="",
        title="Sentinel",
        update_title=None,  # type: ignore[arg-type]
        suppress_callback_exceptions=True,
        compress=True,
        enable_mcp=False,
        index_string=INDEX,
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
    )
    app.layout = partial(shell, locked=bool(config.dashboard.password_hash))
    _register_pages(app)
    install_headers(app, server)
    install_callback_gate(app, server)
    return app


class _Sentinel(Dash):
    """Dash with a first paint: the verdict stands in the page before any script has run, and no script is
    waited for that the page does not need."""

    def interpolate_index(self, **kwargs: str) -> str:
        kwargs["app_entry"] = first_paint() + kwargs["app_entry"].replace("Loading...", "")
        page = _page_at(request.path)
        links, kwargs["scripts"] = split(kwargs["scripts"], page.libraries if page else ())
        kwargs["css"] += links
        index: str = super().interpolate_index(**kwargs)
        return index


def _server(config: Config) -> Flask:
    """Flask with the gates before every route, in the order they must be asked."""
    server = Flask("sentinel", static_folder=None)
    server.secret_key = secrets.token_bytes(32)
    server.config.update(
        MAX_CONTENT_LENGTH=MOST_BYTES,
        SESSION_COOKIE_NAME="sentinel",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_SECURE=config.dashboard.tls_certificate is not None,
        COMPRESS_BR_LEVEL=4,
        COMPRESS_ALGORITHM=["br", "gzip"],
    )
    install_gates(server, config.dashboard.host, config.dashboard.allowed_hosts)
    if config.dashboard.password_hash:
        install_login(server, config.dashboard.password_hash, config.dashboard.api_tokens)
    install_errors(server)
    _only_known_paths(server)
    server.register_blueprint(api)
    server.register_blueprint(export)
    return server


def _only_known_paths(server: Flask) -> None:
    """Dash's catch-all route answers any path with its index and 200; here only pages reach it."""

    @server.before_request
    def known() -> Response | None:
        route = request.url_rule.rule if request.url_rule else None
        if route not in (None, "/<path:path>") or _page_at(request.path):
            return None
        return error_page(404, "There is no such page.")


def _page_at(path: str) -> Page | None:
    """The page that an address leads to."""
    return next((page for page, pattern in _PATHS if pattern.fullmatch(path)), None)


def _register_pages(app: Dash) -> None:
    dash.page_registry.clear()
    for order, page in enumerate(PAGES):
        where = {"path_template" if "<" in page.path else "path": page.path}
        title = f"{page.name} - Sentinel"
        dash.register_page(
            f"sentinel.{page.name}", name=page.name, title=title, order=order, layout=_guarded(page), **where
        )
        page.callbacks(app)
    dash.register_page("not_found_404", layout=not_found)
    shell_callbacks(app)


def _guarded(page: Page) -> Callable[..., Any]:
    """The page's layout, of what the address gives several times the first, as in the browser; a database
    that does not answer becomes a designed state."""

    def layout(**given: str | list[str]) -> Any:
        once = {name: value if isinstance(value, str) else value[0] for name, value in given.items()}
        try:
            return page.layout(**once)
        except StoreError as error:
            return store_failed(page.name, error)
        except Exception:
            logging.getLogger(__name__).exception("page %s failed", page.name)
            raise

    return layout
