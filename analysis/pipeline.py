"""Hands each event to the detectors that handle it; one detector's failure never stops another."""

import logging
from collections import Counter, deque
from collections.abc import Sequence
from typing import Any

from analysis.alerts import Finding, Severity
from analysis.detector import Detector, Known
from analysis.routes import Routes
from analysis.usual import in_words
from analysis.window import RecentTable

log = logging.getLogger(__name__)

FAILURES = 100
"""A detector that fails so often within `FAILURE_WINDOW` seconds is switched off."""
FAILURE_WINDOW = 60.0
SILENCE = 3600.0
"""Seconds of silence that `finish` pretends: longer than any wait of a detector."""
SETTLE = 0.5
"""Seconds that a finding which yields waits for a graver one. A server says what it is within a round trip;
incidents must still be in the database within two seconds."""
SAME_MOMENT = 10.0
"""Seconds for which a graver finding is remembered: the pause between two ticks of a capture."""
WAITING, GRAVE = 1024, 4096


class Pipeline:
    """Routes events to the detectors that they could concern, in the order of the detectors.

    `handled_events` are the types that somebody handles: others need not be made. `failures` counts
    exceptions by rule; `disabled` maps a rule that was switched off to the reason.

    A finding of a rule that `yields` is told with a tick, and not at all when a graver one tells of the same
    device, peer, port and protocol in the same moment: one connection makes one row worth reading.
    """

    def __init__(self, detectors: Sequence[Detector], known: Known) -> None:
        self.detectors = tuple(detectors)
        self.failures: Counter[str] = Counter()
        self.disabled: dict[str, str] = {}
        self._known = known
        self._recent: dict[str, deque[float]] = {}
        self._cooldowns = {d.id: d.cooldown_minutes * 60 for d in self.detectors}
        self._yielding = frozenset(d.id for d in self.detectors if d.yields)
        self._waiting: list[Finding] = []
        self._grave = RecentTable(GRAVE)
        for detector in self.detectors:
            vars(detector)["known"] = known
        self._routes = self._connect()

    def _connect(self) -> Routes:
        """The handlers of the detectors that are on."""
        return Routes([d for d in self.detectors if d.id not in self.disabled], self._failed)

    @property
    def handled_events(self) -> frozenset[type]:
        """Event types with at least one handler; shrinks when a detector is switched off."""
        return self._routes.handled_events

    def cooldown(self, rule: str) -> float:
        """Seconds within which a finding with the same key is the same incident."""
        return self._cooldowns[rule]

    @property
    def evictions(self) -> int:
        """Entries that full tables of all detectors pushed out, as these or detectors themselves count."""
        tables = (value for d in self.detectors for value in vars(d).values() if value is not self._known)
        return sum(getattr(holder, "evictions", 0) for holder in (*self.detectors, *tables))

    def handle(self, event: Any) -> list[Finding]:
        """What the detectors say about one event."""
        findings: list[Finding] = []
        for rule, call in self._routes.of(event):
            try:
                said = call(event)
                if said:
                    findings.extend(said)
            except Exception as error:  # any detector, any mistake: the others must go on
                self._failed(rule, error, event.ts)
        return self._take(findings) if findings else findings

    def tick(self, now: float) -> list[Finding]:
        """Let detectors expire state and raise what is overdue; about once a second of packet time."""
        findings: list[Finding] = []
        for rule, call in self._routes.ticks:
            try:
                findings.extend(call(now) or ())
            except Exception as error:  # as above
                self._failed(rule, error, now)
        return [*self._take(findings), *self._settled(now)]

    def finish(self, now: float) -> list[Finding]:
        """The capture is over: whatever waits is decided as if an hour of silence followed."""
        return [*self.tick(now), *self.tick(now + SILENCE)]

    def _take(self, findings: list[Finding]) -> list[Finding]:
        """Complete and remember what was found; returns what may be told now."""
        for finding in findings:
            self._say_how_usual(finding)
            if finding.severity >= Severity.HIGH:
                self._refuse(finding)
                self._grave.put(_connection(finding), (finding.ts, finding.severity))
        return self._hold_back(findings) if self._yielding else findings

    def _hold_back(self, findings: list[Finding]) -> list[Finding]:
        """What may be told at once; the rest waits. When very many wait, nothing more does."""
        if len(self._waiting) >= WAITING:
            return findings
        self._waiting += [finding for finding in findings if finding.rule in self._yielding]
        return [finding for finding in findings if finding.rule not in self._yielding]

    def _settled(self, now: float) -> list[Finding]:
        """What has waited long enough, and of which nothing graver was told."""
        due = [finding for finding in self._waiting if now - finding.ts >= SETTLE]
        if due:
            self._waiting = [finding for finding in self._waiting if now - finding.ts < SETTLE]
        return [finding for finding in due if not self._is_told(finding)]

    def _is_told(self, finding: Finding) -> bool:
        """Whether a graver finding of the same moment tells of this connection."""
        ts, severity = self._grave.get(_connection(finding), (0.0, Severity.NORMAL))
        return bool(severity > finding.severity and ts > finding.ts - SAME_MOMENT)

    def _say_how_usual(self, finding: Finding) -> None:
        if "usual" not in finding.evidence:
            words = in_words(self._known, finding.subject, finding.ts)
            if words is not None:
                finding.evidence["usual"] = words

    def _refuse(self, finding: Finding) -> None:
        """What raised a serious alert must not become usual."""
        about = finding.subject
        key = self._known.device_key(about.device_mac)
        if key is not None:
            self._known.baseline.distrust(key, finding.ts)
        if key is not None and about.peer_ip and about.port and about.proto:
            self._known.baseline.refuse(key, about.peer_ip, about.port, about.proto, finding.ts)

    def _failed(self, rule: str, error: Exception, now: float) -> None:
        self.failures[rule] += 1
        recent = self._recent.setdefault(rule, deque(maxlen=FAILURES))
        recent.append(now)
        if len(recent) == 1:
            log.error("rule %s failed; further failures are counted only", rule, exc_info=error)
        if len(recent) == FAILURES and now - recent[0] <= FAILURE_WINDOW and rule not in self.disabled:
            self.disabled[rule] = f"failed {FAILURES} times within a minute: {type(error).__name__}"
            log.error("rule %s is switched off until the next start: %s", rule, self.disabled[rule])
            self._routes = self._connect()


def _connection(finding: Finding) -> tuple[object, ...]:
    about = finding.subject
    return about.device_mac or about.device_ip, about.peer_ip, about.port, about.proto
