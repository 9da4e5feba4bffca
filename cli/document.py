"""A YAML file of the configuration: its content as plain values, and the line of each of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import ConstructorError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

Place = tuple[str | int, ...]
"""Keys and positions from the top of a file to a value."""
UNREAD = object()
YAML_12 = YAML(typ="safe", pure=True)
HALF = re.compile("[\ud800-\udfff]")
HALVES = 'expected whole characters, found half of one such as "\\ud800"'


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing wrong in one file: `config/feeds/erp/prices.yaml:2: lane: Input should be … (read: 'quick')`."""

    file: Path
    line: int
    path: Place
    sentence: str
    read: Any = UNREAD

    def __str__(self) -> str:
        where = ".".join(map(str, self.path)) + ": " if self.path else ""
        return f"{self.file}:{self.line}: {where}{self.sentence}{self.shown}"

    @property
    def shown(self) -> str:
        if self.read is UNREAD or isinstance(self.read, dict | list):
            return ""
        text = repr(self.read) if isinstance(self.read, str) else str(self.read)
        return f" (read: {text if len(text) <= 60 else text[:57] + '…'})"

    def to_json(self) -> dict[str, Any]:
        return {"file": str(self.file), "line": self.line, "path": list(self.path), "message": self.sentence + self.shown}


@dataclass(slots=True)
class Document:
    """`wrong`: what already the reading found; `data` then holds what could be read."""

    file: Path
    data: dict[str, Any] = field(default_factory=dict)
    lines: dict[Place, int] = field(default_factory=lambda: {(): 1})
    wrong: list[Wrong] = field(default_factory=list)
    readable: bool = True

    def line(self, path: Place) -> int:
        """Of the value, or of the nearest thing around it that stands in the file."""
        while path not in self.lines:
            path = path[:-1]
        return self.lines[path]

    def fault(self, path: Place, sentence: str, read: Any = UNREAD) -> Wrong:
        return Wrong(self.file, self.line(path), path, sentence, read)


def read(file: Path) -> Document:
    """YAML 1.2: `no` and `on` are words, `010` is ten. Keys are always taken as they are written."""
    document = Document(file)
    try:
        text = file.read_text(encoding="utf-8-sig")
        root = YAML_12.compose(text)
        if isinstance(root, MappingNode):
            document.data = _mapping(document, root, ())
    except IsADirectoryError:
        return _no(document, document.fault((), "expected a file, found a folder"))
    except UnicodeDecodeError:
        return _no(document, document.fault((), "expected UTF-8"))
    except YAMLError as error:
        return _no(document, _unreadable(file, text, error))
    except RecursionError:
        return _no(document, document.fault((), "is nested too deep to be read; expected a few levels"))
    if root is not None and not isinstance(root, MappingNode):
        return _no(document, document.fault((), "expected keys with values at the top of the file"))
    return document


def _no(document: Document, wrong: Wrong) -> Document:
    document.wrong.append(wrong)
    document.readable = False
    return document


def _unreadable(file: Path, text: str, error: YAMLError) -> Wrong:
    if isinstance(error, ReaderError):
        return Wrong(file, text.count("\n", 0, error.position) + 1, (), "expected no control characters")
    mark = error.problem_mark or error.context_mark if isinstance(error, MarkedYAMLError) else None
    line = min(mark.line, max(len(text.splitlines()) - 1, 0)) + 1 if mark else 1
    said = [word for word in (getattr(error, "context", None), getattr(error, "problem", None)) if word]
    return Wrong(file, line, (), f"expected YAML: {', '.join(said) or error}")


def _mapping(document: Document, node: MappingNode, path: Place) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for key, value in node.value:
        below = (*path, str(key.value))
        line = key.start_mark.line + 1
        if not isinstance(key, ScalarNode):
            document.wrong.append(Wrong(document.file, line, path, "expected a single word as key"))
        elif HALF.search(key.value):
            document.wrong.append(Wrong(document.file, line, path, HALVES, key.value))
        elif key.value in data:
            first = document.lines[below]
            document.wrong.append(Wrong(document.file, line, below, f"stands twice, first on line {first}"))
        else:
            document.lines[below] = line
            data[key.value] = _value(document, value, below)
    return data


def _value(document: Document, node: Node, path: Place) -> Any:
    if node.anchor:  # an alias could hold itself, or grow without bound
        document.wrong.append(document.fault(path, "expected the value itself, without & and *"))
        return None
    match node:
        case MappingNode():
            return _mapping(document, node, path)
        case SequenceNode():
            return list(_members(document, node, path))
        case _:
            return _scalar(document, node, path)


def _members(document: Document, node: SequenceNode, path: Place) -> Iterator[Any]:
    for position, member in enumerate(node.value):
        document.lines[*path, position] = member.start_mark.line + 1
        yield _value(document, member, (*path, position))


def _scalar(document: Document, node: Node, path: Place) -> Any:
    if HALF.search(node.value):
        document.wrong.append(document.fault(path, HALVES, node.value))
        return None
    try:
        return YAML_12.constructor.construct_object(node)
    except (ConstructorError, ValueError):
        document.wrong.append(document.fault(path, f"expected a plain value, not {node.tag}"))
        return None
