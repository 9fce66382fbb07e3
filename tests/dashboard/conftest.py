"""A small home behind the real app, asked through Flask's test client (its host is localhost)."""

from pathlib import Path

import pytest
from dash import Dash
from flask.testing import FlaskClient

from analysis.config import Config
from dashboard.app import create_app
from tests.dashboard.filldb import Home, small


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home of the test's own, which it may change."""
    return small(tmp_path / "home.db")


@pytest.fixture
def app(home: Home) -> Dash:
    return create_app(home.path, Config())


@pytest.fixture
def own_client(app: Dash) -> FlaskClient:
    """A client of the test's own home."""
    return app.server.test_client()


@pytest.fixture(scope="session")
def common_app(tmp_path_factory: pytest.TempPathFactory) -> Dash:
    """An app that no test changes: making one costs half a second."""
    home = small(tmp_path_factory.mktemp("common") / "home.db")
    home.db.execute("UPDATE sensors SET heartbeat = heartbeat + 100000")
    return create_app(home.path, Config())


@pytest.fixture
def client(common_app: Dash) -> FlaskClient:
    return common_app.server.test_client()


@pytest.fixture(scope="session")
def empty_client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """A dashboard whose database nobody has made yet."""
    return create_app(tmp_path_factory.mktemp("none") / "none.db").server.test_client()
