"""Downloads hold what is filtered, whole or honestly cut, and nothing that a spreadsheet computes."""

import csv
import io
import re
from itertools import islice

import pytest
from flask.testing import FlaskClient

from dashboard import export
from dashboard.export_format import csv_lines, quoted
from tests.dashboard.filldb import RULES, Home

FEEDS = ["alerts", "devices", "dns", "flows", "packets"]


def table(client: FlaskClient, where: str) -> list[dict[str, str]]:
    answer = client.get(f"/api/v1/export/{where}")
    assert answer.status_code == 200
    assert answer.data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


@pytest.mark.parametrize("feed", FEEDS)
def test_csv_and_json_hold_every_row(client: FlaskClient, feed: str) -> None:
    rows = table(client, f"{feed}.csv")
    found = client.get(f"/api/v1/export/{feed}.json").json
    assert found["cut"] is None
    assert [row["id"] for row in rows] == [str(row["id"]) for row in found["rows"]]
    assert len(rows) == {"alerts": 16, "devices": 6, "dns": 1200, "flows": 800, "packets": 400}[feed]
    assert list(rows[0]) == list(found["rows"][0])


def test_filters_are_those_of_the_page(client: FlaskClient) -> None:
    assert {row["severity"] for row in table(client, "alerts.csv?severity=0")} == {"0"}
    assert {row["device"] for row in table(client, "dns.csv?device=2&range=24h")} == {"2"}
    assert [row["name"] for row in table(client, "devices.csv?trust=unknown&q=ipcam")] == ["ipcam-front"]
    for feed in ("alerts", "dns", "flows"):
        assert table(client, f"{feed}.csv?q=nothing-has-this") == table(client, f"{feed}.csv?q=%00") == []


def test_severities_are_words_too_and_numbers_and_times_are_written_for_people(client: FlaskClient) -> None:
    words = {"2": "Critical", "1": "High", "0": "Normal", "": ""}
    for feed in ("alerts", "devices"):
        rows = table(client, f"{feed}.csv")
        assert {row["severity_word"] for row in rows} > {"Critical"}
        assert all(row["severity_word"] == words[row["severity"]] for row in rows)
    answer = client.get("/api/v1/export/dns.json")
    assert not answer.data.startswith(b"\xef\xbb\xbf")
    found = answer.json["rows"]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", row["ts"]) for row in found)
    for row in table(client, "dns.csv"):
        assert re.fullmatch(r"(\d+(\.\d{1,6})?(e-\d+)?)?", row["elapsed"])


def test_a_cut_is_told(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "MOST_EXPORTED", 700)
    text = client.get("/api/v1/export/dns.csv").get_data(as_text=True).splitlines()
    assert len(text) == 1 + 700 + 1
    assert text[-1].startswith('"Cut after')
    found = client.get("/api/v1/export/dns.json").json
    assert len(found["rows"]) == 700 and found["cut"].startswith("Cut after")
    assert client.get("/api/v1/export/flows.json?port=53").json["cut"] is None


def test_rows_are_streamed() -> None:
    def endless() -> object:
        number = 0
        while True:
            number += 1
            yield (number,)

    assert list(islice(csv_lines(["id"], endless()), 3)) == ["id\r\n", "1\r\n", "2\r\n"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("x")'])
def test_formulas_are_quoted(own_client: FlaskClient, home: Home, text: str) -> None:
    assert quoted(text) == "'" + text
    home.lookup(1, text, home.now)
    home.alert(1, RULES[0], text, home.now, title=text)
    assert table(own_client, "dns.csv")[0]["name"] == "'" + text
    assert table(own_client, "alerts.csv")[0]["title"] == "'" + text
    assert own_client.get("/api/v1/export/dns.json").json["rows"][0]["name"] == text


def test_one_incident_as_text_and_json(own_client: FlaskClient, home: Home) -> None:
    when = home.now + 1000  # after everything else: rows lie in the order of their time
    home.db.execute("UPDATE alerts SET last_seen = ? WHERE id = 16", (when,))
    home.lookup(4, "long.before.example", when - 900)
    home.lookup(4, "cam.example", when - 120, blocked_by="urlhaus")
    home.alert(4, RULES[2], "198.51.100.3", when, title="Remote desktop, too")
    found = own_client.get("/api/v1/export/alerts/16.json").json
    assert (found["severity"], found["rule"], found["count"]) == ("Critical", "insecure-protocol", 3)
    assert "cam.example" in [row["name"] for row in found["dns"]]
    assert "long.before.example" not in [row["name"] for row in found["dns"]]
    assert [row["title"] for row in found["beside"]] == ["Remote desktop, too"]
    answer = own_client.get("/api/v1/export/alerts/16.txt")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="sentinel-incident-16.txt"'
    text = answer.get_data(as_text=True)
    for part in (found["title"], found["why"], found["advice"], "cam.example A, on urlhaus", "threshold: 1"):
        assert part in text


@pytest.mark.parametrize(
    ("where", "status"),
    [
        ("nothing.csv", 404), ("alerts.exe", 404), ("sqlite_master.csv", 404), ("alerts/16.exe", 404),
        ("alerts/999.txt", 404), ("alerts/99999999999999999999.json", 404), ("alerts.csv?device=x", 400),
        ("dns.json?range=9z", 400), ("devices.json?trust=zzz", 400), ("devices.json?severity=1", 400),
        ("alerts.csv?foo=1", 400), ("alerts.csv?severity=9", 400), ("alerts.csv?state=zzz", 400),
        ("alerts.csv?state=open&state=all", 400), ("dns.csv?blocked=x", 400), ("flows.csv?device=999", 400),
    ],
)  # fmt: skip
def test_what_is_not_there_or_not_understood(client: FlaskClient, where: str, status: int) -> None:
    assert client.get(f"/api/v1/export/{where}").status_code == status


def test_without_a_database_it_is_told(empty_client: FlaskClient) -> None:
    assert empty_client.get("/api/v1/export/dns.csv").status_code == 503


def test_the_router_is_among_the_devices_and_marked(own_client: FlaskClient, home: Home) -> None:
    home.db.execute(
        "INSERT INTO devices (network, mac, ip, router, first_seen, last_seen)"
        " VALUES ('eth0', '02:00:00:00:00:99', '192.168.1.1', 1, 1, ?)", (home.now,),
    )  # fmt: skip
    every = {row["name"]: row["router"] for row in table(own_client, "devices.csv")}
    assert every["Router 192.168.1.1"] == "1" and set(every.values()) == {"0", "1"}
    new = [row["name"] for row in table(own_client, "devices.csv?trust=new")]
    assert new and "Router 192.168.1.1" not in new
