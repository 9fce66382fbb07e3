"""Capture files as a source of batches."""

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from sensors.capture_errors import BrokenCapture, CaptureError, CaptureStats
from sensors.capture_pcap import MAGICS, walk_pcap
from sensors.capture_pcapng import MAGIC as PCAPNG
from sensors.capture_pcapng import walk_pcapng
from sensors.capture_window import Window
from sensors.packets import PacketBatch

_COMPRESSED = {
    b"\x1f\x8b": "gzip -d",
    b"\x28\xb5\x2f\xfd": "zstd -d",
    b"\xfd7zX": "xz -d",
    b"BZh": "bzip2 -d",
}


def open_file(path: str | Path, capture: str = "auto") -> "FileSource":
    """A pcap or pcapng file, or a pipe that carries one.

    `capture` is "scapy" to read through scapy (files only); anything else reads in place, which needs no
    library. Raises `CaptureError` when there is no such file or it is not a capture.
    """
    return FileSource(Path(path), capture)


class FileSource:
    """One file, read once from beginning to end."""

    def __init__(self, path: Path, capture: str = "auto") -> None:
        self.path = path
        self._capture = capture
        self._read = 0
        try:
            self._file = path.open("rb", buffering=0)
        except OSError as error:
            raise CaptureError(f"{path}: {error.strerror or error}") from error
        try:
            self._window = Window(self._file)
            self._window.refill(0)
            self._check()
        except OSError as error:
            self._file.close()
            raise CaptureError(f"{path}: {error.strerror or error}") from error
        except CaptureError:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def batches(self, size: int = 16_384) -> Iterator[PacketBatch]:
        """Batches of at most `size` packets, each of one link type, in the order of the file. Who lets go of
        one before he asks for the next saves the memory of a piece of the file.

        Raises `BrokenCapture` after the last whole packet of a file that cannot be read to its end.
        """
        for batch in self._walk(size):
            self._read += len(batch.offsets)
            yield batch
            del batch  # see `capture_window.Window`: the next may have its memory

    def stats(self) -> CaptureStats:
        """Packets given so far; a file loses none."""
        return CaptureStats(self._read, 0, 0)

    def close(self) -> None:
        """Closes the file; batches already given stay valid."""
        self._file.close()

    def _walk(self, size: int) -> Iterator[PacketBatch]:
        try:
            if self._capture == "scapy" and stat.S_ISREG(self.path.stat().st_mode):
                from sensors.capture_scapy_files import read_with_scapy

                yield from read_with_scapy(self.path, size)
            elif self._magic() == PCAPNG:
                yield from walk_pcapng(self._window, size)
            else:
                yield from walk_pcap(self._window, size)
        except BrokenCapture as error:
            raise BrokenCapture(f"{self.path}: {error}", error.packets_read) from None
        except OSError as error:
            raise BrokenCapture(f"{self.path}: {error.strerror or error}", self._read) from error

    def _magic(self) -> bytes:
        return self._window.data[: min(4, self._window.end)].tobytes()

    def _check(self) -> None:
        magic = self._magic()
        if not magic:
            raise CaptureError(f"{self.path}: the file is empty")
        for begin, command in _COMPRESSED.items():
            if magic.startswith(begin):
                raise CaptureError(f"{self.path}: the capture is compressed; unpack it first: {command}")
        if magic not in MAGICS and magic != PCAPNG:
            raise CaptureError(f"{self.path}: not a pcap or pcapng capture (it begins with {magic.hex(' ')})")
