"""A live interface as a source of batches that outlives the interface's bad days."""

import importlib.util
import time
from collections.abc import Callable
from typing import Protocol

from analysis.config import Interface
from sensors.capture_errors import CaptureError, CaptureStats, State, Unavailable
from sensors.capture_interfaces import interface_index, is_up
from sensors.capture_pcapy import PcapyListener, explain
from sensors.capture_scapy_live import open_scapy
from sensors.packets import PacketBatch

LOOK_SECONDS = 0.5
"""How often the interface is looked at; and, while it cannot be opened, how often that is tried."""

TAKE = 16_384
"""Most packets of one batch."""

_PATIENCE = 5
"""Errors in a row from an interface that looks well before it is opened anew."""


class Listener(Protocol):
    """An open interface, of either library."""

    notice: str
    buffer: int
    """Bytes of packets that the kernel keeps for us, 0 if it does not tell."""

    def take(self, timeout: float, limit: int) -> PacketBatch | None: ...
    def lost(self) -> tuple[int, int]: ...
    def close(self) -> None: ...


def open_live(interface: Interface, capture: str = "auto") -> "LiveSource":
    """Listens on an interface; also on one that is not there yet, see `LiveSource.state`.

    `capture` is "pcapy", "scapy" or "auto": pcapy-ng where it is installed, else scapy. Raises
    `CaptureError` for what waiting does not mend: a filter with a mistake, pcapy-ng asked for and absent.
    """
    installed = importlib.util.find_spec("pcapy") is not None
    if capture == "pcapy" and not installed:
        raise CaptureError("capture: pcapy-ng is not installed; take auto or scapy")
    return LiveSource(interface, PcapyListener if installed and capture != "scapy" else open_scapy)


class LiveSource:
    """One interface. It may go down, vanish and come back with another number: `read` then gives None,
    `state` and `message` say why, and packets flow again within LOOK_SECONDS of its return."""

    def __init__(self, interface: Interface, make: Callable[[Interface], Listener]) -> None:
        self.interface = interface
        self.state = State.MISSING
        self.message = ""
        self._make = make
        self._listener: Listener | None = None
        self._index: int | None = None
        self._look_at = 0.0
        self._errors = 0
        self._received = self._dropped = self._interface_dropped = 0
        self._look()

    @property
    def notice(self) -> str:
        """What the system did not grant, such as the whole buffer; empty when all is as asked."""
        return self._listener.notice if self._listener else ""

    @property
    def buffer(self) -> int:
        """Bytes of packets that the kernel keeps until they are read, 0 if unknown."""
        return self._listener.buffer if self._listener else 0

    def read(self, timeout: float) -> PacketBatch | None:
        """The packets that arrived, at most TAKE; None when there were none for `timeout` seconds."""
        if time.monotonic() >= self._look_at:
            try:
                self._look()
            except CaptureError as error:  # a mistake in the filter, of an interface that was missing
                self.state, self.message = State.FAILED, str(error)
        if self._listener is None:
            time.sleep(min(timeout, LOOK_SECONDS))
            return None
        try:
            batch = self._listener.take(timeout, TAKE)
        except OSError as error:
            self._stumble(error, timeout)
            return None
        self._errors = 0
        if batch is not None:
            self._received += len(batch.offsets)
        return batch

    def stats(self) -> CaptureStats:
        """Counts since `open_live`, over all openings."""
        if self._listener is not None:
            dropped, interface_dropped = self._listener.lost()
            self._dropped += dropped
            self._interface_dropped += interface_dropped
        return CaptureStats(self._received, self._dropped, self._interface_dropped)

    def close(self) -> None:
        """Stops listening; the counts stay."""
        if self._listener is not None:
            self.stats()
            self._listener.close()
            self._listener = None

    def _look(self) -> None:
        """Opens, keeps or lets go of the interface by what the system says of it now."""
        self._look_at = time.monotonic() + LOOK_SECONDS
        name = self.interface.name
        index = interface_index(name)
        if index != self._index:
            self.close()
        if index is None:
            self._index = None
            self._tell(State.MISSING)
            return
        if self._listener is None:
            try:
                self._listener = self._make(self.interface)
            except Unavailable as error:
                self.state, self.message = error.state, str(error)
                return
            self._index, self._errors = index, 0
        self._tell(State.RUNNING if is_up(name) else State.LINK_DOWN)

    def _stumble(self, error: OSError, timeout: float) -> None:
        """A read failed: mostly the link went down, which the open socket outlives."""
        self._errors += 1
        self._look()
        if self.state == State.RUNNING and self._errors >= _PATIENCE:
            self.close()
            self._tell(State.FAILED, str(error))
        time.sleep(min(timeout, LOOK_SECONDS / 10))

    def _tell(self, state: State, detail: str = "") -> None:
        self.state, self.message = state, explain(state, self.interface.name, detail)
