"""The pages count the same things by the same words, and show nothing of others for what is gone."""

import re

from flask.testing import FlaskClient

from tests.dashboard.filldb import RULES, Home
from tests.dashboard.pages.test_layouts import page


def test_the_list_says_what_it_leaves_out(own_client: FlaskClient, home: Home) -> None:
    for device in range(1, 7):
        for rule in ("one", "two"):
            home.alert(device, (rule, *RULES[0][1:]), "203.0.113.9", home.now)
    first = page(own_client, "/")
    critical = own_client.get("/api/v1/live").json["counts"]["critical"]
    assert f"{critical} critical incidents need you. First: " in first
    assert f"{critical - 6} more critical" in first, "six are listed, one a rule and device"
    where = re.search(r"alerts(\?severity=2&range=all)\"", first.replace("\\u0026", "&"))
    assert where is not None
    listed = own_client.get(f"/api/v1/rows/alerts{where[1]}&state=open").json["rows"]
    assert len(listed) == critical


def test_a_list_that_shows_all_says_nothing_of_more(client: FlaskClient) -> None:
    assert " more critical" not in page(client, "/") and " more high" not in page(client, "/")


def test_charts_of_a_device_that_is_gone_show_nothing_of_others(client: FlaskClient) -> None:
    for odd in ("99999", "x", "²"):
        shown = page(client, "/charts", f"?device={odd}")
        assert "That device is no longer here" in shown and "New incidents" not in shown
    assert "New incidents by rule, of every device" in page(client, "/charts", "?device=4")
    assert "of every device" not in page(client, "/charts")
