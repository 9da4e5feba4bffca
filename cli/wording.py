"""What pydantic and ruamel.yaml find wrong in a file, in our words: what was expected, and how to mend it.

Here is the only place that knows their names for it; what stands there and where it stands are added by `cli.document`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

TYPES = {  # pydantic's type of error → a sentence, with what pydantic tells of it (`ctx`) in its places
    "enum": "expected {expected}",
    "literal_error": "expected {expected}",
    "missing": "expected, but missing",
    "too_short": "expected at least one, but there is none",
    "string_type": 'expected a text; put a number, a day or true and false in "quotation marks"',
    "string_too_short": "expected a text that is not empty",
    "int_type": "expected a whole number, such as 80",
    "int_parsing": "expected a whole number, such as 80",
    "int_parsing_size": "expected a whole number, such as 80",
    "int_from_float": "expected a whole number, such as 80",
    "float_type": "expected a number, such as 0.5",
    "float_parsing": "expected a number, such as 0.5",
    "finite_number": "expected a number, such as 0.5",
    "greater_than": "expected more than {gt:g}",
    "greater_than_equal": "expected {ge:g} or more",
    "less_than": "expected less than {lt:g}",
    "less_than_equal": "expected {le:g} or less",
    "tuple_type": "expected a list, such as [{example}]",
    "dict_type": "expected keys with values, such as {{key: value}}",
    "model_type": "expected keys with values; the keys here are {keys}",
}
OTHERWISE = "cannot stand here; the operator guide says what can"
"""A type that nobody has met yet: better no reason than one that only a programmer understands."""

YAML = {  # what ruamel.yaml says → what to do; the first that fits
    r"character '\\t' that cannot start": "a tab stands here; set lines in with blanks",
    r"character '(.)' that cannot start|undefined alias|scanning an (?:alias|anchor)|parsing an? tag|mapping keys are not allowed":
        "a word cannot begin with this character; put it in quotation marks",
    r"mapping values are not allowed": 'a second ":" in one line, or a line that is set in too far; a text that holds ": " goes in '
                                       "quotation marks",
    r"expected ',' or": "a bracket that opens here is not closed, or a comma is missing in it",
    r"found '<scalar>'": "something stands behind a closing quotation mark or bracket; put the whole text in quotation marks",
    r"expected <block end>": "this line is set in otherwise than the lines that it belongs to",
    r"could not find expected ':'": 'a line without ":"; expected a key, ":" and its value',
    r"unexpected end of stream": "a quotation mark that opens here is never closed",
    r"escape": 'a backslash in "quotation marks" begins an escape; write it twice, or put the text in \'single ones\'',
    r"another document|document start|directive": "expected one document; take out the lines that begin with --- or %",
    r"node content": "a value is missing here, or a bracket or a comma is too many",
    r"block scalar": "behind | or > stands nothing more; the text begins on the next line",
}
YAML_OTHERWISE = "look at blanks, quotation marks and brackets, here and in the line before"
FROM_THE_BEGINNING = re.compile("expected ',' or|could not find expected ':'|unexpected end of stream")
"""Faults that show only later: where the thing began is what has to be looked at."""


def of_pydantic(error: Any, keys: Iterable[str] = ()) -> str:
    """One of `ValidationError.errors()`; `keys`: those that the place may have."""
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, ValueError):
        return str(cause)
    if error["type"] == "extra_forbidden":
        return _unknown(str(error["loc"][-1]), list(keys))
    read = error.get("input")
    facts = error.get("ctx", {}) | {"keys": ", ".join(keys), "example": "one, other" if isinstance(read, dict | list) else read}
    return TYPES.get(error["type"], OTHERWISE).format(**facts)


def _unknown(key: str, keys: list[str]) -> str:
    near = get_close_matches(key, keys, 1)
    meant = f"did you mean {near[0]}? Else " if near else "expected "
    return f"is not known here; {meant}one of {', '.join(keys)}"


def of_yaml(said: str) -> str:
    return next((sentence for form, sentence in YAML.items() if re.search(form, said)), YAML_OTHERWISE)
