"""What must hold at rest, whatever died, was doubled, lost or late on the way."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bridge.domain.mirror import Existence
from bridge.domain.product import NO_SCHEMA
from bridge.domain.reconcile import reconcile
from bridge.domain.run import Run, State
from tests.heart.ideal import Ideal
from tests.heart.told import outcomes_of, receipt_of, results_of

if TYPE_CHECKING:
    from tests.heart.explore import Execution


class Broken(AssertionError):
    """A property does not hold."""


def told(x: Execution, run: Run) -> dict[str, str]:
    """SKU → outcome."""
    together = outcomes_of(x, run)
    if len(dict(together)) != len(together):
        raise Broken(f"run {run.drop.key} counts a row twice: {together}")
    return dict(together)


def check_ideal(x: Execution) -> None:
    """Settled: products and outcomes are the ideal ones, whatever died, was doubled, lost or late on the way."""
    actual = {p.sku: p.values for p in x.w.plytix.products.values()}
    should = {sku: {a: v for a, v in x.ideal.values(sku).items() if v} for sku in x.ideal.products}
    if actual != should:
        raise Broken(f"Plytix holds {actual}, should hold {should}")
    for run in x.w.ledger.runs.values():
        for sku, outcome in x.ideal.outcomes[run.drop.key].items():
            if (tells := told(x, run).get(sku)) not in outcome.split("|"):
                raise Broken(f"run {run.drop.key} tells {sku} {tells}, true is {outcome}")


def check(x: Execution) -> None:
    """At rest, settled or not."""
    registered = {run.drop.key: run for run in x.w.ledger.runs.values()}
    for _, key, _, _, rows in (e for e in x.logged if e[0] == "drop"):
        run = registered.get(key)
        if run is None or run.state is not State.CLOSED or x.w.ledger.closes[run.id] != 1 or not run.reported:
            raise Broken(f"run {key} is {run and run.state}, closed {run and x.w.ledger.closes.get(run.id)} times")
        if set(told(x, run)) != set(rows):
            raise Broken(f"run {key} has no outcome for {set(rows) - set(told(x, run))}")
        check_receipt(x, run)
    tables = x.w.tables
    mirror = {s: (m.id, m.values) for s in tables.mirror_items if (m := tables.peek_mirror(s)).existence is Existence.LIVING}
    actual = {p.sku: (p.id, p.values) for p in x.w.plytix.products.values()}
    if mirror != actual:
        raise Broken(f"mirror {mirror} is not Plytix {actual}")
    if any(intent for _, _, intent in x.w.claims.items.values()):
        raise Broken(f"never settled: {x.w.claims.items}")
    for sku in {s for s, _ in tables.wanted_items}:
        change = reconcile(tables.peek_wanted_of(sku), tables.peek_mirror(sku), x.w.configuration, x.w.schemas.kept or NO_SCHEMA)
        if change.send:
            raise Broken(f"{sku} is out of step at rest: {change}")
    check_requests(x)
    check_people(x)
    if not x.scenario.settled:
        check_owners(x)


def check_receipt(x: Execution, run: Run) -> None:
    """What the partner reads at the end is the whole truth, and his inbox is empty."""
    receipt, outcomes = receipt_of(x, run), told(x, run)
    if receipt["state"] != "closed" or receipt["waiting"] or receipt["outcomes"] != Counter(outcomes.values()):
        raise Broken(f"the receipt of {run.drop.key} says {receipt}, true is {outcomes}")
    if sorted(results_of(x, run)) != sorted(outcomes.items()):
        raise Broken(f"the result file of {run.drop.key} says {results_of(x, run)}, true is {outcomes}")
    if (run.drop.key, run.drop.version) not in x.w.archived:
        raise Broken(f"{run.drop.key} still lies in the inbox")


def check_owners(x: Execution) -> None:
    """What a field's owner wants stands, as if the drops had come in the order of their landing."""
    if any(e[0] == "forbid" for e in x.logged):
        return
    ideal = Ideal(list(x.ideal.feeds.values()), x.w.plytix.options)
    for _, key, feed, landed, rows in sorted((e for e in x.logged if e[0] == "drop"), key=lambda e: e[3]):
        ideal.drop(key, feed, landed, rows)
    actual = {p.sku: p.values for p in x.w.plytix.products.values()}
    for sku in {s for _, s in ideal.says} & set(actual):
        for attribute, owner in (("price", "erp"), ("color", "sup")):
            wish = ideal.winner(attribute, ideal.speaking(sku, attribute))
            if wish and wish[0] == owner and wish[1].value != actual[sku].get(attribute):
                raise Broken(f"{attribute} of {sku} is {actual[sku].get(attribute)}, its owner wants {wish[1].value}")


def check_requests(x: Execution) -> None:
    """Each request makes a difference. A death, an act of people, a refused or a normalised value may waste some."""
    writes = [e for e in x.w.plytix.log if e.by == "bridge"]
    refusals = sum(e.kind == "refusal" for e in writes)
    capitals = sum(row["name"] != row["name"].upper() for e in x.logged if e[0] == "drop" for row in e[4].values() if row and "name" in row)
    wasted = x.w.plytix.requests["write"] - sum(bool(e.changed) or e.kind == "create" for e in writes)
    allowed = x.used["kill"] + refusals + capitals + x.people * (1 + (not x.scenario.settled))
    if wasted > allowed:
        raise Broken(f"{wasted} writes changed nothing; {allowed} may ({x.used}, {refusals} refusals, {x.people} acts of people)")
    reads = x.w.plytix.requests["read"]
    allowed = 3 * (x.used["kill"] + x.used["refresh"] + x.used["census"]) + x.people * 5 + len(x.scenario.events)
    if reads > allowed:
        raise Broken(f"{reads} reads; {allowed} may ({x.used}, {x.people} acts of people)")


def check_people(x: Execution) -> None:
    """What people deleted is not made again (unless the feed says so), and there is one product a SKU."""
    skus = [p.sku for p in x.w.plytix.products.values()]
    if len(set(skus)) != len(skus):
        raise Broken(f"a SKU twice: {skus}")
    gone: dict[str, str] = {}
    for entry in x.w.plytix.log:
        if entry.kind == "delete":
            gone[entry.sku] = entry.id
        elif entry.kind == "create" and entry.by == "person":
            gone.pop(entry.sku, None)
        elif entry.kind == "create" and entry.sku in gone and not x.scenario.recreate:
            known = [e for e in x.w.tables.entries if e[0] == entry.sku]
            if known and x.scenario.settled:
                raise Broken(f"{entry.sku} was deleted by a person and made again")
