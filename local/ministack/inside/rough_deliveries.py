"""Deliveries as AWS allows itself to make them: late, twice, in another order, and of best effort not at all."""

import random
import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

from ministack.core.responses import new_uuid  # type: ignore[import-untyped]
from ministack.services import eventbridge, lambda_svc, sqs  # type: ignore[import-untyped]

from local.ministack.inside import epoch
from local.ministack.inside.dice import Dice

BEST_EFFORT = ("aws.transfer",)
DROPPED, DOUBLED, DELAYED, SHUFFLED = 0.15, 0.2, 0.25, 0.5  # shares
LATE_S = 0.05, 1.5  # delays differ, which is how events come in another order

_under_way = [0]
_counting = threading.Lock()


def scatter_events(dice: Dice) -> None:
    """Events of all sources come late or twice; those that AWS delivers by best effort are also lost."""
    dispatch = eventbridge._dispatch_event

    def scattered(event: dict[str, Any], view: Any = None) -> None:
        if _may_be_lost(event) and dice.falls("events dropped", DROPPED):
            return
        for _ in range(2 if dice.falls("events doubled", DOUBLED) else 1):
            if dice.falls("events delayed", DELAYED):
                _later(dice.between("events delayed", *LATE_S), lambda: dispatch(event, view))
            else:
                dispatch(event, view)

    eventbridge._dispatch_event = scattered


def _may_be_lost(event: dict[str, Any]) -> bool:
    """Not the word that an upload broke off: without it a fragment counts as whole after a while, which is another end, and right.

    So the journeys that tell the one end need it; that other end has a journey of its own (tests/journeys/test_bad_input.py)."""
    return event.get("Source") in BEST_EFFORT and not str(event.get("DetailType")).endswith("Failed")


def _later(after_s: float, deliver: Callable[[], None]) -> None:
    context = copy_context()
    with _counting:
        _under_way[0] += 1

    def come() -> None:
        try:
            if not context.run(epoch.is_over):
                context.run(deliver)
        finally:
            with _counting:
                _under_way[0] -= 1

    timer = threading.Timer(after_s, come)
    timer.daemon = True
    timer.start()


def under_way() -> int:
    """Events that are still to come."""
    return _under_way[0]


def scatter_messages(dice: Dice) -> None:
    """What a standard queue hands to functions comes late, twice, in another order; a FIFO queue keeps its order and its promise
    not to take a message twice. Either may hand out again what was done already, as it may have missed the word."""
    receive, delete = sqs._receive_messages_for_esm, sqs._delete_messages_for_esm

    def received(url: str, at_most: int) -> list[dict[str, Any]]:
        queue = sqs._get_q(url)
        if not queue["is_fifo"]:
            with sqs._queues_lock:
                _shake(queue, dice)
        return list(receive(url, at_most))

    def deleted(url: str, handles: set[str]) -> None:
        with sqs._queues_lock:
            again = [message for message in sqs._get_q(url)["messages"]
                     if message.get("receipt_handle") in handles and dice.falls("messages doubled", DOUBLED / 2)]
            missed = {message["receipt_handle"] for message in again}
            for message in again:
                message.update(receipt_handle=None, visible_at=time.time())
        delete(url, handles - missed)
        lambda_svc._esm_wake.set()

    sqs._receive_messages_for_esm, sqs._delete_messages_for_esm = received, deleted


def _shake(queue: dict[str, Any], dice: Dice) -> None:
    """Each message once, when it could be received for the first time; the order of all that could be now, each time."""
    now = time.time()
    for message in [message for message in queue["messages"] if message["visible_at"] <= now and not message.get("shaken")]:
        message["shaken"] = True
        sqs._ensure_msg_fields(message)
        if dice.falls("messages doubled", DOUBLED / 2):
            queue["messages"].append({**message, "id": new_uuid(), "visible_at": now + dice.between("messages doubled", 0, LATE_S[1])})
        if dice.falls("messages delayed", DELAYED):
            message["visible_at"] = now + dice.between("messages delayed", *LATE_S)
    visible = [message for message in queue["messages"] if message["visible_at"] <= now]
    if len(visible) > 1 and dice.falls("messages shuffled", SHUFFLED):
        random.Random(dice.between("messages shuffled", 0, 1)).shuffle(queue["messages"])
