"""`bridge plytix serve`: the simulator alone, for trying it by hand."""

from __future__ import annotations

import time
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from local.plytix.limits import Plan
from local.plytix.server import Simulator

plytix = typer.Typer(help="A Plytix of your own: the simulator.", no_args_is_help=True)


@plytix.callback()
def _group() -> None:
    """Keeps `serve` a command of its own while it is the only one."""


@plytix.command(epilog="Example:  bridge plytix serve --port 8090 --plan free")
def serve(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 takes any free one.")] = 0,
    plan: Annotated[Plan, typer.Option(help="Requests that the account may make.")] = Plan.PAID,
    key: Annotated[str, typer.Option(help="API key.")] = "key",
    password: Annotated[str, typer.Option(help="API password.")] = "password",
) -> None:
    """Serve a simulated Plytix account, authentication and API on one port, until Ctrl-C."""
    simulator = Simulator(key, password, plan)
    _tell(simulator.start(port), plan, key, password)
    try:
        while True:
            time.sleep(3_600)
    except KeyboardInterrupt:
        simulator.stop()
        Console().print("Plytix simulator stopped.")


def _tell(url: str, plan: Plan, key: str, password: str) -> None:
    table = Table("Plytix simulator", url, show_lines=False)
    table.add_row("API key, password", f"{key}, {password}")
    table.add_row("plan", plan)
    table.add_row("token", f"POST {url}/auth/api/get-token")
    table.add_row("products", f"{url}/api/v1/products, {url}/api/v2/products")
    table.add_row("control", f"{url}/_sim/state, …/log, …/counts, …/edit (local/plytix/control.py)")
    Console().print(table)
