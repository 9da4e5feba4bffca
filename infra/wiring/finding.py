"""What a check found: which resource, and a sentence that says what is missing."""

from __future__ import annotations

from dataclasses import dataclass

from infra.wiring.assembly import Resource


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a deployment would not notice, and the first real event would."""

    resource: Resource
    sentence: str

    def __str__(self) -> str:
        return f"{self.resource}: {self.sentence}"
