"""A Lambda function with a role of its own, which may do what is said here by name and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import ArnFormat, Duration, RemovalPolicy, Size, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secrets
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import deps
from infra.layers import ARCHITECTURE, NO_CODE, RUNTIME, Layers
from infra.queues import WorkQueue

READ_VERSION = ("s3:GetObject", "s3:GetObjectVersion")
WRITE = ("s3:PutObject", "s3:AbortMultipartUpload")
REPLACE = ("s3:GetObject", *WRITE)  # looks first at what stands there
REMOVE = ("s3:DeleteObject", "s3:DeleteObjectVersion")


@dataclass(frozen=True, slots=True)
class Ground:
    """What every function stands on: its layers, and the key of all that is stored."""

    layers: Layers
    key: kms.IKey


class Worker(Construct):
    """A right to a thing and the variable that names it are given in one call: what a function knows, it may use."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        source: str,  # "ingest/receive": functions/ingest/receive.py, whose `handler` is called
        ground: Ground,
        timeout_s: int,
        memory_mb: int,
        storage_mb: int = 512,
        loops: bool = False,  # sends to itself by design: Lambda would cut it off after about 16 turns
    ) -> None:
        super().__init__(scope, id)
        folder, module = source.split("/")
        self._key, self._key_used = ground.key, False
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        log_group = logs.LogGroup(
            self, "Log", retention=logs.RetentionDays.THREE_MONTHS, removal_policy=RemovalPolicy.DESTROY
        )
        self.may(("logs:CreateLogStream", "logs:PutLogEvents"), log_group.log_group_arn)  # this ARN ends in `:*`
        self.function = lambda_.Function(
            self,
            "Function",
            description=f"functions/{source}.py",
            code=lambda_.Code.from_asset(str(deps.ROOT / "functions" / folder), exclude=NO_CODE),
            handler=f"{module}.handler",
            runtime=RUNTIME,
            architecture=ARCHITECTURE,
            layers=ground.layers.both,
            role=self.role,
            log_group=log_group,
            tracing=lambda_.Tracing.ACTIVE,
            timeout=Duration.seconds(timeout_s),
            memory_size=memory_mb,
            ephemeral_storage_size=Size.mebibytes(storage_mb),
            recursive_loop=lambda_.RecursiveLoop.ALLOW if loops else None,
            environment={"POWERTOOLS_SERVICE_NAME": module, "POWERTOOLS_METRICS_NAMESPACE": "bridge"},
        )

    def may(self, actions: Sequence[str], *resources: str) -> None:
        self.role.add_to_policy(iam.PolicyStatement(actions=list(actions), resources=list(resources)))

    def knows(self, **variables: str) -> None:
        for name, value in variables.items():
            self.function.add_environment(name, value)

    def table(self, variable: str, table: dynamodb.ITable, *operations: str, indexes: bool = False) -> None:
        """Operations as DynamoDB names them. Grants of the table itself would not give the key for single actions."""
        self.knows(**{variable: table.table_name})
        resources = [table.table_arn, *([f"{table.table_arn}/index/*"] if indexes else [])]
        self.may([f"dynamodb:{operation}" for operation in operations], *resources)
        self._use_key()

    def reads(self, variable: str, bucket: s3.IBucket, *keys: str) -> None:
        """Objects that may not be there: who cannot list a bucket is told 403 of a missing object, and not 404."""
        self.objects(variable, bucket, ("s3:GetObject",), *keys)
        self.may(["s3:ListBucket"], bucket.bucket_arn)

    def objects(self, variable: str, bucket: s3.IBucket, actions: Sequence[str], *keys: str) -> None:
        """Actions on the objects whose keys match, e.g. `*/inbox/*`."""
        self.knows(**{variable: bucket.bucket_name})
        self.may(actions, *(bucket.arn_for_objects(key) for key in keys))
        self._use_key()

    def lists(self, variable: str, bucket: s3.IBucket) -> None:
        """Which objects and versions there are, of all keys."""
        self.knows(**{variable: bucket.bucket_name})
        self.may(("s3:ListBucket", "s3:ListBucketVersions"), bucket.bucket_arn)

    def sends(self, variable: str, queue: sqs.IQueue) -> None:
        self.knows(**{variable: queue.queue_url})
        self.may(["sqs:SendMessage"], queue.queue_arn)

    def counts(self, queue: sqs.IQueue) -> None:
        """How many messages lie in it."""
        self.may(["sqs:GetQueueAttributes"], queue.queue_arn)

    def takes(self, queue: WorkQueue, *, batch: int, at_once: int) -> None:
        """Is called with the queue's messages; those that it returns as not done come back, not the whole batch."""
        actions = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes", "ChangeMessageVisibility")
        self.may([f"sqs:{action}" for action in actions], queue.queue.queue_arn)
        self.function.add_event_source_mapping(
            f"From{queue.node.id}",
            event_source_arn=queue.queue.queue_arn,
            batch_size=batch,
            max_concurrency=at_once,
            report_batch_item_failures=True,
        )

    def secret(self, variable: str, secret: secrets.ISecret) -> None:
        self.knows(**{variable: secret.secret_arn})
        self.may(["secretsmanager:GetSecretValue"], secret.secret_arn)
        self._use_key()

    def secrets_below(self, variable: str, prefix: str) -> None:
        """Secrets that the `bridge` command makes, with names that begin with `prefix`."""
        self.knows(**{variable: prefix})
        arn = Stack.of(self).format_arn(
            service="secretsmanager",
            resource="secret",
            resource_name=f"{prefix}*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        self.may(["secretsmanager:GetSecretValue"], arn)
        self._use_key()

    def tells(self) -> None:
        """Puts events on the account's default bus."""
        arn = Stack.of(self).format_arn(service="events", resource="event-bus", resource_name="default")
        self.may(["events:PutEvents"], arn)

    def tries(self, *, again: int, within_minutes: int, then: sqs.IQueue | None = None) -> None:
        """What happens to a call of an event or a schedule that ends in an error."""
        self.function.configure_async_invoke(
            retry_attempts=again,
            max_event_age=Duration.minutes(within_minutes),
            on_failure=destinations.SqsDestination(then) if then else None,
        )

    def _use_key(self) -> None:
        if not self._key_used:
            self.may(("kms:Decrypt", "kms:GenerateDataKey"), self._key.key_arn)
        self._key_used = True
