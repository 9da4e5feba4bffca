"""An update of one item in DynamoDB, as an expression."""

from __future__ import annotations

from typing import Any

from bridge.adapters.body import Item


class Update:
    """An update expression in the making; every name goes by `#name`, so that none is a reserved word."""

    def __init__(self) -> None:
        self._sets: dict[str, Item] = {}
        self._adds: dict[str, Item] = {}
        self._removes: list[str] = []
        self._mentioned: list[str] = []

    def set(self, name: str, value: Item) -> Update:
        self._sets[name] = value
        return self

    def add(self, name: str, number: int) -> Update:
        self._adds[name] = {"N": str(number)}
        return self

    def remove(self, name: str) -> Update:
        self._removes.append(name)
        return self

    def mentions(self, name: str) -> Update:
        """In its condition."""
        self._mentioned.append(name)
        return self

    def expression(self, values: Item | None = None) -> dict[str, Any]:
        sets = ", ".join(f"#{n} = :{n}" for n in self._sets)
        adds = ", ".join(f"#{n} :{n}" for n in self._adds)
        removes = ", ".join(f"#{n}" for n in self._removes)
        names = {f"#{n}": n for n in [*self._sets, *self._adds, *self._removes, *self._mentioned]}
        clauses = {"SET": sets, "ADD": adds, "REMOVE": removes}
        return {"UpdateExpression": " ".join(f"{verb} {said}" for verb, said in clauses.items() if said),
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": {f":{n}": v for n, v in (self._sets | self._adds).items()} | (values or {})}
