"""Whether everyone who uses something encrypted also holds its key: DynamoDB, S3 and the like ask for both."""

from __future__ import annotations

from collections.abc import Iterator

from infra.wiring import rights
from infra.wiring.assembly import Assembly, Resource
from infra.wiring.finding import Finding
from infra.wiring.rights import Statement

DECRYPT, BOTH = ("kms:Decrypt",), ("kms:Decrypt", "kms:GenerateDataKey")
ITEM_ACTIONS = (
    *("GetItem", "BatchGetItem", "Query", "Scan", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"),
    *("ConditionCheckItem", "PartiQLSelect", "PartiQLInsert", "PartiQLUpdate", "PartiQLDelete"),
)
NEEDS: dict[str, tuple[str, ...]] = {
    "s3:GetObject": DECRYPT,
    "s3:GetObjectVersion": DECRYPT,
    "s3:PutObject": BOTH,  # Decrypt too: an upload in parts reads what it wrote (aws-reference.md §2.3)
    "secretsmanager:GetSecretValue": DECRYPT,
    "secretsmanager:PutSecretValue": BOTH,
    "sqs:SendMessage": BOTH,
    "sqs:ReceiveMessage": DECRYPT,
    **{f"dynamodb:{action}": DECRYPT for action in ITEM_ACTIONS},
}
"""What of the key each action needs, on a resource that is encrypted with one of ours (aws-reference.md §11)."""


def held(assembly: Assembly) -> Iterator[Finding]:
    """Each role that may use an encrypted resource may use its key in the same way."""
    encrypted = [(resource, key) for resource in assembly.resources if (key := _key(assembly, resource))]
    for role in assembly.of("AWS::IAM::Role"):
        granted = rights.of_role(assembly, role)
        for resource, key in encrypted:
            used = [action for action in NEEDS if any(_touches(statement, action, resource) for statement in granted)]
            needed = {need for action in used for need in NEEDS[action]}
            for need in sorted(needed):
                if not _has(assembly, role, need, key):
                    yield Finding(role, f"may use {resource} ({', '.join(used)}), but has no {need} on its key {key}")
        yield from _secrets_by_name(assembly, role, granted)


def _secrets_by_name(assembly: Assembly, role: Resource, granted: list[Statement]) -> Iterator[Finding]:
    """Secrets that are made later, under a name's prefix, are encrypted with a key of the template, too."""
    keys = list(assembly.of("AWS::KMS::Key"))
    named = [
        resource
        for statement in granted
        if statement.effect == "Allow" and statement.covers("secretsmanager:GetSecretValue", None)
        for resource in statement.resources
        if ":secret:" in resource
    ]
    if named and keys and not any(_has(assembly, role, "kms:Decrypt", key) for key in keys):
        yield Finding(role, f"may read {', '.join(named)}, but has kms:Decrypt on no key")


def _has(assembly: Assembly, role: Resource, action: str, key: Resource) -> bool:
    return rights.may(assembly, role, action, key.arn) or rights.lets_use(key, role.arn, action)


def _touches(statement: Statement, action: str, resource: Resource) -> bool:
    """Whether a statement allows an action on a resource, or on something below it (objects, indexes)."""
    return (
        statement.effect == "Allow"
        and statement.covers(action, None)
        and any(
            rights.like(pattern, resource.arn) or pattern.startswith(f"{resource.arn}/")
            for pattern in statement.resources
        )
    )


def _key(assembly: Assembly, resource: Resource) -> Resource | None:
    properties = resource.properties
    match resource.type:
        case "AWS::S3::Bucket":
            rules = properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", [])
            named = [rule["ServerSideEncryptionByDefault"].get("KMSMasterKeyID") for rule in rules]
            return assembly.referred(next(iter(named), None))
        case "AWS::DynamoDB::Table":
            return assembly.referred(properties.get("SSESpecification", {}).get("KMSMasterKeyId"))
        case "AWS::SecretsManager::Secret":
            return assembly.referred(properties.get("KmsKeyId"))
        case "AWS::SQS::Queue":
            return assembly.referred(properties.get("KmsMasterKeyId"))
        case _:
            return None
