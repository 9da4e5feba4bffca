"""`bridge twin`: the whole system on this machine."""

import typer

twin = typer.Typer(help="The whole system on this machine.", no_args_is_help=True)
