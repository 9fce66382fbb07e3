"""A live interface through pcapy-ng, whose wheels carry libpcap."""

import os
import select
import socket
import struct
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from analysis.config import Interface
from sensors.capture_errors import CaptureError, State, Unavailable
from sensors.packets import PacketBatch

BLOCK_MS = 100
"""How long the kernel keeps packets in a block of its buffer that is not full before it shows them to us."""
GATHER = 0.5
"""Seconds between two reads while little comes. A batch costs 2 ms of CPU however small it is: fewer are
cheaper at 1,000 packets a second, and an incident still stands in the database within two seconds."""
PLENTY = 4_096
"""So many packets are worth a batch at once."""
LOOK, LOOK_BUSY = 0.05, 0.02
"""Seconds between two looks whether there are as many, and while there were the last time. At full speed of
a gigabit of small packets 75,000 come in between at first, a fifth of the buffer."""

_STATES = {-5: State.MISSING, -8: State.NO_RIGHTS, -9: State.LINK_DOWN, -11: State.NO_RIGHTS}
"""pcap_activate(3): no such device, no permission, not up, no permission for promiscuous mode."""

META = 16
"""Bytes that `next_batch` tells of each packet: seconds, microseconds, place, captured bytes."""

_SOL_PACKET, _STATISTICS = 263, 6
"""packet(7), with linux/if_packet.h: how many packets came and how many of them were dropped."""
_COUNTS = struct.Struct("II")

_LINKTYPES = {12: 101, 14: 101}
"""DLT_RAW, by system, is LINKTYPE_RAW in files; all other numbers that we know are the same."""

RIGHTS = "run the sensor as root, or give it the capability CAP_NET_RAW"


