"""What a key of config.yaml may hold, in words: for error messages and for the reference.

Works on JSON schemas as pydantic makes them, so that messages, reference and validation cannot differ.
"""

from collections.abc import Sequence
from typing import Any

Schema = dict[str, Any]


def resolve(schema: Schema, root: Schema) -> Schema:
    """The schema itself in place of a reference, and without a null alternative."""
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rsplit("/", 1)[-1]]
    options = [option for option in schema.get("anyOf", ()) if option.get("type") != "null"]
    return resolve(options[0], root) if len(options) == 1 else schema


def at(root: Schema, path: Sequence[str | int]) -> Schema | None:
    """The schema of the value at a path of keys and indexes."""
    schema = resolve(root, root)
    for part in path:
        if isinstance(part, int):
            items = schema.get("items")
        else:
            extra = schema.get("additionalProperties")
            items = schema.get("properties", {}).get(part, extra if isinstance(extra, dict) else None)
        if not isinstance(items, dict):
            return None
        schema = resolve(items, root)
    return schema


def describe(schema: Schema, root: Schema) -> str:
    """`a number above 0`, `one of CRITICAL, HIGH, NORMAL`, ..."""
    schema = resolve(schema, root)
    if "expected" in schema:
        return str(schema["expected"])
    if "enum" in schema or "const" in schema:
        return "one of " + ", ".join(map(str, schema.get("enum", [schema.get("const")])))
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(describe(option, root) for option in schema["anyOf"]))
    match schema.get("type"):
        case "integer":
            return "a whole number" + _bounds(schema)
        case "number":
            return "a number" + _bounds(schema)
        case "boolean":
            return "true or false"
        case "string":
            return "a text"
        case "array":
            return _array(schema, root)
        case "object":
            return "a section of keys"
    return "another value"


def _array(schema: Schema, root: Schema) -> str:
    items = schema.get("items")
    if not isinstance(items, dict):
        return "a list"
    each = describe(items, root)
    return "a list of sections" if each == "a section of keys" else f"a list, each {each}"


def _bounds(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f" from {low:g} to {high:,.15g}".replace(",", "")
    if (above := schema.get("exclusiveMinimum")) is not None:
        return f" above {above:g}" + (f", at most {high:g}" if high is not None else "")
    if low is not None:
        return f" of at least {low:g}"
    return f" of at most {high:g}" if high is not None else ""
