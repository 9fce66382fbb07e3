"""Uploads against the device's own hours."""

import pytest

from analysis.alerts import Finding, Severity
from analysis.detectors.upload_volume import UploadVolume
from analysis.events import FlowActive, FlowEnd
from analysis.store.rows import VolumeRow
from analysis.volumes import Volumes
from tests.analysis.home import LAPTOP, OUTSIDE, T0, TELEVISION_IP, Home

MB = 1_000_000
KEY = ("eth0", LAPTOP)
HOUR = int(T0) // 3600


@pytest.fixture
def home() -> Home:
    return Home(UploadVolume())


def past(home: Home, *megabytes: float) -> None:
    home.inventory.volumes = Volumes(
        VolumeRow(KEY, HOUR - 1 - n, int(size * MB)) for n, size in enumerate(megabytes)
    )


def upload(home: Home, megabytes: float, ts: float = T0, server: str = OUTSIDE) -> list[Finding]:
    flow = home.flow(server, ts=ts)
    return home.pipeline.handle(
        FlowEnd(ts + 5, flow, 9, 9, int(megabytes * MB), 5000, 9, 9, "established", None)
    )


def test_a_hundred_megabytes_out_of_nothing_are_told(home: Home) -> None:
    assert upload(home, 99) == []
    (finding,) = upload(home, 2)
    assert finding.evidence["megabytes_sent"] == 101 > finding.evidence["threshold_megabytes"] == 100
    assert finding.severity == Severity.NORMAL and "new here" in finding.evidence["usual"]


def test_with_a_past_and_a_stranger_it_is_serious(home: Home) -> None:
    past(home, *[5.0, 6.0, 7.0] * 10)
    (finding,) = upload(home, 150)
    assert finding.severity == Severity.HIGH
    assert finding.evidence["median_megabytes"] == 6 and finding.evidence["hours_compared"] == 30


def test_to_a_known_name_it_is_a_notice(home: Home) -> None:
    past(home, *[5.0, 6.0, 7.0] * 10)
    home.learn("backup.example", OUTSIDE)
    home.inventory.baseline.check(KEY, T0 - 9e6, OUTSIDE, 443, "tcp", "backup.example", T0 - 8e6)
    (finding,) = upload(home, 150)
    assert finding.severity == Severity.NORMAL


def test_much_that_goes_to_many_is_told_by_the_largest_receiver(home: Home) -> None:
    """The first got most, and nothing more when it has become too much."""
    found = [f for n in range(40) for f in upload(home, 11 if n == 0 else 10, server=f"198.51.100.{n}")]
    assert [f.evidence["megabytes_sent"] for f in found] == [101, 211]
    assert found[0].subject.peer_ip == "198.51.100.0" and found[0].evidence["megabytes_to_peer"] == 11
    assert found[0].evidence["receivers"] == 10 and "10 addresses" in found[0].title
    assert len({f.key for f in found}) == 1 and sum(f.times for f in found) == 1


def test_who_always_sends_much_may_send_more(home: Home) -> None:
    past(home, *[200.0, 260.0, 320.0] * 10)
    assert upload(home, 600) == []
    assert upload(home, 50)


def test_it_is_told_again_when_it_has_doubled(home: Home) -> None:
    found = [f for _ in range(10) for f in upload(home, 50)]
    assert [f.evidence["megabytes_sent"] for f in found] == [100, 200, 400]
    assert [f.times for f in found] == [1, 0, 0]


def test_a_long_upload_is_told_while_it_lasts_and_counted_once(home: Home) -> None:
    flow = home.flow()
    assert home.pipeline.handle(FlowActive(T0 + 30, flow, 1, 1, 90 * MB, 1)) == []
    assert len(home.pipeline.handle(FlowActive(T0 + 150, flow, 1, 1, 120 * MB, 1))) == 1
    assert home.pipeline.handle(FlowEnd(T0 + 160, flow, 1, 1, 125 * MB, 1, 1, 1, "established", None)) == []
    assert home.inventory.volumes.sent(KEY, HOUR, 0) == 125 * MB


def test_what_a_server_at_home_hands_out_counts_too(home: Home) -> None:
    flow = home.flow(TELEVISION_IP, 8080, client=OUTSIDE, client_mac=None)
    (finding,) = home.pipeline.handle(FlowEnd(T0 + 5, flow, 9, 9, 5000, 150 * MB, 9, 9, "established", None))
    assert finding.subject.device_ip == TELEVISION_IP and finding.subject.peer_ip == OUTSIDE


def test_what_stays_at_home_and_another_hour_do_not_count(home: Home) -> None:
    assert upload(home, 500, server=TELEVISION_IP) == []
    assert upload(home, 90) == [] and upload(home, 90, ts=T0 + 3600) == []


def test_named_uploads_while_learning_are_not_told() -> None:
    home = Home(UploadVolume(), learning_seconds=86_400.0)
    home.learn("backup.example", OUTSIDE)
    assert upload(home, 500) == []
    assert upload(home, 900, server="198.51.100.66")
