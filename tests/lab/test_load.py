"""Two sensors write one database at 5,000 packets a second each, while two browsers look on."""

from pathlib import Path
from typing import Any

import pytest

from tests.lab.browser import shows
from tests.lab.load import Load, mistakes

RATE, LOOPS = 5_000, 4
WAL_BOUND = 64 << 20
"""Bytes: four times what the log is cut back to after a checkpoint."""


@pytest.mark.timeout(180)
def test_two_sensors_one_database(tmp_path: Path, playwright: Any) -> None:
    load = Load(tmp_path, playwright)
    try:
        samples = load.run(RATE, LOOPS, every=5)
        assert shows(load.pages[0], ".ag-row", "Telnet") or load.database.alerts(), "incidents of the evening"
        result = load.finish(samples)
    finally:
        load.close()
    assert mistakes(result) == []
    assert set(result.sent.values()) == {load.packets * LOOPS}
    assert max(sample.wal for sample in samples) < WAL_BOUND
