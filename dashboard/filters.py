"""What filters offer, and what is said where an address names a device that is not known."""

from collections.abc import Mapping
from typing import Any

from dash import html

from dashboard.context import reader

GONE_SAID = (
    "That device is no longer here: it was forgotten, or it never was. Choose another, or every device."
)
_GONE = "A device that is no longer here"
_LONGEST_NAME = 60


def options_of(words: Mapping[Any, str], every: str | None = None) -> list[dict[str, str]]:
    """The values of a filter with their words; `every`, where there is one, takes them all."""
    first = [] if every is None else [{"value": "all", "label": every}]
    return [*first, *({"value": str(value), "label": label} for value, label in words.items())]


def device_options(every: str = "Every device", chosen: str = "all") -> list[dict[str, str]]:
    """Devices by name, for a filter; with the chosen one, whatever it is: else all would be shown for it."""
    known = reader().directory().devices
    devices = [device for device in known.values() if not device.router or str(device.id) == chosen]
    by_name = sorted(devices, key=lambda device: device.name.lower())
    named = {str(device.id): device.name[:_LONGEST_NAME] for device in by_name}
    if chosen not in ("", "all"):
        named.setdefault(chosen, _GONE)
    return options_of(named, every)


def gone_said(device: str) -> html.P | None:
    """That the address asks for a device that is not known; filters.js hides it when another is chosen."""
    if not is_gone(device):
        return None
    return html.P(GONE_SAID, className="muted gone", role="status", **{"data-while": device})


def is_gone(device: str) -> bool:
    """Whether an address asks for a device that is not known: forgotten, or never there."""
    return device not in ("", "all") and device not in map(str, reader().directory().devices)
