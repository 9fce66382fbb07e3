"""Password guessing: who fails how often, and what only looks like it."""

import pytest

from analysis.alerts import Finding, Severity
from analysis.detectors.password_guessing import PasswordGuessing
from analysis.events import BannerSeen, Flow, FlowEnd, HttpRequest, LoginFailed
from tests.analysis.home import LAPTOP, LAPTOP_IP, OUTSIDE, T0, TELEVISION, TELEVISION_IP, Home


@pytest.fixture
def home() -> Home:
    return Home(PasswordGuessing())


def failed(service: str, n: float, server: str = TELEVISION_IP, client: str = LAPTOP_IP) -> LoginFailed:
    return LoginFailed(T0 + n, LAPTOP, client, server, 21, service)


def asked(n: float, basic: bool = True) -> HttpRequest:
    return HttpRequest(T0 + n, LAPTOP, LAPTOP_IP, TELEVISION_IP, 21, "GET", None, "/", None, basic)


def all_of(home: Home, events) -> list[Finding]:
    return [f for event in events for f in home.pipeline.handle(event)]


@pytest.mark.parametrize(("service", "limit"), [("ftp", 20), ("telnet", 10)])
def test_so_many_refusals_within_the_time_fire_and_one_fewer_does_not(home: Home, service, limit) -> None:
    assert all_of(home, (failed(service, n) for n in range(limit - 1))) == []
    (finding,) = home.pipeline.handle(failed(service, limit))
    assert finding.severity == Severity.HIGH and finding.subject.device_mac == LAPTOP
    assert finding.evidence["failures"] == finding.evidence["threshold"] == limit
    assert finding.subject.peer_ip == TELEVISION_IP


def test_slow_mistakes_do_not_add_up(home: Home) -> None:
    assert all_of(home, (failed("ftp", n * 60) for n in range(100))) == []


def test_many_servers_count_together_for_one_device(home: Home) -> None:
    (finding,) = all_of(home, (failed("telnet", n, f"198.51.100.{n}") for n in range(10)))
    assert finding.evidence["targets"] == 10 and "10 devices" in finding.title


def test_one_victim_after_the_other_makes_two_incidents(home: Home) -> None:
    victims = TELEVISION_IP, "192.168.1.41"
    found = all_of(home, (failed("ftp", n, victims[n >= 25]) for n in range(50)))
    assert [f.subject.peer_ip for f in found] == [*victims] and len({f.key for f in found}) == 2
    assert [f.evidence["failures_with_peer"] for f in found] == [20, 15]
    assert "192.168.1.41 and 1 more" in found[1].title


def test_guessers_from_outside_count_together_for_one_device(home: Home) -> None:
    (finding,) = all_of(home, (failed("ftp", n, client=f"198.51.100.{n}") for n in range(20)))
    assert finding.subject.device_ip == TELEVISION_IP and finding.subject.device_mac == TELEVISION
    assert "outside" in finding.title


def test_only_http_refusals_of_a_sent_password_count(home: Home) -> None:
    assert all_of(home, (e for n in range(50) for e in (asked(n, False), failed("http", n)))) == []
    assert all_of(home, (failed("http", n) for n in range(60, 100))) == []
    assert len(all_of(home, (e for n in range(100, 120) for e in (asked(n), failed("http", n))))) == 1


def test_a_polite_client_that_is_asked_first_each_time(home: Home) -> None:
    for n in range(60):  # 401, then the password, then 200
        assert all_of(home, (asked(n, False), failed("http", n), asked(n))) == []


def test_parallel_connections_are_told_apart(home: Home) -> None:
    ports = range(40_000, 40_020)
    events = [asked(1)._replace(client_port=port) for port in ports]
    events += [failed("http", 2)._replace(client_port=port) for port in ports]
    assert len(all_of(home, events)) == 1


def session(
    flow: Flow, service: str = "ssh", down: int = 2461, packets: int = 6, state: str = "established"
) -> FlowEnd:
    return FlowEnd(flow.first_seen + 6, flow, 12, 12, 2100, down, packets, packets, state, service)


def sessions(home: Home, count: int, gap: float = 30, **more) -> list[FlowEnd]:
    return [session(home.flow(TELEVISION_IP, 22, ts=T0 + n * gap), **more) for n in range(count)]


def test_short_ssh_sessions(home: Home) -> None:
    assert all_of(home, sessions(home, 29)) == []
    assert len(all_of(home, sessions(home, 1))) == 1


@pytest.mark.parametrize(
    "more",
    [{"down": 3325}, {"packets": 4}, {"state": "rejected"}, {"service": "tls"}, {"gap": 120.0}],
    ids=["let in", "a look at the greeting", "refused", "not ssh", "slow"],
)
def test_what_is_no_guess(home: Home, more) -> None:
    assert all_of(home, sessions(home, 60, **more)) == []


@pytest.mark.parametrize(
    ("banner", "counts"), [("SSH-2.0-OpenSSH_9.2p1 Debian", True), ("SSH-2.0-OpenSSH_8.4p1", False)]
)
def test_openssh_9_with_itself_needs_more_bytes_for_nothing(home: Home, banner: str, counts: bool) -> None:
    ends = sessions(home, 30, down=3853)
    for end in ends:
        for from_client in (True, False):
            home.pipeline.handle(BannerSeen(T0, end.flow, "ssh", banner, from_client))
    assert bool(all_of(home, ends)) == counts


def test_remote_desktop_of_which_little_came_back(home: Home) -> None:
    assert len(all_of(home, sessions(home, 30, service="rdp", down=2500))) == 1
    assert all_of(home, sessions(home, 60, service="rdp", down=60_000)) == []


def test_state_is_bounded(home: Home) -> None:
    (rule,) = home.pipeline.detectors
    for n in range(200_000):
        home.pipeline.handle(failed("ftp", 0, OUTSIDE, f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}"))
    assert len(rule._refused) <= 65_536 and home.pipeline.evictions > 0
