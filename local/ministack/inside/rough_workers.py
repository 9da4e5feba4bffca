"""Workers die between any two calls to the outside: the seam in their process (worker/sitecustomize.py) throws the dice.

A function that is called and waited for (the identity function; `bridge` or a test that asks for a refresh) is spared meanwhile:
who calls it would be told, and call again. What is delivered to a function nobody waits for.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from ministack.services import lambda_svc  # type: ignore[import-untyped]

from local.ministack.inside import functions
from local.ministack.rehearsal import Chance

DIES = 0.0005  # of all points: before and after each call, that is
_delivered: ContextVar[bool] = ContextVar("delivered", default=False)
_awaited, _counting = Counter[str](), threading.Lock()


def let_workers_die(chance: Chance, seed: int) -> None:
    """Those that start from now on."""
    chance.plan(seed, DIES)


def spare_who_is_awaited(chance: Chance) -> None:
    """Tell calls that are waited for from deliveries."""
    run_batch, call_async, invoke = lambda_svc._run_sqs_batch, lambda_svc.invoke_async_with_retry, functions.PythonWorker.invoke

    def batch_delivered(*args: Any) -> None:
        with _delivering():
            run_batch(*args)

    def event_delivered(*args: Any) -> None:
        with _delivering():  # it hands its context on to its thread
            call_async(*args)

    def invoked(worker: Any, *args: Any, **kwargs: Any) -> Any:
        with _waiting_for(worker.func_name, chance):
            return invoke(worker, *args, **kwargs)

    lambda_svc._run_sqs_batch, lambda_svc.invoke_async_with_retry = batch_delivered, event_delivered
    functions.PythonWorker.invoke = invoked


@contextmanager
def _delivering() -> Iterator[None]:
    before = _delivered.set(True)
    try:
        yield
    finally:
        _delivered.reset(before)


@contextmanager
def _waiting_for(function: str, chance: Chance) -> Iterator[None]:
    if _delivered.get():
        yield
        return
    _count(function, 1, chance)
    try:
        yield
    finally:
        _count(function, -1, chance)


def _count(function: str, change: int, chance: Chance) -> None:
    with _counting:
        _awaited[function] += change
        chance.spare(function, _awaited[function] > 0)


def is_awaited(function: str) -> bool:
    """Whether somebody called it and waits for its answer."""
    return _awaited[function] > 0
