"""`demo` where its port is taken."""

import socket
import subprocess
import sys

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
