"""What every test may use."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def captures() -> Path:
    """Captures recorded by others, in `../shared/captures` beside the checkout; not part of the project."""
    folder = ROOT.parent / "shared" / "captures"
    if not folder.is_dir():
        pytest.skip("no captures in ../shared/captures: they are not part of the project")
    return folder


@pytest.fixture(scope="session")
def shared_blocklists() -> Path:
    """Real blocklists in `../shared/blocklists` beside the checkout; not part of the project."""
    folder = ROOT.parent / "shared" / "blocklists"
    if not folder.is_dir():
        pytest.skip("no lists in ../shared/blocklists: they are not part of the project")
    return folder


@pytest.fixture(scope="session")
def playwright() -> Iterator[Any]:
    """Playwright, once for all tests: a second one in the same thread refuses to start."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as running:
        yield running
