"""Every rule's incident as a person reads it, on the page and as a file: what, why, how usual, what to do."""

from collections.abc import Iterator
from typing import Any

import pytest

from analysis.alerts import Finding, Severity, Subject
from analysis.detectors import ALL
from analysis.store.reader import Reader
from analysis.store.rows import Batch
from analysis.store.writer import Writer
from dashboard.alert_details import details
from dashboard.incident import as_text, incident
from sensors.demo.attacks import CASES
from sensors.score_run import run_case
from tests.sensors.demo.test_texts import unexplained

HEADINGS = ("Why it matters", "What to do", "Who and when", "How usual is it", "Evidence")
RULES = sorted(rule.id for rule in ALL)


def finding(number: int, alert: dict[str, Any]) -> Finding:
    subject = Subject(*(alert.get(name, False) for name in Subject._fields))  # what is unsure is not told
    return Finding(
        alert["first_seen"], alert["rule"], Severity[alert["severity"]], f"{alert['rule']}|{number}", subject,
        alert["title"], alert["why"], alert["evidence"], alert["advice"],
    )  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """An incident of each rule, from the first situation in which it must speak."""
    path = tmp_path_factory.mktemp("words") / "sentinel.db"
    first = {case.rule: case for case in reversed(CASES) if case.kind == "positive"}
    told = [next(a for a in run_case(case).alerts if a["rule"] == rule) for rule, case in first.items()]
    with Writer(path, "words") as writer:
        writer.write(Batch(findings=[(finding(n, alert), None, 60.0) for n, alert in enumerate(told)]))
    reader = Reader(path)
    yield reader
    reader.close()


def words(part: Any) -> list[str]:
    """The visible texts of a piece of a page."""
    if isinstance(part, list | tuple):
        return [text for one in part for text in words(one)]
    if part is None or isinstance(part, bool):
        return []
    return words(part.children) if hasattr(part, "children") else [str(part)]


@pytest.mark.parametrize("rule", RULES)
def test_an_incident_is_rendered_whole_and_in_plain_words(store: Reader, rule: str) -> None:
    alerts = [row for number in range(1, len(RULES) + 1) if (row := store.alert(number)) is not None]
    (alert,) = (row for row in alerts if row["rule"] == rule)
    shown = [text for text in words(details(store, alert, None)) if text.strip()]
    at = [shown.index(heading) for heading in HEADINGS]
    assert at == sorted(at)
    page = " ".join(shown)
    assert all(part in page for part in (alert["title"], alert["why"], alert["advice"]))
    assert unexplained(" ".join(shown[: at[-1]])) == []
    usual = shown[at[-2] + 1]
    recorded = alert["evidence"].get("usual")
    told = (
        f"When this happened: {recorded}."
        if recorded
        else "What is usual for the other side was not recorded."
    )
    assert usual == told
    shows = {name: value for name, value in alert["evidence"].items() if name != "usual" and value != []}
    names = [name.replace("_", " ") for name in shows]
    assert names and all(name in shown[at[-1] :] for name in names)
    found = incident(store, alert["id"])
    assert found is not None
    text = as_text(found)
    assert all(part in text for part in (alert["title"], alert["why"], alert["advice"], "Evidence"))
