"""What goes wrong in the demo home: at least one incident of every rule, each with a story."""

import random
from collections.abc import Callable

from sensors.demo import cast, frames
from sensors.demo.talk import Frames, at_home, join, lookup, outside, port, refused, tcp, tls

Incident = Callable[[float, random.Random], Frames]


def telnet_to_camera(t: float, rng: random.Random) -> Frames:
    """Somebody opens the camera's old Telnet console."""
    turns = [
        (False, b"\xff\xfd\x18\xff\xfd\x20\xff\xfd\x23\xff\xfd\x27"),
        (True, b"\xff\xfb\x18\xff\xfc\x20\xff\xfc\x23\xff\xfb\x27"),
        (False, b"\r\nDCS-935L login: "), (True, b"admin\r\n"),
        (False, b"Password: "), (True, b"********\r\n"),
        (False, b"\r\n# "), (True, b"cat /proc/cpuinfo\r\n"), (False, b"processor : 0\r\n# "),
    ]  # fmt: skip
    return tcp(t, rng, at_home(cast.LAPTOP), at_home(cast.CAMERA), 23, turns, gap=0.4)


def ftp_to_nas(t: float, rng: random.Random) -> Frames:
    """The television fetches films from the NAS over FTP."""
    turns = [
        (False, b"220 diskstation FTP server ready.\r\n"), (True, b"USER media\r\n"),
        (False, b"331 Password required for media.\r\n"), (True, b"PASS ********\r\n"),
        (False, b"230 User media logged in.\r\n"), (True, b"TYPE I\r\n"), (False, b"200 Type set to I.\r\n"),
        (True, b"QUIT\r\n"), (False, b"221 Goodbye.\r\n"),
    ]  # fmt: skip
    return tcp(t, rng, at_home(cast.TV), at_home(cast.NAS), 21, turns, gap=0.1)


def mqtt_in_clear(t: float, rng: random.Random) -> Frames:
    """The heater's plug reports to its cloud without encryption."""
    client = b"plug-45:01:19"
    body = b"\x00\x04MQTT\x04\x02\x00\x3c" + len(client).to_bytes(2, "big") + client
    publish = b"\x00\x05state" + b'{"watts": 1850}'
    turns = [
        (True, b"\x10" + bytes([len(body)]) + body), (False, b"\x20\x02\x00\x00"),
        (True, b"\x30" + bytes([len(publish)]) + publish),
    ]  # fmt: skip
    yield from lookup(
        t, rng, cast.PLUG, "devices.plugcloud.example", [cast.SERVICES["devices.plugcloud.example"]]
    )
    server = outside(cast.SERVICES["devices.plugcloud.example"])
    yield from tcp(t + 0.1, rng, at_home(cast.PLUG), server, 1883, turns, gap=0.2)


def phishing_click(t: float, rng: random.Random) -> Frames:
    """A link in a mail leads to a listed phishing name."""
    yield from lookup(t, rng, cast.PIXEL, "www.login-postbox.example", ["203.0.113.99"])
    yield from tls(
        t + 0.1, rng, at_home(cast.PIXEL), outside("203.0.113.99"), "www.login-postbox.example", 900, 9_000
    )


def botnet_thermostat(t: float, rng: random.Random) -> Frames:
    """The thermostat was taken over: it asks for its master, talks IRC to it, and tries SSH outside."""
    yield from lookup(t, rng, cast.THERMOSTAT, "c2.darkpanel.example", [cast.C2_ADDRESS])
    irc = [
        (True, b"NICK th-4501\r\nUSER th 0 * :th\r\n"), (False, b":panel 001 th-4501 :welcome\r\n"),
        (True, b"JOIN #fleet\r\n"), (False, b":panel 332 th-4501 #fleet :.scan 22\r\n"),
    ]  # fmt: skip
    yield from tcp(t + 1, rng, at_home(cast.THERMOSTAT), outside(cast.C2_ADDRESS), 6667, irc, gap=0.3)
    ssh = [
        (False, b"SSH-2.0-OpenSSH_9.2p1\r\n"),
        (True, b"SSH-2.0-Go\r\n"),
        (False, bytes(800)),
        (True, bytes(700)),
    ]
    for n in range(3):
        yield from tcp(t + 8 + 4 * n, rng, at_home(cast.THERMOSTAT), outside(f"192.0.2.{200 + n}"), 22, ssh)


def listed_address(t: float, rng: random.Random) -> Frames:
    """The camera contacts an address on a threat list, without asking for a name."""
    return tls(t, rng, at_home(cast.CAMERA), outside(cast.BLOCKED_ADDRESS), "relay.example", 4_000, 500)


def guest_arrives(t: float, rng: random.Random) -> Frames:
    """A phone nobody knows joins, asks for every address, then tries the doors of the NAS."""
    yield from join(t, rng, cast.GUEST)
    for n in range(1, 60):
        yield t + 200 + n * 0.02, frames.arp(1, cast.GUEST.mac, cast.GUEST.ip, "", f"192.168.1.{n}")
    ports = [
        22,
        80,
        81,
        111,
        135,
        139,
        443,
        445,
        548,
        873,
        2049,
        3306,
        5000,
        5001,
        5432,
        6690,
        8000,
        8080,
        9000,
        9090,
    ]
    for n, dport in enumerate(ports):
        yield from refused(t + 260 + n * 0.3, rng, at_home(cast.GUEST), at_home(cast.NAS), dport)


def remote_help(t: float, rng: random.Random) -> Frames:
    """Remote desktop to a computer outside."""
    turns = [
        (True, b"\x03\x00\x00\x13\x0e\xe0" + bytes(13)),
        (False, b"\x03\x00\x00\x13\x0e\xd0" + bytes(13)),
    ]
    return tcp(t, rng, at_home(cast.LAPTOP), outside("198.51.100.99"), 3389, turns, gap=0.2)


def first_visit(t: float, rng: random.Random) -> Frames:
    """The hue bridge talks to a server it never used."""
    yield from lookup(t, rng, cast.HUE, "stats.newpartner.example", ["203.0.113.200"])
    yield from tls(
        t + 0.1, rng, at_home(cast.HUE), outside("203.0.113.200"), "stats.newpartner.example", 1_200, 900
    )


def lost_names(t: float, rng: random.Random) -> Frames:
    """Ordinary failures: names that do not exist, a server that does not answer."""
    for n in range(3):
        yield from lookup(t + n, rng, cast.LAPTOP, f"old-printer-{n}.example", [])
    src, dst = at_home(cast.LAPTOP), outside("192.0.2.250")
    yield t + 5, frames.tcp(src[0], dst[0], src[1], dst[1], port(rng), 443, frames.SYN, 1)


STORY: tuple[tuple[float, Incident], ...] = (
    (0.30, lost_names),
    (0.42, ftp_to_nas),
    (0.50, first_visit),
    (0.58, mqtt_in_clear),
    (0.66, remote_help),
    (0.72, phishing_click),
    (0.80, guest_arrives),
    (0.88, telnet_to_camera),
    (0.93, listed_address),
    (0.96, botnet_thermostat),
)
"""Incidents by their place in the evening, from 0 (begin) to 1 (end)."""
