"""rexec by its first message."""

from tests.sensors.parsers.feed import Feeder, flow


def test_on_its_port_the_password_is_a_fact() -> None:
    fed = Feeder(flow(512)).up(b"40001\0anna\0hunter2\0id\0")
    assert fed.sessions() == [("rexec", True)] and fed.stream.done
    assert "hunter2" not in repr(fed.events)


def test_its_port_decides_even_from_a_reserved_port() -> None:
    assert Feeder(flow(512, 1000)).up(b"0\0anna\0anna\0id\0").sessions() == [("rexec", True)]


def test_an_unfinished_request_is_not_told() -> None:
    fed = Feeder(flow(512)).up(b"40001\0anna\0hunter2\0id")
    assert fed.sessions() == [] and not fed.given_up
