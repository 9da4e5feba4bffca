"""`bridge secret set`: what the bridge itself needs to log in elsewhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from bridge.errors import Later, LoginRefused
from cli import aws
from cli.hidden import asked
from cli.refusal import Refusal
from cli.screen import say
from cli.session import Session

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

EXAMPLE = "Example:  bridge secret set plytix --key TZ6Q…"
PLYTIX = {"auth_url": "https://auth.plytix.com", "pim_url": "https://pim.plytix.com"}
AS_BEFORE = "as it stands; at first Plytix's own"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
NOT_TRIED = "They were not tried: if Plytix refuses them, `bridge switch` says so"
app = typer.Typer(no_args_is_help=True, help="Store what the bridge needs to log in elsewhere.", epilog=EXAMPLE)
setting = typer.Typer(no_args_is_help=True, help="Store it, in place of what stood there.", epilog=EXAMPLE)
app.add_typer(setting, name="set")


@setting.command(epilog=EXAMPLE)
def plytix(
    ctx: typer.Context,
    key: Annotated[str, typer.Option("--key", envvar="BRIDGE_PLYTIX_KEY", help="API key, from Plytix's account settings.")],
    password: Annotated[str | None, typer.Option("--password", envvar="BRIDGE_PLYTIX_PASSWORD",
                                                 help="API password; better typed in, or piped in.")] = None,
    auth_url: Annotated[str, typer.Option("--auth-url", help="Where Plytix gives tokens.", show_default=AS_BEFORE)] = "",
    pim_url: Annotated[str, typer.Option("--pim-url", help="Where Plytix's API is.", show_default=AS_BEFORE)] = "",
    untried: Annotated[bool, typer.Option("--untried", help="Store them without logging in with them first.")] = False,
) -> None:
    """Store the Plytix API key and password, once Plytix has accepted them.

    Without --password it is asked for, or read from standard input. What Plytix refuses, or cannot be asked of, is not stored.
    """
    secrets, arn = aws.client("secretsmanager"), Session.of(ctx).deployment()["PlytixSecretArn"]
    urls = {name: _checked(url) for name, url in {"auth_url": auth_url, "pim_url": pim_url}.items() if url}
    body = PLYTIX | _urls_before(secrets, arn) | urls | {"api_key": key, "api_password": password or asked("API password")}
    found = NOT_TRIED if untried else _tried(body)
    secrets.put_secret_value(SecretId=arn, SecretString=json.dumps(body))
    say(f"Key and password are stored. {found}. Workers log in with them at {body['auth_url']} from now on; what waited goes on within "
        "minutes")


def _checked(url: str) -> str:
    """Refuses what can be no address of Plytix: a key goes over TLS, or to this very machine."""
    parts = urlsplit(url)
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)):
        raise Refusal(f'"{url}" is no address of Plytix; nothing was stored. Write it as {PLYTIX["auth_url"]}')
    return url.rstrip("/")


def _tried(body: dict[str, str]) -> str:
    """What one login says of them. Refuses what Plytix refuses."""
    from bridge.adapters.plytix.credentials import Credentials  # here: `bridge --help` must not pay for a client of Plytix
    from cli.plytix import log_in

    try:
        return f"Plytix accepted them. {log_in(Credentials(**body))}"
    except LoginRefused as refused:
        raise Refusal(f"{refused}, at {body['auth_url']}; nothing was stored. Look into Plytix's account settings: is it the key's own "
                      "password, and is the key active? To store them all the same: --untried") from None
    except Later as later:
        raise Refusal(f"They cannot be tried at {body['auth_url']} ({later}); nothing was stored. To store them all the same: "
                      "--untried") from None


def _urls_before(secrets: SecretsManagerClient, arn: str) -> dict[str, str]:
    """A new key is another for the same place: in the twin that is its simulator."""
    try:
        before = json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])
    except (secrets.exceptions.ResourceNotFoundException, json.JSONDecodeError):  # nothing was set yet
        return {}
    return {name: before[name] for name in PLYTIX if isinstance(before, dict) and before.get(name)}
