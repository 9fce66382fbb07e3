"""The login page and the one gate behind it: default deny."""

import threading
import time
from collections.abc import Sequence

from flask import Flask, Response, redirect, request, session
from werkzeug.wrappers import Response as AnyResponse

from dashboard.errors import error_page
from dashboard.security import Patience, check_password
from dashboard.tokens import READABLE, is_token

_SESSION_SECONDS = 7 * 86400
_OPEN = frozenset({"/login", "/assets/style.css"})
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Log in - Sentinel</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/assets/style.css"><link rel="icon" href="data:,">
</head><body class="plain"><main class="plain-box"><h1>Sentinel</h1><form method="post" action="/login">
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
            return redirect("/login")
        return error_page(401, "Log in first.")

    @server.get("/login")
    def form() -> str:
        return _PAGE.format(said="")

    @server.post("/login")
    def login() -> AnyResponse:
        address = request.remote_addr or "?"
        if (seconds := patience.wait(address)) > 0:
            said = f'<p role="alert">Too many attempts. Try again in {seconds:.0f} s.</p>'
            return Response(_PAGE.format(said=said), 429, {"Retry-After": f"{seconds:.0f}"})
        with one_at_a_time:
            right = check_password(request.form.get("password", ""), password_hash)
        if not right:
            patience.failed(address)
            return Response(_PAGE.format(said='<p role="alert">That is not the password.</p>'), 401)
        patience.succeeded(address)
        session.clear()
        session["since"] = time.time()
        return redirect("/")
