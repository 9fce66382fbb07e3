"""Guessed passwords, and a person who mistypes one."""

import random

from sensors.demo import cast
from sensors.demo.attacks.case import Case
from sensors.demo.talk import Frames, at_home, join, outside, tcp

NAS, LAPTOP, CAMERA = cast.NAS, cast.LAPTOP, cast.CAMERA


def ftp(t: float, rng: random.Random, tries: int, gap: float) -> Frames:
    """So many passwords refused by the NAS, one a connection."""
    yield from join(t, rng, LAPTOP)
    turns = [
        (False, b"220 diskstation FTP server ready.\r\n"), (True, b"USER admin\r\n"),
        (False, b"331 Password required for admin.\r\n"), (True, b"PASS ********\r\n"),
        (False, b"530 Login incorrect.\r\n"),
    ]  # fmt: skip
    for n in range(tries):
        yield from tcp(t + 5 + n * gap, rng, at_home(LAPTOP), at_home(NAS), 21, turns)


def telnet(t: float, rng: random.Random, tries: int, gap: float) -> Frames:
    """A worm tries its list on cameras."""
    turns = [
        (False, b"\xff\xfd\x18\xff\xfd\x20"), (True, b"\xff\xfc\x18\xff\xfc\x20"), (False, b"\r\nlogin: "),
        (True, b"root\r\n"), (False, b"Password: "), (True, b"********\r\n"),
        (False, b"\r\nLogin incorrect\r\nlogin: "),
    ]  # fmt: skip
    yield from join(t, rng, CAMERA)
    for n in range(tries):
        yield from tcp(t + 5 + n * gap, rng, at_home(CAMERA), outside(f"198.51.100.{10 + n}"), 23, turns)


def basic(t: float, rng: random.Random, tries: int, wrong: bool, credentials: bool = True) -> Frames:
    """The router's web page, asked with a name and password again and again."""
    login = "Authorization: Basic ****\r\n" if credentials else ""
    ask = f"GET /setup HTTP/1.1\r\nHost: {cast.ROUTER_IP}\r\n{login}\r\n".encode()
    answer = (
        b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n" if wrong else b"HTTP/1.1 200 OK\r\n\r\n"
    )
    yield from join(t, rng, LAPTOP)
    for n in range(tries):
        router = (cast.ROUTER_MAC, cast.ROUTER_IP)
        yield from tcp(t + 5 + n, rng, at_home(LAPTOP), router, 80, [(True, ask), (False, answer)])


def ssh(
    t: float, rng: random.Random, client: tuple[str, str], sessions: int, got: int, talk: bool = True
) -> Frames:
    """SSH sessions with the NAS, each of which brings `got` bytes; without `talk` only its greeting."""
    turns = [(False, b"SSH-2.0-OpenSSH_9.2p1\r\n"), (True, b"SSH-2.0-libssh_0.10.5\r\n")]
    if talk:
        sizes = (rng.randrange(900, 1000), 400, 60, 60)
        turns += [(up, bytes(size)) for size in sizes for up in (True, False)]
        turns.append((False, bytes(got)))
    for n in range(sessions):
        yield from tcp(t + 5 + n * 20, rng, client, at_home(NAS), 22, turns)


def stranger(n: int) -> tuple[str, str]:
    return outside(f"203.0.113.{n}")


def rdp(t: float, rng: random.Random, sessions: int, got: int) -> Frames:
    """Remote Desktop sessions with the laptop."""
    turns = [
        (True, b"\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\x0b\0\0\0"),
        (False, b"\x03\0\0\x13\x0e\xd0\0\0\x124\0\x02\x1f\x08\0\x02\0\0\0"),
        (True, bytes(300)), (False, bytes(1200)), (True, bytes(200)), (False, bytes(got)),
    ]  # fmt: skip
    yield from join(t, rng, cast.GUEST)
    for n in range(sessions):
        yield from tcp(t + 5 + n * 10, rng, at_home(cast.GUEST), at_home(LAPTOP), 3389, turns)


RULE = "password-guessing"
CASES = (
    Case(RULE, "positive", "ftp", lambda t, rng: ftp(t, rng, 24, 3.0)),
    Case(RULE, "near-miss", "ftp, 19 in a row", lambda t, rng: ftp(t, rng, 19, 3.0)),
    Case(RULE, "benign", "ftp, a wrong password stored in the television",
         lambda t, rng: ftp(t, rng, 30, 60.0)),
    Case(RULE, "positive", "telnet worm", lambda t, rng: telnet(t, rng, 12, 4.0)),
    Case(RULE, "near-miss", "telnet, nine tries", lambda t, rng: telnet(t, rng, 9, 4.0)),
    Case(RULE, "positive", "web page", lambda t, rng: basic(t, rng, 25, True)),
    Case(RULE, "benign", "web page with the right password", lambda t, rng: basic(t, rng, 60, False)),
    Case(RULE, "benign", "web page that asks for a password", lambda t, rng: basic(t, rng, 60, True, False)),
    Case(RULE, "positive", "ssh from home", lambda t, rng: ssh(t, rng, at_home(LAPTOP), 33, 300)),
    Case(RULE, "positive", "ssh from outside", lambda t, rng: ssh(t, rng, stranger(9), 33, 300)),
    Case(RULE, "near-miss", "ssh, 29 sessions", lambda t, rng: ssh(t, rng, at_home(LAPTOP), 29, 300)),
    Case(RULE, "benign", "ssh backups that succeed", lambda t, rng: ssh(t, rng, at_home(LAPTOP), 60, 1500)),
    Case(RULE, "benign", "a monitor looks whether ssh answers",
         lambda t, rng: ssh(t, rng, at_home(LAPTOP), 60, 0, talk=False)),
    Case(RULE, "positive", "remote desktop", lambda t, rng: rdp(t, rng, 32, 200)),
    Case(RULE, "benign", "remote desktop in use", lambda t, rng: rdp(t, rng, 32, 60_000)),
)  # fmt: skip
