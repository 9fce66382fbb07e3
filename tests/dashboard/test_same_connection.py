"""An incident shows what else was noticed of its connection, and what is told within another says so."""

from pathlib import Path
from typing import Any

from analysis.alerts import Severity, Subject
from analysis.store.reader import Reader
from analysis.store.rows import Batch
from analysis.store.writer import Writer
from dashboard.alert_details import details
from dashboard.incident import as_text, incident
from tests.analysis.store.samples import KEY, T0, device, finding


def home(path: Path) -> Reader:
    about = Subject(KEY[1], "192.168.1.7", "203.0.113.9", None, 21, "tcp")
    told = [
        finding(T0, "a", rule="insecure-protocol", title="Phone uses FTP", subject=about),
        finding(
            T0 + 1, "b", rule="password-guessing", title="Phone guesses passwords", subject=about
        )._replace(severity=Severity.HIGH),
    ]
    with Writer(path, "eth0") as writer:
        writer.write(Batch(devices=[device()], findings=[(said, KEY, 3600.0) for said in told]))
    return Reader(path)


def drawn(store: Reader, number: int) -> str:
    found: Any = store.alert(number)
    return str(details(store, found, None).to_plotly_json())


def test_the_head_lists_the_other_and_the_other_names_the_head(tmp_path: Path) -> None:
    store = home(tmp_path / "s.db")
    head, other = drawn(store, 1), drawn(store, 2)
    assert "Also noticed on this connection" in head and "Phone guesses passwords" in head
    assert "Part of" in other and "Phone uses FTP" in other
    assert "Part of another" in other and "Part of another" not in head  # its state


def test_the_saved_incident_tells_of_the_other(tmp_path: Path) -> None:
    found = incident(home(tmp_path / "s.db"), 1)
    assert found is not None
    assert "On the same connection\n" in as_text(found) and "High: Phone guesses passwords" in as_text(found)
