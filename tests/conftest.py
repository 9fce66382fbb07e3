"""What every test may use."""

from pathlib import Path

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
