"""Live interfaces in a network namespace of their own: nothing lost uncounted, every fault outlived."""

import ctypes
import multiprocessing
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from ctypes.util import find_library
from pathlib import Path

import pytest

from analysis.config import Interface
from sensors.capture import CaptureError, LiveSource, State, default_interface, interface_subnets, open_live
from tests.conftest import ROOT
from tests.sensors.decode_seeds import DATA, ETHER, QUERY, V4, V6

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="needs root on Linux"),
]

LIBRARIES = ("pcapy", "scapy")
CLONE_NEWNET = 0x4000_0000
OWN, OTHER = "sncap0", "sncap1"
RECOVERY = 2.0
"""Seconds within which an interface that came back must be heard again."""

both = pytest.mark.parametrize("library", LIBRARIES)


@pytest.fixture(autouse=True)
def namespace() -> Iterator[None]:
    """Every test in a fresh, empty network namespace; this process goes back afterwards."""
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    if libc.unshare(CLONE_NEWNET) != 0:
        os.close(home)
        pytest.skip("no rights to make a network namespace")
    try:
        Path("/proc/sys/net/ipv6/conf/default/disable_ipv6").write_text("1")
        ip("link", "set", "lo", "up")
        yield
    finally:
        libc.setns(home, CLONE_NEWNET)
        os.close(home)


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def plug() -> None:
    """A virtual cable with both ends here, both switched on."""
    ip("link", "add", OWN, "type", "veth", "peer", "name", OTHER)
    ip("link", "set", OTHER, "up")
    ip("link", "set", OWN, "up")


def frames(count: int) -> list[bytes]:
    shapes = [bytes(ETHER / V4 / DATA), bytes(ETHER / V6 / QUERY)]
    return [shapes[number % 2] + struct.pack(">I", number) for number in range(count)]


def send(packets: list[bytes], name: str = OTHER) -> None:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
        sender.bind((name, 0))
        for packet in packets:
            sender.send(packet)


def receive(source: LiveSource, count: int, seconds: float = 5) -> list[bytes]:
    """Packets until `count` are there, or time is up, and then for a moment more."""
    seen: list[bytes] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        batch = source.read(0.1)
        if batch is not None:
            seen += [
                batch.buffer[o : o + n].tobytes() for o, n in zip(batch.offsets, batch.caplen, strict=True)
            ]
        elif len(seen) >= count:
            break
    return seen


def until(source: LiveSource, state: State, seconds: float = RECOVERY) -> float:
    """Reads until the source is in that state; how long it took."""
    start = time.monotonic()
    while source.state != state:
        assert time.monotonic() - start < seconds, f"still {source.state}: {source.message}"
        source.read(0.1)
    return time.monotonic() - start


@pytest.fixture
def opened() -> Iterator[Callable[..., LiveSource]]:
    """Opens sources that are closed when the test ends."""
    sources: list[LiveSource] = []

    def opener(library: str, name: str = OWN, **options: object) -> LiveSource:
        sources.append(open_live(Interface.model_validate({"name": name, **options}), library))
        return sources[-1]

    yield opener
    for source in sources:
        source.close()


@both
def test_every_packet_once(opened: Callable[..., LiveSource], library: str) -> None:
    plug()
    source = opened(library)
    assert (source.state, source.message, source.notice) == (State.RUNNING, "", "")
    packets = frames(5000)
    before = time.time()
    send(packets)
    batches = []
    while sum(len(batch.offsets) for batch in batches) < 5000 and time.time() < before + 10:
        batch = source.read(0.2)
        if batch is not None:
            batches.append(batch)
    seen = [b.buffer[o : o + n].tobytes() for b in batches for o, n in zip(b.offsets, b.caplen, strict=True)]
    assert seen == packets
    assert {batch.linktype for batch in batches} == {1}
    assert all(before - 1 < ts < time.time() + 1 for batch in batches for ts in batch.ts)
    assert source.stats() == (5000, 0, 0)
    assert source.read(0.1) is None


def test_both_libraries_see_the_same(opened: Callable[..., LiveSource]) -> None:
    plug()
    first, second = opened("pcapy"), opened("scapy")
    packets = frames(300)
    send(packets)
    assert receive(first, 300) == receive(second, 300) == packets


@both
def test_loopback(opened: Callable[..., LiveSource], library: str) -> None:
    """Each loopback packet once."""
    source = opened(library, "lo")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in range(10):
            sender.sendto(b"number %d" % number, ("127.0.0.1", 9))
    seen = [packet for packet in receive(source, 10, 2) if b"number" in packet[42:50]]
    assert [packet[42:] for packet in seen] == [b"number %d" % number for number in range(10)]


