"""Gadgets that do what computers do, and gadgets as they are."""

import random

from sensors.demo import cast
from sensors.demo.attacks.case import Case
from sensors.demo.talk import Frames, at_home, join, outside, tcp, tls

BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 "
    "Safari/537.36"
)
PLAYER = "Mozilla/5.0 (Linux; U; SmartCam) GoAhead/1.0"
SSH = [(False, b"SSH-2.0-OpenSSH_9.2p1\r\n"), (True, b"SSH-2.0-Go\r\n")]


def surf(t: float, rng: random.Random, device: cast.Device, agent: str) -> Frames:
    ask = f"GET / HTTP/1.1\r\nHost: www.daily-news.example\r\nUser-Agent: {agent}\r\n\r\n".encode()
    yield from join(t, rng, device)
    turns = [(True, ask), (False, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]
    yield from tcp(t + 70, rng, at_home(device), outside("192.0.2.10"), 80, turns)


def ssh(t: float, rng: random.Random, device: cast.Device) -> Frames:
    yield from join(t, rng, device)
    yield from tcp(t + 70, rng, at_home(device), outside("203.0.113.99"), 22, SSH)


def fan_out(t: float, rng: random.Random, device: cast.Device, servers: int) -> Frames:
    yield from join(t, rng, device)
    for n in range(servers):
        server = outside(f"198.51.100.{n + 1}")
        yield from tls(t + 70 + n * 20, rng, at_home(device), server, f"s{n}.example", 300, 300)


RULE = "computer-like"
CASES = (
    Case(RULE, "positive", "a camera surfs", lambda t, rng: surf(t, rng, cast.CAMERA, BROWSER)),
    Case(RULE, "positive", "a plug opens ssh", lambda t, rng: ssh(t, rng, cast.PLUG)),
    Case(RULE, "positive", "a camera talks to everybody", lambda t, rng: fan_out(t, rng, cast.CAMERA, 70)),
    Case(RULE, "near-miss", "a busy camera", lambda t, rng: fan_out(t, rng, cast.CAMERA, 50)),
    Case(RULE, "near-miss", "a camera's own program", lambda t, rng: surf(t, rng, cast.CAMERA, PLAYER)),
    Case(RULE, "benign", "a laptop surfs", lambda t, rng: surf(t, rng, cast.LAPTOP, BROWSER)),
    Case(RULE, "benign", "a laptop opens ssh", lambda t, rng: ssh(t, rng, cast.LAPTOP)),
    Case(RULE, "benign", "a laptop talks to everybody", lambda t, rng: fan_out(t, rng, cast.LAPTOP, 90)),
)
