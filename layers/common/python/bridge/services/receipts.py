"""Write a run's receipt where the partner can read it: as JSON and as a page, each replaced whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from bridge.domain.receipt import page, path, rank, receipt
from bridge.domain.run import Run
from bridge.ports import Exchange


def tell(run: Run, exchange: Exchange, issues: Sequence[dict[str, Any]] = (), more: int = 0) -> None:
    """Who is slow may come when all is over: what he knows takes no later word back."""
    told = receipt(run, issues, more)
    exchange.tell(run.partner, f"{path(run)}.json", orjson.dumps(told, option=orjson.OPT_INDENT_2), "application/json", rank(run))
    exchange.tell(run.partner, f"{path(run)}.txt", page(told, run).encode(), "text/plain; charset=utf-8", rank(run))
