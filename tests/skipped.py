"""pytest plugin of `sentinel.py test`: says at the end what was skipped, why, and how to get it."""

from collections import Counter
from pathlib import Path

import pytest

APT = Path(__file__).parent / "apt.txt"
HOW = {
    "lab": "on Debian or Ubuntu, as root: apt install $(grep -v '^#' tests/apt.txt), "
    "then: sudo python3 sentinel.py test",
    "browser": "install Chromium (apt install chromium), then: python3 sentinel.py test",
    "captures": "these captures are not part of Sentinel; nothing to do",
}


def kind(report: pytest.TestReport) -> str:
    """The marker that a test's skip is explained by."""
    return next((mark for mark in HOW if mark in report.keywords), "")


def pytest_terminal_summary(terminalreporter: "pytest.TerminalReporter") -> None:
    skips: Counter[tuple[str, str]] = Counter()
    for report in terminalreporter.stats.get("skipped", ()):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        skips[kind(report), reason.removeprefix("Skipped: ")] += 1
    if not skips:
        return
    terminalreporter.section("what was skipped, and how to get it")
    for (mark, reason), count in sorted(skips.items()):
        terminalreporter.line(f"{count:4}  {mark + ': ' if mark else ''}{reason}")
        if mark:
            terminalreporter.line(f"      to run them: {HOW[mark]}")
