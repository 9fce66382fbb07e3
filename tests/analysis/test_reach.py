"""The address that other devices of the home are told."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.config import Dashboard
from analysis.reach import EVERYWHERE, family_url, own_address
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
@pytest.mark.parametrize("host", EVERYWHERE)
def test_the_dashboard_says_where_it_is_found_by_us_and_by_the_family(tmp_path: Path, host: str) -> None:
    own = own_address(*EVERYWHERE[host])
    if own is None:
        pytest.skip("no network of this kind leads out of this computer")
    family, local = EVERYWHERE[host][0], "127.0.0.1" if host == "0.0.0.0" else "::1"
    with socket.socket(family) as probe:
        probe.bind((local, 0))
        port = probe.getsockname()[1]
    config = tmp_path / "config.yaml"
    config.write_text(f"dashboard:\n  host: '{host}'\n  password_hash: '{hash_password('right one')}'\n")
    command = [sys.executable, "-m", "dashboard", "--config", str(config), "--port", str(port)]
    with subprocess.Popen(
        [*command, "--db", str(tmp_path / "s.db")], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as pages:
        assert pages.stdout is not None
        told = [pages.stdout.readline(), pages.stdout.readline()]
        for line, address in zip(told, (local, own), strict=True):
            named = f"[{address}]" if ":" in address else address
            assert f"http://{named}:{port}/" in line
            socket.create_connection((address, port), timeout=20).close()
        pages.send_signal(signal.SIGTERM)
    assert "other devices" in told[1]
