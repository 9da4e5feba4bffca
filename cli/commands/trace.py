"""`bridge trace`: what every feed wants a product to be, what Plytix holds, and what the bridge did to it."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich import box
from rich.table import Table

from bridge.adapters.tables import Tables
from bridge.domain.mirror import Existence, Mirror
from bridge.domain.receipt import visible
from bridge.domain.row import Sku
from bridge.domain.row import sku as spelled
from bridge.domain.wanted import EXISTS
from cli import stores
from cli.moment import moment
from cli.refusal import Refusal
from cli.screen import Json, cell, say, say_json, say_long, screen, short
from cli.session import Session

LONGEST_NUMBER = 14
"""Digits of a GTIN: up to there zeros are tried that Excel may have taken off."""


def trace(ctx: typer.Context, sku: Annotated[str, typer.Argument(help="SKU, exactly as Plytix has it.")], as_json: Json = False) -> None:
    """Tell what every feed wants a product to be, what Plytix holds, and what the bridge did to it."""
    tables, key = stores.tables(Session.of(ctx).deployment()), spelled(sku)
    wanted, mirror = tables.wanted_of(key), tables.mirror(key)
    entries = tables.history(key, 0)
    if not wanted and mirror.existence is Existence.UNKNOWN and not entries:
        near = _spelled_otherwise(sku, tables)
        raise Refusal(f'The bridge knows no product "{sku}": no feed wants it, and the mirror has never seen it'
                      + (f". Did you mean {' or '.join(near)}?" if near else ""))
    facts: dict[str, Any] = {
        "sku": key, "plytix": {"existence": mirror.existence.value, "id": mirror.id, "modified": moment(mirror.modified),
                               "values": mirror.values},
        "wanted": {feed: {"values": {a: {"value": s.value, "run": s.run, "line": s.line} for a, s in item.values.items()},
                          "open": {a: s.value for a, s in item.open.items()}} for feed, item in wanted.items()},
        "history": [{"at": moment(e.at), "act": e.act.value,
                     "changes": {a: {"before": m.before, "after": m.after, "run": m.run, "feed": m.feed, "line": m.line,
                                     "over_a_person": m.over, "message": m.message} for a, m in e.made.items()}} for e in entries]}
    if as_json:
        say_json(facts)
        return
    say(f"{key}: {mirror.existence.value} in Plytix" + (f", {mirror.id}, modified {moment(mirror.modified)}" if mirror.id else ""))
    for feed, item in facts["wanted"].items():
        screen.print(_standing(feed, item, mirror))
    for entry in facts["history"]:
        for attribute, made in entry["changes"].items():
            over = ", over a person's value" if made["over_a_person"] else ""
            said = f" ({made['message']})" if made["message"] else ""
            say_long(visible(f"{entry['at']}  {entry['act']:7} {attribute}: {made['before']!r} → {made['after']!r}, "
                             f"{made['feed']} line {made['line']}, run {short(made['run'])}{over}{said}"))


def _spelled_otherwise(sku: str, tables: Tables) -> list[Sku]:
    """What people type for another: capitals, blanks, zeros at the beginning. One request, whatever the catalogue's size."""
    word = sku.strip()
    zeros = [word.lstrip("0"), *(word.zfill(width) for width in range(len(word), LONGEST_NUMBER + 1))] if word.isdecimal() else []
    tried = dict.fromkeys(Sku(other) for other in (word, word.upper(), word.lower(), *zeros) if other)
    return sorted(found for found, mirror in tables.mirrors(list(tried)).items() if mirror.existence is not Existence.UNKNOWN)


def _standing(feed: str, item: dict[str, Any], mirror: Mirror) -> Table:
    """What one feed wants. A value that Plytix holds already is not said twice, so that 80 columns are enough."""
    table = Table("attribute", "Plytix holds", "the feed wants", "line", "run", "stands", box=box.SIMPLE_HEAD, pad_edge=False,
                  title=f"feed {feed}", title_justify="left")
    for column in table.columns[3:5]:  # what is copied: whole, however narrow the window is
        column.no_wrap = True
    for attribute, said in item["values"].items():
        held, wants = str(mirror.values.get(attribute, "")), str(said["value"])
        if attribute == EXISTS:
            held, wants = mirror.existence.value, Existence.LIVING.value
        stands = item["open"].get(attribute, "in step" if mirror.existence is Existence.LIVING else "waits for the product")
        table.add_row(*map(cell, [attribute, held, "the same" if wants == held else wants, str(said["line"]), short(said["run"]), stands]))
    return table


def add_to(root: typer.Typer) -> None:
    root.command(epilog="Example:  bridge trace ACME-1001")(trace)
