"""Numbers as partners write them: read by the feed's decimal mark or not at all. `1.5` under a decimal comma is no number."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

SURE = 15  # characters of a number that a float keeps without doubt
MOST = 40
WORDS = {",": ("comma", "1299,00"), ".": ("point", "1299.00")}
EXPONENT = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]*)?[Ee][+-]?[0-9]+")


class TooManyDigits(ValueError):
    """A number, but not one that would come back as it went."""


@lru_cache
def _form(mark: str) -> re.Pattern[str]:
    """Thousands are set apart by one and the same mark, in groups of three, or not at all."""
    apart = "[" + re.escape("." if mark == "," else ",") + "'’ \u00a0\u2009\u202f]"
    whole = rf"(?:([0-9]+)|([1-9][0-9]{{0,2}}(?:({apart})[0-9]{{3}})(?:\4[0-9]{{3}})*+)|(?={re.escape(mark)}))"
    return re.compile(rf"([+\-−]?){whole}(?:{re.escape(mark)}([0-9]+))?")


def plain(text: str, mark: str) -> str | None:
    """The number with a point as the decimal mark and nothing else in it; None: it is not one."""
    match = _form(mark).fullmatch(text) if len(text) <= 2 * MOST else None
    if match is None:
        return None
    sign, digits, grouped, apart, fraction = match.groups()
    whole = digits or (grouped.replace(apart, "") if grouped else "0")
    return ("-" if sign in ("-", "−") else "") + whole + (f".{fraction}" if fraction else "")


def exact(number: str) -> int | float:
    """A plain number as JSON has it: 5.00 is 5. Raises TooManyDigits where a float would change it."""
    value = float(number)
    if len(number) > SURE and Decimal(repr(value)) != Decimal(number):
        raise TooManyDigits
    return int(value) if value.is_integer() and abs(value) < 2**53 else value
