"""How single words of a configuration must be spelled: each gives its value back, or says what was expected."""

from __future__ import annotations

import codecs
import re
from datetime import datetime
from ipaddress import ip_interface, ip_network
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bridge.domain.folder import OWN

YES, NO = ("yes", "true", "on"), ("no", "false", "off")
NO_FILE = {"idna", "punycode", "utf-7", "unicode-escape", "unicode_escape", "raw-unicode-escape", "raw_unicode_escape", "undefined"}
"""Text encodings for Python, but of names, of mails and of source code, not of files."""
ASCII = b'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789;,"'
DATE_SLOT = re.compile(r"\{date:((?:%[aAbBdGHIjmMpSuUVWyY]|[^%{}\ud800-\udfff]){1,32})\}")
"""Forms of strftime and plain characters; no widths: `{date!r:999999999}` would fill the memory."""
SOME_DAY = datetime(2027, 11, 24, 2, 30)  # day, month and year of the century cannot be mistaken for one another


def name(name: str) -> str:
    """A partner or channel called `inbox` would make every file of its folder look like a drop."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{1,62}", name):
        raise ValueError("expected 2 to 63 of a-z, 0-9 and -, the first not -")
    if name in OWN:
        raise ValueError(f"expected a name that is not one of our folders ({', '.join(OWN)})")
    return name


def user_name(name: str) -> str:
    """Also a user name at the endpoint: Transfer Family wants three characters (aws-reference.md §2.1)."""
    if len(name) < 3:
        raise ValueError("expected at least 3 characters")
    return name


def attribute(label: str) -> str:
    """In Plytix the label is the key of an attribute, not the text that people see (plytix-api.md §9.1)."""
    if not re.fullmatch(r"[a-z0-9_]{1,255}", label):
        raise ValueError("expected the label that Plytix made for the attribute: only a-z, 0-9 and _")
    return label


def yes_no(value: object) -> object:
    """In YAML 1.2 `yes` and `no` are words."""
    word = value.lower() if isinstance(value, str) else value
    if word in YES or word is True:
        return True
    if word in NO or word is False:
        return False
    raise ValueError("expected yes or no")


def network(text: str) -> str:
    try:
        around = ip_network(text, strict=False)
    except ValueError:
        raise ValueError("expected an address or a network such as 203.0.113.0/24") from None
    if around.network_address != ip_interface(text).ip:
        raise ValueError(f"expected an address or a network: write {around} for the network, {ip_interface(text).ip} for this one address")
    return text


def zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder of the zone database, such as "Europe"
        raise ValueError("expected a time zone such as Europe/Berlin") from None
    return name


def encoding(name: str) -> str:
    try:
        codec = codecs.lookup(name)
        codecs.getincrementaldecoder(name)
    except (LookupError, ValueError):
        raise ValueError("expected an encoding that Python knows, such as utf-8, cp1252 or cp850") from None
    if not _is_of_files(codec):
        raise ValueError("expected an encoding of text files, such as utf-8, cp1252 or cp850")
    return name


def _is_of_files(codec: codecs.CodecInfo) -> bool:
    """Each letter, digit and delimiter is its ASCII byte, or UTF-16 or UTF-32; else no heading would ever be found."""
    if not codec._is_text_encoding or codec.name in NO_FILE:
        return False
    if codec.name.startswith(("utf-16", "utf-32")):
        return True
    try:
        return ASCII.decode(codec.name) == ASCII.decode("ascii")
    except UnicodeError:
        return False


def date_form(form: str) -> str:
    try:
        whole = datetime.strptime(SOME_DAY.strftime(form), form).date() == SOME_DAY.date()
    except ValueError:
        whole = False
    if not whole:
        raise ValueError("expected a form with day, month and year, such as %d.%m.%Y")
    return form


def file_name(template: str) -> str:
    """A name that may hold the day of publishing and nothing else that varies."""
    outside = DATE_SLOT.sub("", template)
    name = "" if "{" in outside or "}" in outside else DATE_SLOT.sub(lambda slot: SOME_DAY.strftime(slot[1]), template)
    if not name:
        raise ValueError('expected a file name whose only slot is the date, such as "catalogue_{date:%Y%m%d}.csv"')
    if name.startswith(".") or "/" in name or "\\" in name or not name.isprintable() or len(name.encode()) > 255:
        raise ValueError(f"expected a plain file name, found {name!r}")
    return template


def header(text: str) -> str:
    """The form in which heads of columns are compared: case and blanks do not count."""
    return "".join(text.split()).casefold()
