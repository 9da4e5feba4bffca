"""The `bridge` command: its global options, and the commands that it is made of."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points
from typing import Annotated

import typer

from cli.commands import config, mirror, partner, publish, runs, secret, switch, trace
from cli.refusal import Refusal, Refusing
from cli.session import Session, enter_twin

GROUP = "bridge.commands"
"""Entry points of this group become commands of their names; the twin adds its own so, and the product need not know it."""

app = typer.Typer(cls=Refusing, no_args_is_help=True, pretty_exceptions_show_locals=False,  # locals may hold a password
                  epilog="Example:  bridge --twin config apply config")
app.add_typer(config.app, name="config")
app.add_typer(partner.app, name="partner")
app.add_typer(secret.app, name="secret")
for commands in (runs, trace, publish, mirror, switch):
    commands.add_to(app)


@app.callback()
def bridge(
    ctx: typer.Context,
    name: Annotated[str, typer.Option("--name", envvar="BRIDGE_NAME",
                                      help="Which deployment: what its stacks' names begin with.")] = "bridge",
    twin: Annotated[bool, typer.Option("--twin", help="Speak to the twin that runs in this folder, not to AWS.")] = False,
) -> None:
    """Files over FTP in, products in Plytix, channel files out: look after a deployed bridge, or its twin.

    Exit code 0: done; 1: no; 2: wrong use.
    """
    if twin:
        enter_twin()
    ctx.obj = Session(name)


def add_installed(root: typer.Typer, entries: Iterable[EntryPoint]) -> None:
    for entry in entries:
        try:
            root.add_typer(entry.load(), name=entry.name)
        except ModuleNotFoundError as error:  # an installation without the twin's packages is whole all the same
            _say_missing(root, entry.name, str(error.name))


def _say_missing(root: typer.Typer, name: str, module: str) -> None:
    """Stands where a command would, takes whatever words it is given, and says what it lacks."""

    @root.command(name, help=f"Not installed here: needs {module}.", epilog=f"Example:  bridge {name} --help",
                  context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
    def say_so() -> None:
        raise Refusal(f'The command "{name}" needs the package {module}, which is not installed. Set everything up: make setup')


add_installed(app, entry_points(group=GROUP))

if __name__ == "__main__":
    app()
