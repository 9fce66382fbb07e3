"""The scoreboard as text for a terminal, as JSON, and as docs/detection.md."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.config_rules import all_detectors
from sensors.demo.attacks.case import Case
from sensors.expectations import ANY, COLUMNS, USUAL, Expectation, Verdict
from sensors.score_run import Run

STAGES = ("read", "follow", "detect", "store")
MADE = "<!-- Made by `sentinel.py score DIR --write`; change the rules or expectations instead. -->"


@dataclass(frozen=True, slots=True)
class Score:
    """One capture or made-up situation with its verdict."""

    verdict: Verdict
    run: Run
    case: Case | None = None
    absent: bool = False
    """There is no such file, or it is no capture."""


@dataclass(slots=True)
class Tally:
    """Counts of one rule, or of all."""

    expected: int = 0
    found: int = 0
    false: int = 0

    @property
    def missed(self) -> int:
        """Expected and not found."""
        return self.expected - self.found

    def record(self) -> dict[str, int]:
        """The counts by name, in the order of a table's columns."""
        return {"expected": self.expected, "found": self.found, "missed": self.missed, "false": self.false}


def by_rule(scores: Iterable[Score]) -> dict[str, Tally]:
    """Expected, found and false incidents of each rule."""
    tallies: dict[str, Tally] = {}
    for score in scores:
        verdict = score.verdict
        for rule, wanted in verdict.expected.items():
            tally = tallies.setdefault(rule, Tally())
            tally.expected += wanted
            tally.found += verdict.found.get(rule, 0)
        for alert in verdict.false:
            tallies.setdefault(alert["rule"], Tally()).false += 1
    return dict(sorted(tallies.items()))


def rates(scores: Sequence[Score]) -> dict[str, float]:
    """Incidents per device-hour, newcomers and expected ones aside, and the hours."""
    hours = sum(score.run.device_hours for score in scores)
    unwanted = sum(len(s.verdict.false) + len(s.verdict.surplus) + len(s.verdict.notices) for s in scores)
    serious = sum(a["severity"] != "NORMAL" for s in scores for a in s.verdict.false + s.verdict.surplus)
    return {
        "device_hours": round(hours, 2),
        "unexpected_per_device_hour": round(unwanted / hours, 3) if hours else 0.0,
        "serious_unexpected_per_device_hour": round(serious / hours, 3) if hours else 0.0,
    }


def stages(scores: Sequence[Score]) -> dict[str, float]:
    """Microseconds of CPU time a packet, by stage."""
    packets = sum(score.run.packets for score in scores) or 1
    return {
        stage: round(sum(s.run.stages.get(stage, 0.0) for s in scores) / packets * 1e6, 2) for stage in STAGES
    }


def said(line: Expectation) -> str:
    """An expectation in a few words."""
    parts = [line.rule, *(part for part in (line.severity, line.device, line.peer, line.port) if part != ANY)]
    return " ".join(parts)


def state(score: Score) -> str:
    """Of a line of the scoreboard: absent, ok, MISSED or FALSE."""
    if score.absent:
        return "absent"
    verdict = score.verdict
    return "ok" if verdict.good else "MISSED" if verdict.missed else "FALSE"


def as_json(captures: Sequence[Score], cases: Sequence[Score]) -> dict[str, Any]:
    """Everything, with JSON types only."""
    return {
        "captures": [_record(score) for score in captures],
        "cases": [_record(score) for score in cases],
        "rules": {
            kind: {rule: tally.record() for rule, tally in by_rule(scores).items()}
            for kind, scores in (("captures", captures), ("cases", cases))
        },
        **({"rates": rates(captures)} if captures else {}),
        "microseconds_per_packet": stages((*captures, *cases)),
    }


def _record(score: Score) -> dict[str, Any]:
    verdict, case = score.verdict, score.case
    record: dict[str, Any] = {"name": verdict.file, "state": state(score), "packets": score.run.packets}
    if case is not None:
        record |= {"rule": case.rule, "kind": case.kind}
    record |= {
        "expected": sum(verdict.expected.values()), "found": sum(verdict.found.values()),
        "missed": [said(line) for line in verdict.missed],
        "device_hours": round(score.run.device_hours, 3),
        "seconds_by_stage": {stage: round(score.run.stages.get(stage, 0.0), 4) for stage in STAGES},
    }  # fmt: skip
    for name in ("false", "surplus", "notices"):
        record[name] = [
            {key: alert[key] for key in ("rule", "severity", "title")} for alert in getattr(verdict, name)
        ]
    return record


