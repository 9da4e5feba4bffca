"""`bridge partner`: what partners prove themselves by at the endpoint."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated

import typer

from bridge.adapters.partner_secrets import PartnerSecrets
from cli import aws, current
from cli.hidden import asked
from cli.refusal import Refusal, no_such
from cli.screen import say
from cli.session import Session

app = typer.Typer(no_args_is_help=True, help="Give partners their passwords and keys.",
                  epilog="Example:  bridge partner password northwind --generate")
Name = Annotated[str, typer.Argument(metavar="NAME", help="The partner, as in partners/NAME.yaml.")]


@app.command(epilog="Example:  bridge partner password northwind --generate")
def password(
    ctx: typer.Context,
    name: Name,
    given: Annotated[str | None, typer.Option("--password", envvar="BRIDGE_PARTNER_PASSWORD",
                                              help="The password itself; better typed in, or piped in.")] = None,
    generate: Annotated[bool, typer.Option("--generate", help="Make one and show it, this once.")] = False,
    hash: Annotated[str | None, typer.Option("--hash", help="A hash made elsewhere: scrypt$N$r$p$salt$hash.")] = None,
) -> None:
    """Set a partner's password, of 12 characters at least; only its hash is stored.

    Without options it is asked for, or read from standard input.
    """
    if sum((given is not None, generate, hash is not None)) > 1:
        raise typer.BadParameter("expected one of --password, --generate, --hash")
    store = _secrets_of(ctx, name)
    try:
        if hash is not None:
            store.set_hash(name, hash)
        else:
            new = secrets.token_urlsafe(18) if generate else asked("Password") if given is None else given
            store.set_password(name, new)
    except ValueError as error:
        raise Refusal(f"{error}; nothing was changed.") from None
    say(f"{name} has a new password" + (f": {new}" if generate else ""))


@app.command(epilog="Example:  bridge partner key northwind northwind.pub")
def key(
    ctx: typer.Context,
    name: Name,
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A public key, as OpenSSH writes it.")],
) -> None:
    """Add a partner's public key for SFTP; his other keys and his password stay."""
    store = _secrets_of(ctx, name)
    try:
        line = store.add_key(name, file.read_text())
    except UnicodeDecodeError:
        raise Refusal(f"{file}: expected a public key as text, one line") from None
    except ValueError as error:
        raise Refusal(f"{file}: {error}; nothing was changed.") from None
    say(f"{name} may log in with {' '.join([line.split()[0], *line.split()[2:]])}")


def _secrets_of(ctx: typer.Context, name: str) -> PartnerSecrets:
    """Only for partners that the configuration knows: a secret nobody asks for would open nothing and hide a typing error."""
    deployment = Session.of(ctx).deployment()
    partners = current.needed(aws.client("s3"), deployment["WorkBucket"]).partners
    if name not in partners:
        raise no_such("partner", name, partners)
    return PartnerSecrets(aws.client("secretsmanager"), deployment["PartnerSecretsPrefix"], deployment["KeyArn"])