@both
def test_losses_are_counted_exactly(opened: Callable[..., LiveSource], library: str) -> None:
    """More than the buffer holds while nobody reads: what was read and what was dropped is what was sent."""
    plug()
    source = opened(library, buffer_mb=1)
    send(frames(30_000))
    seen = receive(source, 30_000, 2)
    received, dropped, interface_dropped = source.stats()
    assert received == len(seen) < 30_000
    assert received + dropped == 30_000
    assert interface_dropped == 0
    source.close()
    assert source.stats() == (received, dropped, 0)


@both
def test_link_down_and_up(opened: Callable[..., LiveSource], library: str) -> None:
    plug()
    source = opened(library)
    for round_ in range(5):
        ip("link", "set", OWN, "down")
        until(source, State.LINK_DOWN)
        assert "down" in source.message
        ip("link", "set", OWN, "up")
        until(source, State.RUNNING)
        packets = frames(100)
        send(packets)
        assert receive(source, 100) == packets
        assert source.stats() == (100 * (round_ + 1), 0, 0)


@both
def test_cable_out_and_in(opened: Callable[..., LiveSource], library: str) -> None:
    """No carrier: the socket sees no error, but it is told."""
    plug()
    source = opened(library)
    ip("link", "set", OTHER, "down")
    until(source, State.LINK_DOWN)
    ip("link", "set", OTHER, "up")
    until(source, State.RUNNING)
    send(frames(10))
    assert len(receive(source, 10)) == 10


@both
def test_deleted_and_made_again(opened: Callable[..., LiveSource], library: str) -> None:
    plug()
    source = opened(library)
    for round_ in range(3):
        ip("link", "del", OWN)
        until(source, State.MISSING)
        assert OWN in source.message
        plug()
        until(source, State.RUNNING)
        packets = frames(100)
        send(packets)
        assert receive(source, 100) == packets
        assert source.stats().received == 100 * (round_ + 1)


@both
def test_made_again_unseen(opened: Callable[..., LiveSource], library: str) -> None:
    """Deleted and made again between two reads: the name is the same, the interface is not."""
    plug()
    source = opened(library)
    ip("link", "del", OWN)
    plug()
    end = time.monotonic() + RECOVERY
    seen: list[bytes] = []
    while not seen and time.monotonic() < end:
        send(frames(1))
        seen = receive(source, 1, 0.2)
    assert seen


@both
def test_missing_at_start(opened: Callable[..., LiveSource], library: str) -> None:
    source = opened(library)
    assert source.state == State.MISSING
    assert source.read(0.05) is None
    plug()
    until(source, State.RUNNING, 3)
    send(frames(10))
    assert len(receive(source, 10)) == 10


@both
def test_down_at_start(opened: Callable[..., LiveSource], library: str) -> None:
    ip("link", "add", OWN, "type", "veth", "peer", "name", OTHER)
    source = opened(library)
    assert source.state == State.LINK_DOWN
    ip("link", "set", OTHER, "up")
    ip("link", "set", OWN, "up")
    until(source, State.RUNNING)
    send(frames(10))
    assert len(receive(source, 10)) == 10


@both
def test_filter_leaves_packets_out(opened: Callable[..., LiveSource], library: str) -> None:
    plug()
    source = opened(library, filter="udp port 53")
    packets = frames(100)
    send(packets)
    assert receive(source, 50) == packets[::2]


@both
def test_mistake_in_the_filter(opened: Callable[..., LiveSource], library: str) -> None:
    plug()
    with pytest.raises(CaptureError, match="filter of sncap0: 'udp prot 53'"):
        opened(library, filter="udp prot 53")


@both
def test_mistake_in_the_filter_of_a_missing_interface(
    opened: Callable[..., LiveSource], library: str
) -> None:
    """Found only when the interface appears; the sensor goes on and says it."""
    source = opened(library, filter="udp prot 53")
    plug()
    until(source, State.FAILED, 3)
    assert "udp prot 53" in source.message


@both
def test_snapshot_length(opened: Callable[..., LiveSource], library: str) -> None:
    plug()
    source = opened(library, snaplen=128)
    send([bytes(ETHER / V4 / DATA) + b"x" * 500])
    assert [len(packet) for packet in receive(source, 1)] == [128]


@both
def test_a_signal_gets_through(library: str) -> None:
    """A quiet interface does not keep the process from ending."""
    plug()
    context = multiprocessing.get_context("fork")
    ready = context.Event()
    child = context.Process(target=listen_for_ever, args=(library, ready))
    child.start()
    assert ready.wait(20)
    time.sleep(0.3)
    start = time.monotonic()
    assert child.pid is not None
    os.kill(child.pid, signal.SIGTERM)
    child.join(5)
    assert child.exitcode == -signal.SIGTERM
    assert time.monotonic() - start < 1


