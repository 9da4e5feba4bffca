"""The tables and buckets of a deployed bridge, for commands that look into them."""

from __future__ import annotations

from bridge.adapters.body import Bodies
from bridge.adapters.configuration import ConfigurationStore
from bridge.adapters.deliveries import DeliveryLedger
from bridge.adapters.ledger import Ledger
from bridge.adapters.mirror_states import MirrorStates
from bridge.adapters.schemas import Schemas
from bridge.adapters.snapshots import SnapshotStore
from bridge.adapters.stage import Stage
from bridge.adapters.tables import Names, Tables
from bridge.configuration import Bundle
from bridge.errors import Stop
from cli import aws
from cli.deployment import Deployment
from cli.refusal import Refusal


def ledger(deployment: Deployment) -> Ledger:
    return Ledger(aws.client("dynamodb"), deployment["LedgerTable"], bodies(deployment))


def deliveries(deployment: Deployment) -> DeliveryLedger:
    return DeliveryLedger(aws.client("dynamodb"), deployment["LedgerTable"])


def tables(deployment: Deployment) -> Tables:
    names = Names(deployment["WantedTable"], deployment["MirrorTable"], deployment["HistoryTable"])
    return Tables(aws.client("dynamodb"), names, bodies(deployment))


def stage(deployment: Deployment) -> Stage:
    return Stage(aws.client("s3"), deployment["WorkBucket"])


def mirror_states(deployment: Deployment) -> MirrorStates:
    return MirrorStates(aws.client("dynamodb"), deployment["LedgerTable"])


def schemas(deployment: Deployment) -> Schemas:
    return Schemas(aws.client("s3"), deployment["WorkBucket"])


def snapshots(deployment: Deployment) -> SnapshotStore:
    return SnapshotStore(aws.client("s3"), deployment["WorkBucket"])


def bodies(deployment: Deployment) -> Bodies:
    return Bodies(aws.client("s3"), deployment["WorkBucket"])


def configuration(deployment: Deployment) -> Bundle:
    """The one in force. Refuses where there is none."""
    try:
        return ConfigurationStore(aws.client("s3"), deployment["WorkBucket"]).current()
    except Stop as stop:
        raise Refusal(str(stop)) from None
