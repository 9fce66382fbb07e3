"""A live interface through scapy's listening sockets, for systems without a pcapy-ng wheel.

On Linux it is a packet socket of the kernel, elsewhere libpcap or Npcap; both are read in batches.
"""

import errno
import logging
import select
import socket
import struct
import sys
import time
from typing import Any

from analysis.config import Interface
from sensors.capture_errors import CaptureError, State, Unavailable
from sensors.capture_interfaces import spare_memory
from sensors.capture_pcapy import explain
from sensors.capture_rows import batch_of
from sensors.packets import PacketBatch

GATHER = 0.05
"""Seconds that packets gather on a quiet interface before they are read together."""

_BUSY = 256
"""Packets in one read from which on the next read does not wait for more to gather."""

_SOL_PACKET, _STATISTICS, _OUTGOING = 263, 6, 4  # linux/if_packet.h
_FORCE_BUFFER = 33  # SO_RCVBUFFORCE: beyond net.core.rmem_max, with CAP_NET_ADMIN
_LONGEST = 65_535

_LOOPBACK = 772
_LINKTYPES = {
    1: 1,
    _LOOPBACK: 1,
    65534: 101,
    768: 101,
    769: 101,
    776: 101,
    778: 101,
    801: 105,
    802: 119,
    803: 127,
}
"""ARPHRD_ (linux/if_arp.h) -> LINKTYPE_: Ethernet and loopback; tun and tunnels with raw IP; 802.11."""

_STATES = {errno.ENODEV: State.MISSING, errno.EPERM: State.NO_RIGHTS, errno.EACCES: State.NO_RIGHTS,
           errno.ENETDOWN: State.LINK_DOWN}  # fmt: skip


def open_scapy(interface: Interface) -> "PacketSocketListener | LibpcapListener":
    """An open socket. Raises `Unavailable`, or `CaptureError` for a filter with a mistake."""
    import scapy.arch
    import scapy.layers.l2  # noqa: F401  (both tell scapy how to open what)
    from scapy.config import conf
    from scapy.error import Scapy_Exception

    spare_memory()
    logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
    leave_out = f"not ({interface.filter})" if interface.filter else None
    name = interface.name
    conf.ifaces.reload()  # an interface that was made again has a new number
    try:
        opened = conf.L2listen(iface=name, promisc=True, filter=leave_out)
    except OSError as error:
        state = _STATES.get(error.errno or 0, State.FAILED)
        raise Unavailable(state, explain(state, name, str(error))) from error
    except ValueError as error:
        raise Unavailable(State.MISSING, explain(State.MISSING, name, "")) from error
    except Scapy_Exception as error:
        if leave_out and "filter" in str(error).lower():
            raise CaptureError(f"filter of {name}: {interface.filter!r}: {error}") from error
        raise Unavailable(State.FAILED, explain(State.FAILED, name, str(error))) from error
    if sys.platform == "linux" and isinstance(getattr(opened, "ins", None), socket.socket):
        return PacketSocketListener(interface, opened)
    return LibpcapListener(interface, opened)


class PacketSocketListener:
    """A packet socket of Linux. `take` raises OSError once when the interface goes down."""

    def __init__(self, interface: Interface, opened: Any) -> None:
        self.notice = ""
        self._opened = opened
        self._socket: socket.socket = opened.ins
        self._socket.setblocking(False)
        self._snaplen = interface.snaplen
        self._kind = self._socket.getsockname()[3]
        self._busy = False
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)
        self._enlarge(interface)
        self.lost()  # what came before the socket was bound and had its buffer is not a loss

    def take(self, timeout: float, limit: int) -> PacketBatch | None:
        """The packets that are there, at most `limit`, after waiting up to `timeout` seconds for one."""
        if not self._poll.poll(timeout * 1000):
            self._busy = False
            return None
        if not self._busy:
            time.sleep(min(GATHER, timeout))
        packets: list[bytes] = []
        times: list[float] = []
        wirelens: list[int] = []
        try:
            while len(packets) < limit:
                data, address, ts = self._opened._recv_raw(self._socket, _LONGEST)
                if self._kind == _LOOPBACK and address[2] == _OUTGOING:
                    continue  # on loopback each packet passes twice
                packets.append(data[: self._snaplen])
                times.append(time.time() if ts is None else ts)
                wirelens.append(len(data))
        except BlockingIOError:
            pass
        except OSError:
            if not packets:
                raise
        self._busy = len(packets) >= _BUSY
        return batch_of(packets, times, wirelens, _LINKTYPES.get(self._kind, -1)) if packets else None

    def lost(self) -> tuple[int, int]:
        """Packets dropped by the kernel since the last call, which is how it counts them; it knows nothing
        of the network card."""
        try:
            answer = self._socket.getsockopt(_SOL_PACKET, _STATISTICS, 8)
        except OSError:
            return 0, 0
        return struct.unpack("II", answer)[1], 0

    def close(self) -> None:
        """Gives the interface back."""
        self._opened.close()

    def _enlarge(self, interface: Interface) -> None:
        asked = interface.buffer_mb << 20
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, _FORCE_BUFFER, asked)
        except OSError:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, asked)
        got = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2  # socket(7): kept doubled
        self.buffer = got
        if got < asked:
            self.notice = (
                f"{interface.name}: the system gave a buffer of {got / 2**20:.1f} MiB instead of "
                f"{interface.buffer_mb}; allow more with: sysctl -w net.core.rmem_max={asked}"
            )


class LibpcapListener:
    """libpcap or Npcap through scapy. It keeps no drop counts."""

    def __init__(self, interface: Interface, opened: Any) -> None:
        self.notice = f"{interface.name}: scapy sets no buffer size and counts no lost packets here"
        self.buffer = 0
        self._opened = opened
        self._snaplen = interface.snaplen
        handle = getattr(opened, "pcap_fd", None)
        if handle is None:
            raise Unavailable(State.FAILED, f"{interface.name}: scapy cannot read this system in batches")
        handle.setnonblock(True)
        number = handle.datalink()
        self._linktype = 101 if number in (12, 14) else number

    def take(self, timeout: float, limit: int) -> PacketBatch | None:
        """As `PacketSocketListener.take`; a packet longer than the snapshot counts as long as it is seen."""
        if not self._opened.select([self._opened], timeout):
            return None
        packets: list[bytes] = []
        times: list[float] = []
        wirelens: list[int] = []
        while len(packets) < limit:
            _, data, ts = self._opened.recv_raw(_LONGEST)
            if data is None:
                break
            packets.append(data[: self._snaplen])
            times.append(float(ts))
            wirelens.append(len(data))
        if not packets:  # ready and yet nothing: an error that scapy hides, which must not make us spin
            time.sleep(min(GATHER, timeout))
            return None
        return batch_of(packets, times, wirelens, self._linktype)

    def lost(self) -> tuple[int, int]:
        """Unknown here."""
        return 0, 0

    def close(self) -> None:
        """Gives the interface back."""
        self._opened.close()
