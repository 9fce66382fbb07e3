"""The configuration that every benchmark runs Sentinel with: config.yaml's defaults and a large list."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis.config import Blocklists, BlocklistSource, Config
from analysis.config_rules import all_detectors
from benchmarks.traffic import made_names

FIRST_FOUR = frozenset({"insecure-protocol", "suspicious-port", "blocklisted-name", "new-connection"})
"""The rules that Sentinel was begun for; what the others cost is measured against these."""


def prepare(folder: Path, names: int) -> None:
    """Make and compile a blocklist of so many made-up names in a working folder, for all rounds."""
    from analysis.blocklist import Blocklist

    (folder / "list.txt").write_text("\n".join(made_names(names)) + "\n", encoding="utf-8")
    Blocklist.open(config_in(folder))


def config_in(folder: Path, packet_rows: int = 0, first_four: bool = False) -> Config:
    """Every rule on, or only the first four; connections are reported as new from the first packet, as
    `replay` does."""
    off = [rule.id for rule in all_detectors() if first_four and rule.id not in FIRST_FOUR]
    config = Config(
        base=str(folder),
        rules={name: {"enabled": False} for name in off},
        learning_hours=0,
        blocklists=Blocklists(lists=(BlocklistSource(name="made up", file="list.txt"),)),
    )
    log = config.packet_log.model_copy(update={"rows": packet_rows})
    return config.model_copy(update={"packet_log": log})


def write_yaml(folder: Path, packet_rows: int = 100_000, interfaces: Sequence[dict[str, Any]] = ()) -> Path:
    """The same as a config.yaml (JSON is YAML), for processes that are started by their command line."""
    path = folder / "config.yaml"
    lists = [{"name": "made up", "file": "list.txt"}]
    text = {
        "home": ["192.168.0.0/16", "10.0.0.0/8", "fe80::/10"], "blocklists": {"lists": lists},
        "learning_hours": 72, "packet_log": {"rows": packet_rows}, "interfaces": list(interfaces),
    }  # fmt: skip
    path.write_text(json.dumps(text))
    return path
