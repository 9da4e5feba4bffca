"""What each attribute type takes, what is stored of it, and how it reads back (plytix-api.md §6.4, §9.1).

Wordings that no source recorded are ours, in Plytix's manner; a client may rely on status and field alone (§16, 7).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date
from typing import Any

from local.plytix.entities import Attribute, Product
from local.plytix.manners import Empties
from local.plytix.refusal import Invalid
from local.plytix.store import Store

READ_ONLY = ("CompletenessAttribute", "FormulaAttribute")
WITH_OPTIONS = ("DropdownAttribute", "MultiSelectAttribute")
MEDIA = ("MediaAttribute", "MediaGalleryAttribute")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_URL = re.compile(r"https?://[^\s/]+\S*", re.IGNORECASE)


def is_empty(value: Any) -> bool:
    """Null, `""` and `[]`: nothing that one could find, sort or count by."""
    return value is None or value == "" or value == []


def stored(attribute: Attribute, value: Any, store: Store) -> Any:
    """What Plytix keeps of a value; None for an empty one. Raises Invalid."""
    if attribute.type_class in READ_ONLY:
        raise Invalid("Read-only attribute.")
    if value is None or (is_empty(value) and store.manners.empties is Empties.NULL):
        return None
    return TYPES[attribute.type_class](attribute, value, store)


def completeness(attribute: Attribute, product: Product) -> float:
    """Share of the listed attributes that have a value, in percent, two decimals (§9.1, §11.4)."""
    if not attribute.counts:
        return 0.0
    filled = sum(1 for label in attribute.counts if not is_empty(product.attributes.get(label)) or (label == "label" and product.label))
    return round(100 * filled / len(attribute.counts), 2)


def asset_id(value: Any, store: Store) -> str:
    """The asset that `{"id": …}` names; a bare id is refused (§6.1). Raises Invalid."""
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        raise Invalid("Invalid input type.")
    if value["id"] not in store.assets:
        raise Invalid("asset does not exist")
    return str(value["id"])


def text(value: Any) -> str:
    """A string. Raises Invalid."""
    if not isinstance(value, str):
        raise Invalid("Not a valid string.")
    return value


def _text(attribute: Attribute, value: Any, store: Store) -> str:
    return text(value)


def _integer(attribute: Attribute, value: Any, store: Store) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 10**16:  # at most 16 digits (§9.1)
        raise Invalid("Not a valid integer.")
    return value


def _decimal(attribute: Attribute, value: Any, store: Store) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise Invalid("Not a valid decimal value. Format must be: 1234.56")
    return value


def _option(attribute: Attribute, value: Any, store: Store) -> str:
    if value not in attribute.options:  # exact: case counts (§9.1)
        raise Invalid(f"{value} is not a valid value for {attribute.name} attribute.")
    return text(value)


def _options(attribute: Attribute, value: Any, store: Store) -> list[str]:
    if not isinstance(value, list):
        raise Invalid("Not a valid list.")
    if unknown := [option for option in value if option not in attribute.options]:
        listed = ", ".join(f"u'{option}'" for option in unknown)  # Python 2's repr and the grammar are Plytix's (§6.4)
        raise Invalid(f"[{listed}] are not a valid values for {attribute.name} attribute.")
    return list(value)


def _day(attribute: Attribute, value: Any, store: Store) -> str:
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):  # a time part is refused (§6.4)
            return date.fromisoformat(value).isoformat()
    except ValueError:
        pass
    raise Invalid("Not a valid date. Format must be: YYYY-MM-DD")


def _url(attribute: Attribute, value: Any, store: Store) -> str:
    if not isinstance(value, str) or not _URL.fullmatch(value):
        raise Invalid("Not a valid URL.")
    return value


def _boolean(attribute: Attribute, value: Any, store: Store) -> bool:
    if not isinstance(value, bool):
        raise Invalid("Not a valid boolean.")
    return value


def _media(attribute: Attribute, value: Any, store: Store) -> list[str]:
    return [asset_id(value, store)]


def _gallery(attribute: Attribute, value: Any, store: Store) -> list[str]:
    if not isinstance(value, list):
        raise Invalid("Not a valid list.")
    return [asset_id(item, store) for item in value]


TYPES: dict[str, Callable[[Attribute, Any, Store], Any]] = {
    "TextAttribute": _text,
    "MultilineAttribute": _text,
    "HtmlAttribute": _text,
    "IntAttribute": _integer,
    "DecimalAttribute": _decimal,
    "DropdownAttribute": _option,
    "MultiSelectAttribute": _options,
    "DateAttribute": _day,
    "UrlAttribute": _url,
    "BooleanAttribute": _boolean,
    "MediaAttribute": _media,
    "MediaGalleryAttribute": _gallery,
    "CompletenessAttribute": _text,  # never reached: read-only
}


def valid_gtin(code: str) -> bool:
    """8 to 14 digits, the last one right (§6.1)."""
    if not re.fullmatch(r"[0-9]{8,14}", code):
        return False
    digits = [int(digit) for digit in reversed(code)]
    return (digits[0] + 3 * sum(digits[1::2]) + sum(digits[2::2])) % 10 == 0
