"""How verbs end when they are told to."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deploy.verb import NAMES

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX systems")

WORKER = """
import sys, tempfile, time
with tempfile.TemporaryDirectory(dir=sys.argv[1]) as folder:
    print("ready", flush=True)
    time.sleep(60)
"""


def start(tmp_path: Path, text: str, **options: object) -> "subprocess.Popen[str]":
    (tmp_path / "worker.py").write_text(text)
    (tmp_path / "made").mkdir()
    command = [sys.executable, "-m", "deploy.verb", "worker", str(tmp_path / "made")]
    env = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env=env, **pipes, **options)  # type: ignore[call-overload]


@pytest.mark.parametrize("name", NAMES)
def test_a_signal_leaves_nothing_behind_and_says_nothing(tmp_path: Path, name: str) -> None:
    with start(tmp_path, WORKER) as verb:
        assert verb.stdout is not None and verb.stdout.readline() == "ready\n"
        assert list((tmp_path / "made").iterdir())
        verb.send_signal(getattr(signal, name))
        out, err = verb.communicate(timeout=60)
    assert (out, err, verb.returncode) == ("", "", -getattr(signal, name))
    assert not list((tmp_path / "made").iterdir())


@pytest.mark.parametrize("name", NAMES)
def test_a_signal_that_came_too_early_is_held_until_it_can_be_heeded(tmp_path: Path, name: str) -> None:
    number = getattr(signal, name)
    held = lambda: (signal.pthread_sigmask(signal.SIG_BLOCK, [number]), os.kill(os.getpid(), number))  # noqa: E731
    with start(tmp_path, WORKER, preexec_fn=held) as verb:
        out, err = verb.communicate(timeout=60)
    assert (out, err, verb.returncode) == ("", "", -number)


def test_what_the_caller_wants_ignored_is_ignored(tmp_path: Path) -> None:
    text = "import time\nprint('ready', flush=True)\ntime.sleep(1.5)\nprint('done')\n"
    with start(tmp_path, text, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)) as verb:
        assert verb.stdout is not None and verb.stdout.readline() == "ready\n"
        verb.send_signal(signal.SIGHUP)
        assert verb.communicate(timeout=60) == ("done\n", "") and verb.returncode == 0


def test_a_module_with_handlers_of_its_own_decides(tmp_path: Path) -> None:
    text = "import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\n"
    with start(tmp_path, text + "print('ready', flush=True)\ntime.sleep(60)\n") as verb:
        assert verb.stdout is not None and verb.stdout.readline() == "ready\n"
        verb.terminate()
        assert verb.communicate(timeout=60) == ("", "") and verb.returncode == 7


def test_ctrl_c_in_the_middle_of_a_replay(tmp_path: Path) -> None:
    """The real verb, whose temporary database is gone afterwards."""
    fifo = tmp_path / "endless.pcap"
    os.mkfifo(fifo)
    (tmp_path / "tmp").mkdir()
    env = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path / "tmp")}
    command = [sys.executable, "-m", "deploy.verb", "sensors.replay", str(fifo)]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as verb:
        end = time.monotonic() + 60
        while not list((tmp_path / "tmp").glob("sentinel-replay-*/sentinel.db")) and time.monotonic() < end:
            time.sleep(0.05)
        verb.send_signal(signal.SIGINT)
        assert verb.communicate(timeout=60) == (b"", b"") and verb.returncode == -signal.SIGINT
    assert not list((tmp_path / "tmp").iterdir())
