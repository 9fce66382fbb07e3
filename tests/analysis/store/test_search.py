"""Searches in spans give what one plain question gives, and say how far back they looked."""

import sqlite3
import time
from pathlib import Path

import pytest

from analysis.store.queries import search
from analysis.store.queries.feeds import FEEDS
from analysis.store.reader import Page, Reader
from tests.dashboard.filldb import Home, small


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return small(tmp_path / "home.db")


@pytest.fixture
def reader(home: Home) -> Reader:
    return Reader(home.path)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page looks at one small span only."""
    monkeypatch.setattr(search, "_FIRST_SPAN", 37)
    monkeypatch.setattr(search.SearchQueries.search, "__defaults__", (0.0,))


def every_page(reader: Reader, feed: str, filters: dict[str, str], limit: int = 50) -> list[Page]:
    pages, before = [], None
    while not pages or before is not None:
        pages.append(reader.page(feed, filters, before=before, limit=limit, now=time.time()))
        before = pages[-1].cursor
    return pages


FILTERS = [
    ("dns", {"q": "netflix"}, "name LIKE '%netflix%'"),
    ("dns", {"q": "no such text"}, "0"),
    ("dns", {"qtype": "AAAA"}, "qtype = 'AAAA'"),
    ("dns", {"failed": "1"}, "rcode <> 'NOERROR'"),
    ("dns", {"q": "e", "device": "3"}, "name LIKE '%e%' AND device = 3"),
    ("dns", {"q": "e", "blocked": "1"}, "name LIKE '%e%' AND blocked_by IS NOT NULL"),
    ("flows", {"proto": "udp"}, "proto = 'udp'"),
    ("flows", {"port": "6667"}, "port = 6667"),
    ("packets", {"proto": "tcp"}, "proto = 'tcp'"),
]


@pytest.mark.parametrize(("feed", "filters", "condition"), FILTERS)
@pytest.mark.parametrize("spans", ["one", "many"])
def test_pages_of_a_search_join_to_what_a_plain_question_gives(
    feed: str, filters: dict[str, str], condition: str, spans: str, home: Home, request: pytest.FixtureRequest
) -> None:
    if spans == "many":
        request.getfixturevalue("impatient")
    pages = every_page(Reader(home.path), feed, filters)
    plain = home.db.execute(f"SELECT id FROM {FEEDS[feed].table} WHERE {condition} ORDER BY id DESC")
    assert [row[0] for page in pages for row in page.rows] == [row[0] for row in plain]


def test_a_search_that_is_not_done_says_back_to_when(home: Home, reader: Reader, impatient: None) -> None:
    page = reader.page("dns", {"q": "no such text"}, limit=50, now=time.time())
    times = dict(home.db.execute("SELECT id, ts FROM dns"))
    assert page.rows == []
    assert page.cursor == max(times) + 1 - 37
    assert page.searched == times[page.cursor]
    last = every_page(reader, "dns", {"q": "no such text"})[-1]
    assert (last.cursor, last.searched) == (None, None)


def test_a_full_page_of_a_search_has_nothing_to_say(reader: Reader) -> None:
    page = reader.page("dns", {"q": "e"}, limit=10, now=time.time())
    assert len(page.rows) == 10
    assert (page.cursor, page.searched) == (page.rows[-1][0], None)


def test_ids_with_wide_gaps_are_crossed(home: Home, reader: Reader) -> None:
    home.db.execute("UPDATE dns SET id = id * 1000000")
    page = reader.page("dns", {"q": "netflix"}, limit=500, now=time.time())
    expected = home.db.execute("SELECT id FROM dns WHERE name LIKE '%netflix%' ORDER BY id DESC").fetchall()
    pages = every_page(reader, "dns", {"q": "netflix"}, 500)
    assert [row[0] for page in pages for row in page.rows] == [row[0] for row in expected]
    assert page.newest == home.db.execute("SELECT MAX(id) FROM dns").fetchone()[0]


@pytest.mark.parametrize("filters", [{}, {"q": "no such text"}, {"device": "3"}])
def test_the_end_of_a_feed_does_not_hang_on_the_filters(
    filters: dict[str, str], home: Home, reader: Reader
) -> None:
    """Else every poll of a filter that nothing passes would look through all that came since."""
    end = reader.newest("dns")
    assert reader.page("dns", filters, limit=50, now=time.time()).newest == end
    home.lookup(2, "something.else", time.time())
    page = reader.page("dns", filters, since=end, limit=50, now=time.time())
    assert page.newest == end + 1
    assert [row[0] for row in page.rows] == ([end + 1] if not filters else [])


def test_an_empty_feed_has_no_end(tmp_path: Path) -> None:
    from analysis.store.database import open_writer

    open_writer(tmp_path / "new.db").close()
    page = Reader(tmp_path / "new.db").page("dns", {"q": "x"}, limit=50, now=time.time())
    assert (page.rows, page.cursor, page.newest, page.searched) == ([], None, None, None)


@pytest.mark.parametrize(
    ("feed", "condition"),
    [("dns", "d.device = 3"), ("dns", "d.blocked_by IS NOT NULL"), ("flows", "f.device = 3")],
)
def test_indexed_filters_walk_their_index(feed: str, condition: str, home: Home) -> None:
    """No sort: the newest rows stand at the end of the index."""
    spec = FEEDS[feed]
    db = sqlite3.connect(home.path)
    sql = f"EXPLAIN QUERY PLAN {spec.select} WHERE {condition} AND {spec.cursor} >= 0 ORDER BY {spec.cursor} DESC LIMIT 9"
    plan = [row[3] for row in db.execute(sql)]
    assert len(plan) == 1 and "USING INDEX" in plan[0]
