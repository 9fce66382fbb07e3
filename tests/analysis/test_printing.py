"""A reader that has seen enough ends a verb quietly."""

import subprocess
import sys

import pytest

PROGRAM = """
from analysis.printing import to_a_reader
with to_a_reader():
    for number in range(100_000):
        print(number, flush={flush})
print("after it")
"""


@pytest.mark.parametrize("flush", [True, False])
def test_what_nobody_reads_goes_nowhere(flush: bool) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(flush=flush)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip
        assert child.stdout is not None and child.stderr is not None
        assert child.stdout.readline() == "0\n"
        child.stdout.close()
        assert child.stderr.read() == ""
        assert child.wait(60) == 0


def test_a_reader_that_stays_gets_all() -> None:
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(flush=False)], capture_output=True, text=True, check=True
    )
    assert found.stdout.split("\n")[-3:] == ["99999", "after it", ""]
