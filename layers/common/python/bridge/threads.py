"""Several things at once in one worker, so that the latency of each does not lower the rate of all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from bridge.services.asking import Each

T = TypeVar("T")


def each_in_threads(most: int) -> Each:
    """See `bridge.services.asking.Each`; `most` at once."""

    def each(do: Callable[[T], object], things: Iterable[T], /) -> None:
        failed = threading.Event()

        def one(thing: T) -> None:
            if not failed.is_set():
                try:
                    do(thing)
                except BaseException:
                    failed.set()
                    raise

        with ThreadPoolExecutor(most) as pool:
            for done in [pool.submit(one, thing) for thing in things]:
                done.result()

    return each
