"""The generated files are those that the code makes."""

import subprocess
import sys

from analysis.config_types import ROOT
from analysis.docs import stale
from analysis.docs_yaml import flow, option_docs


def test_nothing_is_stale() -> None:
    assert stale() == [], "run: python -m analysis.docs"


def test_the_command_prints_the_file() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "analysis.docs", "--config"], capture_output=True, cwd=ROOT, check=True
    )
    assert done.stdout.decode() == (ROOT / "config.yaml").read_text("utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "analysis.docs", "--check"], capture_output=True, cwd=ROOT, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_values_are_quoted_where_yaml_needs_it() -> None:
    assert flow("a, b: c") == '"a, b: c"'
    assert flow("no") == '"no"'
    assert flow("") == '""'
    assert flow("::1/128") == '"::1/128"'
    assert flow(("10.0.0.0/8", True, 1.5, None)) == "[10.0.0.0/8, true, 1.5, ]"


def test_the_texts_below_fields_are_found() -> None:
    class Sample:
        first: int = 1
        """What the first
        is."""
        second: int = 2

    assert option_docs(Sample) == {"first": "What the first is."}
