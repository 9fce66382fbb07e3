"""What a device is, why, and the question whether two addresses are one device: on its page and by its buttons."""

from dash import Dash
from flask.testing import FlaskClient

from analysis.store.reader import Reader
from tests import mmdb
from tests.dashboard.filldb import Home
from tests.dashboard.pages.test_layouts import SAME, page


def fill(home: Home) -> None:
    rows = [
        (1, "dhcp-class", "android-dhcp-14", "os=Android 14", 0.95), (1, "name", "<b>Pixel-8</b>", "kind=phone", 0.85),
        (1, "user-agent", "Chrome Mobile | Android 14 | Pixel 8", "kind=phone", 0.55), (1, "ja4", "t13d1516h2_a_b", "", 0.0),
    ]  # fmt: skip
    home.db.executemany("INSERT INTO device_evidence VALUES (?, ?, ?, ?, ?, 1, 2)", rows)
    home.db.execute(
        "UPDATE devices SET kind = 'phone', confidence = 0.93, maker = 'Google', model = 'Pixel 8' WHERE id = 1"
    )
    home.db.execute(
        "INSERT INTO merge_proposals VALUES (1, 2, 0.87, '[\"Both are called annas-phone.\"]', 3)"
    )
    home.db.commit()


def test_the_page_says_what_it_is_and_why(home: Home, own_client: FlaskClient) -> None:
    fill(home)
    shown = page(own_client, "/devices/1")
    for text in (
        "certain, 93%",
        "Google",
        "Pixel 8",
        "Why we think so",
        "android-dhcp-14",
        "System: Android 14",
        "Chrome Mobile",
    ):
        assert text in shown
    assert "t13d1516h2" not in shown and "1 way" in shown
    plain = shown.encode().decode("unicode_escape")
    assert '["name","<b>Pixel-8</b>"]' in plain, "as data that rows.js makes a text node of"
    assert "One device or two?" in shown and "Both are called annas-phone." in shown


def press(home: Home, client: FlaskClient, verdict: str, other: int, device: int = 1):
    button = f'{{"link":"{verdict}","other":{other}}}'
    output = next(
        row["output"] for row in client.get("/_dash-dependencies").json
        if any('"link":["ALL"]' in item["id"] for item in row["inputs"])
    )  # fmt: skip
    mac = Reader(home.path).directory().devices[device].mac
    pressed = [{"id": {"link": verdict, "other": other}, "property": "n_clicks", "value": 1}]
    body = {
        "output": output, "outputs": {"id": "device-body", "property": output.split(".")[-1]}, "inputs": [pressed],
        "changedPropIds": [f"{button}.n_clicks"], "state": [{"id": "device-id", "property": "data", "value": {"id": device, "mac": mac}}],
    }  # fmt: skip
    return client.post("/_dash-update-component", json=body, headers=SAME)


def test_a_person_joins_two_addresses_and_parts_them_again(
    home: Home, app: Dash, own_client: FlaskClient
) -> None:
    fill(home)
    assert press(home, own_client, "same", 2).status_code == 200
    assert [row[0] for row in home.db.execute("SELECT same FROM device_links")] == [1]
    shown = page(own_client, "/devices/2")
    assert "these addresses are this device too" in shown
    assert press(home, own_client, "apart", 2).status_code == 200
    assert [row[0] for row in home.db.execute("SELECT same FROM device_links")] == [0]
    assert "One device or two?" not in page(own_client, "/devices/1"), "what is decided is not asked again"


def test_rows_say_whose_an_address_is(home: Home, app: Dash, own_client: FlaskClient, tmp_path) -> None:
    from analysis.destinations import Destinations
    from dashboard.context import KEY

    (ip,) = home.db.execute(
        "SELECT server_ip FROM flows WHERE server_ip NOT LIKE '192.168%' ORDER BY id DESC LIMIT 1"
    ).fetchone()
    home.db.execute("UPDATE flows SET server_ip = '1.1.1.1' WHERE server_ip = ?", (ip,))
    home.db.commit()
    made = mmdb.write(
        tmp_path / "asn.mmdb", {"1.1.1.0/24": {"autonomous_system_organization": "Cloudflare, Inc."}}
    )
    app.server.extensions[KEY].reader.destinations = Destinations([made])
    found = own_client.get("/api/v1/rows/flows?n=2000").json
    owner, server = found["columns"].index("owner"), found["columns"].index("server_ip")
    assert {row[owner] for row in found["rows"] if row[server] == "1.1.1.1"} == {"Cloudflare, Inc."}
    assert {row[owner] for row in found["rows"] if row[server] != "1.1.1.1"} <= {None}
