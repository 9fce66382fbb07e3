"""Listed fingerprints and names."""

import pytest

from analysis.detectors.listed_tls import ListedTls
from tests.analysis.home import LAPTOP, Home, hello


def found(sni: str | None, **options) -> list:
    return Home(ListedTls(**options)).pipeline.handle(hello(sni))


def test_a_fingerprint() -> None:
    (finding,) = found("a.example", ja4=("T13D",))
    assert finding.subject.device_mac == LAPTOP and finding.evidence["matched"] == "fingerprint"


@pytest.mark.parametrize(
    ("sni", "count"), [("panel.example", 1), ("c2.panel.example", 1), ("mypanel.example", 0), (None, 0)]
)
def test_a_name_and_all_below_it(sni: str | None, count: int) -> None:
    assert len(found(sni, names=("Panel.Example.",))) == count


def test_nothing_is_listed_by_default() -> None:
    assert found("a.example") == []
