"""The stack `storage`: all state, retained whatever happens to a stack, under logical ids that never change."""

from __future__ import annotations

from aws_cdk import CfnOutput, CfnResource, Duration, Environment, RemovalPolicy, SecretValue, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secrets
from constructs import Construct

KEEP_REPLACED = Duration.days(90)
"""How long a replaced or removed version stays: longer than any drop waits for its run, or a person for his mistake."""
KEEP_WORK = Duration.days(90)
"""Stages, snapshots and files set aside: for looking into what happened, long after the run they were made for."""

KEEP_NOTES = Duration.days(1)
"""How far a census or a chunk had come before it came further: of no use."""
NOTES = ("census/", "parts/")


class Storage(Stack):
    """Two buckets, four tables, the Plytix secret and the one key that all of them are encrypted with."""

    def __init__(self, scope: Construct, id: str, *, env: Environment) -> None:
        super().__init__(scope, id, env=env, description="FTP-Plytix bridge: all state")
        self.key = kms.Key(self, "Key", enable_key_rotation=True, description="All that the bridge stores")
        _keep(self.key, "Key")
        self.exchange = self._exchange()
        self.work = self._work()
        self.ledger = self._table("Ledger", "pk", "sk", expires="expires")
        self.ledger.add_global_secondary_index(index_name="open", partition_key=_text("open"), sort_key=_text("since"))
        self.wanted = self._table("Wanted", "sku", "feed")
        _keys_index(self.wanted, "open", "open_feed", "open_since")
        _keys_index(self.wanted, "waits", "waits_for", "sku")
        self.mirror = self._table("Mirror", "sku")
        _keys_index(self.mirror, "plytix_id", "plytix_id")
        self.history = self._table("History", "sku", "at", expires="expires")
        self.plytix = self._plytix()
        self._tell()

    def _exchange(self) -> s3.Bucket:
        bucket = self._bucket("Exchange")
        bucket.add_lifecycle_rule(
            id="replaced", noncurrent_version_expiration=KEEP_REPLACED, expired_object_delete_marker=True
        )
        # Not event_bridge_enabled=True: that one line of configuration comes with a Lambda function that sets it.
        resource = bucket.node.default_child
        assert isinstance(resource, CfnResource)
        resource.add_property_override("NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled", True)
        return bucket

    def _work(self) -> s3.Bucket:
        bucket = self._bucket("Work")
        # Not configuration/, whose versions `bridge config back` returns to; nor archive/ and values/, which are data.
        for prefix in ("stages/", "snapshots/", "outgoing/", "schema/", *NOTES):
            bucket.add_lifecycle_rule(
                id=prefix.rstrip("/"),
                prefix=prefix,
                noncurrent_version_expiration=KEEP_NOTES if prefix in NOTES else KEEP_REPLACED,
                expiration=None if prefix == "schema/" else KEEP_WORK,
            )
        return bucket

    def _bucket(self, noun: str) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            noun,
            versioned=True,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self.key,
            bucket_key_enabled=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
        )
        # A line that breaks leaves parts which nobody sees and everybody pays for (aws-reference.md §3).
        bucket.add_lifecycle_rule(id="parts", abort_incomplete_multipart_upload_after=Duration.days(3))
        _keep(bucket, f"{noun}Bucket")
        return bucket

    def _table(self, noun: str, key: str, sort: str | None = None, *, expires: str | None = None) -> dynamodb.Table:
        table = dynamodb.Table(
            self,
            noun,
            partition_key=_text(key),
            sort_key=_text(sort) if sort else None,
            time_to_live_attribute=expires,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=self.key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
        )
        _keep(table, f"{noun}Table")
        return table

    def _plytix(self) -> secrets.Secret:
        """Empty: `bridge secret set plytix` fills it, and no later deployment touches what it holds."""
        secret = secrets.Secret(
            self,
            "Plytix",
            description="How the bridge logs in at Plytix; set by `bridge secret set plytix`",
            encryption_key=self.key,
            secret_string_value=SecretValue.unsafe_plain_text("{}"),
        )
        _keep(secret, "PlytixSecret")
        return secret

    def _tell(self) -> None:
        told = {
            "ExchangeBucket": self.exchange.bucket_name,
            "WorkBucket": self.work.bucket_name,
            "LedgerTable": self.ledger.table_name,
            "WantedTable": self.wanted.table_name,
            "MirrorTable": self.mirror.table_name,
            "HistoryTable": self.history.table_name,
            "KeyArn": self.key.key_arn,
        }
        for name, value in told.items():
            CfnOutput(self, name, value=value)


def _keep(construct: Construct, logical_id: str) -> None:
    """Under another logical id CloudFormation would make a new, empty one beside it: so this id is written down."""
    resource = construct.node.default_child
    assert isinstance(resource, CfnResource)
    resource.override_logical_id(logical_id)
    resource.apply_removal_policy(RemovalPolicy.RETAIN)


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)


def _keys_index(table: dynamodb.Table, name: str, key: str, sort: str | None = None) -> None:
    """Sparse, and only who: what is open or waits is read from the table anyway."""
    table.add_global_secondary_index(
        index_name=name,
        partition_key=_text(key),
        sort_key=_text(sort) if sort else None,
        projection_type=dynamodb.ProjectionType.KEYS_ONLY,
    )
