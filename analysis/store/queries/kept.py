"""Answers that hold until an incident or a decision changes; those about weeks, for a minute."""

# ruff: noqa: S608 - the parts put together are constants of this package; values are bound

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from analysis.store.queries.expectations import ExpectationQueries
from analysis.store.queries.session import LIMIT_SECONDS

Answer = TypeVar("Answer")

_DECISIONS = (
    "COUNT(*), MAX(changed), SUM(changed), SUM(state <> 'open'), (SELECT COUNT(*) FROM expectations),"
    " (SELECT MAX(id) FROM expectations), (SELECT MAX(id) FROM forgotten) FROM alert_notes"
)
_CHANGED = (
    "SELECT (SELECT MAX(change) FROM alerts),"
    " (SELECT group_concat(id) FROM (SELECT id FROM alerts ORDER BY last_seen LIMIT 2)),"
    f" {_DECISIONS}"
)
"""Every insert and update raises `change`. What retention deletes are the incidents longest unseen, save
one: the two that are longest unseen differ after it. A person who forgets a device adds to `forgotten`."""
_SERIOUS = "SELECT COUNT(*), MAX(change) FROM alerts WHERE severity > 0"


class KeptQueries(ExpectationQueries):
    """Questions whose answers are kept while a sign of what they rest on stays the same. The sign is
    read before the answer, so an answer may be newer than its sign and never older."""

    def __init__(self, path: str | Path, limit_seconds: float = LIMIT_SECONDS) -> None:
        super().__init__(path, limit_seconds)
        self._keeping = threading.Lock()
        self._kept: dict[str, tuple[object, Any]] = {}

    def kept(self, name: str, make: Callable[[], Answer], sign: object = None) -> Answer:
        """The answer called `name`, made anew when any incident or decision has changed; `sign` is asked
        in place of that where given. Callers share the answer and must not change it."""
        sign = self.changed() if sign is None else sign
        found = self._kept.get(name)
        if found is not None and found[0] == sign:
            return found[1]  # type: ignore[no-any-return]
        with self._keeping:  # tabs that ask together wait for one answer
            found = self._kept.get(name)
            if found is None or found[0] != sign:
                found = self._kept[name] = (sign, make())
        return found[1]

    def changed(self) -> tuple[Any, ...]:
        """Differs after any change of incidents or decisions; eight look-ups and the few notes."""
        found = self.table(_CHANGED)[1][0]
        return (self.inode(), *found)

    def this_minute(self) -> tuple[Any, ...]:
        """Differs every minute, and when a device is forgotten: for pictures of weeks, which a minute more
        does not change."""
        return (self.inode(), int(time.time() // 60), self.value("SELECT MAX(id) FROM forgotten"))

    def serious_changed(self) -> tuple[Any, ...]:
        """Differs after a change of incidents above NORMAL or of decisions: a home that meets something
        new every second has few of those."""
        changed = self.changed()
        return (changed[0], *changed[3:], *self.kept("serious", lambda: self.table(_SERIOUS)[1][0], changed))
