"""Longest prefixes and made-up addresses; the expected names are in IEEE's public registries."""

import base64
import os
import subprocess
import sys

import pytest

from analysis import vendors
from analysis.vendors import is_randomised, vendor


@pytest.mark.parametrize(
    ("mac", "name"),
    [
        ("b8:27:eb:11:22:33", "Raspberry Pi Foundation"),  # /24
        ("B8-27-EB-11-22-33", "Raspberry Pi Foundation"),
        ("b827.eb11.2233", "Raspberry Pi Foundation"),
        ("00:55:da:01:00:01", "Shinko Technos co.,ltd."),  # /28
        ("00:55:da:10:00:01", "KoolPOS Inc."),  # the block beside it
        ("00:1b:c5:00:01:00", "Converging Systems Inc."),  # /36
        ("00:1b:c5:00:11:00", "OpenRB.com, Direct SIA"),  # the block beside it
        ("da:a1:19:11:22:33", "Google, Inc."),
    ],
)
def test_longest_prefix(mac: str, name: str) -> None:
    assert vendor(mac) == name


@pytest.mark.parametrize(
    "mac", ["52:54:00:12:34:56", "02:00:00:00:00:01", "ff:ff:ff:ff:ff:ff", "33:33:00:00:00:01", "00:00:00:00:00:00", "", "x", "b8:27:eb",
            "b8:27:eb:11:22:33:44", "zz:27:eb:11:22:33", "٣٣:27:eb:11:22:33"],
)  # fmt: skip
def test_no_vendor(mac: str) -> None:
    assert vendor(mac) is None


def test_randomised() -> None:
    assert is_randomised("da:a1:19:11:22:33")
    assert is_randomised("52:54:00:12:34:56")
    assert not is_randomised("b8:27:eb:11:22:33")
    assert not is_randomised("33:33:00:00:00:01")  # a group address, also with the local bit
    assert not is_randomised("ff:ff:ff:ff:ff:ff")
    assert not is_randomised("nonsense")


def test_base85_equals_the_standard_library() -> None:
    for length in range(1, 40):
        packed = base64.b85encode(os.urandom(length))
        assert vendors._base85(packed) == base64.b85decode(packed)


def test_the_blocks_of_all_pieces_are_those_of_the_whole_list() -> None:
    pieces = list(vendors._manuf())
    whole = vendors._MANUF.findall(b"\n" + b"".join(pieces))
    assert len(pieces) > 1
    assert len(whole) > 10_000
    assert list(vendors._small_rows()) == whole


def test_of_a_prefix_that_stands_twice_the_last_counts() -> None:
    found = vendors._Prefixes([(7, b"first"), (9, b"nine"), (7, b"last"), (1, b"")])
    assert [found.find(n) for n in (0, 1, 7, 8, 9, 10)] == [None, "", "last", None, "nine", None]
    assert vendors._Prefixes(()).find(7) is None


def test_a_manuf_that_cannot_be_read_is_empty(tmp_path, monkeypatch) -> None:
    (tmp_path / "scapy" / "libs").mkdir(parents=True)
    (tmp_path / "scapy" / "__init__.py").write_text("raise SystemExit('must not be imported')")
    manuf = tmp_path / "scapy" / "libs" / "manuf.py"
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "scapy", raising=False)
    for source in (
        'DATA = _d("""not base 85 \'""")', 'DATA = _d("""\n00000\n""")', 'DATA = _d("""00', "def broken(:", "",
    ):  # fmt: skip
        manuf.write_text(source)
        assert b"".join(vendors._manuf()) == b""


def test_neither_scapy_nor_the_lookup_package_is_imported() -> None:
    code = (
        "import sys; from analysis.vendors import vendor; vendor('00:55:da:01:00:01');"
        "print([m for m in sys.modules if m.split('.')[0] in ('scapy', 'mac_vendor_lookup', 'aiohttp')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
