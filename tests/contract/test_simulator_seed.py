"""The simulated Plytix under a seed: the same calls in the same order get the same answers, but for times (issue: deterministic)."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any, NamedTuple

import jwt
import pytest
from plytix_pim_client import config

from local.plytix.listener import Asked, Told
from local.plytix.remote import Remote
from local.plytix.server import Simulator
from tests.contract.pim_client import FLAVOURS, Tourist
from tests.contract.test_pim_client import tour

MOMENT = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(\+00:00)?|(?<="time": )[\d.]+')
TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
TELLING = ("log", "counts", "dump", "changes")


class Seen(NamedTuple):
    """What is compared of an answer."""

    status: int
    request_id: str | None
    place: str | None
    body: str


class Recording(Simulator):
    """Notes what it was asked, and what it answered."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed=seed)
        self.passed: list[tuple[Asked, Seen]] = []

    def answer(self, asked: Asked) -> Told:
        told = super().answer(asked)
        headers = dict(told.headers)
        self.passed.append((asked, Seen(told.status, headers.get("x-request-id"), headers.get("Location"), told.payload.decode())))
        return told


@pytest.fixture
def passed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[Asked, Seen]]:
    """A tour of all resources, and what the control calls tell of it."""
    with Recording(seed=7) as plytix, closing(asyncio.new_event_loop()) as loop:
        monkeypatch.setattr(config, "PLYTIX_PIM_BASE_URL", plytix.url)
        monkeypatch.setattr(config, "PLYTIX_AUTH_BASE_URL", plytix.url)
        with closing(Tourist(FLAVOURS["sync"]("key", "password"), loop)) as tourist:
            tour(tourist, tmp_path)
        for name in TELLING:
            Remote(plytix.url).call(name)
        return plytix.passed


@pytest.mark.parametrize("hashing", ["1", "2"])  # orders of sets differ
def test_another_process_under_the_same_seed_answers_the_same_tour_alike(passed, hashing):
    with served(seed=7, hashing=hashing) as port:
        again = replayed(passed, port)

    assert len(again) > 200
    for (asked, before), after in zip(passed, again, strict=True):
        assert timeless(after) == timeless(before), f"{asked.method} {asked.target}"


def test_under_another_seed_tokens_and_request_ids_are_others(passed):
    exchange = next(number for number, (_, seen) in enumerate(passed) if TOKEN.search(seen.body))
    with served(seed=8, hashing="1") as port:
        after = replayed(passed[: exchange + 1], port)[-1]

    before = passed[exchange][1]
    assert after.request_id != before.request_id
    assert _claims(TOKEN.search(after.body)[0]) != _claims(TOKEN.search(before.body)[0])


def timeless(seen: Seen) -> Seen:
    """Without moments, and of a token what it says but of its times: its signature is over these."""
    return seen._replace(body=MOMENT.sub("…", TOKEN.sub(lambda token: str(_claims(token[0])), seen.body)))


def _claims(token: str) -> dict[str, Any]:
    claims = jwt.decode(token, options={"verify_signature": False})
    return {**claims, "iat": 0, "exp": claims["exp"] - claims["iat"]}


def replayed(passed: list[tuple[Asked, Seen]], port: int) -> list[Seen]:
    """The same requests, one after the other, each with the token that stands here for the one it had there."""
    tokens: dict[str, str] = {}
    answers: list[Seen] = []
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        for asked, before in passed:
            connection.request(asked.method, asked.target, asked.body, _headers(asked, tokens))
            answers.append(_seen(connection.getresponse()))
            tokens |= zip(TOKEN.findall(before.body), TOKEN.findall(answers[-1].body), strict=True)
    return answers


def _headers(asked: Asked, tokens: dict[str, str]) -> dict[str, str]:
    named = TOKEN.sub(lambda token: tokens[token[0]], asked.authorization or "")
    headers = {"Host": asked.origin.partition("//")[2], "Content-Type": asked.type, "Authorization": named}
    return {name: value for name, value in headers.items() if value}


def _seen(answer: HTTPResponse) -> Seen:
    return Seen(answer.status, answer.headers.get("x-request-id"), answer.headers.get("Location"), answer.read().decode())


@contextmanager
def served(seed: int, hashing: str) -> Iterator[int]:
    """`bridge plytix serve` in a process of its own; gives its port."""
    words = [sys.executable, "-m", "local.plytix", "--seed", str(seed), "--plan", "off", "--lag", "0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONHASHSEED": hashing}) as process:
        try:
            assert process.stdout
            yield next(int(found[1]) for line in process.stdout if (found := re.search(r"http://127\.0\.0\.1:(\d+)/", line)))
        finally:
            process.kill()
