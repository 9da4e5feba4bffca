"""Answers that refuse, in the words that Plytix was heard to use (plytix-api.md §4, §5.5, §6.4, §7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

INVALID_PRODUCT = "product data validation failed"  # §6.4
INVALID_SCHEMA = "Schema validation error"  # §5.5
REQUIRED = "Missing data for required field."  # §6.4


@dataclass(frozen=True, slots=True)
class Fault:
    """One item of `errors`: the field without `attributes.`, and why."""

    field: str
    msg: Any  # a number in authentication errors, a sentence elsewhere
    value: Any = None

    def shape(self) -> dict[str, Any]:
        """The item as JSON; `value` is a rare third key (§4)."""
        shape = {"field": self.field, "msg": self.msg}
        return shape if self.value is None else shape | {"value": self.value}


class Refusal(Exception):
    """The request is refused and leaves nothing behind: status and the v1/v2 error envelope (§4)."""

    def __init__(self, status: int, msg: Any, *faults: Fault) -> None:
        super().__init__(str(msg))  # a sentence; what uses an attribute, as an object (§9.1)
        self.status, self.msg, self.faults = status, msg, faults

    def body(self) -> dict[str, Any]:
        """The envelope; `errors` only where there are any."""
        error: dict[str, Any] = {"msg": self.msg}
        if self.faults:
            error["errors"] = [fault.shape() for fault in self.faults]
        return {"error": error}


class Detail(Refusal):
    """A refusal of the accounts, which speak as FastAPI does (§4, §9.7)."""

    def __init__(self, status: int, detail: Any) -> None:
        super().__init__(status, str(detail))
        self.detail = detail

    def body(self) -> dict[str, Any]:
        """`detail`: a sentence, or a list of what is wrong where."""
        return {"detail": self.detail}


class Invalid(Exception):
    """One value is not acceptable; whoever knows the field makes a `Fault` of it."""


def not_json(detail: str) -> Refusal:
    """400: the body is not JSON (§4)."""
    return Refusal(400, f"Failed to decode JSON object: {detail}", Fault("http_status_code", 400))


def no_entity(id: str, *, field: str = "id", what: str = "id") -> Refusal:
    """404 for an id that is unknown or malformed; the leading blank is Plytix's own (§4)."""
    return Refusal(404, f" No results found for {id}", Fault(field, f"{what} does not exist"))


def no_product(id: str) -> Refusal:
    """404 of a product, v1 (§4)."""
    return no_entity(id, what="product")


def unknown_path() -> Refusal:
    """404 of a path that Plytix does not have (§14)."""
    return Refusal(404, "The requested URL was not found on the server.")


def wrong_method() -> Refusal:
    """405 (§4)."""
    return Refusal(405, "The method is not allowed for the requested URL.")


def denied() -> Refusal:
    """403: the key's role, the job family, the bulk job of an account that is not entitled (§1.4, §4)."""
    return Refusal(403, "Permission denied.")


def no_index() -> Refusal:
    """500 of `GET /attributes/product/groups`, a path that is wrong and yet no 404 (§13, 29)."""
    return Refusal(500, "Internal server error")


def bad_schema(*faults: Fault) -> Refusal:
    """422 of a search or of a body that is no object (§5.5)."""
    return Refusal(422, INVALID_SCHEMA, *faults)


def missing(*fields: str) -> Refusal:
    """422: required fields are not there (§6.4)."""
    return bad_schema(*(Fault(field, REQUIRED) for field in fields))
