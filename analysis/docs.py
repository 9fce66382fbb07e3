"""config.yaml, docs/config.md and docs/rules.md, made from the models and the rules.

`python -m analysis.docs` writes them, `--check` fails when one is stale, `--config` prints config.yaml.
"""

import argparse
import inspect
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from analysis.config import BlocklistSource, Config, Interface
from analysis.config_rules import FRAMEWORK, all_detectors, default_of, options_of, rule_model
from analysis.config_schema import at, describe
from analysis.config_types import ROOT
from analysis.detector import Detector
from analysis.docs_yaml import config_yaml, flow, option_docs

MADE = "<!-- Made by `python -m analysis.docs`; change the code instead. -->\n"
LONGEST_DEFAULT = 60

REPEATED: dict[str, tuple[str, type[BaseModel]]] = {
    "interfaces": ("interfaces[]", Interface),
    "blocklists": ("blocklists.lists[]", BlocklistSource),
}
"""Sections that are lists of further sections."""


def config_reference() -> str:
    """docs/config.md."""
    schema = Config.model_json_schema()
    sections = {key: field for key, field in Config.model_fields.items() if not field.exclude}
    single = [key for key in sections if not _is_model(sections[key].annotation)]
    lines = [
        "# config.yaml", "", MADE,
        "The only configuration. Every key may be absent; its default then holds. A mistake stops the start",
        "with file, line, key, what was expected and what was found. `sentinel.py check` only looks.",
        "",
        "The file is read at the start: after a change restart Sentinel. Under `sentinel.py up` the terminal",
        "and the Health page say when the file was changed, and whether it has a mistake.",
        "", "## Top level", "",
        *_table(Config, single, schema, ()),
    ]  # fmt: skip
    lines += _section(*REPEATED["interfaces"], schema, ("interfaces", 0))
    for key, field in sections.items():
        if _is_model(field.annotation):
            lines += _section(key, field.annotation, schema, (key,))
        if key == "blocklists":
            lines += _section(*REPEATED[key], schema, ("blocklists", "lists", 0))
    lines += [
        "",
        "## rules",
        "",
        "By a rule's id, with the options in [rules.md](rules.md). All take:",
        "",
    ]
    lines += [f"- `{key}`: {meaning}" for key, meaning in FRAMEWORK.items()]
    return "\n".join(lines) + "\n"


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _section(title: str, model: Any, schema: dict[str, Any], path: tuple[str | int, ...]) -> Iterator[str]:
    yield from ("", f"## {title}", "", " ".join(inspect.cleandoc(model.__doc__ or "").split()), "")
    yield from _table(model, list(model.model_fields), schema, path)


def _table(
    model: type[BaseModel], keys: Iterable[str], schema: dict[str, Any], path: tuple[str | int, ...]
) -> Iterator[str]:
    yield "| key | value | default | meaning |"
    yield "|---|---|---|---|"
    for key in keys:
        field = model.model_fields[key]
        kind = describe(at(schema, (*path, key)) or {}, schema)
        default = "needed" if field.is_required() else shown(field.default)
        yield _row(f"`{key}`", kind, default, field.description or "")


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def shown(default: Any) -> str:
    """A default in a table: as it would be written, or that there are many."""
    if default is None:
        return ""
    if isinstance(default, tuple | list) and default and not isinstance(default[0], str | int | float):
        return f"{len(default)} entries, see config.yaml"
    text = flow(default)
    return f"`{text}`" if len(text) <= LONGEST_DEFAULT else f"{len(default)} entries, see config.yaml"


def rules_reference(detectors: Iterable[type[Detector]]) -> str:
    """docs/rules.md."""
    detectors = tuple(detectors)
    lines = [
        "# Rules", "", MADE,
        "Each rule is one file in `analysis/detectors/`. Its options stand in config.yaml under `rules:` and",
        "its id.",
        "", "| rule | what it tells | severity | same incident for |", "|---|---|---|---|",
    ]  # fmt: skip
    for detector in detectors:
        name = f"[{detector.id}](#{detector.id})"
        minutes = f"{flow(detector.cooldown_minutes)} min"
        lines.append(_row(name, detector.title, detector.severity.name, minutes))
    for detector in detectors:
        lines += _rule(detector)
    return "\n".join(lines) + "\n"


def _rule(detector: type[Detector]) -> Iterator[str]:
    yield from ("", f"## {detector.id}", "", inspect.cleandoc(detector.__doc__ or ""))
    options = options_of(detector)
    if not options:
        return
    schema = rule_model(detector).model_json_schema()
    meanings = option_docs(detector)
    yield from ("", "| option | value | default | meaning |", "|---|---|---|---|")
    for option in options:
        kind = describe(at(schema, (option.name,)) or {}, schema)
        yield _row(f"`{option.name}`", kind, shown(default_of(option)), meanings.get(option.name, ""))


def documents() -> dict[Path, str]:
    """Every generated file with its text."""
    detectors = all_detectors()
    return {
        ROOT / "config.yaml": config_yaml(detectors),
        ROOT / "docs" / "config.md": config_reference(),
        ROOT / "docs" / "rules.md": rules_reference(detectors),
    }


def stale() -> list[str]:
    """The generated files that differ from what the code says."""
    return [
        str(path.relative_to(ROOT))
        for path, text in documents().items()
        if not path.is_file() or path.read_text("utf-8") != text
    ]


def main() -> int:
    """0 when all is well, 1 with --check when a file is stale."""
    parser = argparse.ArgumentParser(prog="python -m analysis.docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is stale")
    parser.add_argument("--config", action="store_true", help="print config.yaml")
    arguments = parser.parse_args()
    if arguments.config:
        sys.stdout.write(config_yaml(all_detectors()))
        return 0
    if arguments.check:
        for name in (names := stale()):
            print(f"{name} is stale: run python -m analysis.docs", file=sys.stderr)
        return 1 if names else 0
    for path, text in documents().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
