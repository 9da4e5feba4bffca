"""The budget as the server sees it: its windows and what of them is used, what was asked, and the latest requests."""

from __future__ import annotations

from local.plytix.listener import Told
from local.plytix.pages.frame import page, span
from local.plytix.pages.markup import Html, facts, moment, table, tag
from local.plytix.parts import Parts

LATEST = 100


def budget(parts: Parts) -> Told:
    """Windows, counts, requests."""
    counts = parts.journal.counts()
    told = facts([
        ("Requests", counts["total"]),
        ("By answer", ", ".join(f"{status}: {count}" for status, count in sorted(counts["statuses"].items()))),
        ("Refused for the budget", counts["statuses"].get("429", 0)),
    ])  # fmt: skip
    kinds = [(kind, count, counts["changed"].get(kind, 0)) for kind, count in sorted(counts["kinds"].items())]
    return page(
        parts, "Budget", _windows(parts), tag("h2", "Requests since the log began"), told,
        table(("Kind", "Requests", "Changed something"), kinds), tag("h2", f"The latest {LATEST}"), _latest(parts),
    )  # fmt: skip


def _windows(parts: Parts) -> Html:
    limits, now = parts.limits, parts.clock.now()
    if not limits.windows:
        return tag("p", "This account may ask as often as it likes.")
    rows = [
        (span(window.size_s), f"{window.limit:g}", window.used(now), f"{max(0, window.limit - window.used(now)):g}",
         f"{window.wait_s(now):.1f} s")
        for window in limits.windows
    ]  # fmt: skip
    measure = limits.measure
    how = f"{measure.kind} windows" + (f" on a clock that runs {measure.scale:g} times as fast" if measure.scale != 1 else "")
    return tag("div", table(("Window", "Allowed", "Used", "Left", "Wait"), rows), tag("p", how, class_="note"))


def _latest(parts: Parts) -> Html:
    entries = parts.journal.entries(None, None, max(0, parts.journal.counts()["total"] - LATEST))
    rows = [
        (moment(int(entry["time"] * 1_000_000)), entry["method"], entry["path"], entry["status"], entry["kind"],
         entry["sku"] or entry["id"] or "", "changed" if entry["changed"] else "", entry["fault"] or "")
        for entry in reversed(entries)
    ]  # fmt: skip
    return table(("When (UTC)", "", "Path", "Answer", "Kind", "About", "", "Fault"), rows)
