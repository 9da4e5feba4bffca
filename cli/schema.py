"""Which keys a place in a YAML file may have: read from the models, so that a fault can name them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from cli.document import Place


def keys_at(model: type[BaseModel], place: Place) -> list[str]:
    """The keys of the model that stands at `place` below `model`, as they are written in YAML."""
    steps = iter(place)
    for step in steps:
        annotation = dict(_fields(model)).get(str(step))
        if below := next(_models(annotation), None):
            model = below
            if get_origin(annotation) in (dict, tuple):
                next(steps, None)  # the key of an entry, or its position
    return sorted(key for key, _ in _fields(model))


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    return ((field.alias or name, field.annotation) for name, field in model.model_fields.items())


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)
