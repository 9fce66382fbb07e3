"""config.yaml → Config, or the list of everything that is wrong with it."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from analysis.config import Config, ConfigError, Mistake
from analysis.config_files import Wrong
from analysis.config_rules import all_detectors, checked, make, rule_model
from analysis.config_schema import Schema, at, describe
from analysis.config_types import FEEDS, ROOT, did_you_mean
from analysis.config_yaml import MAX_BYTES, Node, YamlMistake, read_tree
from analysis.detector import Detector

Loc = tuple[str | int, ...]
Rules = dict[str, dict[str, Any]]


def load_file(path: Path | None, detectors: Sequence[type[Detector]] | None = None) -> Config:
    """As `analysis.config.load`; tests may give their own rules."""
    if path is None:
        path, name = ROOT / "config.yaml", "config.yaml"
        if not path.exists():
            return Config(base=str(ROOT))
    else:
        name = str(path)
    base = str(path.resolve().parent)
    return parse(_read(path, name), name, base, all_detectors() if detectors is None else detectors)


def parse(text: str, name: str, base: str, detectors: Sequence[type[Detector]]) -> Config:
    """The configuration in a text; `name` stands in the messages, `base` becomes `Config.base`."""
    try:
        tree, repeated = read_tree(text)
    except YamlMistake as error:
        raise ConfigError((Mistake(name, error.line, "", error.message),)) from error
    if tree.value is None:
        tree = Node(1, {})
    mistakes = [Mistake(name, error.line, "", error.message) for error in repeated]
    rules, wrong = _check_rules(tree.child("rules"), name, detectors)
    mistakes += wrong
    mistakes += _check_feeds(tree, name)
    if hidden := tree.child("base"):
        mistakes.append(Mistake(name, hidden.line, "base", "unknown key"))
    config = None
    try:
        config = Config.model_validate(_for_model(tree, base, rules))
    except ValidationError as error:
        mistakes += _told(error, Config, tree, (), name)
    if mistakes or config is None:
        unique = dict.fromkeys(sorted(mistakes, key=lambda m: m.line))
        raise ConfigError(tuple(unique))
    return config


def located(wrong: Iterable[Wrong], path: Path | None) -> tuple[Mistake, ...]:
    """What was found wrong with values that could be read, by the lines of their file."""
    name = "config.yaml" if path is None else str(path)
    path = ROOT / "config.yaml" if path is None else path
    tree = read_tree(_read(path, name))[0] if path.exists() else Node(0, {})
    found = []
    for keys, message in wrong:
        node = _place(keys, tree, keep_last=False)[1]
        found.append(Mistake(name, node.line, _joined(keys), message))
    return tuple(sorted(found, key=lambda mistake: mistake.line))


def _read(path: Path, name: str) -> str:
    try:
        if path.is_fifo():  # it would be waited for, and each process reads the file for itself
            raise ConfigError((Mistake(name, 0, "", "is a pipe; name a file"),))
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise ConfigError((Mistake(name, 0, "", f"larger than {MAX_BYTES} bytes"),))
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise ConfigError((Mistake(name, 0, "", f"cannot be read: {error.strerror or error}"),)) from error
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError((Mistake(name, line, "", "expected UTF-8 text, got other bytes"),)) from error


def _for_model(tree: Node, base: str, rules: Rules) -> object:
    """The tree as the model takes it: an empty section is the same as an absent one, and rules have
    been checked already."""
    plain = tree.plain()
    if not isinstance(plain, dict):
        return plain
    sections = {key for key, field in Config.model_fields.items() if _is_section(field.annotation)}
    kept = {key: value for key, value in plain.items() if value is not None or key not in sections}
    if isinstance(kept.get("rules", {}), dict | None):
        kept["rules"] = rules
    return kept | {"base": base}


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _check_rules(
    section: Node | None, name: str, detectors: Sequence[type[Detector]]
) -> tuple[Rules, list[Mistake]]:
    """The options that the file gives to each rule, in their own types, and what is wrong with them."""
    known = {detector.id: detector for detector in detectors}
    rules: Rules = {}
    mistakes: list[Mistake] = []
    for rule, node in section.value.items() if section and isinstance(section.value, dict) else ():
        if (detector := known.get(rule)) is None:
            message = f"unknown rule{did_you_mean(rule, known)}"
            mistakes.append(Mistake(name, node.line, f"rules.{shown_key(rule)}", message))
        elif node.value is not None:
            try:
                rules[rule] = checked(detector, node.plain())
                make(detector, rules[rule])
            except ValidationError as error:
                mistakes += _told(error, rule_model(detector), node, ("rules", rule), name)
            except ValueError as error:
                mistakes.append(Mistake(name, node.line, f"rules.{rule}", str(error)))
    return rules, mistakes


def _check_feeds(tree: Node, name: str) -> Iterator[Mistake]:
    """Feeds that no file in blocklists/sources describes."""
    section = tree.child("blocklists")
    lists = section.child("lists") if section else None
    for i, source in enumerate(lists.value if lists and isinstance(lists.value, list) else ()):
        feed = source.child("feed")
        if feed and isinstance(feed.value, str) and feed.value not in FEEDS:
            known = did_you_mean(feed.value, FEEDS) or f"; known: {', '.join(FEEDS)}"
            yield Mistake(
                name, feed.line, f"blocklists.lists[{i}].feed", f"unknown feed {shown(feed.value)}{known}"
            )


def _told(
    error: ValidationError, model: type[BaseModel], tree: Node, prefix: Loc, name: str
) -> Iterator[Mistake]:
    schema = model.model_json_schema()
    for detail in error.errors(include_url=False, include_context=True):
        about = detail.get("ctx", {}).get("key") if detail["type"] == "sentinel" else None
        loc = (*detail["loc"], about) if about else detail["loc"]
        path, node = _place(loc, tree, keep_last=detail["type"] == "missing")
        yield Mistake(name, node.line, _joined(prefix + path), _message(detail, path, schema))


def _place(loc: Loc, tree: Node, keep_last: bool) -> tuple[Loc, Node]:
    """The path of keys that the file really has, without the names pydantic gives to alternatives."""
    node, path = tree, []
    for i, part in enumerate(loc):
        if (child := node.child(part)) is not None:
            node = child
            path.append(part)
        elif keep_last and i == len(loc) - 1:
            path.append(part)
    return tuple(path), node


def _message(detail: ErrorDetails, path: Loc, schema: Schema) -> str:
    if detail["type"] == "sentinel":
        return detail["msg"]
    if detail["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        keys = (at(schema, path[:-1]) or {}).get("properties", {})
        known = [key for key in keys if key != "base"]
        near = did_you_mean(str(path[-1]), known)
        return "unknown key" + (near or f"; known here: {', '.join(known)}")
    error = detail.get("ctx", {}).get("error")
    if detail["type"] == "value_error" and "expected" not in (at(schema, path) or {}):
        return str(error)  # a record's or rule's own check
    expected = describe(at(schema, path) or {}, schema)
    got = "nothing" if detail["type"] == "missing" else shown(detail["input"])
    choices = (at(schema, path) or {}).get("enum", ())
    near = did_you_mean(str(detail["input"]), choices) if choices else ""
    return f"expected {expected}, got {got}{near}"


def shown(value: object) -> str:
    """A value from the file, short and on one line."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a section"
    if isinstance(value, list):
        return "a list"
    text = str(value)
    return repr(text if len(text) <= 60 else text[:60] + "…")


def shown_key(key: object) -> str:
    text = str(key)
    return text if text.isprintable() and len(text) <= 60 else repr(text[:60])


def _joined(path: Loc) -> str:
    joined = ""
    for part in path:
        joined += f"[{part}]" if isinstance(part, int) else f".{shown_key(part)}"
    return joined.lstrip(".")
