"""What a simulator is made of, and the one lock over it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from random import Random
from threading import RLock
from typing import Any, Concatenate, ParamSpec, TypeVar

from local.plytix.clock import Clock
from local.plytix.faults import Troubles
from local.plytix.journal import Journal
from local.plytix.limits import Limits
from local.plytix.store import Store
from local.plytix.tokens import Tokens

S = TypeVar("S", bound="Parts")
P = ParamSpec("P")
R = TypeVar("R")
CALLS: set[str] = set()  # names of all control calls


def locked(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """Make a method a control call: one at a time, and never in the middle of a request."""

    @wraps(method)
    def alone(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with self.lock:
            return method(self, *args, **kwargs)

    CALLS.add(method.__name__)
    return alone


class Parts:
    """The account, its tokens and limits, what goes wrong in it, and what was asked of it."""

    def __init__(self, key: str, password: str, seed: int | None = None) -> None:
        """`seed`: the same calls in the same order get the same answers in each run (ids, token ids and request ids too), and faults
        with a rate befall the same requests. Times differ, as nothing stops the clock, and with them the signature of a token."""
        self.lock = RLock()
        self.random = Random(seed)
        self.clock = Clock()
        self.store = Store(self.clock, seed)
        self.tokens = Tokens(self.clock, self.store.account_id, self.store.key_id, key, password, self.random)
        self.limits = Limits([])
        self.troubles = Troubles(Random(None if seed is None else f"{seed} troubles"))  # of its own: others draw as often as they like
        self.journal = Journal()
        self.latency_s = 0.0
        self.told = "nothing"  # what a 429 says of the wait (limits.py)

    def perform(self, name: str, arguments: dict[str, Any]) -> Any:
        """A control call by name. Raises LookupError for an unknown one, TypeError and ValueError for wrong arguments."""
        if name not in CALLS:
            raise LookupError(f'"{name}" is no control call; one of {", ".join(sorted(CALLS))}')
        method = getattr(self, name)
        inspect.signature(method).bind(**arguments)
        return method(**arguments)
