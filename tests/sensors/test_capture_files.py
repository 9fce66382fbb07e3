"""Capture files of every kind, whole and broken, read in place and through scapy."""

import os
import struct
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pcapy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors import capture_window
from sensors.capture import BrokenCapture, CaptureError, open_file
from tests.sensors.decode_seeds import SEEDS

FRAMES = [frame for linktype, frame in SEEDS.values() if linktype == 1]
READERS = ("auto", "scapy")
EPOCH = 1_700_000_000


class Seen(NamedTuple):
    linktype: int
    ts: float
    wirelen: int
    data: bytes


def read(path: Path, capture: str = "auto", size: int = 8192) -> list[Seen]:
    seen: list[Seen] = []
    with open_file(path, capture) as source:
        for batch in source.batches(size):
            assert 0 < len(batch.offsets) <= size
            seen.extend(rows(batch))
        assert source.stats() == (len(seen), 0, 0)
    return seen


def rows(batch) -> Iterable[Seen]:  # type: ignore[no-untyped-def]
    for start, caplen, wirelen, ts in zip(batch.offsets, batch.caplen, batch.wirelen, batch.ts, strict=True):
        yield Seen(batch.linktype, float(ts), int(wirelen), batch.buffer[start : start + caplen].tobytes())


def read_broken(path: Path, capture: str = "auto") -> tuple[list[Seen], BrokenCapture]:
    seen: list[Seen] = []
    with pytest.raises(BrokenCapture) as caught:
        for batch in open_file(path, capture).batches():
            seen.extend(rows(batch))
    assert caught.value.packets_read == len(seen)
    return seen, caught.value


def pcap(frames: Iterable[bytes], order: str = "<", nano: bool = False, linktype: int = 1) -> bytes:
    magic = 0xA1B23C4D if nano else 0xA1B2C3D4
    made = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, linktype)
    for number, frame in enumerate(frames):
        fraction = number * (1000 if nano else 1) + (123 if nano else 0)
        made += struct.pack(order + "IIII", EPOCH + number, fraction, len(frame), len(frame) + 4) + frame
    return made


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    body += b"\0" * (-len(body) % 4)
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def section(order: str = "<") -> bytes:
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(linktype: int, order: str = "<", options: bytes = b"", snaplen: int = 0) -> bytes:
    return block(1, struct.pack(order + "HHI", linktype, 0, snaplen) + options, order)


def option(code: int, value: bytes, order: str = "<") -> bytes:
    return struct.pack(order + "HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def packet(
    frame: bytes, number: int = 0, ticks: int = EPOCH * 10**6, order: str = "<", options: bytes = b""
) -> bytes:
    head = struct.pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFF_FFFF, len(frame), len(frame) + 4)
    return block(6, head + frame + b"\0" * (-len(frame) % 4) + options, order)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "capture.pcap"


@pytest.mark.parametrize("capture", READERS)
@pytest.mark.parametrize("nano", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_pcap(file: Path, order: str, nano: bool, capture: str) -> None:
    file.write_bytes(pcap(FRAMES, order, nano))
    seen = read(file, capture)
    assert [each.data for each in seen] == FRAMES
    assert [each.wirelen for each in seen] == [len(frame) + 4 for frame in FRAMES]
    step, first = (1e-6, 123e-9) if nano else (1e-6, 0)
    wanted = [EPOCH + number + number * step + first for number in range(len(FRAMES))]
    assert [each.ts for each in seen] == pytest.approx(wanted, abs=3e-7, rel=0)
    assert {each.linktype for each in seen} == {1}


def test_nanoseconds_are_kept(file: Path) -> None:
    """Near the epoch a float holds them; today it holds quarter microseconds."""
    file.write_bytes(
        struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1)
        + struct.pack("<IIII", 5, 123_456_789, 2, 2)
        + b"ab"
    )
    assert read(file)[0].ts == 5.123456789


