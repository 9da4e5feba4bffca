"""The schema: kept current by `refresh`, what `prepare` judges values by before anything is sent (docs/decisions/0010), and what `apply`
looks into when Plytix refuses one all the same."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from bridge.configuration import Column, Feed
from bridge.domain.cell import Fault
from bridge.domain.coercion import Coercion, Fit, Given, NoOption, coercion, misfit
from bridge.domain.header import Header
from bridge.domain.issue import Issue
from bridge.domain.product import NO_SCHEMA, Schema, Structure
from bridge.errors import BridgeError, Stop
from bridge.ports import Plytix, Schemas


def current(plytix: Plytix, schemas: Schemas, stored: Schema | None, age_s: float, now: int) -> Schema:
    """Asked anew, in one request, and stored where it differs from what was `stored`. The structure costs dozens: only where attributes
    have come or gone, and when it is as old as the setting allows."""
    listed = plytix.schema()
    known = stored.structure if stored else None
    if stored is None or known is None or stored.types != listed.types or now - known.read >= age_s * 1000:
        known = _structure(plytix, known, now)
    schema = replace(listed, structure=known)
    if schema != stored:
        schemas.store(schema)
    return schema


def _structure(plytix: Plytix, known: Structure | None, now: int) -> Structure:
    try:
        return plytix.structure(now)
    except Stop:  # the key's role may be kept from families or categories; products are read and written all the same
        return replace(known, read=now) if known else Structure(now)


class Known:
    """The schema by which one reading of a drop judges values: as stored, and asked anew, once, before anything is held against one.

    Where there is none, or Plytix cannot be asked now, nothing is: Plytix itself then says what it does not take.
    """

    def __init__(self, schemas: Schemas, plytix: Callable[[], Plytix]) -> None:
        self._schemas, self._plytix = schemas, plytix
        self._schema = schemas.stored()
        self._certain: bool | None = None  # None: not asked yet

    @property
    def schema(self) -> Schema:
        """By which values are judged now; once one was held to be wrong it changes no more."""
        return self._schema or NO_SCHEMA

    def fitting(self, header: Header) -> tuple[Header, list[Issue]]:
        """The heading without the columns that nothing in Plytix can take, and these told: once, not a row."""
        if not self._misfits(header) or not self._is_certain():
            return header, []
        told = self._misfits(header)
        return replace(header, places=tuple(place for place in header.places if place.column.to not in told)), list(told.values())

    def coercions(self, header: Header, feed: Feed) -> dict[str, Coercion]:
        """By attribute; of those whose values need a look."""
        made = {place.column.to: self._coercion(place.column, feed) for place in header.places}
        return {attribute: coerce for attribute, coerce in made.items() if coerce}

    def _misfits(self, header: Header) -> dict[str, Issue]:
        found = [(p, misfit(self._schema, p.column.to)) for p in header.places] if self._schema else []
        return {p.column.to: Issue(code, 1, p.name, facts={"attribute": p.column.to}) for p, code in found if code}

    def _coercion(self, column: Column, feed: Feed) -> Coercion | None:
        """By the schema as it is known when a value comes. None: no value of this column needs a look."""
        if self._schema is None or coercion(self._schema, column, feed) is None:
            return None
        made: dict[str, Coercion | None] = {}

        def by(schema: Schema, value: Given) -> Fit:
            if schema.version not in made:
                made[schema.version] = coercion(schema, column, feed)
            fit = made[schema.version]
            return fit(value) if fit else value

        def coerce(value: Given) -> Fit:
            assert self._schema is not None
            said = by(self._schema, value)
            if not isinstance(said, Fault | NoOption):
                return said
            return by(self._schema, value) if self._is_certain() else value
        return coerce

    def _is_certain(self) -> bool:
        if self._certain is None:
            try:
                listed = self._plytix().schema()
            except BridgeError:
                self._certain = False
            else:
                self._certain = True
                self._schema = keep(listed, self._schema, self._schemas)
        return self._certain


class Doubt:
    """Asks the schema anew, once an attribute in the life of a message, when Plytix refuses a value that it would take as we know it: an
    attribute or an option may be gone, and the value must wait for that to come back, not for a change of what we believed."""

    def __init__(self) -> None:
        self._asking, self._settled = threading.Lock(), set[str]()

    def settle(self, attributes: set[str], plytix: Plytix, schemas: Schemas) -> set[str]:
        """Of which of them it was asked now. Where Plytix cannot be asked, it stays with what is known."""
        with self._asking:
            asked = attributes - self._settled
            self._settled |= asked
            if asked:
                with suppress(BridgeError):
                    now = keep(plytix.schema(), schemas.stored(), schemas)
                    if now != schemas.current():  # others had stored it since this message began
                        schemas.store(now)
                    return asked
        return set()


def keep(listed: Schema, known: Schema | None, schemas: Schemas) -> Schema:
    """Stored where it differs. Where attributes have come or gone the structure counts as old: the next refresh reads it again."""
    structure = known.structure if known else None
    if structure and known and listed.types != known.types:
        structure = replace(structure, read=0)
    schema = replace(listed, structure=structure)
    if schema != known:
        schemas.store(schema)
    return schema
