"""Certificates that prove nothing."""

import pytest

from analysis.alerts import Severity
from analysis.detectors.bad_certificate import BadCertificate, covers, is_address
from analysis.events import CertificateSeen
from tests.analysis.home import LAPTOP, LAPTOP_IP, OUTSIDE, T0, TELEVISION_IP, Home

DAY = 86_400.0


def shown(name: str = "api.example", **more) -> CertificateSeen:
    plain = CertificateSeen(
        T0, LAPTOP, LAPTOP_IP, OUTSIDE, 443, name, name, "Example CA", (name,), T0 - 30 * DAY, T0 + 60 * DAY,
        "rsa", 2048, False, f"{name}-{sorted(more.items())}",
    )  # fmt: skip
    return plain._replace(**more)


def proven() -> Home:
    """A home that has seen enough good certificates to trust its clock."""
    home = Home(BadCertificate())
    assert [f for n in range(9) for f in home.pipeline.handle(shown(f"good{n}.example"))] == []
    return home


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"self_signed": True}, "self-signed"),
        ({"not_after": T0 - 3 * DAY}, "expired"),
        ({"not_before": T0 + 3 * DAY}, "not yet valid"),
        ({"names": ("other.example",)}, "made out to another name"),
        ({"key_bits": 512}, "weak key"),
    ],
)
def test_each_problem(more, problem: str) -> None:
    (finding,) = proven().pipeline.handle(shown(**more))
    assert finding.severity == Severity.NORMAL and finding.evidence["problems"] == [problem]
    assert problem in finding.title and finding.subject.device_mac == LAPTOP


@pytest.mark.parametrize(
    "more",
    [
        {}, {"not_after": T0 - DAY}, {"sni": None, "names": ("x.example",)}, {"sni": "93.184.216.34"},
        {"names": ("*.example",)}, {"server_ip": TELEVISION_IP, "self_signed": True}, {"key": "ec", "key_bits": 256},
        {"names": tuple(f"{n}.example.org" for n in range(256))},
    ],
)  # fmt: skip
def test_what_is_good_enough(more) -> None:
    assert proven().pipeline.handle(shown(**more)) == []


def test_a_clock_that_no_certificate_agrees_with_makes_none_expired() -> None:
    home = Home(BadCertificate())
    for n in range(20):
        assert home.pipeline.handle(shown(f"old{n}.example", not_after=T0 - 900 * DAY)) == []


@pytest.mark.parametrize(
    ("more", "severity"),
    [({"self_signed": True}, Severity.HIGH), ({"names": ("b.example",)}, Severity.HIGH), ({"not_after": T0 - 3 * DAY}, Severity.NORMAL)],
)  # fmt: skip
def test_worse_than_before_is_serious_unless_it_only_ran_out(more, severity: Severity) -> None:
    home = proven()
    home.pipeline.handle(shown())
    assert home.pipeline.handle(shown(**more))[0].severity == severity


@pytest.mark.parametrize(
    ("names", "wanted", "covered"),
    [
        (("a.example",), "a.example", True), (("*.example",), "a.example", True), (("*.example",), "b.a.example", False),
        (("*.a.example",), "a.example", False), (("a.example",), "a.example.", True), ((), "a.example", False),
    ],
)  # fmt: skip
def test_names_and_wildcards(names, wanted: str, covered: bool) -> None:
    assert covers(names, wanted) is covered


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("192.0.2.7", True), ("2001:db8::a", True), ("::", True), ("fe80::1%eth0", True), ("api7", False),
        ("192.0.2.7.", False), ("a.example", False), ("a:b", False), ("1.2.3.\u0664", False),
    ],
)  # fmt: skip
def test_servers_named_by_address(name: str, address: bool) -> None:
    assert is_address(name) is address
