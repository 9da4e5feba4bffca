"""`bridge secret set`: what the bridge itself needs to log in elsewhere."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from cli import aws
from cli.hidden import asked
from cli.screen import say
from cli.session import Session

EXAMPLE = "Example:  bridge secret set plytix --key TZ6Q…"
app = typer.Typer(no_args_is_help=True, help="Store what the bridge needs to log in elsewhere.", epilog=EXAMPLE)
setting = typer.Typer(no_args_is_help=True, help="Store it, in place of what stood there.", epilog=EXAMPLE)
app.add_typer(setting, name="set")


@setting.command(epilog=EXAMPLE)
def plytix(
    ctx: typer.Context,
    key: Annotated[str, typer.Option("--key", envvar="BRIDGE_PLYTIX_KEY", help="API key, from Plytix's account settings.")],
    password: Annotated[str | None, typer.Option("--password", envvar="BRIDGE_PLYTIX_PASSWORD",
                                                 help="API password; better typed in, or piped in.")] = None,
    auth_url: Annotated[str, typer.Option("--auth-url", help="Where Plytix gives tokens.")] = "https://auth.plytix.com",
    pim_url: Annotated[str, typer.Option("--pim-url", help="Where Plytix's API is.")] = "https://pim.plytix.com",
) -> None:
    """Store the Plytix API key and password. Without --password it is asked for, or read from standard input."""
    deployment = Session.of(ctx).deployment()
    body = {"api_key": key, "api_password": password or asked("API password"),
            "auth_url": auth_url.rstrip("/"), "pim_url": pim_url.rstrip("/")}
    aws.client("secretsmanager").put_secret_value(SecretId=deployment["PlytixSecretArn"], SecretString=json.dumps(body))
    say("Plytix's key and password are stored. Workers log in with them from now on; what waited goes on within minutes")
