"""A write that meets a transaction under way is repeated; what DynamoDB cannot take for the moment comes again, and is no failure."""

from __future__ import annotations

import json

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError
from ulid import ULID

from bridge.adapters import patience
from bridge.adapters.body import Bodies
from bridge.adapters.ledger import Ledger
from bridge.domain.drop import Drop
from bridge.domain.run import Run
from bridge.domain.sequence import landing
from bridge.errors import Fate, Later

SINGLE = {"__type": "TransactionConflictException", "message": "Transaction is ongoing for the item"}
CONDITION = {"__type": "ConditionalCheckFailedException", "message": "The conditional request failed"}


def cancelled(*codes):
    return {"__type": "TransactionCanceledException", "message": "cancelled", "CancellationReasons": [{"Code": code} for code in codes]}


class Raw:
    """A body as urllib3 hands it over."""

    def __init__(self, body):
        self._body = body

    def stream(self, **_):
        yield self._body


@pytest.fixture
def dynamodb(monkeypatch):
    """A client that is given prepared answers, the last one for good; `asked` says how often it was."""
    monkeypatch.setattr(patience, "LONGEST_S", 0)
    once_more = Config(retries={"mode": "standard", "total_max_attempts": 2})
    client = boto3.client("dynamodb", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x", config=once_more)
    patience.be_patient(client)
    client.answers, client.asked = [], 0

    def send(request, **_):
        client.asked += 1
        answer = client.answers.pop(0) if len(client.answers) > 1 else client.answers[0]
        return AWSResponse(request.url, 400 if "__type" in answer else 200, {}, Raw(json.dumps(answer).encode()))

    client.meta.events.register("before-send.dynamodb", send)
    return client


def put(dynamodb):
    return dynamodb.put_item(TableName="ledger", Item={"pk": {"S": "run#1"}})


def transact(dynamodb):
    return dynamodb.transact_write_items(TransactItems=[{"Put": {"TableName": "ledger", "Item": {"pk": {"S": "run#1"}}}}] * 2)


@pytest.mark.parametrize(("write", "conflict"), [(put, SINGLE), (transact, cancelled("None", "TransactionConflict"))],
                         ids=["a write", "a transaction"])
def test_what_meets_a_transaction_under_way_is_repeated(dynamodb, write, conflict):
    dynamodb.answers = [conflict, conflict, {}]

    write(dynamodb)
    assert dynamodb.asked == 3


def test_repeating_has_an_end(dynamodb):
    dynamodb.answers = [SINGLE]

    with pytest.raises(Later, match="TransactionConflict"):
        put(dynamodb)
    assert dynamodb.asked == patience.TRIES


@pytest.mark.parametrize(("write", "refusal"), [(put, CONDITION), (transact, cancelled("ConditionalCheckFailed", "TransactionConflict"))])
def test_a_condition_that_fails_is_the_answer(dynamodb, write, refusal):
    dynamodb.answers = [refusal]

    with pytest.raises(ClientError):
        write(dynamodb)
    assert dynamodb.asked == 1


@pytest.mark.parametrize("code", ["ProvisionedThroughputExceededException", "ThrottlingException"])
def test_what_is_throttled_for_longer_than_botocore_tries_comes_again(dynamodb, code):
    """Whoever made a request before must not take it for not made."""
    dynamodb.answers = [{"__type": code, "message": "Throughput exceeds the current capacity"}]

    with pytest.raises(Later, match=code) as later:
        put(dynamodb)
    assert later.value.fate is Fate.UNKNOWN
    assert dynamodb.asked == 2


def test_a_drop_whose_registration_is_only_in_conflict_comes_again(dynamodb):
    """It is not known yet: nothing would be found of it."""
    dynamodb.answers = [*[cancelled("TransactionConflict", "None")] * patience.TRIES, {}]
    drop = Drop("exchange", "erp/inbox/products/a.csv", "v1", 10, "etag", 1_000, "")
    run = Run(str(ULID()), drop, "erp/products", landing(1_000, "", drop.key), 1_000)

    with pytest.raises(Later):
        Ledger(dynamodb, "ledger", Bodies(None, "")).register(run)