def as_text(captures: Sequence[Score], cases: Sequence[Score]) -> str:
    """For a terminal: each capture, what is not as it should be, each rule, and the sums."""
    lines = []
    for scores, title in ((captures, "Captures"), (cases, "Made-up situations")):
        if scores:
            head = ("", "expected", "found", "missed", "false", "serious", "notices", "ms")
            lines += [title, "{:<8}{:>9}{:>7}{:>8}{:>7}{:>9}{:>9}{:>8}".format(*head)]
            lines += [_text(score) for score in scores]
            lines += _troubles(scores)
            lines += ["", "By rule", "{:<34}{:>9}{:>7}{:>8}{:>7}".format("", *head[1:5])]
            lines += [
                "{:<34}{:>9}{:>7}{:>8}{:>7}".format(rule, *t.record().values())
                for rule, t in by_rule(scores).items()
            ]
            lines.append("")
    if captures:
        told = rates(captures)
        lines.append(
            f"Unexpected incidents: {told['unexpected_per_device_hour']} per device-hour, "
            f"{told['serious_unexpected_per_device_hour']} of them HIGH or CRITICAL "
            f"({told['device_hours']} device-hours)."
        )
    parts = ", ".join(f"{stage} {cost}" for stage, cost in stages((*captures, *cases)).items())
    return "\n".join([*lines, f"Microseconds a packet: {parts}."])


def _text(score: Score) -> str:
    verdict, case = score.verdict, score.case
    expected, found = sum(verdict.expected.values()), sum(verdict.found.values())
    name = verdict.file if case is None else f"{case.rule}, {case.kind}: {case.name}"
    spent = sum(score.run.stages.values()) * 1000
    return (
        f"{state(score):<8}{expected:>9}{found:>7}{expected - found:>8}{len(verdict.false):>7}"
        f"{len(verdict.surplus):>9}{len(verdict.notices):>9}{spent:>8.0f}  {name}"
    )


def _troubles(scores: Iterable[Score]) -> Iterator[str]:
    for score in scores:
        if score.absent:
            continue
        verdict = score.verdict
        yield from (f"  missed in {verdict.file}: {said(line)}" for line in verdict.missed)
        # In a made-up situation other rules may rightly speak, too.
        for kind in ("false", "surplus") if score.case is None else ("false",):
            yield from (
                f"  {'false' if kind == 'false' else 'not expected'} in {verdict.file}: {a['severity']} "
                f"{a['rule']}: {a['title']}"
                for a in getattr(verdict, kind)
            )


def as_markdown(captures: Sequence[Score], cases: Sequence[Score]) -> str:
    """docs/detection.md. Without times, so that it changes only with what the rules say."""
    return "\n".join([*_head(), *_cases(cases), *_captures([s for s in captures if not s.absent])]) + "\n"


def _head() -> Iterator[str]:
    yield from (
        "# What the rules find", "", MADE, "",
        "`python3 sentinel.py score` runs made-up situations and, with a folder, real captures through the",
        "whole pipeline and compares what the rules say with what they should say. For captures of your own,",
        "put an `expect.tsv` beside them and run `python3 sentinel.py score DIR`. Its columns are",
        f"{', '.join(COLUMNS)}; `-` is any, and `0` times is none.",
    )  # fmt: skip


def _cases(cases: Sequence[Score]) -> Iterator[str]:
    yield from (
        "",
        "## Made-up situations",
        "",
        "Each rule has situations in which it must speak, such as come",
    )
    yield from ("close and must not make it speak, and ordinary traffic that looks alike.", "")
    yield "| rule | must speak | did | near misses | spoke falsely | ordinary | spoke falsely |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    for rule in (detector.id for detector in all_detectors()):
        mine = [s for s in cases if s.case is not None and s.case.rule == rule]
        if not mine:
            yield f"| {rule} | 0 | | 0 | | 0 | |"
            continue
        cells = []
        for kind in ("positive", "near-miss", "benign"):
            of_kind = [s for s in mine if s.case is not None and s.case.kind == kind]
            right = sum(s.verdict.good for s in of_kind)
            cells += [len(of_kind), right if kind == "positive" else len(of_kind) - right]
        yield f"| {rule} | " + " | ".join(map(str, cells)) + " |"


def _captures(captures: Sequence[Score]) -> Iterator[str]:
    if not captures:
        return
    told = rates(captures)
    yield from ("", "## Real captures", "")
    yield f"{len(captures)} captures recorded by others, {sum(s.run.packets for s in captures):,} packets,"
    yield f"{told['device_hours']} device-hours. Besides the newcomers that every capture is full of"
    yield f"({' and '.join(sorted(USUAL))}), {told['unexpected_per_device_hour']} incidents a device-hour"
    yield f"were not expected, {told['serious_unexpected_per_device_hour']} of them HIGH or CRITICAL. Most"
    yield "captures were made of attacks, so this is no measure of a quiet home."
    yield from ("", "| rule | expected | found | missed | false |", "|---|--:|--:|--:|--:|")
    for rule, tally in by_rule(captures).items():
        yield f"| {rule.replace('|', ' or ')} | " + " | ".join(map(str, tally.record().values())) + " |"
    yield from (
        "",
        "| capture | packets | expected | found | missed | false | other serious | other notices |",
    )
    yield "|---|--:|--:|--:|--:|--:|--:|--:|"
    for score in captures:
        verdict = score.verdict
        expected, found = sum(verdict.expected.values()), sum(verdict.found.values())
        cells = (score.run.packets, expected, found, expected - found, len(verdict.false),
                 len(verdict.surplus), len(verdict.notices))  # fmt: skip
        yield f"| {verdict.file} | " + " | ".join(map(str, cells)) + " |"
