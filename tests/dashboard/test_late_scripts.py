"""A page waits for no component library that it does not draw with."""

import re

import pytest
from flask.testing import FlaskClient

from dashboard.late_scripts import GRAPH, GRID, split

SUITES = "/_dash-component-suites"
TAGS = "\n".join(
    f'<script src="{SUITES}/{path}"></script>'
    for path in ("dash_ag_grid/grid.v1m2.min.js", "dash_cytoscape/graph.min.js", "dash/dcc/core.js")
)


def scripts(page: str) -> set[str]:
    return set(re.findall(rf'<script src="{SUITES}/(\w+)/', page))


@pytest.mark.parametrize(
    "path, wanted",
    [
        ("/", set()),
        ("/map", {GRAPH}),
        ("/alerts", {GRID}),
        ("/devices/2", set()),
        ("/dns", {GRID}),
        ("/health", set()),
    ],
)
def test_only_what_the_page_draws_with_is_waited_for(
    client: FlaskClient, path: str, wanted: set[str]
) -> None:
    page = client.get(path).text
    assert scripts(page) & {GRID, GRAPH} == wanted
    assert set(re.findall(r'data-late="(\w+)"', page)) == {GRID, GRAPH} - wanted
    assert "dash_mantine_components" in scripts(page)


def test_every_address_in_the_page_leads_to_a_script(client: FlaskClient) -> None:
    for path in ("/", "/alerts"):
        page = client.get(path).text
        found = re.findall(rf'(?:href|src)="({SUITES}/dash_(?:ag_grid|cytoscape)/[^"]+)"', page)
        assert len(found) >= 2
        for address in found:
            answer = client.get(address)
            assert answer.status_code == 200 and "javascript" in answer.content_type, address


def test_other_tags_stay_as_they_are() -> None:
    links, tags = split(TAGS, ())
    assert tags == f'<script src="{SUITES}/dash/dcc/core.js"></script>'
    assert links.count("<link") == 2
    assert split(TAGS, (GRID, GRAPH))[1] == TAGS
    assert split("", (GRID,)) == ("", "")
