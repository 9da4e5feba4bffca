"""What the queues of the changes and of the runs hold, as SQS counts it."""

from uuid import uuid4

import pytest

from bridge.adapters.queues import Queues, Urls
from bridge.configuration import Lane
from bridge.domain.row import Sku
from bridge.ports import Held


@pytest.fixture
def urls(cloud):
    name = uuid4().hex[:8]
    return Urls(runs=cloud.queue(f"runs-{name}.fifo"), fast=cloud.queue(f"fast-{name}"), main=cloud.queue(f"main-{name}"))


def test_a_queue_tells_how_much_can_be_taken_and_how_much_is_hidden(cloud, urls):
    queues = Queues(cloud.sqs, urls)
    for n in range(4):
        queues.send_sku(Lane.MAIN, Sku(f"A-{n}"))
    cloud.sqs.send_message(QueueUrl=urls.main, MessageBody="late", DelaySeconds=600)
    assert queues.held_changes(Lane.MAIN) == Held(visible=4, hidden=1)

    taken = cloud.sqs.receive_message(QueueUrl=urls.main, MaxNumberOfMessages=2)["Messages"]
    assert queues.held_changes(Lane.MAIN) == Held(visible=2, hidden=3)

    cloud.sqs.change_message_visibility(QueueUrl=urls.main, ReceiptHandle=taken[0]["ReceiptHandle"], VisibilityTimeout=3_600)
    cloud.sqs.delete_message(QueueUrl=urls.main, ReceiptHandle=taken[1]["ReceiptHandle"])
    assert queues.held_changes(Lane.MAIN) == Held(visible=2, hidden=2)
    assert queues.held_changes(Lane.FAST) == queues.held_runs() == Held(visible=0, hidden=0)


def test_runs_behind_another_of_their_feed_are_counted_too(cloud, urls):
    for n in range(3):
        cloud.sqs.send_message(QueueUrl=urls.runs, MessageBody=f"{n}", MessageGroupId="erp/prices")
    cloud.sqs.receive_message(QueueUrl=urls.runs, MaxNumberOfMessages=1)

    assert Queues(cloud.sqs, urls).held_runs().all == 3