class PcapyListener:
    """An open handle. `take` raises OSError when the interface went down; the handle outlives that."""

    def __init__(self, interface: Interface) -> None:
        import pcapy

        self._error = pcapy.PcapError
        self.notice = ""
        try:
            self._handle: Any = self._open(pcapy, interface)
        except pcapy.PcapError as error:
            raise Unavailable(State.FAILED, f"{interface.name}: {error}") from error
        if interface.filter:
            try:
                self._handle.setfilter(f"not ({interface.filter})")
            except pcapy.PcapError as error:
                self._handle.close()
                raise CaptureError(f"filter of {interface.name}: {interface.filter!r}: {error}") from error
        self._linktype = _LINKTYPES.get(self._handle.datalink(), self._handle.datalink())
        self._descriptor: int = self._handle.getfd()
        self._poll = select.poll()
        self._poll.register(self._descriptor, select.POLLIN)
        self._lost = (0, 0)
        self._dropped = self._received = 0
        linux = sys.platform == "linux"
        self._statistics = socket.socket(fileno=os.dup(self._descriptor)) if linux else None
        self._read_at, self._more, self._busy = 0.0, False, False
        self.buffer = _ring_bytes(self._descriptor) if linux else 0
        self._check_buffer(interface)

    def _open(self, pcapy: Any, interface: Interface) -> Any:
        handle = pcapy.create(interface.name)
        handle.set_snaplen(interface.snaplen)
        handle.set_promisc(1)
        handle.set_timeout(BLOCK_MS)
        handle.set_buffer_size(interface.buffer_mb << 20)
        status = handle.activate()
        if status < 0:
            handle.close()
            state = _STATES.get(status, State.FAILED)
            raise Unavailable(state, explain(state, interface.name, f"libpcap error {status}"))
        handle.setnonblock(1)
        return handle

    def take(self, timeout: float, limit: int) -> PacketBatch | None:
        """The packets that are there, at most `limit`, after waiting for the first one up to `timeout`
        seconds, and for some more up to GATHER since the last read. Never blocks in libpcap, where
        signals do not get through."""
        if not self._more:
            if not self._poll.poll(timeout * 1000):
                return None
            self._gather()
        try:
            data, meta = self._handle.next_batch(limit)
        except self._error as error:
            raise OSError(str(error)) from error
        self._read_at = time.monotonic()
        self._more, self._busy = len(meta) >= limit * META, len(meta) >= PLENTY * META
        if not meta:
            return None
        columns = np.frombuffer(meta, np.uint32).reshape(-1, 4)
        return PacketBatch(
            buffer=np.frombuffer(data, np.uint8),
            offsets=columns[:, 2].astype(np.int64),
            caplen=columns[:, 3].astype(np.int32),
            wirelen=np.zeros(len(columns), np.int32),
            ts=((columns[:, 0] * 1e6 + columns[:, 1]) / 1e6).astype(np.float64),
            linktype=self._linktype,
        )

    def _gather(self) -> None:
        """Wait until a batch is worth its cost."""
        came = 0
        while (left := self._read_at + GATHER - time.monotonic()) > 0:
            came += self._came()
            if came >= PLENTY:
                return
            time.sleep(min(left, LOOK_BUSY if self._busy else LOOK))

    def _came(self) -> int:
        """Packets since the last look. Linux forgets its counts when asked, so its drops are kept here; this
        takes a tenth of the time that libpcap takes, which opens files of the interface."""
        if self._statistics is not None:
            came, dropped = _COUNTS.unpack(
                self._statistics.getsockopt(_SOL_PACKET, _STATISTICS, _COUNTS.size)
            )
            self._dropped += dropped
            return int(came)
        try:
            before, self._received = self._received, self._handle.stats()[0]
        except self._error as error:
            raise OSError(str(error)) from error
        return _advance(before, self._received)

    def lost(self) -> tuple[int, int]:
        """Packets dropped by the kernel and by the interface since the last call. libpcap's counters have
        32 bits and may go back when an interface vanishes; that counts as nothing."""
        mine, self._dropped = self._dropped, 0
        try:
            _, dropped, interface_dropped = self._handle.stats()
        except self._error:
            return mine, 0
        before, self._lost = self._lost, (dropped, interface_dropped)
        return mine + _advance(before[0], dropped), _advance(before[1], interface_dropped)

    def close(self) -> None:
        """Gives the interface back."""
        if self._statistics is not None:
            self._statistics.close()
        self._handle.close()

    def _check_buffer(self, interface: Interface) -> None:
        got, asked = self.buffer, interface.buffer_mb << 20
        if 0 < got < asked * 0.9:
            self.notice = (
                f"{interface.name}: the system gave a buffer of {got / 2**20:.1f} MiB instead of "
                f"{interface.buffer_mb}; bursts may be lost"
            )


def explain(state: State, name: str, detail: str) -> str:
    """One sentence for a person: what is wrong with the interface and what to do; empty if nothing is."""
    return {
        State.MISSING: f"{name}: there is no such interface; it is used as soon as it appears",
        State.NO_RIGHTS: f"{name}: no rights to listen; {RIGHTS}",
        State.LINK_DOWN: f"{name}: the interface is down or has no link; plug it in or switch it on",
        State.RUNNING: "",
    }.get(state, f"{name}: cannot listen ({detail})")


def _advance(before: int, now: int) -> int:
    step = (now - before) & 0xFFFF_FFFF
    return step if step < 1 << 31 else 0


def _ring_bytes(descriptor: int) -> int:
    """Bytes of the packet ring that the kernel shares with us, as the memory map tells; 0 if it does not.
    libpcap asks for less memory, silently, until the kernel agrees."""
    try:
        inode = str(os.fstat(descriptor).st_ino)
        lines = Path("/proc/self/maps").read_text().splitlines()
    except OSError:
        return 0
    for line in lines:
        fields = line.split()
        if len(fields) > 5 and fields[4] == inode and fields[5].startswith("socket:"):
            begin, _, end = fields[0].partition("-")
            return int(end, 16) - int(begin, 16)
    return 0
