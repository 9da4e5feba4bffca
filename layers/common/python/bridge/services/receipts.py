"""Write a run's receipt where the partner can read it: as JSON and as a page, each replaced whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from bridge.domain.receipt import page, path, receipt
from bridge.domain.run import Run, State
from bridge.ports import Exchange


def tell(run: Run, exchange: Exchange, issues: Sequence[dict[str, Any]] = (), more: int = 0) -> None:
    """Of the same event twice the slower worker may come when all is over: `received` takes no later word back."""
    told = receipt(run, issues, more)
    write = exchange.write_first if run.state is State.RECEIVED else exchange.write
    write(run.partner, f"{path(run)}.json", orjson.dumps(told, option=orjson.OPT_INDENT_2), "application/json")
    write(run.partner, f"{path(run)}.txt", page(told, run).encode(), "text/plain; charset=utf-8")
