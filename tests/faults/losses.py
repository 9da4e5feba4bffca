"""Throw away what is on its way, or hand it out again: queues are transport, never the record of work (DESIGN.md §4)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local.twin import Twin
from tests.actors import soon


@contextmanager
def nobody_takes(twin: Twin, queue: str) -> Iterator[None]:
    """Within, messages stay in the queue (an output's name without `QueueUrl`), or events that a run is closed (`Closed`) are lost."""
    if queue == "Closed":
        with unheard(twin, "bridge"):
            yield
        return
    mapping = _mapping(twin, queue)
    twin.client("lambda").update_event_source_mapping(UUID=mapping, Enabled=False)
    try:
        yield
    finally:
        twin.client("lambda").update_event_source_mapping(UUID=mapping, Enabled=True)


@contextmanager
def unheard(twin: Twin, source: str) -> Iterator[None]:
    """Within, all events of this source are lost: `bridge`, `aws.s3`, `aws.transfer`."""
    events = twin.client("events")
    rules = [rule["Name"] for rule in events.list_rules()["Rules"] if source in json.loads(rule["EventPattern"])["source"]]
    assert rules, f"nobody listens to {source}"
    for rule in rules:
        events.disable_rule(Name=rule)
    try:
        yield
    finally:
        for rule in rules:
            events.enable_rule(Name=rule)


def throws_away(twin: Twin, queue: str, at_most: int = 10) -> list[dict[str, Any]]:
    """What lies in the queue, once there is something; gives what it was."""
    sqs, url = twin.client("sqs"), twin.outputs[f"{queue}QueueUrl"]
    thrown = []
    for message in soon(lambda: sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=at_most).get("Messages"), f"a message in {queue}"):
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        thrown.append(json.loads(message["Body"]))
    return thrown


def hands_out(twin: Twin, queue: str, body: dict[str, Any], number: int = 0) -> None:
    """One more message; `number` tells repeats apart in a FIFO queue."""
    fifo = {"MessageGroupId": "erp/products", "MessageDeduplicationId": f"again {number}"} if queue == "Runs" else {}
    twin.client("sqs").send_message(QueueUrl=twin.outputs[f"{queue}QueueUrl"], MessageBody=json.dumps(body), **fifo)


def _mapping(twin: Twin, queue: str) -> str:
    arn = twin.client("sqs").get_queue_attributes(QueueUrl=twin.outputs[f"{queue}QueueUrl"], AttributeNames=["QueueArn"])
    (mapping,) = twin.client("lambda").list_event_source_mappings(EventSourceArn=arn["Attributes"]["QueueArn"])["EventSourceMappings"]
    return str(mapping["UUID"])