def listen_for_ever(library: str, ready) -> None:  # type: ignore[no-untyped-def]
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    source = open_live(Interface(name=OWN), library)
    ready.set()
    while True:
        source.read(10)


@both
def test_no_rights(library: str) -> None:
    plug()
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    child = context.Process(target=open_without_rights, args=(library, answers))
    child.start()
    state, message = answers.get(timeout=30)
    child.join(5)
    assert state == State.NO_RIGHTS
    assert "CAP_NET_RAW" in message


def open_without_rights(library: str, answers) -> None:  # type: ignore[no-untyped-def]
    open_live(Interface(name="lo"), library).close()  # libraries are loaded while files are still ours
    os.setuid(65534)
    source = open_live(Interface(name=OWN), library)
    answers.put((source.state, source.message))


def test_rights_given_up_after_opening() -> None:
    """A link that goes down and up is heard again though nothing could be opened any more."""
    plug()
    context = multiprocessing.get_context("fork")
    answers, down, up = context.Queue(), context.Event(), context.Event()
    child = context.Process(target=listen_without_rights, args=(answers, down, up))
    child.start()
    assert answers.get(timeout=20) == State.RUNNING
    ip("link", "set", OWN, "down")
    assert answers.get(timeout=5) == State.LINK_DOWN
    ip("link", "set", OWN, "up")
    assert answers.get(timeout=5) == State.RUNNING
    send(frames(10))
    assert answers.get(timeout=5) == 10
    child.join(5)


def listen_without_rights(answers, down, up) -> None:  # type: ignore[no-untyped-def]
    source = open_live(Interface(name=OWN), "pcapy")
    os.setuid(65534)
    for state in (State.RUNNING, State.LINK_DOWN, State.RUNNING):
        until(source, state, 5)
        answers.put(source.state)
    answers.put(len(receive(source, 10)))


THROUGH_LIBPCAP = """
import sys
from scapy.config import conf
conf.use_pcap = True
from analysis.config import Interface
from sensors.capture import open_live
source = open_live(Interface(name=sys.argv[1], filter="tcp"), "scapy")
print(source.state, type(source._listener).__name__, flush=True)
count = 0
while count < 50:
    batch = source.read(5)
    count += len(batch.offsets)
print(count, batch.linktype, source.stats().received, flush=True)
"""


@pytest.mark.skipif(find_library("pcap") is None, reason="needs the system's libpcap")
def test_scapy_through_libpcap() -> None:
    """The way of Windows, which scapy can go here too."""
    plug()
    command = [sys.executable, "-c", THROUGH_LIBPCAP, OWN]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as child:
        assert child.stdout is not None
        assert child.stdout.readline().split() == ["running", "LibpcapListener"]
        send(frames(100))
        assert child.stdout.readline().split() == ["50", "1", "50"]


def test_buffer_that_the_system_cuts(
    opened: Callable[..., LiveSource], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without CAP_NET_ADMIN the kernel's own limit holds, and we say so."""
    from sensors import capture_scapy_live

    plug()
    monkeypatch.setattr(capture_scapy_live, "_FORCE_BUFFER", socket.SO_RCVBUF)
    limit = int(Path("/proc/sys/net/core/rmem_max").read_text())
    source = opened("scapy", buffer_mb=1024)
    assert f"{limit / 2**20:.1f} MiB instead of 1024" in source.notice
    assert "net.core.rmem_max" in source.notice


def test_default_route_and_subnets() -> None:
    assert default_interface() is None
    plug()
    ip("addr", "add", "192.168.77.3/24", "dev", OWN)
    ip("addr", "add", "10.9.0.1/16", "dev", OWN)
    assert interface_subnets(OWN) == ("10.9.0.0/16", "192.168.77.0/24")
    assert default_interface() is None
    ip("route", "add", "default", "via", "192.168.77.1")
    assert default_interface() == OWN
    assert interface_subnets("absent") == ()


def test_default_route_of_ipv6_only() -> None:
    plug()
    Path(f"/proc/sys/net/ipv6/conf/{OWN}/disable_ipv6").write_text("0")
    ip("-6", "addr", "add", "2001:db8:1::5/64", "dev", OWN, "nodad")
    ip("-6", "route", "add", "default", "via", "2001:db8:1::1", "dev", OWN)
    assert default_interface() == OWN
    assert interface_subnets(OWN) == ("2001:db8:1::/64",)
