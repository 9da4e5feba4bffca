"""HTML without a framework: what is not made by `tag` is text, and is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from local.plytix.clock import Micros, with_zone

VOID = {"img", "input", "meta"}  # they have no end


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def tag(name: str, /, *inside: Any, **attributes: Any) -> Html:
    """`tag("td", 5, class_="number")`; None, as a child or an attribute, is left out."""
    told = "".join(  # class_ and aria_label are class and aria-label
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value), quote=True)}"' for key, value in attributes.items() if value is not None
    )
    return Html(f"<{name}{told}>" if name in VOID else f"<{name}{told}>{join(inside)}</{name}>")


def join(pieces: Iterable[Any]) -> Html:
    """One after another."""
    return Html("".join(p if isinstance(p, Html) else escape(str(p), quote=False) for p in pieces if p is not None))


def table(headings: Iterable[str], rows: Iterable[Iterable[Any]]) -> Html:
    """Rows of cells; a cell is text or `Html`."""
    head = tag("tr", *(tag("th", heading, scope="col") for heading in headings))
    return tag("table", tag("thead", head), tag("tbody", *(tag("tr", *(tag("td", cell) for cell in row)) for row in rows)))


def facts(rows: Iterable[tuple[str, Any]]) -> Html:
    """Names and what stands for them; what has nothing is left out."""
    shown = [(name, told) for name, told in rows if told not in (None, "", [])]
    return tag("dl", *(join([tag("dt", name), tag("dd", told)]) for name, told in shown))


def moment(stamp: Micros) -> Html:
    """A time to the second, UTC."""
    exact = with_zone(stamp)
    return tag("time", exact[:19].replace("T", " "), datetime=exact)
