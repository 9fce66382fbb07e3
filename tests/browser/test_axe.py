"""axe-core on every page: no serious or critical violation of WCAG 2.2 A and AA, light and dark."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import Site
from tests.browser.test_pages import CONTENT

axe = pytest.importorskip(
    "axe_playwright_python.sync_playwright", reason="pip install -r requirements-dev.txt"
)
pytestmark = pytest.mark.browser

OPTIONS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def violations(page: Any) -> list[str]:
    """The serious and critical ones: rule, element and why."""
    found = axe.Axe().run(page, options=OPTIONS).response["violations"]
    return [
        f"{v['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
        for v in found
        if v["impact"] in ("serious", "critical")
        for node in v["nodes"][:3]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", list(CONTENT))
def test_no_serious_violation(site: Site, new_page: Callable[..., Any], path: str, scheme: str) -> None:
    page = new_page(site.url + path, color_scheme=scheme)
    page.wait_for_selector(CONTENT[path])
    page.wait_for_selector("#watch.live")
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_violation_in_an_incident(site: Site, new_page: Callable[..., Any], scheme: str) -> None:
    page = new_page(site.url + "/alerts?id=16", color_scheme=scheme)
    page.click(".expect summary")
    page.wait_for_timeout(400)
    assert violations(page) == []
