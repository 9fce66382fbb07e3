"""One made-up situation with what a rule should say of it: the generator's half of the scoreboard."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sensors.demo.talk import Frames

Make = Callable[[float, random.Random], Frames]
"""Frames in the order of time, beginning at a given second."""


@dataclass(frozen=True, slots=True)
class Case:
    """`positive`: the rule must fire, `times` incidents. `near-miss`: just below a threshold, it must not.
    `benign`: ordinary traffic that looks alike, it must not."""

    rule: str
    kind: Literal["positive", "near-miss", "benign"]
    name: str
    make: Make
    times: int = 1
    config: dict[str, Any] | None = None
    """Changes to the configuration, as in config.yaml."""
    files: dict[str, str] | None = None
    """Files beside config.yaml by name, such as lists."""

    def lay_out(self, folder: Path) -> None:
        """Write the files."""
        for name, text in (self.files or {}).items():
            (folder / name).write_text(text, encoding="utf-8")
