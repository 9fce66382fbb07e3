"""`sentinel.py score [DIR]`: do the rules say what they should, and nothing else?

Runs the captures in a folder against its `expect.tsv` (see `sensors/expectations.py`), and every made-up
situation of `sensors/demo/attacks`.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from analysis.blocklist import Blocklist
from analysis.config import Config, ConfigError, load
from analysis.config_types import ROOT
from analysis.printing import to_a_reader
from sensors import score_found, score_report
from sensors.capture import CaptureError
from sensors.demo.attacks import CASES
from sensors.demo.attacks.case import Case
from sensors.expectations import ANY, Alert, Expectation, ExpectationError, Verdict, judge, read
from sensors.score_report import Score
from sensors.score_run import Run, run_capture, run_case

EXPECT = "expect.tsv"
CAPTURES = frozenset({".pcap", ".pcapng", ".cap"})
"""Endings of the files that are run where nobody says what to expect."""
REPORT = ROOT / "docs" / "detection.md"


def score_folder(folder: Path, lines: Sequence[Expectation], config: Config) -> list[Score]:
    """Each capture that the lines name, in their order; those that are not there or are no captures are told
    on standard error."""
    scores, blocklist = [], Blocklist.open(config)
    for name in dict.fromkeys(line.file for line in lines):
        path, about = folder / name, [line for line in lines if line.file == name]
        changes = {} if about[0].home == ANY else {"home": tuple(about[0].home.split(","))}
        changed = Config.model_validate({**config.model_dump(), **changes, "base": config.base})
        try:
            if not path.is_file():  # a pipe would be waited for
                raise CaptureError(f"{path}: there is no such file")
            run = run_capture(path, changed, blocklist)
        except CaptureError as error:
            print(error, file=sys.stderr)
            scores.append(Score(judge(name, about, []), Run([], 0, 0.0, 0.0), absent=True))
        else:
            scores.append(Score(judge(name, about, run.alerts), run))
    return scores


def score_case(case: Case) -> Score:
    """A made-up situation: what its rule says, and what others say from HIGH on."""
    run = run_case(case)
    times = str(case.times) if case.kind == "positive" else "0"
    wanted = Expectation(case.name, case.rule, ANY, ANY, ANY, ANY, times, ANY)
    verdict = judge(case.name, [wanted], run.alerts)
    return Score(verdict, run, case)


def quiet_config(config: Config, folder: str) -> Config:
    """The configuration without learning (a capture has no past) and without fetched lists: the score must
    not depend on the day's lists."""
    changes = {"learning_hours": 0, "blocklists": {"lists": []}, "base": folder}
    return Config.model_validate({**config.model_dump(), **changes})


def main(argv: Sequence[str] | None = None) -> int:
    """Exit 0 when everything was as expected, 1 when not, 2 for a mistake in a file or argument."""
    arguments = _arguments(argv)
    try:
        config = load(arguments.config)
        lines, judged = _lines(arguments), _judged(arguments)
        with tempfile.TemporaryDirectory(prefix="sentinel-score-") as scratch:
            quiet = quiet_config(config, scratch)
            folder = arguments.folder or (arguments.expect or Path()).parent
            captures = score_folder(folder, lines, quiet)
        cases = [] if arguments.captures_only else [score_case(case) for case in CASES]
    except (ConfigError, ExpectationError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    refused = [score for score in captures if score.absent and (folder / score.verdict.file).exists()]
    found = [] if judged else [(score.verdict.file, score.run) for score in captures if not score.absent]
    captures = captures if judged else []
    with to_a_reader():
        if arguments.json:
            report = score_report.as_json(captures, cases)
            json.dump({**report, "captures": score_found.as_json(found)} if found else report, sys.stdout)
            print()
        else:
            texts = (
                score_found.as_text(found),
                score_report.as_text(captures, cases) if captures or cases else "",
            )
            print(*filter(None, texts), sep="\n\n")
    if arguments.write:
        arguments.report.write_text(score_report.as_markdown(captures, cases), "utf-8")
    if refused:
        return 2
    return 0 if all(score.verdict.good for score in (*captures, *cases) if not score.absent) else 1


def _judged(arguments: argparse.Namespace) -> bool:
    """Whether anybody says what is expected of the captures."""
    return bool(arguments.expect or not arguments.folder or (arguments.folder / EXPECT).exists())


def _lines(arguments: argparse.Namespace) -> list[Expectation]:
    """What is expected; of a folder that does not say, nothing of any capture in it. Raises ExpectationError,
    also where there is nothing to read."""
    folder: Path | None = arguments.folder
    if arguments.expect:
        return read(arguments.expect)
    if not folder:
        return []
    if not folder.is_dir():
        there = (
            f"is no folder; for a file:  python3 sentinel.py replay {folder}"
            if folder.exists()
            else "is not there"
        )
        raise ExpectationError(f"{folder} {there}")
    path = folder / EXPECT
    if path.exists():
        return read(path)
    files = sorted(file.name for file in folder.iterdir() if file.suffix in CAPTURES)
    if not files:
        raise ExpectationError(f"{folder}: neither captures nor an {EXPECT} are here")
    if arguments.write:
        raise ExpectationError(f"--write needs to know what is expected: {folder} has no {EXPECT}")
    told = f"{folder} has no {EXPECT}: what was found in its {len(files)} captures is listed, and not judged"
    print(f"{told}. See docs/detection.md.", file=sys.stderr)
    return [Expectation(name, *[ANY] * 7) for name in files]


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="sentinel.py score", description="Compare what the rules say with what they should."
    )
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        metavar="DIR",
        help="captures; without an expect.tsv beside them what is found is listed, not judged",
    )
    parser.add_argument("--expect", type=Path, metavar="FILE", help="another file than DIR/expect.tsv")
    parser.add_argument("--captures-only", action="store_true", help="leave the made-up situations out")
    parser.add_argument("--write", action="store_true", help="write docs/detection.md")
    parser.add_argument("--report", type=Path, default=REPORT, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    parser.add_argument("--config", type=Path, help="another config.yaml")
    return parser.parse_args(argv)


__all__ = ["Alert", "Verdict", "main", "quiet_config", "score_case", "score_folder"]

if __name__ == "__main__":
    sys.exit(main())