@pytest.mark.parametrize("capture", READERS)
def test_link_type_without_the_flags_above_it(file: Path, capture: str) -> None:
    """The upper half of the field says whether frames end in a check sequence."""
    file.write_bytes(pcap(FRAMES[:2], linktype=0x2400_0071))
    assert {each.linktype for each in read(file, capture)} == {113}


@pytest.mark.parametrize("capture", READERS)
@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng(file: Path, order: str, capture: str) -> None:
    blocks = [section(order), interface(1, order)]
    blocks += [packet(frame, 0, (EPOCH + n) * 10**6 + n, order) for n, frame in enumerate(FRAMES)]
    file.write_bytes(b"".join(blocks))
    seen = read(file, capture)
    assert [each.data for each in seen] == FRAMES
    assert [each.wirelen for each in seen] == [len(frame) + 4 for frame in FRAMES]
    assert [each.ts for each in seen] == [((EPOCH + n) * 10**6 + n) / 1e6 for n in range(len(FRAMES))]


@pytest.mark.parametrize("capture", READERS)
def test_pcapng_with_interfaces_of_different_link_types(file: Path, capture: str) -> None:
    """libpcap refuses these; each run of one type is a batch. Other blocks lie between."""
    blocks = [section(), interface(1), interface(113), interface(1, options=option(9, b"\x09"))]
    order = [0, 0, 1, 1, 1, 0, 2, 1]
    for number in order:
        blocks.append(packet(b"frame of %d" % number, number, EPOCH * (10**9 if number == 2 else 10**6)))
    blocks.insert(7, block(5, b"\0" * 12))
    file.write_bytes(b"".join(blocks))
    batches = list(open_file(file, capture).batches())
    assert [each.linktype for batch in batches for each in rows(batch)] == [
        {0: 1, 1: 113, 2: 1}[n] for n in order
    ]
    assert all(ts == EPOCH for batch in batches for ts in batch.ts)
    with pytest.raises(pcapy.PcapError):
        pcapy.open_offline(str(file)).next_batch(100)


def test_pcapng_time_options(file: Path) -> None:
    """Resolutions in powers of two and ten, and an offset in seconds."""
    blocks = [
        section(),
        interface(1, options=option(9, b"\x83") + option(14, struct.pack("<q", 1000))),
        interface(1, options=option(2, b"eth0") + option(9, b"\x03") + option(0, b"")),
        packet(b"a", 0, 12),
        packet(b"b", 1, 2500),
    ]
    file.write_bytes(b"".join(blocks))
    assert [each.ts for each in read(file)] == [1001.5, 2.5]


def test_pcapng_sections_have_interfaces_of_their_own(file: Path) -> None:
    file.write_bytes(
        section("<") + interface(1, "<") + packet(b"one", 0, 1_000_000, "<", option(1, b"a comment"))
        + section(">") + interface(113, ">") + packet(b"two", 0, 2_000_000, ">")
    )  # fmt: skip
    assert read(file) == [Seen(1, 1.0, 7, b"one"), Seen(113, 2.0, 7, b"two")]


@pytest.mark.parametrize("capture", READERS)
def test_pcapng_simple_and_old_packets(file: Path, capture: str) -> None:
    simple = block(3, struct.pack("<I", 100) + b"abcdef")
    old = block(2, struct.pack("<HHIIII", 0, 7, 0, 3_000_000, 5, 9) + b"fives")
    file.write_bytes(section() + interface(1, snaplen=6) + simple + old)
    assert read(file, capture) == [Seen(1, 0.0, 100, b"abcdef"), Seen(1, 3.0, 9, b"fives")]


@pytest.mark.parametrize("size", [1, 2, 7, 8192])
@pytest.mark.parametrize("capture", READERS)
def test_batch_size(file: Path, size: int, capture: str) -> None:
    file.write_bytes(pcap(FRAMES))
    assert [each.data for each in read(file, capture, size)] == FRAMES
    file.write_bytes(section() + interface(1) + b"".join(map(packet, FRAMES)))
    assert [each.data for each in read(file, capture, size)] == FRAMES


