"""Put a customer's folder in force in a running twin, with logins: what `bridge config apply` and `bridge partner password` do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from bridge.adapters.partner_secrets import PartnerSecrets
from bridge.configuration import Bundle
from cli import current, folders
from cli.configuration import read
from cli.deployment import Deployment
from cli.schedules import Schedules
from local.twin import Twin

ATTRIBUTES = "plytix-attributes.yaml"


def furnish_plytix(twin: Twin, folder: Path) -> None:
    """Give the simulated account the attributes that the customer's has, where the folder lists them."""
    if (folder / ATTRIBUTES).exists():
        twin.plytix.attributes(YAML(typ="safe").load(folder / ATTRIBUTES))


def configure(twin: Twin, folder: Path, **settings: Any) -> Bundle:
    """The folder's bundle, with some of its settings (waits, in seconds) replaced. Raises WrongConfiguration."""
    found = read(folder).bundle
    wanted = Bundle.of(found.settings.model_copy(update=settings), found.partners, found.feeds, found.channels)
    put_in_force(twin, wanted)
    return wanted


def put_in_force(twin: Twin, wanted: Bundle) -> None:
    """What `bridge config apply` does once its folder has been read: folders, configuration, schedules."""
    s3, bucket = twin.client("s3"), twin.outputs["WorkBucket"]
    current.write(s3, bucket, wanted, current.read(s3, bucket))
    list(folders.make(s3, twin.outputs["ExchangeBucket"], wanted))  # then, as each folder is an event for `receive`, which reads it
    list(Schedules.of(Deployment("bridge", twin.outputs), twin.client("scheduler")).set(wanted.channels))


def secrets(twin: Twin) -> PartnerSecrets:
    """For `set_password(partner, password)` and `add_key(partner, line)`."""
    return PartnerSecrets(twin.client("secretsmanager"), twin.outputs["PartnerSecretsPrefix"], twin.outputs["KeyArn"])
