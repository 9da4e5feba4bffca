"""A receipt in S3 is replaced by words that know more, whoever writes when: what `tests/heart/world.py` only claims."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from bridge.adapters.exchange import Exchange
from bridge.errors import Later

PATH = "receipts/prices.csv.1.json"


class Between:
    """S3, and somebody who writes between a look at what stands and the write that goes by it."""

    def __init__(self, s3: Any, happens: Callable[[], None]) -> None:
        self._s3, self._happens = s3, happens

    def __getattr__(self, name: str) -> Any:
        return getattr(self._s3, name)

    def put_object(self, **call: Any) -> Any:
        self._happens()
        return self._s3.put_object(**call)


@pytest.fixture
def bucket(cloud):
    return cloud.bucket(f"exchange-{uuid4().hex[:8]}", versioned=True)


@pytest.fixture
def tell(cloud, bucket):
    def say(word: str, rank: str, meanwhile: Callable[[], None] = lambda: None) -> None:
        Exchange(Between(cloud.s3, meanwhile), bucket).tell("acme", PATH, word.encode(), "text/plain", rank)
    return say


@pytest.fixture
def told(cloud, bucket):
    return lambda: cloud.s3.get_object(Bucket=bucket, Key=f"acme/{PATH}")["Body"].read().decode()


def test_a_word_that_knows_more_takes_the_place_of_one_that_knows_less_and_never_the_other_way_round(tell, told):
    tell("received", "1")
    tell("checked", "2 a")
    tell("received, late", "1")
    assert told() == "checked"

    tell("checked, read again", "2 b")
    tell("checked, by the first, late", "2 a")
    assert told() == "checked, read again"

    tell("closed", "3")
    tell("checked, late", "2 c")
    assert told() == "closed"


@pytest.mark.parametrize("before", ["nothing", "received"])
@pytest.mark.parametrize(("late", "rank", "stands"), [("checked, late", "2 1", "closed"), ("cut off", "4", "cut off")])
def test_who_writes_between_look_and_write_is_seen(tell, told, before, late, rank, stands):
    if before == "received":
        tell("received", "1")
    others = [lambda: tell("closed", "3")]

    tell(late, rank, lambda: others.pop()() if others else None)

    assert told() == stands


def test_where_others_write_again_and_again_it_is_tried_later(tell, told):
    words = iter(range(100))

    with pytest.raises(Later):
        tell("checked", "2", lambda: tell(f"word {next(words)}", f"1 {next(words):03d}"))

    assert told().startswith("word")
