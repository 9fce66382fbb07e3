"""`demo` where its port is taken, and where its dashboard dies."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from analysis.config_types import ROOT


def test_a_port_in_use_is_told_with_the_verb_that_was_meant():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        command = [sys.executable, "-m", "sensors.demo", "--port", str(port)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert f"Port {port} on 127.0.0.1 is in use" in done.stderr
    assert "sentinel.py demo --port" in done.stderr and "sentinel.py dashboard" not in done.stderr


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the child in /proc")
def test_a_dead_dashboard_is_told_and_ends_the_demo():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "sensors.demo", "--port", str(port), "--hours", "0.1"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as demo:
        children = Path(f"/proc/{demo.pid}/task/{demo.pid}/children")
        end = time.monotonic() + 60
        while not (found := children.read_text().split()) and time.monotonic() < end:
            time.sleep(0.05)
        os.kill(int(found[0]), signal.SIGKILL)
        told = demo.communicate(timeout=60)[1]
    assert demo.returncode == 1
    assert "The dashboard was ended by signal 9, so the demo ends too." in told
