"""`make bench`: what a file costs in requests to Plytix, and how near to its limit a contender comes; ours and two other ways.

    python -m benchmarks [--products 2000] [--limited 400] [--window 2] [--latency 0.1]

All stand before the same simulator, one after the other, each in a fresh process with the same products and files. First without
limits, for the requests; then within the paid plan's limits on a clock that runs so fast that 10 seconds are `--window`, each answer held
back for `--latency`, as much faster than the half second that Plytix takes. What it prints is also in build/bench.json, for programs.
Nothing here judges time: a noisy machine is no failure.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import catalogue
from benchmarks.plytix.ours import SETTINGS
from benchmarks.race import CONTENDERS, Cost, contender
from local.plytix.server import Simulator

OURS, *PEERS = CONTENDERS
BULK = "ours.bulk"  # the same, where the account has bulk jobs
NAMES = {0.0: "unchanged", 0.01: "changed_1pct", 0.1: "changed_10pct", 1.0: "changed_100pct"}
LIMIT, PER_HOUR = 50, 5_000  # of the paid plan; its windows are 10 s and 360 times that
RESULT = Path("build/bench.json")
Costs = dict[str, dict[float, Cost]]
"""By contender and part."""


def main() -> None:
    given = argparse.ArgumentParser(prog="python -m benchmarks", description="Requests to Plytix, compared.")
    given.add_argument("--products", type=int, default=2_000, help="known products, without limits")
    given.add_argument("--limited", type=int, default=400, help="known products, within limits")
    given.add_argument("--window", type=float, default=2, help="seconds that 10 seconds of the plan last")
    given.add_argument("--latency", type=float, default=0.1, help="seconds that each answer takes, within limits")
    asked = given.parse_args()
    screen = Console(width=110)
    free = compete(asked.products, list(NAMES), [])
    free[BULK] = compete(asked.products, list(NAMES), [], [OURS], bulk=True)[OURS]
    show_requests(screen, free, asked.products)
    limited = compete(asked.limited, [0.1, 1.0], [[LIMIT, asked.window], [PER_HOUR, 360 * asked.window]], latency_s=asked.latency)
    show_limited(screen, limited, asked.limited, asked.window)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(figures(free, limited, asked.window), indent=1) + "\n")
    screen.print(f"Written: {RESULT}")


def compete(products: int, parts: list[float], windows: list[list[float]], names: Sequence[str] = CONTENDERS, *,
            bulk: bool = False, latency_s: float = 0) -> Costs:
    """These contenders, one after the other, before one simulator."""
    rows, costs = catalogue.known(products), {}
    with Simulator() as plytix:
        plytix.attributes(catalogue.ATTRIBUTES)
        for name in names:
            plytix.reset()
            plytix.bulk(bulk)
            plytix.latency(latency_s)
            plytix.products([{"sku": row["sku"], **catalogue.body(row)} for row in rows])
            if windows:
                plytix.windows(windows)
            command = [sys.executable, "-m", "benchmarks.race", name, plytix.url, str(products), *map(str, parts)]
            told = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
            costs[name] = {cost["part"]: Cost(**cost) for cost in json.loads(told.splitlines()[-1])}  # clients may print before
    return costs


def show_requests(screen: Console, costs: Costs, products: int) -> None:
    table = made(f"Requests to Plytix for 1,000 rows, of {products:,} known products; no limits", [*CONTENDERS, BULK])
    line(table, "at the start, once", costs, -1, lambda cost: f"{thousand(cost):,.0f}")
    for part in NAMES:
        line(table, f"{part:.0%} changed", costs, part, lambda cost: f"{thousand(cost):,.0f} ({cost.seconds:.1f} s)", 1_000 * part)
    for part in NAMES:
        line(table, f"refresh after {part:.0%}", costs, part, lambda cost: f"{1_000 * cost.after / cost.rows:,.1f}")
    screen.print(table)


def show_limited(screen: Console, costs: Costs, products: int, window: float) -> None:
    table = made(f"Within {LIMIT} requests in {window:g} s, of {products:,} known products")
    for part in (0.1, 1.0):
        least = products * part * window / LIMIT
        line(table, f"{part:.0%} changed: seconds", costs, part, lambda cost: f"{cost.seconds:.1f}", least)
        line(table, "  × floor", costs, part, lambda cost, least=least: f"{cost.seconds / least:.2f}", 1)
    line(table, "  rate, of the limit", costs, 1.0, lambda cost: f"{rate(cost, window):.1%}", "100%")
    line(table, "  refused (429)", costs, 1.0, lambda cost: f"{refusals(cost):.1%}", "0%")
    screen.print(table)
    cost = costs[OURS][1.0]
    screen.print(f"Before the first write it foretold {cost.foretold_s:.1f} s for all changed; it took {cost.seconds:.1f} s.")
    screen.print(f"This bridge leaves {1 - SETTINGS.share:.0%} of what is allowed to others (`share`); it uses "
                 f"{of_share(costs, window):.1%} of its own.")
    screen.print("Floor: the changed rows alone at the limit. Few requests may beat it, as the window is empty at the start. The other two "
                 "wait after a 429 as they do for 10 s; --window 10 is the plan as it is, and takes five times as long.")


def made(title: str, names: Sequence[str] = CONTENDERS) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("")
    for name in names:
        table.add_column("with bulk jobs" if name == BULK else str(contender(name).label), justify="right")
    table.add_column("floor", justify="right")
    return table


def line(table: Table, what: str, costs: Costs, part: float, told: Callable[[Cost], str], floor: float | str = "") -> None:
    table.add_row(what, *(told(costs[name][part]) for name in costs), floor if isinstance(floor, str) else f"{floor:,.4g}")


def thousand(cost: Cost) -> float:
    return 1_000 * (cost.requests + cost.refused) / cost.rows


def rate(cost: Cost, window: float) -> float:
    """Requests that passed, of those that the limit allows, while work waited."""
    return cost.paced / cost.paced_s * window / LIMIT if cost.paced_s else 0.0


def refusals(cost: Cost) -> float:
    return cost.refused / (cost.requests + cost.refused) if cost.refused else 0.0


def figures(free: Costs, limited: Costs, window: float) -> list[dict[str, Any]]:
    found = [figure(f"requests_per_1000.{name}{kind}", "requests",
                    lambda who, part=part, kind=kind: thousand(free[BULK if kind and who == OURS else who][part]),
                    (1 if part else 0) if kind else 1_000 * part)
             for part, name in NAMES.items() for kind in ("", ".bulk")]
    used = figure("rate_used", "share of the requests that the account is allowed", lambda who: rate(limited[who][1.0], window), 1)
    refused = figure("rate_429", "share of the requests sent", lambda who: refusals(limited[who][1.0]), 0)
    return [*found, used, alone("rate_used.of_share", "share of the requests that it allows itself", of_share(limited, window), 1), refused,
            alone("forecast_error", "share of the seconds it took", error(limited), 0)]


def of_share(limited: Costs, window: float) -> float:
    """No other contender leaves anything to others."""
    return rate(limited[OURS][1.0], window) / SETTINGS.share


def error(limited: Costs) -> float:
    """How far the forecast of a file of changes alone was from the truth; no other contender foretells anything."""
    cost = limited[OURS][1.0]
    assert cost.foretold_s is not None
    return abs(cost.foretold_s - cost.seconds) / cost.seconds


def figure(name: str, unit: str, of: Callable[[str], float], floor: float) -> dict[str, Any]:
    return alone(name, unit, of(OURS), floor) | {"peers": {peer: round(of(peer), 4) for peer in PEERS}}


def alone(name: str, unit: str, ours: float, floor: float) -> dict[str, Any]:
    """A figure that no other contender has."""
    return {"name": name, "unit": unit, "ours": round(ours, 4), "peers": {}, "floor": floor}


if __name__ == "__main__":
    main()
