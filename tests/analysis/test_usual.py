"""How usual a peer is, in words and for rules."""

from analysis.alerts import Subject
from analysis.detectors.new_connection import NewConnection
from analysis.usual import in_words, is_learned, is_own_maker
from tests.analysis.home import LAPTOP, LAPTOP_IP, OUTSIDE, T0, Home

DAY = 86_400.0
ABOUT = Subject(LAPTOP, LAPTOP_IP, OUTSIDE, None, 443, "tcp")


def test_words_tell_first_and_long_contact() -> None:
    home = Home()
    known = home.inventory
    assert in_words(known, ABOUT, T0) == f"first contact with {OUTSIDE} on port 443"
    known.baseline.check(("eth0", LAPTOP), T0, OUTSIDE, 443, "tcp", None, T0)
    told = in_words(known, ABOUT, T0 + 9 * DAY)
    assert told == f"in contact with {OUTSIDE} on port 443 for 9 days; this device had been known for 9 days"
    assert in_words(known, ABOUT, T0 + 3600).endswith("known for 60 minutes")
    assert in_words(known, ABOUT, T0 + 65).endswith("known for 1 minute")


def test_nothing_is_said_of_whom_we_do_not_know() -> None:
    known = Home().inventory
    assert in_words(known, Subject(None, LAPTOP_IP, OUTSIDE, None, 443, "tcp"), T0) is None
    assert in_words(known, ABOUT._replace(port=None, device_mac="02:00:00:00:00:99"), T0) is None


def test_of_a_device_without_a_peer_its_age_is_told() -> None:
    known, alone = Home().inventory, Subject(LAPTOP, LAPTOP_IP)
    assert in_words(known, alone, T0) == "this device had only just come"
    assert in_words(known, alone, T0 + 3 * DAY) == "this device had been known for 3 days"


def test_every_finding_carries_it() -> None:
    home = Home(NewConnection())
    home.open(home.flow(ts=T0 + DAY))
    (finding,) = home.pipeline.tick(T0 + DAY + 1)
    assert finding.evidence["usual"].startswith("first contact with")


def test_what_is_learned_without_a_name_counts_only_afterwards() -> None:
    home = Home(learning_seconds=DAY)
    flow, key = home.flow(), ("eth0", LAPTOP)
    assert not is_learned(home.inventory, flow, T0)
    home.inventory.baseline.check(key, T0, OUTSIDE, 443, "tcp", None, T0 + 1)
    assert not is_learned(home.inventory, flow, T0 + 60) and is_learned(home.inventory, flow, T0 + DAY)
    home.learn("www.example.org", OUTSIDE)
    assert is_learned(home.inventory, flow, T0 + 60)
    home.inventory.baseline.refuse(key, OUTSIDE, 443, "tcp", T0 + 70)
    assert not is_learned(home.inventory, flow, T0 + 2 * DAY)


def test_the_makers_own_service_is_told_by_its_name() -> None:
    home = Home()
    assert not is_own_maker(home.inventory, home.flow())
    home.learn("push.apple.com", OUTSIDE)
    assert is_own_maker(home.inventory, home.flow())
