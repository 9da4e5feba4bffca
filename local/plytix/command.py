"""`bridge plytix serve`: the simulator alone, for trying it by hand."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from local.plytix.limits import Kind, Plan
from local.plytix.server import Simulator

plytix = typer.Typer(help="A Plytix of your own: the simulator.", no_args_is_help=True)


@plytix.callback()
def _group() -> None:
    """Keeps `serve` a command of its own while it is the only one."""


@plytix.command(epilog="Example:  bridge plytix serve --port 8090 --plan free")
def serve(
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port on 127.0.0.1; 0 takes any free one.")] = 0,
    plan: Annotated[Plan, typer.Option(help="Requests that the account may make.")] = Plan.PAID,
    key: Annotated[str, typer.Option(help="API key.")] = "key",
    password: Annotated[str, typer.Option(help="API password.")] = "password",
    windows: Annotated[Kind, typer.Option(help="How the windows of the plan lie.")] = Kind.SLIDING,
    scale: Annotated[float, typer.Option(min=0.001, help="So many times as fast is their clock; 60: an hour is a minute.")] = 1.0,
    lag: Annotated[float, typer.Option(min=0, help="Seconds until what a 202 promised is to be seen.")] = 1.0,
    bulk: Annotated[bool, typer.Option("--bulk", help="The account has the bulk job.")] = False,
    seed: Annotated[int | None, typer.Option(help="The same answers to the same calls in each run, but for times.")] = None,
    state: Annotated[Path | None, typer.Option(help="Go on from this file, if it is there, and save into it at the end.")] = None,
) -> None:
    """Serve a simulated Plytix account, authentication and API on one port, until Ctrl-C."""
    simulator = Simulator(key, password, plan, seed)
    simulator.measure(windows, scale=scale)
    simulator.lag(lag)
    if state is not None and state.exists():
        _load(simulator, state)
    if bulk:
        simulator.bulk()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    _tell(simulator.start(port), plan, key, password, state)
    try:
        while True:
            time.sleep(3_600)
    except KeyboardInterrupt:
        simulator.stop()
        if state is not None:
            simulator.save(str(state))
        Console().print("Plytix simulator stopped.")


def _load(simulator: Simulator, state: Path) -> None:
    try:
        simulator.load(str(state))
    except ValueError as wrong:
        raise typer.BadParameter(str(wrong), param_hint="--state") from None


def _tell(url: str, plan: Plan, key: str, password: str, state: Path | None) -> None:
    table = Table("Plytix simulator", url, show_lines=False)
    table.add_row("to look at", f"{url}/")
    table.add_row("API key", key)
    table.add_row("API password", password)
    table.add_row("plan", plan)
    table.add_row("token", f"POST {url}/auth/api/get-token")
    table.add_row("products", f"{url}/api/v1/products, {url}/api/v2/products")
    if state is not None:
        table.add_row("kept in", str(state))
    table.add_row("control", f"{url}/_sim/state, …/log, …/counts, …/edit (local/plytix/control.py)")
    Console().print(table)
