"""What the demo home does all evening when nothing is wrong."""

import heapq
import random
from collections.abc import Sequence

from sensors.demo import cast, frames
from sensors.demo.cast import ROUTER_MAC, SERVICES, Device
from sensors.demo.talk import Frames, at_home, join, lookup, outside, port, tls

Habit = tuple[Device, Sequence[str], float, int, int]
"""Device, the names it visits, mean seconds between visits, bytes up and down of one."""

HABITS: tuple[Habit, ...] = (
    (cast.PHONE, ("www.daily-news.example", "img.daily-news.example", "chat.messenger.example",
                  "mail.postbox.example", "search.find.example", "maps.find.example"), 75, 4_000, 60_000),
    (cast.TABLET, ("video.streamflix.example", "play.gamenet.example",
                   "learn.school.example"), 120, 3_000, 90_000),
    (cast.PIXEL, ("chat.messenger.example", "photos.cloudbox.example", "shop.bigmarket.example",
                  "search.find.example"), 110, 8_000, 50_000),
    (cast.LAPTOP, ("www.daily-news.example", "img.daily-news.example", "shop.bigmarket.example",
                   "sync.cloudbox.example", "mail.postbox.example",
                   "search.find.example"), 60, 6_000, 70_000),
    (cast.WORK, ("vpn.office.example", "mail.postbox.example", "sync.cloudbox.example"), 90, 20_000, 40_000),
    (cast.TV, ("video.streamflix.example", "cdn1.streamflix.example",
               "cdn2.streamflix.example"), 45, 2_000, 400_000),
    (cast.CONSOLE, ("play.gamenet.example",), 240, 5_000, 150_000),
    (cast.SPEAKER, ("music.tunes.example",), 200, 1_500, 90_000),
    (cast.CAMERA, ("api.smartcam.example",), 150, 60_000, 3_000),
    (cast.PLUG, ("devices.plugcloud.example",), 300, 900, 900),
    (cast.HUE, ("bridge.huelights.example",), 240, 1_000, 1_200),
    (cast.THERMOSTAT, ("api.thermo.example",), 420, 1_500, 1_500),
    (cast.PRINTER, ("update.osvendor.example",), 3_000, 900, 2_000),
    (cast.NAS, ("sync.cloudbox.example", "update.osvendor.example"), 400, 50_000, 9_000),
)  # fmt: skip


def visit(t: float, rng: random.Random, device: Device, name: str, sent: int, got: int) -> Frames:
    """Ask for a name, then talk TLS to it."""
    size = rng.lognormvariate(0, 0.6)
    yield from lookup(t, rng, device, name, [SERVICES[name]])
    yield from tls(
        t + 0.05, rng, at_home(device), outside(SERVICES[name]), name, int(sent * size), int(got * size)
    )


def habit(begin: float, end: float, rng: random.Random, what: Habit) -> Frames:
    """A device's visits from `begin` to `end`."""
    device, names, pause, sent, got = what
    t = begin + rng.expovariate(1 / pause)
    while t < end:
        yield from visit(t, rng, device, rng.choice(names), sent, got)
        t += 4 + rng.expovariate(1 / pause)


def clocks(begin: float, end: float, rng: random.Random, device: Device) -> Frames:
    """NTP every quarter of an hour."""
    t = begin + rng.uniform(0, 900)
    server = SERVICES["time.pool.example"]
    while t < end:
        yield from lookup(t, rng, device, "time.pool.example", [server])
        sport = port(rng)
        yield t + 0.1, frames.udp(device.mac, ROUTER_MAC, device.ip, server, sport, 123, b"\x23" + bytes(47))
        yield t + 0.13, frames.udp(ROUTER_MAC, device.mac, server, device.ip, 123, sport, b"\x24" + bytes(47))
        t += 900


def call(begin: float, end: float, rng: random.Random, device: Device) -> Frames:
    """A video call over QUIC-like UDP: 40 datagrams a second each way."""
    sport, server, t = port(rng), SERVICES["chat.messenger.example"], begin
    while t < end:
        up, down = b"\x40" + bytes(rng.randrange(300, 1100)), b"\x40" + bytes(rng.randrange(300, 1100))
        yield t, frames.udp(device.mac, ROUTER_MAC, device.ip, server, sport, 443, up)
        yield t + 0.008, frames.udp(ROUTER_MAC, device.mac, server, device.ip, 443, sport, down)
        t += 0.025


def household(begin: float, end: float, rng: random.Random) -> Frames:
    """Everybody's evening: devices come within the first two minutes and do as they always do."""
    joins = [join(begin + rng.uniform(0, 100), rng, device) for device in cast.HOME]
    habits = [habit(begin + 120, end, random.Random(rng.random()), what) for what in HABITS]
    ticks = [
        clocks(begin + 120, end, random.Random(rng.random()), d) for d in (cast.CAMERA, cast.HUE, cast.NAS)
    ]
    calls = [call(begin + (end - begin) * 0.55, begin + (end - begin) * 0.55 + 120, rng, cast.WORK)]
    return heapq.merge(*joins, *habits, *ticks, *calls, key=lambda frame: frame[0])
