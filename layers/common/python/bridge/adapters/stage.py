"""Stages in the work bucket: `stages/<run>/<attempt>/…`, gzipped JSON lines with a format number in their first line."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, TYPE_CHECKING, Any

import orjson

from bridge.domain.row import Sku
from bridge.errors import Unreadable
from bridge.ports import StagedRow

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FORMAT, READS = 1, (1,)
HEAD = orjson.dumps({"format": FORMAT}) + b"\n"


class Stage:
    """See `bridge.ports.Stage`."""

    def __init__(self, s3: S3Client, bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    def write_chunk(self, run: str, attempt: str, number: int, rows: list[StagedRow]) -> None:
        """What most rows have nothing of stands last, and only where there is something."""
        lines = ([r.sku, r.number, r.line, r.values, r.same, *([r.refused] if r.refused else [])] for r in rows)
        self._write(f"stages/{run}/{attempt}/{number:06d}", lines)

    def chunk(self, run: str, attempt: str, number: int) -> list[StagedRow]:
        return [StagedRow(Sku(row[0]), *row[1:]) for row in self._read(f"stages/{run}/{attempt}/{number:06d}")]

    def write_settled(self, run: str, attempt: str, lines: Iterable[dict[str, Any]]) -> None:
        self._write(f"stages/{run}/{attempt}/settled", lines)

    def settled(self, run: str, attempt: str) -> Iterator[dict[str, Any]]:
        return self._read(f"stages/{run}/{attempt}/settled")

    def _write(self, key: str, lines: Iterable[Any]) -> None:
        with tempfile.TemporaryFile() as file:
            with gzip.open(file, "wb", compresslevel=1) as packed:
                packed.write(HEAD)
                for line in lines:
                    packed.write(orjson.dumps(line) + b"\n")
            file.seek(0)
            self._s3.upload_fileobj(file, self._bucket, key)

    def _read(self, key: str) -> Iterator[Any]:
        with tempfile.TemporaryFile() as file:
            self._s3.download_fileobj(self._bucket, key, file)
            file.seek(0)
            yield from _lines(file, key)


def _lines(file: IO[bytes], key: str) -> Iterator[Any]:
    with gzip.open(file, "rb") as packed:
        head = orjson.loads(packed.readline())
        if head.get("format") not in READS:
            raise Unreadable(f"{key} has format {head.get('format')} and was left in place; this code reads {READS}")
        for line in packed:
            yield orjson.loads(line)
