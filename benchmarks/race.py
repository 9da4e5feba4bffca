"""One contender in a process of its own before the simulator: files with ever more changes, and what each cost.

    python -m benchmarks.race CONTENDER URL PRODUCTS [PART …]     prints JSON, a list of `Cost`

The simulator, its limits and its products are the caller's; `benchmarks/__main__.py` calls this.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from benchmarks import catalogue
from local.plytix.remote import Remote

CONTENDERS = ("ours", "pim_client", "get_and_patch")


@dataclass(frozen=True)
class Cost:
    """`requests` without tokens, which count for no window, and without what was refused; `after`: of the refresh, ours alone.

    `paced`: requests in `paced_s`, from the second window on (the first is empty at the start, and may be used at once).
    """

    part: float
    rows: int
    requests: int
    refused: int
    after: int
    seconds: float
    paced: int
    paced_s: float
    foretold_s: float | None = None  # by ours, before its first write


def contender(name: str) -> Any:
    return importlib.import_module(f"benchmarks.plytix.{name}")


def race(name: str, url: str, products: int, parts: list[float]) -> list[Cost]:
    """The first cost is that of loading (part -1)."""
    who, plytix, rows = contender(name), Remote(url), catalogue.known(products)
    state: Any = None

    def load() -> int:
        nonlocal state
        state = who.load(url, rows)
        return products

    costs = [measured(-1, plytix, load)]
    for part in parts:
        rows = catalogue.changed(rows, part)
        cost = measured(part, plytix, lambda file=rows: who.run(state, file), getattr(who, "after", None) and (lambda: who.after(state)))
        cost = replace(cost, foretold_s=who.foretold(state) if hasattr(who, "foretold") else None)
        assert cost.rows == products, f"{name} left rows out: {cost}"
        costs.append(cost)
    held = {product["sku"]: product["attributes"]["price"] for product in plytix.call("dump")}
    assert held == {row["sku"]: row["price"] for row in rows}, f"{name} did not bring Plytix to what the last file says"
    return costs


def measured(part: float, plytix: Remote, step: Callable[[], int], after: Callable[[], Any] | None = None) -> Cost:
    plytix.call("clear_log")
    began = time.monotonic()
    rows = step()
    seconds = time.monotonic() - began
    asked = entries(plytix)
    if after:
        plytix.call("clear_log")
        after()
    afterwards = len(entries(plytix)) if after else 0
    passed = [entry["time"] for entry in asked if entry["status"] != 429]
    sizes = [window["window_size"] for window in plytix.call("state")["windows"]] if passed else []
    late = [moment for moment in passed if sizes and moment >= passed[0] + min(sizes)]
    return Cost(part, rows, len(passed), len(asked) - len(passed), afterwards, seconds, len(late),
                late[-1] - passed[0] - min(sizes) if late else 0)


def entries(plytix: Remote) -> list[dict[str, Any]]:
    """What was asked, logins and what they follow apart: neither counts for a window."""
    return [entry for entry in plytix.call("log") if entry["kind"] != "token" and entry["status"] != 401]


if __name__ == "__main__":
    name, url, products, *parts = sys.argv[1:]
    print(json.dumps([asdict(cost) for cost in race(name, url, int(products), [float(part) for part in parts])]))
