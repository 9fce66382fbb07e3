"""The login page and the one gate behind it: default deny."""

import re
import threading
import time
from collections.abc import Sequence
from html import escape
from urllib.parse import urlencode

from flask import Flask, Response, redirect, request, session
from werkzeug.wrappers import Response as AnyResponse

from dashboard.errors import error_page
from dashboard.security import Patience, check_password
from dashboard.tokens import READABLE, is_token

_SESSION_SECONDS = 7 * 86400
_OPEN = frozenset({"/login", "/assets/style.css"})
_LOCAL = re.compile(r"/(?!/)[^\\\x00-\x20\x7f]{0,2000}")
"""A path of this dashboard. Browsers read a backslash as a slash and skip tabs and line ends, so that
"/\\host" and "/<tab>/host" would lead to another host (WHATWG URL, section 4.4)."""
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Log in - Sentinel</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/assets/style.css"><link rel="icon" href="data:,">
</head><body class="plain"><main class="plain-box"><h1>Sentinel</h1><form method="post" action="/login">
<input name="next" value="{next}" hidden>
<input name="username" value="sentinel" autocomplete="username" hidden>
<label for="password">Password</label><input id="password" name="password" type="password" required autofocus
autocomplete="current-password" maxlength="1000"><button>Log in</button>{said}</form></main></body></html>"""


def install_login(server: Flask, password_hash: str, token_hashes: Sequence[str] = ()) -> None:
    """Every route but the login page itself needs a session; scripts get 401. A token opens the few
    addresses of the API that only read."""
    patience = Patience()
    one_at_a_time = threading.Lock()  # a check costs 16 MiB and 60 ms: guesses must not add up

    @server.before_request
    def gate() -> AnyResponse | None:
        if request.path in _OPEN:
            return None
        if time.time() - session.get("since", 0) < _SESSION_SECONDS:
            return None
        if request.path in READABLE and is_token(request.headers.get("Authorization"), token_hashes):
            return None
        if request.method == "GET" and "text/html" in request.headers.get("Accept", ""):
            return redirect(_login_for(request.full_path.removesuffix("?")))
        return error_page(401, "Log in first.")

    @server.get("/login")
    def form() -> str:
        return _page(request.args.get("next", ""))

    @server.post("/login")
    def login() -> AnyResponse:
        address, following = request.remote_addr or "?", request.form.get("next", "")
        if (seconds := patience.wait(address)) > 0:
            said = f'<p role="alert">Too many attempts. Try again in {seconds:.0f} s.</p>'
            return Response(_page(following, said), 429, {"Retry-After": f"{seconds:.0f}"})
        with one_at_a_time:
            right = check_password(request.form.get("password", ""), password_hash)
        if not right:
            patience.failed(address)
            return Response(_page(following, '<p role="alert">That is not the password.</p>'), 401)
        patience.succeeded(address)
        session.clear()
        session["since"] = time.time()
        return redirect(_local(following))

    server.add_url_rule("/logout", view_func=_logout, methods=["POST"])


def _logout() -> AnyResponse:
    session.clear()
    return Response(status=204)


def _local(following: str) -> str:
    """Where to go after the login: a path of this dashboard, else the first page."""
    return following if _LOCAL.fullmatch(following) else "/"


def _login_for(wanted: str) -> str:
    """The login page's address that leads on to what was asked for."""
    return "/login" if _local(wanted) == "/" else f"/login?{urlencode({'next': wanted})}"


def _page(following: str, said: str = "") -> str:
    return _PAGE.format(said=said, next=escape(_local(following)))
