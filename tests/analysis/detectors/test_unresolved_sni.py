"""Names that were never looked up, and all the good reasons for that."""

import pytest

from analysis.alerts import Severity
from analysis.detectors.unresolved_sni import UnresolvedSni
from analysis.events import DhcpMessage
from tests.analysis.home import LAPTOP, LAPTOP_IP, OUTSIDE, T0, TELEVISION_IP, Home, hello, lookup

LATER = T0 + 2 * 3600
NAME = "www.fine.example"


def joined(home: Home) -> None:
    home.pipeline.handle(
        DhcpMessage(
            T0, "discover", LAPTOP, LAPTOP, None, None, None, None, None, None, (), None, None, (), None
        )
    )


def lived(lookups: int = 25, joins: bool = True) -> Home:
    home = Home(UnresolvedSni())
    if joins:
        joined(home)
    for n in range(lookups):
        home.pipeline.handle(lookup(f"www.site{n}.example", ["192.0.2.1"], ts=T0 + n))
        assert home.pipeline.handle(hello(f"www.site{n}.example", ts=T0 + n + 1)) == []
    return home


def twice(home: Home, name: str | None, ts: float = LATER, **more) -> list:
    return [f for n in range(2) for f in home.pipeline.handle(hello(name, ts=ts + n)._replace(**more))]


def test_the_second_connection_to_such_a_name_is_told() -> None:
    (finding,) = twice(lived(), NAME)
    assert finding.severity == Severity.NORMAL and finding.subject.device_mac == LAPTOP
    assert finding.evidence["server_name"] == NAME and finding.evidence["names_looked_up"] == 25


@pytest.mark.parametrize(
    ("home", "name", "more"),
    [
        (lambda: lived(19), NAME, {}),
        (lambda: lived(joins=False), NAME, {}),
        (lived, NAME, {"ts": T0 + 1800}),
        (lived, NAME, {"ech": True}),
        (lived, NAME, {"server_ip": TELEVISION_IP}),
        (lived, None, {}),
        (lived, "tv.local", {}),
        (lived, "images.site3.example", {}),
    ],
    ids=["few look-ups", "was here before us", "too early", "hidden name", "inside", "no name", "local", "same domain"],
)  # fmt: skip
def test_when_nothing_can_be_said(home, name, more) -> None:
    assert twice(home(), name, **more) == []


@pytest.mark.parametrize(
    "resolver", ["dns.google", "chrome.cloudflare-dns.com", "mask.icloud.com", "doh.example"]
)
def test_encrypted_look_ups_end_it(resolver: str) -> None:
    home = lived()
    home.pipeline.handle(hello(resolver, ts=LATER - 60))
    assert twice(home, NAME) == []


def test_dns_over_tls_ends_it() -> None:
    home = lived()
    home.start(home.flow(OUTSIDE, 853, ts=LATER - 60))
    assert twice(home, NAME) == []


def test_several_such_names_mean_look_ups_that_are_hidden_from_us() -> None:
    home = lived()
    for n in range(3):
        home.pipeline.handle(hello(f"www.other{n}.example", ts=LATER - 60))
    assert twice(home, NAME) == []


def test_aliases_of_looked_up_names_are_looked_up() -> None:
    home = lived()
    alias = lookup("www.shop.example", [], ts=LATER - 60)
    record = lookup("x", ["192.0.2.9"]).records[0]._replace(rtype="CNAME", value="edge.cdn.example")
    home.pipeline.handle(alias._replace(records=(record,)))
    assert twice(home, "edge.cdn.example") == []


def test_state_is_bounded() -> None:
    home = Home(UnresolvedSni())
    (rule,) = home.pipeline.detectors
    for n in range(1000):
        home.pipeline.handle(
            hello(NAME)._replace(client_mac=f"02:00:00:00:{n >> 8:02x}:{n & 255:02x}", client_ip=LAPTOP_IP)
        )
    assert len(rule._habits) == 256 and rule.evictions == 744
