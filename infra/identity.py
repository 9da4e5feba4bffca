"""Who may log in at the endpoint, and as what: the function that says it, and the role that partners get."""

from __future__ import annotations

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.storage import Storage
from infra.worker import Ground, Worker

TRANSFER = "transfer.amazonaws.com"


class Identity(Construct):
    """Transfer asks `authenticate`; its answer narrows the partners' role to one partner by a session policy.

    Role and permission name the account and not a server: the servers come later, in the stack `endpoint`, and
    need this function's ARN.
    """

    def __init__(self, scope: Construct, id: str, *, storage: Storage, ground: Ground, prefix: str) -> None:
        super().__init__(scope, id)
        self.partner = self._partner(storage.exchange, storage.key)
        # scrypt is all CPU, and a login waits for it.
        self.authenticate = Worker(
            self, "Authenticate", source="identity/authenticate", ground=ground, timeout_s=30, memory_mb=1024
        )
        self.authenticate.secrets_below("PARTNER_SECRETS_PREFIX", prefix)
        self.authenticate.reads("WORK_BUCKET", storage.work, "configuration/*")
        self.authenticate.knows(  # what it writes into its answer
            EXCHANGE_BUCKET=storage.exchange.bucket_name,
            PARTNER_ROLE_ARN=self.partner.role_arn,
            KEY_ARN=storage.key.key_arn,
        )
        self.authenticate.function.add_permission(
            "Transfer",
            principal=iam.ServicePrincipal(TRANSFER),
            source_account=Stack.of(self).account,
            source_arn=self._transfer("server"),
        )

    def _partner(self, exchange: s3.IBucket, key: kms.IKey) -> iam.Role:
        role = iam.Role(
            self,
            "Partner",
            description="What any partner may do at most; his session policy says which of it is his",
            assumed_by=iam.ServicePrincipal(
                TRANSFER,
                conditions={
                    "StringEquals": {"aws:SourceAccount": Stack.of(self).account},
                    # Of users, also for our own identity provider: server/* does not match (aws-reference.md §11).
                    "ArnLike": {"aws:SourceArn": self._transfer("user")},
                },
            ),
        )
        rights = {
            ("s3:ListBucket", "s3:GetBucketLocation"): [exchange.bucket_arn],
            ("s3:GetObject", "s3:GetObjectVersion"): [exchange.arn_for_objects("*")],
            # An outbox too: a channel may let its recipient delete or rename what he fetched.
            ("s3:PutObject", "s3:DeleteObject"): [exchange.arn_for_objects(f"*/{box}/*") for box in ("inbox", "outbox")],
            ("kms:Decrypt", "kms:GenerateDataKey"): [key.key_arn],
        }
        for actions, resources in rights.items():
            role.add_to_policy(iam.PolicyStatement(actions=list(actions), resources=resources))
        return role

    def _transfer(self, resource: str) -> str:
        return Stack.of(self).format_arn(
            service="transfer", resource=resource, resource_name="*", arn_format=ArnFormat.SLASH_RESOURCE_NAME
        )
