"""Gadgets that start a new program after a day, and those that only update theirs."""

import random
from collections.abc import Sequence

from sensors.demo import cast
from sensors.demo.attacks.case import Case
from sensors.demo.talk import Frames, at_home, join, outside, tcp

DAY = 86_400.0
OWN = "SmartCam/1.2 (firmware 7)"
APPS = tuple((hour, f"App{letter}/1.0") for hour, letter in enumerate("abcd"))
CURL, PYTHON = "curl/8.5.0", "python-requests/2.31.0"


def fetches(t: float, rng: random.Random, device: cast.Device, agents: Sequence[tuple[float, str]]) -> Frames:
    """The device joins, and asks a web server now and then in the name of a program: (hours, name)."""
    yield from join(t, rng, device)
    for hours, agent in agents:
        ask = f"GET /check HTTP/1.1\r\nHost: api.smartcam.example\r\nUser-Agent: {agent}\r\n\r\n".encode()
        turns = [(True, ask), (False, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]
        at = t + 60 + hours * 3600
        yield from tcp(at, rng, at_home(device), outside("203.0.113.10"), 80, turns)


def case(kind: str, name: str, device: cast.Device, *agents: tuple[float, str]) -> Case:
    return Case("user-agent", kind, name, lambda t, rng: fetches(t, rng, device, agents))  # type: ignore[arg-type]


CASES = (
    case("positive", "a camera starts curl", cast.CAMERA, (1, OWN), (25, CURL), (26, CURL)),
    case("positive", "a television runs python", cast.TV, (0, "TVApp/3.1"), (30, PYTHON)),
    case("positive", "a plug gets another program", cast.PLUG, (0, "HS110/1.0"), (40, "Fetcher/0.1")),
    case("near-miss", "a day has not passed", cast.CAMERA, (1, OWN), (23, CURL)),
    case("near-miss", "only the version is new", cast.CAMERA, (1, OWN), (30, "SmartCam/1.3 (firmware 8)")),
    case("benign", "a laptop may run anything", cast.LAPTOP, (1, OWN), (30, PYTHON), (31, CURL)),
    case("benign", "a phone gets a new app", cast.PIXEL, (1, "Weather/1.0"), (30, "Chess/2.0")),
    case("benign", "a television with many apps", cast.TV, *APPS, (30, "Appe/1.0")),
)  # fmt: skip
