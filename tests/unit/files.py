"""Feeds and files for tests, in a line each."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any, BinaryIO, cast

from bridge.configuration import Feed
from bridge.domain.header import match
from bridge.domain.issue import Issue
from bridge.domain.record import Bad, shape
from bridge.domain.row import Record, Row
from bridge.domain.sheet import BadRow, Sheet
from bridge.formats.delimited import read


def a_feed(columns: dict[str, Any] | None = None, key: str = "sku", **more: Any) -> Feed:
    """A feed of `erp`; `columns`: head → what is declared of it, "text" for short."""
    declared = {head: {"to": f"a{n}"} | (column if isinstance(column, dict) else {"type": column})
                for n, (head, column) in enumerate((columns or {"not in the file": "text"}).items(), 1)}
    return Feed.model_validate({"partner": "erp", "name": "products", "takes": ["*.csv"], "key": {"column": key},
        "columns": declared} | more)


def a_file(content: str | bytes, encoding: str = "utf-8") -> BinaryIO:
    return io.BytesIO(content if isinstance(content, bytes) else content.encode(encoding))


def sheet_of(content: str | bytes, feed: Feed | None = None) -> Sheet:
    return read(a_file(content), feed or a_feed())


def rows_of(content: str | bytes, feed: Feed | None = None) -> list[Row | BadRow]:
    sheet = sheet_of(content, feed)
    assert not sheet.refused, sheet.issues
    return list(sheet.rows)


def shaped(content: str | bytes, feed: Feed) -> list[Record | Bad]:
    sheet = sheet_of(content, feed)
    return list(shape(sheet.rows, feed, match(sheet.header, feed)))


def written(rows: Iterable[Sequence[str]], delimiter: str = ";", line_end: str = "\r\n", quoting: int = csv.QUOTE_ALL) -> str:
    """As another program would write it."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=line_end, quoting=cast(Any, quoting)).writerows(rows)
    return text.getvalue()


def codes_of(issues: Iterable[Issue]) -> list[str]:
    return [issue.code.code for issue in issues]
