"""Queues and what polls them: FIFO groups side by side, nothing held by the dead, a stop for the time of a reset."""

import threading
import time
from collections.abc import Iterable
from typing import Any

from ministack.services import lambda_svc, sqs  # type: ignore[import-untyped]

from local.ministack.inside import functions

Message = dict[str, Any]
Queue = dict[str, Any]

# A worker that was killed: while it worked, or while it started.
DIED = ("Runtime.ExitError",)
DIED_STARTING = "bootstrap exited during init with code -9"

_last = threading.local()  # the answer of the function that this thread ran last
_stopped = threading.Event()


def run_groups_side_by_side() -> None:
    """As on AWS, groups of a FIFO queue do not wait for each other: a batch holds one group, and batches overlap."""
    receive = sqs._receive_messages_for_esm
    limit = lambda_svc._sqs_esm_concurrency

    def batches(mapping: dict[str, Any], record: Any, config: Any, queue: Queue | None = None) -> int:
        return int(limit(mapping, record, config, {**(queue or {}), "is_fifo": False}))

    def of_one_group(url: str, at_most: int) -> list[Message]:
        queue = sqs._get_q(url)
        if not queue["is_fifo"]:
            return list(receive(url, at_most))
        with sqs._queues_lock:
            return _next_group(queue, min(at_most or 1, 10))

    lambda_svc._sqs_esm_concurrency = batches
    sqs._receive_messages_for_esm = of_one_group


def start_workers_one_by_one() -> None:
    """A queue starts its next worker when the one before is ready: ten at once would take ten times as long, here.

    On AWS each has a machine of its own.
    """
    limit = lambda_svc._sqs_esm_concurrency

    def gently(mapping: dict[str, Any], record: Any, config: Any, queue: Queue | None = None) -> int:
        return min(int(limit(mapping, record, config, queue)), functions.ready(mapping["FunctionName"]) + 1)

    lambda_svc._sqs_esm_concurrency = gently


def _next_group(queue: Queue, at_most: int) -> list[Message]:
    """The oldest messages of the first group of which none is in flight."""
    now = time.time()
    sqs._expire_retained(queue)
    sqs._dlq_sweep(queue)
    for message in queue["messages"]:
        sqs._ensure_msg_fields(message)
    busy = {m["group_id"] for m in queue["messages"] if m["visible_at"] > now and m["receive_count"]}
    group = next((m["group_id"] for m in queue["messages"] if m["visible_at"] <= now and m["group_id"] not in busy), None)
    if group is None:
        return []
    one = {**queue, "messages": [m for m in queue["messages"] if m["group_id"] == group]}
    timeout = int(queue["attributes"].get("VisibilityTimeout", "30"))
    return list(sqs._collect_fifo(one, at_most, timeout, now))


def show_at_once_what_a_dead_worker_held() -> None:
    """The messages of a killed worker are visible again at once, so that a test of deaths need not wait minutes."""
    execute, run_batch = lambda_svc._execute_function, lambda_svc._run_sqs_batch

    def noted(record: Any, event: Any) -> Any:
        _last.answer = execute(record, event)
        return _last.answer

    def shown(mapping: dict[str, Any], record: Any, event: Any, batch: list[Message], url: str, name: str) -> None:
        _last.answer = None
        run_batch(mapping, record, event, batch, url, name)
        if died(_last.answer):
            show(batch)
            lambda_svc._esm_backoff_until.pop(mapping["UUID"], None)

    lambda_svc._execute_function = noted
    lambda_svc._run_sqs_batch = shown


def died(answer: Any) -> bool:
    """Whether the function's process was gone before it answered (its own errors and time-outs are no death)."""
    body = answer.get("body") if isinstance(answer, dict) and answer.get("error") else None
    if not isinstance(body, dict):
        return False
    return body.get("errorType") in DIED or str(body.get("errorMessage", "")).startswith(DIED_STARTING)


def show(messages: Iterable[Message]) -> int:
    """Make messages visible now; gives how many were not."""
    now = time.time()
    hidden = [message for message in messages if message["visible_at"] > now]
    for message in hidden:
        message["visible_at"] = now
    lambda_svc._esm_wake.set()
    return len(hidden)


def show_all() -> int:
    """Make every message visible now that is in flight, put back or delayed, in all queues."""
    return sum(show(list(queue["messages"])) for queue in _queues())


def stand_still_while_reset() -> None:
    """Between `stop` and `go_on` no message reaches a function."""
    receive = sqs._receive_messages_for_esm
    sqs._receive_messages_for_esm = lambda url, at_most: [] if _stopped.is_set() else receive(url, at_most)


def stop() -> None:
    _stopped.set()


def go_on() -> None:
    _stopped.clear()
    lambda_svc._esm_wake.set()


def clear() -> None:
    """No message, and no memory of any (a FIFO queue would refuse the same message for five minutes)."""
    with sqs._queues_lock:
        for queue in sqs._queues._data.values():
            queue["messages"] = []
            queue["dedup_cache"].clear()
    lambda_svc._esm_backoff_until.clear()


def waiting() -> dict[str, int]:
    """Messages by queue, of those that feed a function: visible, delayed and in flight."""
    return {queue["name"]: len(queue["messages"]) for queue in _queues() if queue["attributes"]["QueueArn"] in _sources()}


def left() -> dict[str, int]:
    """Messages by queue, where nothing takes them and there are any: dead letters."""
    return {queue["name"]: len(queue["messages"]) for queue in _queues()
            if queue["messages"] and queue["attributes"]["QueueArn"] not in _sources()}


def _queues() -> list[Queue]:
    return list(sqs._queues._data.values())


def _sources() -> set[str]:
    return {mapping["EventSourceArn"] for mapping in list(lambda_svc._esms._data.values())}
