"""config.yaml with every value at its default and a comment on each, made from the models and the rules."""

import ast
import inspect
import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, is_dataclass
from enum import Enum
from itertools import pairwise
from typing import Any

from pydantic import BaseModel

from analysis.config import Config, Interface
from analysis.config_rules import FRAMEWORK, default_of, options_of
from analysis.detector import Detector

WIDTH = 108

HEADER = """\
Sentinel's only configuration. Every value stands at its default: deleting a line changes nothing.
It is read at the start: after a change run `sentinel.py check`, which names every mistake with its
line, and restart Sentinel. The whole reference is docs/config.md; what the rules mean is in
docs/rules.md. Values need quotes only where YAML gives a sign a meaning (: # , [ ] { }); MAC
addresses, `no` and leading zeros are taken as they are written.
"""

_PLAIN = re.compile(r"[A-Za-z./][\w./+-]*(?: [\w./+-]+)*|\d[\d./]*")
_SPECIAL = frozenset(("yes", "no", "on", "off", "true", "false", "null", "y", "n"))

EXAMPLE = Interface(name="eth0", label="Home Wi-Fi")


def config_yaml(detectors: Iterable[type[Detector]]) -> str:
    """The whole file."""
    lines = list(_comment(HEADER))
    defaults = Config()
    for key, field in Config.model_fields.items():
        if field.exclude:
            continue
        lines += ["", *_comment(field.description or "")]
        if key == "rules":
            lines += ["rules:", *_rules(detectors)]
        elif key == "interfaces":
            lines += ["interfaces: []", *_interface_example()]
        else:
            lines += _entry(key, getattr(defaults, key), 0)
    return "\n".join(lines) + "\n"


def _comment(text: str, indent: int = 0) -> Iterator[str]:
    prefix = " " * indent + "# "
    for paragraph in text.strip().split("\n\n"):
        for line in textwrap.wrap(paragraph, WIDTH - len(prefix), break_on_hyphens=False):
            yield prefix + line


def _interface_example() -> Iterator[str]:
    yield "# An entry, with every key it may have (only the name is needed; put it in place of the []):"
    for i, (key, field) in enumerate(Interface.model_fields.items()):
        yield from (f"#     {line}" for line in _comment(field.description or ""))
        yield f"# {'  - ' if i == 0 else '    '}{key}: {flow(getattr(EXAMPLE, key))}".rstrip()


def _entry(key: str, value: Any, indent: int) -> Iterator[str]:
    """A key with its value; sections carry their keys' comments."""
    pad = " " * indent
    if isinstance(value, BaseModel):
        yield f"{pad}{key}:"
        for name, field in type(value).model_fields.items():
            yield from _comment(field.description or "", indent + 2)
            yield from _entry(name, getattr(value, name), indent + 2)
    elif isinstance(value, tuple | list) and value and _is_record(value[0]):
        yield f"{pad}{key}:"
        for record in value:
            yield from _wrapped(_fields(record), indent + 2)
    elif len(line := f"{pad}{key}: {flow(value)}".rstrip()) <= WIDTH:
        yield line
    else:
        yield f"{pad}{key}:"
        yield from (f"{pad}  - {flow(item)}" for item in value)


def _is_record(value: object) -> bool:
    return isinstance(value, BaseModel) or is_dataclass(value)


def _fields(record: Any) -> dict[str, Any]:
    """What an entry of a list says: absent values are left out."""
    values = dict(record) if isinstance(record, BaseModel) else asdict(record)
    return {key: value for key, value in values.items() if value is not None}


def _wrapped(values: Mapping[str, Any], indent: int) -> Iterator[str]:
    """A list entry as a flow mapping, broken between keys where it is too long."""
    line = " " * indent + "- {"
    parts = [f"{key}: {flow(value)}" for key, value in values.items()]
    for i, part in enumerate(parts):
        part += "}" if i == len(parts) - 1 else ","
        if len(line) + len(part) + 1 > WIDTH:
            yield line
            line = " " * (indent + 3) + part
        else:
            line += part if line.endswith("{") else " " + part
    yield line


def flow(value: Any) -> str:
    """A value on one line of YAML; nothing for None."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case Enum():
            return value.name
        case int() | float():
            return f"{value:.15g}"
        case str():
            plain = _PLAIN.fullmatch(value) and value.lower() not in _SPECIAL
            return value if plain else json.dumps(value, ensure_ascii=False)
        case tuple() | list() | set() | frozenset():
            items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
            return f"[{', '.join(map(flow, items))}]"
        case dict():
            return f"{{{', '.join(f'{flow(key)}: {flow(item)}' for key, item in value.items())}}}"
    raise TypeError(f"an option of type {type(value).__name__} cannot be written to config.yaml")


def _rules(detectors: Iterable[type[Detector]]) -> Iterator[str]:
    yield "  # Each rule takes, besides its own options:"
    for key, meaning in FRAMEWORK.items():
        yield from _comment(f"{key}: {meaning}", 2)
    for detector in detectors:
        yield ""
        yield from _comment(f"{detector.title}. {summary(detector)}", 2)
        yield f"  {detector.id}:"
        yield "    enabled: true"
        yield f"    severity: {detector.severity.name}"
        yield f"    cooldown_minutes: {flow(detector.cooldown_minutes)}"
        meanings = option_docs(detector)
        for field in options_of(detector):
            yield from _comment(meanings.get(field.name, ""), 4)
            yield from _entry(field.name, default_of(field), 4)


def summary(detector: type[Detector]) -> str:
    """The first paragraph of a rule's docstring on one line."""
    return " ".join(inspect.cleandoc(detector.__doc__ or "").split("\n\n")[0].split())


def option_docs(cls: type) -> dict[str, str]:
    """The docstrings below the fields of a class, on one line each."""
    body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    statements = body.body if isinstance(body, ast.ClassDef) else []
    docs = {}
    for field, text in pairwise(statements):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
        ):
            docs[field.target.id] = " ".join(str(text.value.value).split())
    return docs
