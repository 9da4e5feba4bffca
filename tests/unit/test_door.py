"""A message that fails is told apart from one that waits, comes back in its own time, and fails no other."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import process_partial_response

from bridge.door import Batch, message
from bridge.errors import Later, LoginRefused, Unreadable

QUEUE = "https://sqs.eu-central-1.amazonaws.com/111122223333/changes"


class Queue:
    """Notes for how long a message is hidden."""

    def __init__(self) -> None:
        self.hidden: dict[str, int] = {}

    def change_message_visibility(self, *, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int) -> None:
        assert QueueUrl == QUEUE
        self.hidden[ReceiptHandle] = VisibilityTimeout


def event(*bodies: dict[str, Any], receives: int = 1) -> dict[str, Any]:
    return {"Records": [
        {"messageId": f"m{n}", "receiptHandle": f"r{n}", "body": json.dumps(body), "attributes": {"ApproximateReceiveCount": str(receives)},
         "messageAttributes": {}, "md5OfBody": "", "eventSource": "aws:sqs", "awsRegion": "eu-central-1",
         "eventSourceARN": "arn:aws:sqs:eu-central-1:111122223333:changes"} for n, body in enumerate(bodies)]}


def take(record: Any) -> None:
    body = message(record.json_body)
    if body["does"] == "wait":
        raise Later("the window is full", body.get("after_s"))
    if body["does"] == "fail":
        raise ValueError("a bug")
    if body["does"] == "stop":
        raise LoginRefused("the key is wrong", 60)


def answer(called: dict[str, Any], queue: Queue) -> list[str]:
    told = process_partial_response(called, take, Batch(Logger(service="test"), queue, (QUEUE,), retry_s=20), None)
    return [failure["itemIdentifier"] for failure in told["batchItemFailures"]]


def test_one_that_waits_is_hidden_for_as_long_as_it_says_and_the_others_go_on() -> None:
    queue = Queue()

    assert answer(event({"v": 1, "does": "wait", "after_s": 600}, {"v": 1, "does": "go"}), queue) == ["m0"]
    assert queue.hidden == {"r0": 600}


def test_one_that_waits_for_longer_than_sqs_hides_is_hidden_for_as_long_as_can_be() -> None:
    queue = Queue()

    answer(event({"v": 1, "does": "wait", "after_s": 90_000}), queue)
    assert queue.hidden == {"r0": 43_000}


def test_one_that_only_waits_is_not_received_so_often_in_its_fourteen_days_that_it_is_given_up() -> None:
    waited_s = 0
    for receives in range(1, 500):
        queue = Queue()
        answer(event({"v": 1, "does": "wait", "after_s": 0}, receives=receives), queue)
        waited_s += queue.hidden["r0"]

    assert waited_s > 14 * 86_400


@pytest.mark.parametrize(("receives", "hidden_s"), [(1, 20), (3, 60), (400, 900)])
def test_one_that_fails_comes_again_later_each_time(receives: int, hidden_s: int) -> None:
    queue = Queue()

    assert answer(event({"v": 1, "does": "fail"}, receives=receives), queue) == ["m0"]
    assert queue.hidden == {"r0": hidden_s}


@pytest.mark.parametrize(("receives", "hidden_s"), [(1, 60), (24, 60), (400, 3_600)])
def test_one_that_only_a_person_can_mend_waits_and_rings_its_own_alarm(receives: int, hidden_s: int, caplog: Any, capsys: Any) -> None:
    queue = Queue()

    assert answer(event({"v": 1, "does": "stop"}, receives=receives), queue) == ["m0"]

    assert queue.hidden == {"r0": hidden_s}
    assert [(line.levelname, line.code, line.reason) for line in caplog.records] == [("ERROR", "STOP-LOGIN", "the key is wrong")]
    [counted] = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert (counted["code"], counted["Stopped"]) == ("STOP-LOGIN", [1.0])
    assert counted["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "bridge"


def test_a_bug_rings_no_such_alarm(caplog: Any, capsys: Any) -> None:
    answer(event({"v": 1, "does": "fail"}), Queue())

    assert "_aws" not in capsys.readouterr().out
    assert [(line.message, hasattr(line, "code")) for line in caplog.records] == [("message failed", False)]


def test_a_message_of_a_newer_format_is_left_in_its_queue_with_a_word() -> None:
    with pytest.raises(Unreadable, match="a message of format 2; this code reads 1"):
        message({"v": 2, "does": "go"})
    assert answer(event({"v": 2, "does": "go"}), Queue()) == ["m0"]
