"""All state is in one stack, stays when the stack goes, and is found again by ids that never change."""

from __future__ import annotations

import pytest

STATE = {
    "Key": "AWS::KMS::Key",
    "ExchangeBucket": "AWS::S3::Bucket",
    "WorkBucket": "AWS::S3::Bucket",
    "LedgerTable": "AWS::DynamoDB::Table",
    "WantedTable": "AWS::DynamoDB::Table",
    "MirrorTable": "AWS::DynamoDB::Table",
    "HistoryTable": "AWS::DynamoDB::Table",
    "PlytixSecret": "AWS::SecretsManager::Secret",
}
"""Deployed somewhere under these ids: one that changes makes a company's catalogue, ledger or secret a new, empty one."""

KEYS = {
    "LedgerTable": (["pk", "sk"], {"open": (["open", "since"], "ALL")}, "expires"),
    "WantedTable": (
        ["sku", "feed"],
        {"open": (["open_feed", "open_since"], "KEYS_ONLY"), "waits": (["waits_for", "sku"], "KEYS_ONLY")},
        None,
    ),
    "MirrorTable": (["sku"], {"plytix_id": (["plytix_id"], "KEYS_ONLY")}, None),
    "HistoryTable": (["sku", "at"], {}, "expires"),
}


def test_a_company_that_deploys_again_finds_its_state_under_the_same_ids(templates):
    stored = {
        id: resource["Type"]
        for template in templates.values()
        for id, resource in template["Resources"].items()
        if resource["Type"] in STATE.values()
    }
    assert stored == STATE
    assert STATE.keys() <= templates["bridge-storage"]["Resources"].keys()


@pytest.mark.parametrize("id", STATE)
def test_state_stays_when_its_stack_is_deleted_or_its_resource_replaced(templates, id):
    resource = templates["bridge-storage"]["Resources"][id]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")


@pytest.mark.parametrize("id", ["ExchangeBucket", "WorkBucket"])
def test_a_file_can_be_brought_back_and_nobody_outside_can_see_it(assembly, id):
    bucket = next(resource for resource in assembly.of("AWS::S3::Bucket") if resource.id == id)
    properties = bucket.properties
    encryption = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]
    policy = next(p.properties for p in assembly.of("AWS::S3::BucketPolicy") if assembly.referred(p.properties["Bucket"]) == bucket)

    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert all(properties["PublicAccessBlockConfiguration"].values())
    assert encryption["BucketKeyEnabled"]
    assert encryption["ServerSideEncryptionByDefault"]["KMSMasterKeyID"] == "<bridge-storage/Key.Arn>"
    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Action": "s3:*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Resource": [bucket.arn, f"{bucket.arn}/*"],
        }
    ]


def test_the_key_is_renewed_every_year(templates):
    assert templates["bridge-storage"]["Resources"]["Key"]["Properties"]["EnableKeyRotation"]


def test_no_version_of_the_configuration_and_no_archived_drop_ever_expires(templates):
    rules = templates["bridge-storage"]["Resources"]["WorkBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    expiring = [rule for rule in rules if "NoncurrentVersionExpiration" in rule or "ExpirationInDays" in rule]
    assert {rule["Prefix"] for rule in expiring} == {"stages/", "snapshots/", "outgoing/", "schema/", "census/", "parts/"}


def test_what_a_broken_line_left_in_the_exchange_bucket_goes_away(templates):
    rules = templates["bridge-storage"]["Resources"]["ExchangeBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert any("AbortIncompleteMultipartUpload" in rule for rule in rules)


@pytest.mark.parametrize("id", KEYS)
def test_a_table_is_asked_by_the_keys_that_the_bridge_asks_by(templates, id):
    properties = templates["bridge-storage"]["Resources"][id]["Properties"]
    indexes = {
        index["IndexName"]: (_names(index), index["Projection"]["ProjectionType"])
        for index in properties.get("GlobalSecondaryIndexes", [])
    }
    assert (_names(properties), indexes, properties.get("TimeToLiveSpecification", {}).get("AttributeName")) == KEYS[id]
    assert {a["AttributeType"] for a in properties["AttributeDefinitions"]} == {"S"}


@pytest.mark.parametrize("id", KEYS)
def test_a_table_is_encrypted_with_our_key_and_can_be_brought_back_to_any_second(assembly, id):
    properties = next(table.properties for table in assembly.of("AWS::DynamoDB::Table") if table.id == id)
    assert properties["SSESpecification"]["KMSMasterKeyId"] == "<bridge-storage/Key.Arn>"
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["BillingMode"] == "PAY_PER_REQUEST"


def _names(properties: dict) -> list[str]:
    return [key["AttributeName"] for key in properties["KeySchema"]]
