"""A customer's folder of YAML files as a bundle, or everything that is wrong in it, each with file, line and column.

partners/<partner>.yaml   feeds/<partner>/<feed>.yaml   channels/<channel>.yaml   settings.yaml (may be missing)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from bridge.configuration import Bundle, Channel, Faults, Feed, Model, Name, Partner, Settings, UserName, between, no_partner
from cli import document, wording
from cli.document import UNREAD, Document, Place, Wrong
from cli.schema import keys_at

M = TypeVar("M", bound=Model)
FOLDERS = {"partners": 1, "feeds": 2, "channels": 1}
"""How deep below each its files lie."""
SETTINGS = "settings.yaml"
BESIDE = ("plytix-attributes.yaml", "samples")
"""What may lie beside a configuration and is meant for others: for the twin's Plytix, and for people. No word is lost on it."""
SPEAK_OF_KEYS = ("missing", "extra_forbidden", "too_short")
"""Errors of pydantic whose input is all that stands around the fault."""


class WrongConfiguration(Exception):
    """All that is wrong, in the order of files and lines."""

    def __init__(self, faults: list[Wrong]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Read:
    bundle: Bundle
    unread: list[Path]  # what lies in the folder and is no part of the configuration


@dataclass(slots=True)
class Reading:
    """What has been read so far; `documents` by kind and id, to find the lines of faults that show only later."""

    folder: Path
    documents: dict[tuple[str, str], Document] = field(default_factory=dict)
    wrong: list[Wrong] = field(default_factory=list)

    def thing(self, model: type[M], kind: str, file: Path, named: dict[str, str]) -> M | None:
        """One file as one thing; None when anything is wrong with it."""
        read = document.read(file)
        self.documents[kind, "/".join(named.values()) or file.stem] = read
        wrong = read.wrong + [read.fault((key,), "is told by the file's place and name") for key in named if key in read.data]
        thing = None
        if read.readable:
            try:
                thing = model.model_validate(read.data | named)
            except ValidationError as error:
                told = {w.path for w in wrong}
                wrong += [w for w in _translated(model, read, error, set(named)) if w.path not in told]
        self.wrong += wrong
        return None if wrong else thing


def read(folder: Path) -> Read:
    """Raises WrongConfiguration."""
    reading = Reading(folder)
    unread = list(_sorted_out(reading))
    partners = {file.stem: reading.thing(Partner, "partners", file, {}) for file in _files(reading, "partners", UserName)}
    feeds = [reading.thing(Feed, "feeds", file, {"partner": file.parent.name, "name": file.stem})
             for file in _files(reading, "feeds", Name)]
    channels = [reading.thing(Channel, "channels", file, {"name": file.stem}) for file in _files(reading, "channels", Name)]
    settings = reading.thing(Settings, "settings", folder / SETTINGS, {}) if (folder / SETTINGS).exists() else Settings()
    right_feeds, right_channels = {f.id: f for f in feeds if f}, {c.name: c for c in channels if c}
    reading.wrong += _between(reading, set(partners), right_feeds, right_channels)
    if not partners:
        reading.wrong.append(Wrong(folder / "partners", 1, (), "expected at least one partner as partners/<name>.yaml"))
    if reading.wrong or settings is None:
        raise WrongConfiguration(sorted(reading.wrong, key=lambda w: (str(w.file), w.line)))
    return Read(Bundle.of(settings, {n: p for n, p in partners.items() if p}, right_feeds, right_channels), unread)


def _sorted_out(reading: Reading) -> Iterator[Path]:
    """Tells what nobody will read; YAML that lies in the wrong place is a fault, for somebody meant it."""
    for path in sorted(reading.folder.iterdir()):
        if path.name in FOLDERS and path.is_dir():
            for file in sorted(path.rglob("*")):
                yield from _misplaced(reading, path.name, file)
        elif path.name == "settings.yml":
            reading.wrong.append(Wrong(path, 1, (), f"expected the name {SETTINGS}"))
        elif path.name not in (SETTINGS, *BESIDE) and not path.name.startswith("."):
            yield path


def _misplaced(reading: Reading, kind: str, file: Path) -> Iterator[Path]:
    depth = len(file.relative_to(reading.folder / kind).parts)
    if file.name.startswith(".") or file.is_dir() or (file.suffix == ".yaml" and depth == FOLDERS[kind]):
        return
    if file.suffix in (".yaml", ".yml"):
        place = f"{kind}/{'<partner>/' if FOLDERS[kind] == 2 else ''}<name>.yaml"
        reading.wrong.append(Wrong(file, 1, (), f"expected to lie at {place}"))
    else:
        yield file


def _files(reading: Reading, kind: str, name: Any) -> list[Path]:
    """The files of one kind; those that are named as nothing may be called are faults."""
    files = sorted(f for f in (reading.folder / kind).glob("*/" * (FOLDERS[kind] - 1) + "*.yaml") if not f.name.startswith("."))
    for file in files:
        try:
            TypeAdapter(name).validate_python(file.stem)
        except ValidationError as error:
            reading.wrong += [Wrong(file, 1, (), f"the file's name: {wording.of_pydantic(e)}", file.stem) for e in error.errors()]
    return files


def _between(reading: Reading, partners: set[str], feeds: dict[str, Feed], channels: dict[str, Channel]) -> Iterator[Wrong]:
    """Also for files that have other faults: a partner that is missing is told the first time."""
    for fault in between(partners, feeds, channels):
        kind, id, *path = fault.path
        yield reading.documents[kind, id].fault(tuple(path), fault.sentence)
    for (kind, id), read in reading.documents.items():
        if kind == "feeds" and id not in feeds and (partner := id.partition("/")[0]) not in partners:
            yield read.fault((), no_partner(partner, partners))
        if kind == "channels" and id not in channels and isinstance(recipients := read.data.get("recipients"), list):
            missing = [name for name in recipients if isinstance(name, str) and name not in partners]
            yield from (read.fault(("recipients",), no_partner(name, partners)) for name in missing)


def _translated(model: type[Model], read: Document, error: ValidationError, named: set[str]) -> Iterable[Wrong]:
    """pydantic's errors in our words, at the places where they stand."""
    around = {e["loc"][:depth] for e in error.errors() for depth in range(len(e["loc"]))}
    for e in error.errors():
        place: Place = tuple(step for step in e["loc"] if step != "[key]")
        cause = e.get("ctx", {}).get("error")
        if e["type"] == "too_short" and place in around:
            continue  # pydantic counts only the members that are right; the wrong ones are told
        if isinstance(cause, Faults):
            yield from (read.fault((*place, *fault.path), fault.sentence) for fault in cause.faults)
        elif e["type"] not in SPEAK_OF_KEYS and cause is None and e.get("input", UNREAD) is None:
            yield read.fault(place, "expected a value, but nothing stands here")
        else:
            whose = place[:-1] if e["type"] == "extra_forbidden" else place
            known = [key for key in keys_at(model, whose) if whose or key not in named]
            yield read.fault(place, wording.of_pydantic(e, known), UNREAD if e["type"] in SPEAK_OF_KEYS else e.get("input", UNREAD))
