"""Floods: a device that takes part in an attack, and busy conversations that only look alike."""

import random

from sensors.demo import cast, frames
from sensors.demo.attacks.case import Case
from sensors.demo.talk import Frames, at_home, join, outside, port

TARGET = "198.51.100.200"


def syn_flood(t: float, rng: random.Random, count: int = 3000, seconds: float = 8.0) -> Frames:
    """Thousands of opening packets that nobody answers."""
    yield from join(t, rng, cast.PLUG)
    (mac, ip), (router, target) = at_home(cast.PLUG), outside(TARGET)
    begin = (t // 10 + 2) * 10
    for n in range(count):
        sport = 1024 + n % 60_000
        yield begin + n * seconds / count, frames.tcp(mac, router, ip, target, sport, 80, frames.SYN, n)


def slow_attempts(t: float, rng: random.Random) -> Frames:
    """A program that cannot reach its server tries 150 times a second, below the limit."""
    return syn_flood(t, rng, 1500, 10.0)


def stream(
    t: float, rng: random.Random, device: cast.Device, per_second: int, seconds: int, answer_every: int
) -> Frames:
    """UDP packets to one server; `answer_every` 0 means that it never answers."""
    yield from join(t, rng, device)
    (mac, ip), (router, target), sport = at_home(device), outside(TARGET), port(rng)
    for n in range(per_second * seconds):
        at = t + 5 + n / per_second
        yield at, frames.udp(mac, router, ip, target, sport, 4500, b"\x45" + bytes(400))
        if answer_every and n % answer_every == 0:
            answer = frames.udp(router, mac, target, ip, 4500, sport, b"\x45" + bytes(60))
            yield at + 0.0001, answer


def udp_flood(t: float, rng: random.Random) -> Frames:
    """A camera that malware took over fires at one server."""
    return stream(t, rng, cast.CAMERA, 800, 40, 0)


def tunnel(t: float, rng: random.Random) -> Frames:
    """A work network's tunnel carries a large upload; each second packet is confirmed."""
    return stream(t, rng, cast.WORK, 800, 40, 2)


def camera_picture(t: float, rng: random.Random) -> Frames:
    """A camera streams its picture one way at 300 packets a second."""
    return stream(t, rng, cast.CAMERA, 300, 80, 0)


CASES = (
    Case("flood", "positive", "opening packets by the thousand", syn_flood),
    Case("flood", "positive", "a stream that nobody answers", udp_flood),
    Case("flood", "near-miss", "a program that cannot reach its server", slow_attempts),
    Case("flood", "near-miss", "a camera streams one way", camera_picture),
    Case("flood", "benign", "a large upload through a work network", tunnel),
)
