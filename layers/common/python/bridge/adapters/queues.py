"""The queues and the event bus: transport, never the record of work (DESIGN.md §4)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from bridge.configuration import Lane
from bridge.domain.drop import Drop
from bridge.domain.row import Sku
from bridge.domain.run import Run
from bridge.ports import Held

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sqs import SQSClient

FORMAT = 1
LONGEST_DELAY_S = 900
VISIBLE: Final = "ApproximateNumberOfMessages"
IN_HANDS: Final = "ApproximateNumberOfMessagesNotVisible"
DELAYED: Final = "ApproximateNumberOfMessagesDelayed"


@dataclass(frozen=True, slots=True)
class Urls:
    intake: str = ""
    runs: str = ""
    fast: str = ""
    main: str = ""


class Queues:
    """See `bridge.ports.Queues`. On the change queues the group is the feed: fair queues, in which no partner starves another."""

    def __init__(self, sqs: SQSClient, urls: Urls) -> None:
        self._sqs, self._urls = sqs, urls

    def send_run(self, run: Run, again: str = "") -> None:
        body = _body(run=run.id)
        self._sqs.send_message(QueueUrl=self._urls.runs, MessageBody=body, MessageGroupId=run.feed, MessageDeduplicationId=run.id + again)

    def send_chunk(self, run: Run, number: int) -> None:
        self._sqs.send_message(QueueUrl=self._lane(run.lane), MessageBody=_body(kind="chunk", run=run.id, chunk=number),
                               MessageGroupId=run.feed)

    def send_sku(self, lane: Lane, sku: Sku) -> None:
        self._sqs.send_message(QueueUrl=self._lane(lane), MessageBody=_body(kind="sku", sku=sku), MessageGroupId="one-by-one")

    def send_waited(self, run: Run, after_s: float) -> None:
        self._sqs.send_message(QueueUrl=self._urls.intake, MessageBody=_body(kind="waited", run=run.id),
                               DelaySeconds=min(round(after_s), LONGEST_DELAY_S))

    def send_found(self, drop: Drop) -> None:
        self._sqs.send_message(QueueUrl=self._urls.intake, MessageBody=_body(kind="found", drop=asdict(drop)))

    def held_runs(self) -> Held:
        return self._held(self._urls.runs)

    def held_changes(self, lane: Lane) -> Held:
        return self._held(self._lane(lane))

    def _held(self, url: str) -> Held:
        told = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[VISIBLE, IN_HANDS, DELAYED])["Attributes"]
        return Held(int(told[VISIBLE]), int(told[IN_HANDS]) + int(told[DELAYED]))

    def _lane(self, lane: Lane) -> str:
        return self._urls.fast if lane is Lane.FAST else self._urls.main


class Events:
    """See `bridge.ports.Events`."""

    def __init__(self, events: EventBridgeClient, ledger: str) -> None:
        self._events, self._ledger = events, ledger  # the bus is the account's: the table's name says which deployment speaks

    def run_closed(self, run: Run) -> None:
        detail = _body(ledger=self._ledger, run=run.id, partner=run.partner, feed=run.feed)
        answer = self._events.put_events(Entries=[{"Source": "bridge", "DetailType": "Run Closed", "Detail": detail}])
        if answer["FailedEntryCount"]:
            raise RuntimeError(f"the bus took no Run Closed of {run.id}: {answer['Entries'][0].get('ErrorMessage')}")


def _body(**facts: Any) -> str:
    return orjson.dumps({"v": FORMAT, **facts}).decode()
