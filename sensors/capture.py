"""Packets from files and interfaces, always as `PacketBatch`."""

from sensors.capture_errors import BrokenCapture, CaptureError, CaptureStats, State
from sensors.capture_files import FileSource, open_file
from sensors.capture_interfaces import default_interface, interface_subnets
from sensors.capture_live import LiveSource, open_live

__all__ = [
    "BrokenCapture",
    "CaptureError",
    "CaptureStats",
    "FileSource",
    "LiveSource",
    "State",
    "default_interface",
    "interface_subnets",
    "open_file",
    "open_live",
]
