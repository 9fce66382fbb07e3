"""A token reads three addresses and opens nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from analysis.config import Config, Dashboard
from dashboard.app import create_app
from dashboard.security import hash_password
from dashboard.tokens import READABLE, is_token, make_token
from tests.dashboard.filldb import Home

TOKEN, HASH = make_token()
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def locked(home: Home) -> FlaskClient:
    board = Dashboard(password_hash=hash_password("right one"), api_tokens=(HASH,))
    return create_app(home.path, Config(dashboard=board)).server.test_client()


@pytest.mark.parametrize("path", sorted(READABLE))
def test_a_token_reads_and_nothing_less_does(locked: FlaskClient, path: str) -> None:
    assert locked.get(path).status_code == 401
    for wrong in ("", "Bearer", "Bearer x", f"Basic {TOKEN}", f"Bearer {HASH}", f"Bearer {TOKEN}x"):
        assert locked.get(path, headers={"Authorization": wrong}).status_code == 401
    assert locked.get(path, headers=BEARER).status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/api/v1/live", "/api/v1/rows/dns", "/api/v1/export/alerts.csv", "/_dash-layout", "/alerts"]
)
def test_a_token_opens_nothing_else(locked: FlaskClient, path: str) -> None:
    assert locked.get(path, headers=BEARER).status_code == 401


def test_a_token_changes_nothing(locked: FlaskClient) -> None:
    same = {**BEARER, "Origin": "http://localhost"}
    assert locked.post("/_dash-update-component", json={}, headers=same).status_code == 401
    for path in READABLE:
        assert locked.post(path, headers=same).status_code in (404, 405)


def test_what_is_read(client: FlaskClient) -> None:
    assert client.get("/api/v1/summary").json["counts"]["critical"] == 1
    alerts = client.get("/api/v1/alerts?severity=2").json["alerts"]
    assert [(a["severity"], a["rule"], a["state"]) for a in alerts] == [
        ("critical", "insecure-protocol", "open")
    ]
    first = client.get("/api/v1/alerts?n=10").json
    older = client.get(f"/api/v1/alerts?n=10&before={first['before']}").json
    assert len(first["alerts"]) + len(older["alerts"]) == 16 and older["before"] is None
    devices = client.get("/api/v1/devices").json["devices"]
    assert {d["name"]: d["severity"] for d in devices}["ipcam-front"] == "critical"
    assert client.get("/api/v1/alerts?device=x").status_code == 400


def test_without_tokens_none_is_right() -> None:
    assert not is_token(f"Bearer {TOKEN}", ())
    assert is_token(f"bearer {TOKEN}", (HASH,))


def test_help_makes_no_token() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "dashboard.tokens", "--help"],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert told.returncode == 0 and told.stdout.startswith("usage: python -m dashboard.tokens")
    assert "not shown again" not in told.stdout
