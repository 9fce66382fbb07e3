"""A seed set of frames for mutation: every protocol that a parser reads, and the demo's incidents."""

import random

from sensors.demo.incidents import STORY
from sensors.demo.life import household


def demo_frames() -> list[tuple[float, bytes]]:
    """Ten minutes of the demo home and all its incidents."""
    rng = random.Random(3)
    frames = list(household(1_700_000_000.0, 1_700_000_600.0, rng))
    for _, incident in STORY:
        frames += incident(1_700_000_000.0, rng)
    return frames


def kinds(frames: list[tuple[float, bytes]]) -> list[bytes]:
    """One frame of each (EtherType, protocol, ports, size class): the diversity without the repeats."""
    seen: dict[tuple, bytes] = {}
    for _, frame in frames:
        proto = frame[23] if frame[12:14] == b"\x08\x00" else 0
        ports = tuple(
            sorted((min(int.from_bytes(frame[34:36]), 1024), min(int.from_bytes(frame[36:38]), 1024)))
        )
        flags = frame[47] if proto == 6 else 0
        seen.setdefault((frame[12:14], proto, ports, flags, len(frame) // 200), frame)
    return list(seen.values())


def mutate(frame: bytes, rng: random.Random) -> bytes:
    """Flip, cut, stretch or splice a frame."""
    data = bytearray(frame)
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(data)) if data else 0
        match rng.randrange(6):
            case 0 if data:
                data[at] = rng.randrange(256)
            case 1 if data:
                data[at] ^= 1 << rng.randrange(8)
            case 2:
                del data[at:]
            case 3:
                data[at:at] = rng.randbytes(rng.randrange(1, 40))
            case 4 if len(data) > 2:
                data[at : at + 2] = rng.choice([b"\xff\xff", b"\x00\x00", b"\x7f\xff", b"\x00\x01"])
            case _ if data:
                start = rng.randrange(len(data))
                data[at:at] = data[start : start + rng.randrange(1, 60)]
    return bytes(data[:65_535])
