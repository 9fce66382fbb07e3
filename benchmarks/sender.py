"""Sends frames of a capture at a rate: `python -m benchmarks.sender IFACE FILE RATE SECONDS [PACKETS]`.

An AF_PACKET socket and `sendmmsg(2)` through ctypes: 64 frames a system call, from memory that was laid
out before. Python has no sendmmsg, and tcpreplay is not installed everywhere. RATE 0 is as fast as it goes.
"""

import ctypes
import os
import socket
import sys
import time
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import measure
from benchmarks.traffic import read_pcap

LONGEST = 1514
"""Bytes of a frame that a link of the usual MTU takes."""
PRELOAD = 200_000
"""Frames held in memory; then it begins anew."""
A_CALL = 64
SOL_PACKET, PACKET_QDISC_BYPASS = 263, 20
"""linux/if_packet.h"""
HEADER = np.dtype(
    {
        "names": ["iov", "iovlen"], "formats": ["u8", "u8"], "offsets": [16, 24], "itemsize": 64,
    }
)  # fmt: skip
"""struct mmsghdr of 64-bit Linux (sendmmsg(2)); what is not named stays 0."""
VECTOR = np.dtype([("base", "u8"), ("len", "u8")])


class Frames:
    """Frames in one buffer, with the kernel's descriptions of them."""

    def __init__(self, path: Path, most: int) -> None:
        frames = [frame for _, frame in islice(read_pcap(path), most) if len(frame) <= LONGEST]
        self.count = len(frames)
        self._bytes = np.frombuffer(b"".join(frames), np.uint8)
        sizes = np.array([len(frame) for frame in frames], np.uint64)
        self._vectors: NDArray[np.void] = np.zeros(self.count, VECTOR)
        self._vectors["base"] = self._bytes.ctypes.data + np.concatenate(([0], np.cumsum(sizes)[:-1]))
        self._vectors["len"] = sizes
        self._headers: NDArray[np.void] = np.zeros(self.count, HEADER)
        self._headers["iov"] = self._vectors.ctypes.data + np.arange(self.count) * VECTOR.itemsize
        self._headers["iovlen"] = 1

    def address(self, number: int) -> int:
        """Where the description of a frame is."""
        return int(self._headers.ctypes.data) + number * HEADER.itemsize


def send(
    interface: str, frames: Frames, rate: float, seconds: float, most: int = 1 << 60
) -> tuple[int, float]:
    """Send until the time is over; packets sent, and seconds that it took."""
    libc = ctypes.CDLL(None, use_errno=True)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as link:
        link.bind((interface, 0))
        link.setsockopt(SOL_PACKET, PACKET_QDISC_BYPASS, 1)
        descriptor, sent, at = link.fileno(), 0, 0
        begun = now = time.monotonic()
        while now - begun < seconds and sent < most:
            due = A_CALL if not rate else int((now - begun) * rate) - sent
            number = min(due, A_CALL, frames.count - at, most - sent)
            if number <= 0:
                time.sleep(0.00002 if rate > 50_000 else 0.001)
            else:
                done = libc.sendmmsg(descriptor, ctypes.c_void_p(frames.address(at)), number, 0)
                if done < 0:
                    if ctypes.get_errno() not in (11, 105):  # EAGAIN, ENOBUFS: the queue is full
                        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
                    done = 0
                sent += done
                at = (at + done) % frames.count
            now = time.monotonic()
        return sent, now - begun


def main() -> None:
    interface, path, rate, seconds = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
    most = int(sys.argv[5]) if len(sys.argv) > 5 else 1 << 60
    frames = Frames(path, min(PRELOAD, most))
    sent, took = send(interface, frames, rate, seconds, most)
    measure.tell({"sent": sent, "seconds": took, "pps": sent / took})


if __name__ == "__main__":
    main()
