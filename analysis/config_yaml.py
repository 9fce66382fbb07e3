"""YAML as a tree of texts with line numbers.

Scalars stay text until the schema gives them a type: YAML 1.1 reads `52:54:00:12:34:56` as a number
in base 60, `no` as False and `0600` as 384. Anchors, aliases, tags, repeated keys and further
documents are mistakes: none is needed, and each is a way to say something that is not seen.
"""

from dataclasses import dataclass

import yaml

MAX_BYTES = 1_000_000
MAX_DEPTH = 20
MAX_NODES = 100_000

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml is 20 times as fast, but not every wheel carries it."""


class YamlMistake(Exception):
    """What is wrong, at which line (from 1)."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


@dataclass(slots=True)
class Node:
    """A value and where it stands; `line` is that of its key, from 1."""

    line: int
    value: "str | list[Node] | dict[str, Node] | None"

    def plain(self) -> object:
        """The value without line numbers: None, text, lists and dicts."""
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        return self.value

    def child(self, key: object) -> "Node | None":
        """The value under a key or index, if there is one."""
        if isinstance(self.value, dict):
            return self.value.get(str(key))
        if isinstance(self.value, list) and isinstance(key, int) and key < len(self.value):
            return self.value[key]
        return None


def read_tree(text: str) -> tuple[Node, list[YamlMistake]]:
    """The tree of a document (an empty mapping for an empty one) and the repeated keys in it.

    Raises YamlMistake where reading cannot go on.
    """
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=_Loader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = " ".join(str(part) for part in (error.problem, error.context) if part)
        last = len(text.splitlines()) or 1  # the end of the file counts as a line of its own
        raise YamlMistake(min(mark.line + 1, last) if mark else 1, f"not YAML: {problem}") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, max(error.position, 0)) + 1
        raise YamlMistake(line, f"not YAML: the character {_code(error.character)} is not allowed") from error
    except (yaml.YAMLError, ValueError) as error:
        raise YamlMistake(1, f"not YAML: {error}") from error
    return builder.root or Node(1, {}), builder.repeated


def _code(character: object) -> str:
    return f"U+{character:04X}" if isinstance(character, int) else repr(character)


class _Builder:
    """Builds the tree from parser events without recursion."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.repeated: list[YamlMistake] = []
        self._open: list[Node] = []
        self._keys: list[tuple[str, int] | None] = []
        """For each open mapping the key that waits for its value, and its line."""
        self._documents = self._nodes = 0

    def take(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise YamlMistake(line, "a second document begins here; one is read")
        elif isinstance(event, yaml.AliasEvent):
            raise YamlMistake(line, f"aliases (*{event.anchor}) are not used here: write the value out")
        elif isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()
            self._keys.pop()
        elif isinstance(event, yaml.NodeEvent):
            self._node(event, line)

    def _node(self, event: yaml.NodeEvent, line: int) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise YamlMistake(line, f"more than {MAX_NODES} values")
        if event.anchor is not None:
            raise YamlMistake(line, f"anchors (&{event.anchor}) are not used here: write the value out")
        tag = getattr(event, "tag", None)
        if tag is not None and tag != "!":
            raise YamlMistake(line, f"tags ({tag}) are not used here")
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event, line)
        else:
            self._collection(Node(line, {} if isinstance(event, yaml.MappingStartEvent) else []))

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        if self._open and isinstance(self._open[-1].value, dict) and self._keys[-1] is None:
            self._key(event.value, line)
            return
        plain_null = not event.style and event.value in ("", "~", "null", "Null", "NULL")
        self._attach(Node(line, None if plain_null and event.implicit[0] else event.value))

    def _key(self, key: str, line: int) -> None:
        mapping = self._open[-1].value
        if isinstance(mapping, dict) and key in mapping:
            first = mapping[key].line
            self.repeated.append(YamlMistake(line, f"the key {key[:60]!r} stands at line {first} already"))
        self._keys[-1] = (key, line)

    def _collection(self, node: Node) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise YamlMistake(node.line, f"more than {MAX_DEPTH} levels deep")
        if self._open and isinstance(self._open[-1].value, dict) and self._keys[-1] is None:
            raise YamlMistake(node.line, "a key must be a text, not a list or section")
        self._attach(node)
        self._open.append(node)
        self._keys.append(None)

    def _attach(self, node: Node) -> None:
        if not self._open:
            self.root = node
            return
        parent = self._open[-1].value
        if isinstance(parent, list):
            parent.append(node)
        elif isinstance(parent, dict) and (waiting := self._keys[-1]):
            key, node.line = waiting
            parent.setdefault(key, node)
            self._keys[-1] = None
