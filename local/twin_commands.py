"""`bridge twin`: start the whole system here and try it with your own SFTP, FTPS or FTP client; end it; ask how it is."""

from __future__ import annotations

import os
import secrets
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.refusal import Refusal
from local.plytix.limits import Plan
from local.state import FOLDER, State, TwinRuns

CONFIG = Path("config")
END_S = 20.0

twin = typer.Typer(help="The whole bridge on this machine: AWS, the endpoint and Plytix.", no_args_is_help=True,
                   epilog="Example:  bridge twin up")
Port = Annotated[int, typer.Option(min=0, max=65_535, help="On 127.0.0.1; 0 takes any free one.")]


@dataclass(frozen=True, slots=True)
class Account:
    """What the twin's account at Plytix has booked."""

    plan: Plan
    bulk: bool

    def __str__(self) -> str:
        """For people."""
        jobs = "with bulk jobs" if self.bulk else "no bulk jobs (bridge twin up --bulk)"
        return f"plan: {self.plan}, {jobs}"


@twin.command(epilog="Example:  bridge twin up --sftp 2222 --plan free")
def up(
    config: Annotated[Path | None, typer.Option(metavar="DIR", help="Customer's folder to put in force; default: config, if there is one.",
                                                exists=True, file_okay=False)] = None,
    plan: Annotated[Plan, typer.Option(help="Requests that the Plytix account may make.")] = Plan.PAID,
    bulk: Annotated[bool, typer.Option("--bulk", help="The Plytix account has bulk jobs: a thousand changes a request.")] = False,
    sftp: Port = 0, ftps: Port = 0, ftp: Port = 0, plytix: Port = 0,
) -> None:
    """Start it, say where it is and who may log in, and keep it running until Ctrl-C."""
    console = Console()
    ports = {name: port for name, port in {"sftp": sftp, "ftps": ftps, "ftp": ftp, "plytix": plytix}.items() if port}
    signal.signal(signal.SIGTERM, _end)
    try:
        _run(console, config or (CONFIG if CONFIG.is_dir() else None), Account(plan, bulk), ports)
    except KeyboardInterrupt:
        console.print("The twin has ended; nothing of it is left.")
    except TwinRuns as runs:
        raise Refusal(str(runs)) from None
    except OSError as error:
        if error.errno is None or not ports:
            raise
        raise Refusal(f"A port that was asked for cannot be had: {error}") from None


def _run(console: Console, config: Path | None, account: Account, ports: dict[str, int]) -> None:
    from bridge.domain.drop import folders
    from local.customer import configure, furnish_plytix
    from local.customer import secrets as secrets_of
    from local.twin import Twin  # here: `bridge --help` must not pay for it

    began, running = time.monotonic(), Twin(FOLDER, plan=account.plan, ports=ports)
    running.plytix.bulk(entitled=account.bulk)
    try:
        with console.status("Starting: AWS, the stacks, the endpoint, Plytix …"):
            running.start()
            passwords: dict[str, str] = {}
            inboxes: dict[str, str] = {}
            if config:
                furnish_plytix(running, config)
                bundle = configure(running, config)
                passwords = {partner: secrets.token_urlsafe(9) for partner in bundle.partners}
                inboxes = {partner: inside[0] for partner in bundle.partners if (inside := folders(bundle, partner))}
            for partner, password in passwords.items():
                secrets_of(running).set_password(partner, password)
        _tell(console, running.ports, passwords, inboxes, config, account, time.monotonic() - began)
        while True:
            signal.pause()
    finally:
        running.stop()


def _end(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


def _tell(console: Console, ports: dict[str, int], passwords: dict[str, str], inboxes: dict[str, str],
          config: Path | None, account: Account, seconds: float) -> None:
    from local.twin import KEY, PASSWORD

    servers = Table("server", "host", "port", title=f"The twin is up ({seconds:.1f} s)", title_justify="left")
    for name, what in {"sftp": "SFTP", "ftps": "FTPS (explicit TLS)", "ftp": "FTP (inside the VPC only, on AWS)",
                       "plytix": "Plytix", "aws": "AWS"}.items():
        if name in ports:
            servers.add_row(what, "127.0.0.1", str(ports[name]))
    console.print(servers)
    logins = Table("partner", "password", title=f"Logins, of {config}" if config else "No configuration is in force", title_justify="left")
    for partner, password in passwords.items():
        logins.add_row(partner, password)
    console.print(logins)
    console.print(f"Plytix      API key: {KEY}, API password: {PASSWORD} (just these two words)\n"
                  f"            {account}", highlight=False, soft_wrap=True)
    who, inbox = next(iter(inboxes.items()), ("PARTNER", "FOLDER"))
    console.print(
        f"Try it      sftp -P {ports['sftp']} {who}@127.0.0.1\n"
        f"            curl --ssl-reqd -k -u {who} -T FILE ftp://127.0.0.1:{ports['ftps']}/inbox/{inbox}/\n"
        f"Look        bridge --twin runs\n"
        f"            curl http://127.0.0.1:{ports['plytix']}/_sim/counts\n"
        f"            http://127.0.0.1:{ports['plytix']}/ in a browser: Plytix's products, changes, budget\n"
        f"            {FOLDER}/ministack.log, {FOLDER}/endpoint.log\n"
        f"Change      bridge --twin config apply DIR; bridge --twin partner password NAME\n"
        f"End         Ctrl-C, or bridge twin down", highlight=False, soft_wrap=True)


@twin.command(epilog="Example:  bridge twin down")
def down() -> None:
    """End the twin that runs in this folder."""
    state = State(FOLDER)
    pid = state.pid()
    if not state.runs() or pid is None:
        Console().print("No twin runs here.")
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + END_S
    while state.runs():
        if time.monotonic() > deadline:
            raise Refusal(f"The twin (process {pid}) does not end; end it by force: kill -9 {pid}. It leaves nothing behind.")
        time.sleep(0.05)
    Console().print("The twin has ended; nothing of it is left.")


@twin.command(epilog="Example:  bridge twin status")
def status() -> None:
    """Tell whether a twin runs in this folder, and at which ports. Exit code 1: none does."""
    state = State(FOLDER)
    written = state.read()
    if not state.runs():
        Console().print("No twin runs here. Start one: make twin")
        raise typer.Exit(1)
    if written is None:
        Console().print("A twin is starting.")
        return
    ports = ", ".join(f"{name} {port}" for name, port in written.ports.items())
    Console().print(f"A twin runs (process {written.pid}): {ports}", highlight=False, soft_wrap=True)
