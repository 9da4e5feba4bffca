"""The account's schema as last fetched: `schema/current.json` in the work bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from bridge.adapters.objects import found
from bridge.domain.product import NO_SCHEMA, Attribute, Family, Schema, Structure
from bridge.errors import Unreadable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KEY, FORMAT = "schema/current.json", 1


class Schemas:
    """See `bridge.ports.Schemas`. Read once in the life of this object: a new one lets refused values be tried again."""

    def __init__(self, s3: S3Client, bucket: str) -> None:
        self._s3, self._bucket = s3, bucket
        self._current: Schema | None = None

    def current(self) -> Schema:
        if self._current is None:
            self._current = self.stored() or NO_SCHEMA
        return self._current

    def stored(self) -> Schema | None:
        """None: refresh has not run yet."""
        if (stored := found(self._s3, self._bucket, KEY)) is None:
            return None
        body = orjson.loads(stored.read())
        if body["format"] != FORMAT:
            raise Unreadable(f"{KEY} has format {body['format']}; this code reads {FORMAT}")
        structure = body.get("structure")  # absent in what was stored before there was one
        return Schema(body["version"], body["types"], body["options"], _structure(structure) if structure else None)

    def store(self, schema: Schema) -> None:
        structure = _as_json(schema.structure) if schema.structure else None
        body = {"format": FORMAT, "version": schema.version, "types": schema.types, "options": schema.options, "structure": structure}
        self._s3.put_object(Bucket=self._bucket, Key=KEY, Body=orjson.dumps(body), ContentType="application/json")
        self._current = schema


def _as_json(structure: Structure) -> dict[str, Any]:
    """A path is a list of names: a name may hold any character that would set them apart."""
    return {
        "read": structure.read,
        "attributes": {label: [a.id, a.name, a.type_class, a.groups] for label, a in structure.attributes.items()},
        "families": {id: [family.name, family.attributes] for id, family in structure.families.items()},
        "categories": [[path, id] for path, id in structure.categories.items()],
        "file_categories": [[path, id] for path, id in structure.file_categories.items()],
        "relationships": structure.relationships,
    }


def _structure(body: dict[str, Any]) -> Structure:
    return Structure(
        body["read"],
        {label: Attribute(id, name, kind, tuple(groups)) for label, (id, name, kind, groups) in body["attributes"].items()},
        {id: Family(id, name, attributes) for id, (name, attributes) in body["families"].items()},
        {tuple(path): id for path, id in body["categories"]},
        {tuple(path): id for path, id in body["file_categories"]},
        body["relationships"],
    )
