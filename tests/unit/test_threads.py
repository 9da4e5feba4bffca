"""Several at once: all are done, no more than allowed at the same time, and after an error none is begun any more."""

from __future__ import annotations

import threading

import pytest

from bridge.errors import Later
from bridge.threads import each_in_threads


def test_all_are_done_so_many_at_once():
    meet, done = threading.Barrier(4, timeout=10), []

    def do(n: int) -> None:
        meet.wait()  # only if four are under way
        done.append(n)

    each_in_threads(4)(do, range(12))

    assert sorted(done) == list(range(12))


def test_after_an_error_none_is_begun_and_it_is_raised_when_those_under_way_are_done():
    failed, done, begun = threading.Event(), [], []

    def do(n: int) -> None:
        begun.append(n)
        if n == 1:
            failed.set()
            raise Later("the hour is spent")
        failed.wait(10)
        done.append(n)

    with pytest.raises(Later, match="spent"):
        each_in_threads(2)(do, range(100))

    assert done == [n for n in begun if n != 1]
    assert len(begun) < 100
