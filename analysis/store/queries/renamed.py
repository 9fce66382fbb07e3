"""An incident's texts with the name that its device has today: they were written with the name of then."""

import ipaddress
import re
from typing import Any

from analysis.store.queries.directory import Directory

_TEXTS = ("title", "why", "advice")
_LEAST_NAME = 3
"""Shorter names ("TV") stand inside too many other words to be found safely."""
_MAC = re.compile(r"(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}", re.IGNORECASE)


def renamed(text: str, old: str | None, new: str | None) -> str:
    """`text` with the whole name `old` replaced by `new`. Names inside longer ones ("cam" in "cam.example")
    stay, and so do addresses: they are what was seen, whoever has them now."""
    if not old or not new or old == new or len(old) < _LEAST_NAME or old not in text or _is_address(old):
        return text
    return re.sub(rf"(?<![\w.-]){re.escape(old)}(?![\w-]|\.\w)", lambda _: new, text)


def with_routers(title: str, routers: dict[str, str]) -> str:
    """`title` with a router's address, which is all that sensors call it by, replaced by its name of today
    (`routers`: address to name). In brackets the address explains a name that stands before it."""
    for address, name in routers.items():
        if address in title:
            whole = rf"(?<![\w.:(-])(?<!outer ){re.escape(address)}(?![\w:]|\.\d)"
            title = re.sub(whole, name.replace("\\", r"\\"), title)
    return title


def present_title(title: str, old: str | None, device: int | None, directory: Directory) -> str:
    """An incident's title with the present names of its device, called `old` then, and of routers."""
    return with_routers(renamed(title, old, directory.name(device)), directory.routers)


def with_present_name(row: dict[str, Any], directory: Directory) -> dict[str, Any]:
    """A copy of a row of an incident, whose `device` and `device_name` it needs, with its texts renamed and
    the present `device_name`; a device that is gone keeps its name of then."""
    old, new = row["device_name"], directory.name(row["device"])
    texts = {name: renamed(row[name], old, new) for name in _TEXTS if name in row}
    if "title" in row:
        texts["title"] = with_routers(texts["title"], directory.routers)
    return {**row, **texts, "device_name": new or old}


def _is_address(name: str) -> bool:
    if _MAC.fullmatch(name):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
