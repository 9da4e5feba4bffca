"""The door of a function that queues call: one message after the other, each answered for itself; none fails another.

A message that is to come `Later` is hidden for as long as it says, and returned as not done: that is waiting, not failing.
SQS counts it as a receive all the same; so waits grow, and a message that only waits is never received too often.
What only a person can mend (`Stop`) waits too, and is told so that an alarm can ring.
Anything else that fails is logged with its trace, and comes again after a wait that grows with its receives.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType

from bridge.errors import Later, Stop, Unreadable

FORMAT = 1

LONGEST_HIDDEN_S, LONGEST_RETRY_S = 43_000, 900
"""SQS hides a message for 12 hours at most, counted from its receive (aws-reference.md §6.1)."""


def message(body: Any) -> dict[str, Any]:
    """A message of ours. Raises Unreadable for another format: it stays in its queue, and a newer code may take it."""
    if body.get("v") != FORMAT:
        raise Unreadable(f"a message of format {body.get('v')}; this code reads {FORMAT}")
    return dict(body)


def shortest_wait_s(receives: int) -> float:
    """So that in its 14 days in a queue a message is not received 500 times, after which it would lie with the dead letters."""
    return min(receives**2 / 10, 3_600)


def tell_stop(log: Logger, stop: Stop, **facts: Any) -> None:
    """What an alarm goes by: a line with the code, and a count of it."""
    log.error("only a person can mend this", code=stop.code, reason=str(stop), exc_info=stop, **facts)
    with single_metric(name="Stopped", unit=MetricUnit.Count, value=1, namespace="bridge") as metric:
        metric.add_dimension(name="code", value=stop.code)


class Batch(BatchProcessor):
    """powertools' processor, which says why a message failed, and when it comes again. `urls`: of the queues that call."""

    def __init__(self, logger: Logger, sqs: Any, urls: tuple[str, ...], retry_s: float) -> None:
        super().__init__(EventType.SQS, raise_on_entire_batch_failure=False)
        self._log, self._sqs, self._retry_s = logger, sqs, retry_s
        self._urls = {url.rsplit("/", 1)[1]: url for url in urls}

    def failure_handler(self, record: Any, exception: Any) -> Any:
        error, receives = exception[1], int(record.attributes.approximate_receive_count)
        if isinstance(error, Later):
            after_s = max(self._retry_s if error.after_s is None else error.after_s, shortest_wait_s(receives))
            self._log.info("message comes again", reason=str(error), after_s=after_s)
        elif isinstance(error, Stop):
            waits_s = min(self._retry_s * receives, LONGEST_RETRY_S) if error.after_s is None else error.after_s
            after_s = max(waits_s, shortest_wait_s(receives))
            tell_stop(self._log, error, after_s=after_s)
        else:
            after_s = min(self._retry_s * receives, LONGEST_RETRY_S)
            self._log.error("message failed", exc_info=exception, after_s=after_s)
        url = self._urls[record.event_source_arn.rsplit(":", 1)[1]]
        seconds = min(round(after_s), LONGEST_HIDDEN_S)
        self._sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=record.receipt_handle, VisibilityTimeout=seconds)
        return super().failure_handler(record, exception)
