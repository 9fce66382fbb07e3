"""What a capture should make the rules say, as a table that people and programs read, and the verdict.

The file has tab-separated columns with a head line, `#` begins a comment, `-` stands for "any":

    file  rule  severity  device  peer  port  times  home

rule      id of a rule, or `*`; alternatives are joined by `|`
severity  NORMAL, HIGH or CRITICAL; `HIGH+` means at least HIGH
device, peer  addresses (of a device its MAC will do, too)
times     how many incidents; `-` at least one, `0` none
home      the home networks for this capture, as for `replay --home`; the file's first line decides

A line with the rule `-` expects nothing: it only names a capture that is to be run.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from analysis.alerts import Severity

COLUMNS = ("file", "rule", "severity", "device", "peer", "port", "times", "home")
ANY = "-"
USUAL = frozenset({"new-device", "new-connection"})
"""Rules that tell of every newcomer, and so of everything in a capture, which has no past."""

Alert = dict[str, Any]
"""An incident as `Export.alerts` gives it."""


class ExpectationError(ValueError):
    """A line that says nothing sensible; the message names file and line."""


class Expectation(NamedTuple):
    """One line."""

    file: str
    rule: str
    severity: str
    device: str
    peer: str
    port: str
    times: str
    home: str

    @property
    def forbids(self) -> bool:
        return self.times == "0"

    @property
    def wanted(self) -> int:
        """Incidents that must be there at least."""
        return 0 if self.rule == ANY else 1 if self.times == ANY else int(self.times)

    def fits(self, alert: Alert) -> bool:
        """Whether an incident is what this line speaks of."""
        return (
            (self.rule == "*" or alert["rule"] in self.rule.split("|"))
            and self._is_severity(alert["severity"])
            and self.device in (ANY, alert["device_ip"], alert["device_mac"])
            and self.peer in (ANY, alert["peer_ip"], alert["peer_name"])
            and self.port in (ANY, str(alert["port"]))
        )

    def _is_severity(self, told: str) -> bool:
        if self.severity.endswith("+"):
            return Severity[told] >= Severity[self.severity[:-1]]
        return self.severity in (ANY, told)


@dataclass(slots=True)
class Verdict:
    """Expected and found incidents of one capture, by rule where that is a dictionary."""

    file: str
    expected: dict[str, int] = field(default_factory=dict)
    found: dict[str, int] = field(default_factory=dict)
    missed: list[Expectation] = field(default_factory=list)
    false: list[Alert] = field(default_factory=list)
    """Incidents that a line forbids."""
    surplus: list[Alert] = field(default_factory=list)
    """Incidents from HIGH on that no line expects."""
    notices: list[Alert] = field(default_factory=list)
    """NORMAL incidents that no line expects, newcomers aside."""

    @property
    def good(self) -> bool:
        return not self.missed and not self.false


def read(path: Path) -> list[Expectation]:
    """The lines of a file. Raises ExpectationError or OSError."""
    if not path.exists():
        raise ExpectationError(f"{path} is not there: there is nothing to compare with")
    with path.open(encoding="utf-8", newline="") as file:
        lines = [line for line in file if line.strip() and not line.startswith("#")]
    rows = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    head = tuple(next(rows, ()))
    if head != COLUMNS:
        raise ExpectationError(f"{path}: the head line must be: {' '.join(COLUMNS)}")
    return [_line(path, row) for row in rows]


def _line(path: Path, row: Sequence[str]) -> Expectation:
    cells = [cell.strip() or ANY for cell in row]
    line = "\t".join(row)
    if len(cells) > len(COLUMNS):
        raise ExpectationError(f"{path}: {len(cells)} columns instead of {len(COLUMNS)}: {line}")
    told = Expectation(*cells, *[ANY] * (len(COLUMNS) - len(cells)))
    if told.severity != ANY and told.severity.removesuffix("+") not in Severity.__members__:
        raise ExpectationError(f"{path}: no severity {told.severity!r}: {line}")
    if told.times != ANY and not told.times.isdecimal():
        raise ExpectationError(f"{path}: times must be a number: {line}")
    if "/" in told.file or told.file in ("", ".", ".."):
        raise ExpectationError(f"{path}: {told.file!r} is no file beside it: {line}")
    return told


def judge(file: str, lines: Iterable[Expectation], alerts: Iterable[Alert]) -> Verdict:
    """Compare what was said with what was expected. An incident counts for the first line that it fits."""
    verdict = Verdict(file)
    left = list(alerts)
    told = [line for line in lines if line.rule != ANY]
    for line in (line for line in told if not line.forbids):
        fitting = [alert for alert in left if line.fits(alert)]
        left = [alert for alert in left if alert not in fitting]
        verdict.expected[line.rule] = verdict.expected.get(line.rule, 0) + line.wanted
        enough = len(fitting) >= line.wanted if line.times == ANY else len(fitting) == line.wanted
        verdict.found[line.rule] = verdict.found.get(line.rule, 0) + min(len(fitting), line.wanted)
        if len(fitting) < line.wanted:
            verdict.missed.append(line)
        elif not enough:
            verdict.false += fitting[line.wanted :]
    forbidden = [line for line in told if line.forbids]
    for alert in left:
        if any(line.fits(alert) for line in forbidden):
            verdict.false.append(alert)
        elif alert["severity"] != "NORMAL":
            verdict.surplus.append(alert)
        elif alert["rule"] not in USUAL:
            verdict.notices.append(alert)
    return verdict
