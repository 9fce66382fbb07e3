"""The address that other devices of the home are told."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.config import Dashboard
from dashboard.reach import EVERYWHERE, family_url, own_address
from dashboard.security import hash_password

ROOT = Path(__file__).parents[2]


def test_only_every_address_needs_another_one_told() -> None:
    assert family_url(Dashboard(host="127.0.0.1")) is None
    assert family_url(Dashboard(host="192.168.1.5", password_hash=hash_password("right one"))) is None


def test_the_address_is_the_one_that_leads_there() -> None:
    assert own_address(socket.AF_INET, "127.0.0.1") == "127.0.0.1"
    if socket.has_ipv6 and Path("/proc/net/if_inet6").exists():
        assert own_address(socket.AF_INET6, "::1") in ("::1", None)


@pytest.mark.skipif(os.name != "posix", reason="ends it in the way of POSIX systems")
def test_the_dashboard_says_where_the_family_finds_it(tmp_path: Path) -> None:
    own = own_address(*EVERYWHERE["0.0.0.0"])
    if own is None:
        pytest.skip("no network leads out of this computer")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = tmp_path / "config.yaml"
    config.write_text(f"dashboard:\n  host: 0.0.0.0\n  password_hash: '{hash_password('right one')}'\n")
    command = [sys.executable, "-m", "dashboard", "--config", str(config), "--port", str(port)]
    with subprocess.Popen(
        [*command, "--db", str(tmp_path / "s.db")], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as pages:
        assert pages.stdout is not None
        told = [pages.stdout.readline(), pages.stdout.readline()]
        pages.send_signal(signal.SIGTERM)
    assert f"http://127.0.0.1:{port}/" in told[0]
    assert f"http://{own}:{port}/" in told[1] and "other devices" in told[1]
