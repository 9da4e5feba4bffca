"""What surrounds each page: the head with the budget as the server sees it, and how it is sent (nothing comes from elsewhere)."""

from __future__ import annotations

from typing import Any

from local.plytix.listener import Told
from local.plytix.pages.markup import Html, join, tag
from local.plytix.parts import Parts

HEADERS = (
    ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self'"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cache-Control", "no-store"),
)
STYLE = Html("""
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 75rem; padding: 0 1rem 3rem; }
header { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: baseline; border-bottom: 1px solid #8886; padding: .8rem 0; }
header strong { font-size: 1.1rem; } header .budget { margin-left: auto; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; font-weight: 600; }
th, td { padding: .3rem .6rem .3rem 0; border-bottom: 1px solid #8883; vertical-align: top; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.2rem; } dt { opacity: .7; } dd { margin: 0; }
img { max-width: 9rem; max-height: 9rem; } td img { max-width: 3rem; max-height: 3rem; }
figure { display: inline-block; margin: 0 1rem 1rem 0; max-width: 14rem; font-size: .85rem; overflow-wrap: anywhere; }
.value { white-space: pre-wrap; max-height: 12rem; overflow: auto; } .was { opacity: .65; text-decoration: line-through; }
.note { opacity: .7; } meter { width: 6rem; vertical-align: middle; }
""")


def page(parts: Parts, title: str, *body: Any) -> Told:
    """A whole page."""
    head = tag(
        "head", tag("meta", charset="utf-8"), tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"{title} – simulated Plytix"), tag("style", STYLE),
    )  # fmt: skip
    links = (("/", "Products"), ("/changes", "Changes"), ("/budget", "Budget"))
    header = tag(
        "header", tag("strong", "Plytix, simulated"), *(tag("a", name, href=path) for path, name in links),
        tag("span", *_budget(parts), class_="budget"),
    )  # fmt: skip
    whole = Html("<!doctype html>") + tag("html", head, tag("body", header, tag("main", tag("h1", title), *body)), lang="en")
    return Told(200, whole.encode(), "text/html; charset=utf-8", HEADERS)


def span(seconds: float) -> str:
    """A length of time in words: 10 s, 1 h."""
    for unit, size in (("h", 3_600), ("min", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


def _budget(parts: Parts) -> list[Html]:
    now = parts.clock.now()
    if not parts.limits.windows:
        return [tag("span", "no limit")]
    return [
        join([" ", tag("meter", value=used, max=window.limit), f" {used} of {window.limit:g} in {span(window.size_s)} "])
        for window, used in ((window, window.used(now)) for window in parts.limits.windows)
    ]