@pytest.mark.parametrize("piece", [24, 25, 39, 100, 1000])
def test_records_across_the_pieces_read(file: Path, piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However the file falls into pieces, no packet is lost, cut or doubled."""
    monkeypatch.setattr(capture_window, "PIECE", piece)
    file.write_bytes(pcap(FRAMES))
    assert [each.data for each in read(file)] == FRAMES
    file.write_bytes(section() + interface(1) + b"".join(map(packet, FRAMES)))
    assert [each.data for each in read(file)] == FRAMES


@pytest.mark.parametrize("capture", READERS)
def test_every_cut(file: Path, capture: str) -> None:
    """Cut at any byte, a file gives every packet that is whole, and then says that it is broken."""
    frames = FRAMES[:3]
    head = section() + interface(1)
    for whole, ends in (
        (pcap(frames), [24]),
        (head + b"".join(map(packet, frames)), [len(section()), len(head)]),
    ):
        for frame in frames:
            ends.append(ends[-1] + (16 + len(frame) if whole.startswith(b"\xd4") else len(packet(frame))))
        skip = len(ends) - len(frames) - 1
        for size in range(ends[0], len(whole) + 1):
            file.write_bytes(whole[:size])
            count = max(sum(end <= size for end in ends) - skip - 1, 0)
            if size in ends:
                seen = read(file, capture)
            else:
                seen, _ = read_broken(file, capture)
            assert [each.data for each in seen] == frames[:count], size


@pytest.mark.parametrize("capture", READERS)
def test_absurd_length(file: Path, capture: str) -> None:
    good = pcap(FRAMES[:4])
    file.write_bytes(good + struct.pack("<IIII", EPOCH, 0, 4_325_376, 0) + b"x" * 100)
    seen, error = read_broken(file, capture)
    assert [each.data for each in seen] == FRAMES[:4]
    assert str(file) in str(error)


def test_length_above_the_limit_though_the_bytes_are_there(file: Path) -> None:
    file.write_bytes(pcap([*FRAMES[:4], b"x" * 300_000, FRAMES[0]]))
    seen, error = read_broken(file)
    assert len(seen) == 4
    assert "300,000" in str(error)


@pytest.mark.parametrize(
    "bad",
    [
        block(6, struct.pack("<IIIII", 9, 0, 0, 4, 4) + b"abcd"),  # no such interface
        block(6, struct.pack("<IIIII", 0, 0, 0, 400, 4) + b"abcd"),  # longer than its block
        struct.pack("<II", 6, 8) + b"\0" * 40,  # shorter than its own header
        struct.pack("<II", 6, 47) + b"\0" * 40,  # not a multiple of four
        struct.pack("<II", 77, 2**31) + b"\0" * 40,  # absurdly long
        struct.pack("<III", 0x0A0D0D0A, 28, 0x1234_5678) + b"\0" * 16,  # a section without a byte order
    ],
)
def test_broken_pcapng_block(file: Path, bad: bytes) -> None:
    file.write_bytes(section() + interface(1) + packet(b"one") + packet(b"two") + bad + packet(b"three"))
    seen, _ = read_broken(file)
    assert [each.data for each in seen] == [b"one", b"two"]


@settings(max_examples=200, deadline=None)
@given(position=st.integers(24, 2000), value=st.integers(0, 255), ng=st.booleans())
def test_any_byte_changed(
    tmp_path_factory: pytest.TempPathFactory, position: int, value: int, ng: bool
) -> None:
    """A damaged file ends in `BrokenCapture` or is read to its end; nothing else happens."""
    made = bytearray(section() + interface(1) + b"".join(map(packet, FRAMES)) if ng else pcap(FRAMES))
    made[position % len(made)] = value
    path = tmp_path_factory.getbasetemp() / "changed.pcap"
    path.write_bytes(made)
    count = 0
    try:
        for batch in open_file(path).batches():
            count += len(batch.offsets)
            assert (batch.offsets >= 0).all()
            assert (batch.offsets + batch.caplen <= len(batch.buffer)).all()
    except BrokenCapture as error:
        assert error.packets_read == count
    except CaptureError:
        assert position < 24 or ng


def test_batches_keep_their_bytes(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch stays valid while later ones are read and after the file is closed."""
    monkeypatch.setattr(capture_window, "PIECE", 500)
    file.write_bytes(pcap(FRAMES))
    source = open_file(file)
    kept = list(source.batches(3))
    source.close()
    assert [each.data for batch in kept for each in rows(batch)] == FRAMES


def test_the_memory_of_batches_that_nobody_holds_is_used_again(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture_window, "PIECE", 500)
    file.write_bytes(pcap(FRAMES * 20))
    places, one_byte = set(), None
    for batch in open_file(file).batches(3):
        places.add(batch.buffer.ctypes.data)
        one_byte = batch.buffer[:1]
    assert len(places) <= 3
    places = {batch.buffer.ctypes.data for batch in list(open_file(file).batches(3))}
    assert len(places) > 10
    assert one_byte is not None


@pytest.mark.parametrize("head", [b"", section() + interface(1)])
def test_one_piece_of_memory_does_for_a_reader_that_lets_each_batch_go(
    file: Path, monkeypatch: pytest.MonkeyPatch, head: bytes
) -> None:
    monkeypatch.setattr(capture_window, "PIECE", 2000)
    file.write_bytes(head + b"".join(map(packet, FRAMES * 40)) if head else pcap(FRAMES * 40))
    held = list(open_file(file).batches())
    places = set()
    for batch in open_file(file).batches():
        places.add(batch.buffer.ctypes.data)
        del batch
    assert len({batch.buffer.ctypes.data for batch in held}) == len(held) > 4
    assert len(places) == 1


def test_pipe(tmp_path: Path) -> None:
    """`tcpdump -w - | …` through a named pipe, written in small pieces."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    made = pcap(FRAMES)

    def write() -> None:
        with path.open("wb", buffering=0) as pipe:
            for start in range(0, len(made), 100):
                pipe.write(made[start : start + 100])

    writer = threading.Thread(target=write)
    writer.start()
    assert [each.data for each in read(path)] == FRAMES
    writer.join()


def test_empty_capture(file: Path) -> None:
    file.write_bytes(pcap([]))
    assert read(file) == []
    file.write_bytes(section())
    assert read(file) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"GIF89a" * 10, "not a pcap"),
        (b"\xd4\xc3", "not a pcap"),
        (b"\x1f\x8b\x08" + b"\0" * 30, "gzip -d"),
        (b"\x28\xb5\x2f\xfd" + b"\0" * 30, "zstd -d"),
    ],
)
def test_not_a_capture(file: Path, content: bytes, words: str) -> None:
    file.write_bytes(content)
    for capture in READERS:
        with pytest.raises(CaptureError, match=words) as caught:
            open_file(file, capture)
        assert str(file) in str(caught.value)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="No such file"):
        open_file(tmp_path / "absent.pcap")
    with pytest.raises(CaptureError, match="directory"):
        open_file(tmp_path)


@pytest.mark.captures
def test_all_captures_alike(captures: Path) -> None:
    """Our walk, scapy and libpcap read the same packets from every file."""
    total = 0
    for path in sorted(captures.glob("*.pcap*")):
        if path.name == "corrupt-record-suricata.pcap":
            continue
        seen = read(path)
        assert read(path, "scapy") == seen
        assert [each.data for each in seen] == by_libpcap(path)
        total += len(seen)
    assert total == 28_197


def by_libpcap(path: Path) -> list[bytes]:
    reader = pcapy.open_offline(str(path))
    frames: list[bytes] = []
    while True:
        data, meta = reader.next_batch(4096)
        if not meta:
            return frames
        for _, _, offset, caplen in struct.iter_unpack("=IIII", meta):
            frames.append(data[offset : offset + caplen])


@pytest.mark.captures
@pytest.mark.parametrize("capture", READERS)
def test_corrupt_capture(captures: Path, capture: str) -> None:
    seen, _ = read_broken(captures / "corrupt-record-suricata.pcap", capture)
    assert len(seen) == 6
