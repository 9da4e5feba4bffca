"""One thing wrong with one cell, row or file: a catalogue entry plus facts. Rendered late; never without a remedy."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

KEPT = 1_000  # characters of a value in receipts and stages; the file has it whole


class Severity(StrEnum):
    ERROR = "error"  # the cell, row or file does not count
    WARNING = "warning"  # it counts all the same


@dataclass(frozen=True, slots=True)
class Code:
    """An entry of the catalogue (`bridge.domain.codes`). Sentence and remedy are templates over `value` and the facts."""

    code: str
    severity: Severity
    sentence: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Issue:
    """`line` is the physical line (1-based) where the row begins; None: the whole file."""

    code: Code
    line: int | None = None
    column: str | None = None
    value: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        return self.code.sentence.format_map(self._words())

    @property
    def remedy(self) -> str:
        return self.code.remedy.format_map(self._words())

    def _words(self) -> dict[str, Any]:
        shown = self.value if self.value is None or len(self.value) <= 80 else self.value[:77] + "…"
        return {"value": shown, "column": self.column, "line": self.line, **self.facts}

    def told(self, file: str) -> str:
        """What, where, value, remedy, code: `prices.csv line 214, column "Preis": "1.299,0O" is not a number. …`"""
        where = file + (f" line {self.line}" if self.line else "") + (f', column "{self.column}"' if self.column else "")
        return f"{where}: {self.sentence}. {self.remedy} [{self.code.code}]"

    def as_json(self) -> dict[str, Any]:
        """As it stands in receipts and stages; `read` reads it back."""
        return {"code": self.code.code, "severity": self.code.severity.value, "line": self.line, "column": self.column,
                "value": self.value and self.value[:KEPT], "message": self.sentence, "remedy": self.remedy}
