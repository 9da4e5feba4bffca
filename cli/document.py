"""A YAML file of the configuration: its content as plain values, and the line and column of each of them."""

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

from cli import wording

Place = tuple[str | int, ...]
"""Keys and positions from the top of a file to a value."""
UNREAD = object()
YAML_12 = YAML(typ="safe", pure=True)
HALF = re.compile("[\ud800-\udfff]")
HALVES = 'expected whole characters, found half of one such as "\\ud800"'


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing wrong in one file: `config/feeds/erp/prices.yaml:2:1: lane: expected 'fast' or 'main' (read: 'quick')`."""

    file: Path
    line: int
    path: Place
    sentence: str
    read: Any = UNREAD
    column: int = 1

    def __str__(self) -> str:
        where = ".".join(map(str, self.path)) + ": " if self.path else ""
        return f"{self.file}:{self.line}:{self.column}: {where}{self.sentence}{self.shown}"

    @property
    def shown(self) -> str:
        match self.read:
            case _ if self.read is UNREAD:
                return ""
            case None:
                text = "nothing"
            case dict():
                text = "keys with values"
            case list():
                text = "a list"
            case bool():
                text = "true" if self.read else "false"
            case str():
                text = repr(self.read)
            case _:
                text = str(self.read)
        return f" (read: {text if len(text) <= 60 else text[:57] + '…'})"

    def to_json(self) -> dict[str, Any]:
        return {"file": str(self.file), "line": self.line, "column": self.column, "path": list(self.path),
                "message": self.sentence + self.shown}


@dataclass(slots=True)
class Document:
    """`wrong`: what already the reading found; `data` then holds what could be read."""

    file: Path
    data: dict[str, Any] = field(default_factory=dict)
    places: dict[Place, tuple[int, int]] = field(default_factory=lambda: {(): (1, 1)})
    wrong: list[Wrong] = field(default_factory=list)
    readable: bool = True

    def place(self, path: Place) -> tuple[int, int]:
        """Line and column of what is there under this path, or of the nearest thing around it that stands in the file."""
        while path not in self.places:
            path = path[:-1]
        return self.places[path]

    def fault(self, path: Place, sentence: str, read: Any = UNREAD) -> Wrong:
        line, column = self.place(path)
        return Wrong(self.file, line, path, sentence, read, column)


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
        line, column = text.count("\n", 0, error.position), error.position - text.rfind("\n", 0, error.position) - 1
        return Wrong(file, line + 1, (), "expected no control characters; take this one out", text[error.position], column + 1)
    said, line, column = str(error), 0, 0
    if isinstance(error, MarkedYAMLError):
        said = f"{error.context}, {error.problem}"
        marks = (error.problem_mark, error.context_mark)
        mark = next(filter(None, reversed(marks) if wording.FROM_THE_BEGINNING.search(said) else marks), None)
        line, column = (mark.line, mark.column) if mark else (0, 0)
    lines = text.splitlines() or [""]
    line, column = (line, column) if line < len(lines) else (len(lines) - 1, 0)
    return Wrong(file, line + 1, (), f"expected YAML: {wording.of_yaml(said)}", lines[line].strip(), column + 1)


def _mapping(document: Document, node: MappingNode, path: Place) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for key, value in node.value:
        below = (*path, str(key.value))
        line, column = _start(key)
        if not isinstance(key, ScalarNode):
            document.wrong.append(Wrong(document.file, line, path, "expected a single word as key", column=column))
        elif HALF.search(key.value):
            document.wrong.append(Wrong(document.file, line, path, HALVES, key.value, column))
        elif key.value in data:
            first, _ = document.places[below]
            document.wrong.append(Wrong(document.file, line, below, f"stands twice, first on line {first}; take one out", column=column))
        else:
            document.places[below] = line, column
            data[key.value] = _value(document, value, below)
    return data


def _start(node: Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


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
        document.places[*path, position] = _start(member)
        yield _value(document, member, (*path, position))


def _scalar(document: Document, node: Node, path: Place) -> Any:
    if HALF.search(node.value):
        document.wrong.append(document.fault(path, HALVES, node.value))
        return None
    try:
        return YAML_12.constructor.construct_object(node)
    except (ConstructorError, ValueError):
        document.wrong.append(document.fault(path, "expected a plain value, without a word that begins with !", node.value))
        return None
