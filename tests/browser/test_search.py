"""A search through a long history goes on by itself and says how far back it came."""

from collections.abc import Callable
from typing import Any

import pytest

from analysis.store.queries import search
from tests.browser.conftest import Site

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answer looks at 37 rows only, as on a database of many millions."""
    monkeypatch.setattr(search, "_FIRST_SPAN", 37)
    monkeypatch.setattr(search.SearchQueries.search, "__defaults__", (0.0,))


def test_the_oldest_row_is_found(site: Site, new_page: Callable[..., Any]) -> None:
    site.home.db.execute(
        "UPDATE dns SET name = 'long.ago.test' WHERE id = (SELECT MIN(id) FROM dns) OR"
        " id = (SELECT MAX(id) - 500 FROM dns)"
    )
    page = new_page(site.url + "/dns?q=long.ago&range=30d")
    page.wait_for_function("() => document.querySelector('.feed-status').textContent === '2 lookups'")
    assert page.locator(".ag-center-cols-container .ag-row:has-text('long.ago.test')").count() == 2


def test_while_nothing_is_found_it_says_how_far_it_came(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/dns?range=30d")
    page.wait_for_selector(".ag-row")
    page.evaluate("""() => {
        const place = document.querySelector('.feed-status');
        window.said = [];
        new MutationObserver(() => window.said.push(place.textContent)).observe(place, {childList: true});
    }""")
    page.fill("input[placeholder='Search names']", "no-such-text")
    page.wait_for_function(
        "() => document.querySelector('.feed-status').textContent === 'No lookups with these filters.'"
    )
    said = [text for text in page.evaluate("window.said") if "searched back to" in text]
    assert len(said) > 5
    assert all(text.startswith("No lookups found yet, searched back to") for text in said)


def test_polls_of_a_filter_that_nothing_passes_look_at_news_only(
    site: Site, new_page: Callable[..., Any]
) -> None:
    page = new_page(site.url + "/dns?q=no-such-text&range=30d")
    page.wait_for_function(
        "() => document.querySelector('.feed-status').textContent === 'No lookups with these filters.'"
    )
    for _ in range(2):
        newest = site.home.db.execute("SELECT MAX(id) FROM dns").fetchone()[0]
        page.wait_for_function(f"() => sentinel.feed.newest === {newest}")
        site.home.lookup(2, "another.one.test", site.home.now)
