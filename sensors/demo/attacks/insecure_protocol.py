"""Protocols in clear, and what only has their port."""

import random

from sensors.demo import cast, frames
from sensors.demo.attacks.case import Case
from sensors.demo.incidents import ftp_to_nas, mqtt_in_clear, telnet_to_camera
from sensors.demo.talk import Frames, at_home, outside, refused, tcp, tls


def closed_door(t: float, rng: random.Random) -> Frames:
    """Telnet is tried and refused."""
    return refused(t, rng, at_home(cast.LAPTOP), at_home(cast.CAMERA), 23)


def encrypted(t: float, rng: random.Random) -> Frames:
    """TLS on the port of FTP."""
    return tls(t, rng, at_home(cast.LAPTOP), outside("192.0.2.20"), "files.postbox.example", 500, 900, 21)


def web_server(t: float, rng: random.Random) -> Frames:
    """A web page on the port of Telnet."""
    turns = [(True, b"GET / HTTP/1.1\r\nHost: nas\r\n\r\n"), (False, b"HTTP/1.1 200 OK\r\n\r\n")]
    return tcp(t, rng, at_home(cast.LAPTOP), at_home(cast.NAS), 23, turns)


def unanswered(t: float, rng: random.Random) -> Frames:
    """One opening packet to a broker's port that nobody answers."""
    (mac, ip), (router, server) = at_home(cast.PLUG), outside("203.0.113.20")
    yield t, frames.tcp(mac, router, ip, server, 40_000, 1883, frames.SYN, 7)


CASES = (
    Case("insecure-protocol", "positive", "telnet to a camera", telnet_to_camera),
    Case("insecure-protocol", "positive", "ftp with a password", ftp_to_nas),
    Case("insecure-protocol", "positive", "mqtt to the cloud", mqtt_in_clear),
    Case("insecure-protocol", "near-miss", "telnet is refused", closed_door),
    Case("insecure-protocol", "near-miss", "nobody answers", unanswered),
    Case("insecure-protocol", "benign", "tls on the port of ftp", encrypted),
    Case("insecure-protocol", "benign", "a web page on the port of telnet", web_server),
)
