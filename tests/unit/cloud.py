"""A deployed bridge by hand: as much of AWS as the `bridge` command speaks to."""

from __future__ import annotations

import io
import json

from botocore.exceptions import ClientError
from typer.testing import CliRunner

from cli.main import app

OUTPUTS = {
    "bridge-storage": {"ExchangeBucket": "exchange", "WorkBucket": "work", "LedgerTable": "ledger", "KeyArn": "arn:key"},
    "bridge-processing": {
        "ScheduleGroup": "bridge-channels", "ScheduleRoleArn": "arn:role", "PublishFunctionArn": "arn:publish",
        "UndeliveredQueueArn": "arn:dead", "PlytixSecretArn": "arn:plytix", "PartnerSecretsPrefix": "bridge/partners/"},
}


def refused(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, operation)


class CloudFormation:
    class meta:
        region_name = "eu-central-1"

    def __init__(self, stacks):
        self.stacks = stacks

    def describe_stacks(self, StackName):
        if StackName not in self.stacks:
            raise refused("ValidationError", "DescribeStacks")
        return {"Stacks": [{"Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in self.stacks[StackName].items()]}]}


class S3:
    """Conditional writes as S3 does them; an etag is the content."""

    def __init__(self):
        self.objects, self.meanwhile = {}, None

    def get_object(self, Bucket, Key):
        if (Bucket, Key) not in self.objects:
            raise refused("NoSuchKey", "GetObject")
        body = self.objects[Bucket, Key]
        if self.meanwhile:  # somebody writes between our reading and our writing
            self.objects[Bucket, Key] = self.meanwhile
        return {"Body": io.BytesIO(body), "ETag": str(body)}

    def put_object(self, Bucket, Key, Body=b"", IfNoneMatch=None, IfMatch=None, ContentType=None):
        there = self.objects.get((Bucket, Key))
        if (IfNoneMatch and there is not None) or (IfMatch and str(there) != IfMatch):
            raise refused("PreconditionFailed", "PutObject")
        self.objects[Bucket, Key] = Body

    def folders(self):
        return sorted(key for bucket, key in self.objects if bucket == "exchange")

    def bundle(self):
        return json.loads(self.objects["work", "configuration/current.json"])


class DynamoDB:
    """Items by key; of conditions it knows those of `bridge.adapters.shared`."""

    def __init__(self):
        self.items = {}

    def get_item(self, TableName, Key, ConsistentRead):
        found = self.items.get((Key["pk"]["S"], Key["sk"]["S"]))
        return {"Item": found} if found else {}

    def put_item(self, TableName, Item, ConditionExpression, ReturnValuesOnConditionCheckFailure, ExpressionAttributeValues=None):
        there = self.items.get((Item["pk"]["S"], Item["sk"]["S"]))
        if (there or {}).get("version") != (ExpressionAttributeValues or {}).get(":version"):
            error = refused("ConditionalCheckFailedException", "PutItem")
            error.response |= {"Item": there} if there else {}
            raise error
        self.items[Item["pk"]["S"], Item["sk"]["S"]] = Item


class Scheduler:
    def __init__(self):
        self.schedules, self.updates = {}, 0

    def get_paginator(self, operation):
        return self

    def paginate(self, GroupName):
        return [{"Schedules": [{"Name": name} for group, name in self.schedules if group == GroupName]}]

    def get_schedule(self, GroupName, Name):
        return {"Name": Name, "State": "ENABLED"} | self.schedules[GroupName, Name]

    def create_schedule(self, GroupName, Name, **entry):
        assert (GroupName, Name) not in self.schedules
        self.schedules[GroupName, Name] = entry

    def update_schedule(self, GroupName, Name, **entry):
        self.updates += 1
        self.schedules[GroupName, Name] = entry

    def delete_schedule(self, GroupName, Name):
        del self.schedules[GroupName, Name]


class Secrets:
    class exceptions:
        class ResourceNotFoundException(ClientError):
            pass

    def __init__(self):
        self.secrets = {"arn:plytix": "{}"}

    def get_secret_value(self, SecretId):
        if SecretId not in self.secrets:
            raise refused("ResourceNotFoundException", "GetSecretValue")
        return {"SecretString": self.secrets[SecretId]}

    def put_secret_value(self, SecretId, SecretString):
        if SecretId not in self.secrets:
            raise self.exceptions.ResourceNotFoundException({"Error": {"Code": "ResourceNotFoundException"}}, "PutSecretValue")
        self.secrets[SecretId] = SecretString

    def create_secret(self, Name, SecretString, **_):
        self.secrets[Name] = SecretString

    def of(self, name):
        return json.loads(self.secrets[name])


class Cloud:
    """A deployed bridge, and the command that speaks to it."""

    def __init__(self):
        self.stacks = {name: dict(outputs) for name, outputs in OUTPUTS.items()}
        self.cloudformation, self.s3, self.scheduler, self.secretsmanager = CloudFormation(self.stacks), S3(), Scheduler(), Secrets()
        self.dynamodb = DynamoDB()

    def run(self, *words, typed=None):
        return CliRunner().invoke(app, [str(word) for word in words], input=typed)

    def done(self, *words, typed=None):
        result = self.run(*words, typed=typed)
        assert result.exit_code == 0, result.output
        return result.output
