"""The one seam to Plytix: every request is leased, carries a token, is sent, judged and logged here, and nowhere else."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol

import orjson
import requests
from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, MaxRetryError
from urllib3.util import Retry

from bridge.adapters.plytix.credentials import Credentials
from bridge.adapters.plytix.login import Door, Login, Source
from bridge.adapters.plytix.token import Tokens
from bridge.adapters.plytix.turns import Turns
from bridge.adapters.plytix.verdict import envelope, judge, said
from bridge.adapters.plytix.wire import Answer, Bearer, File, data, never_reached, read, whole
from bridge.domain.budget import Window
from bridge.errors import Fate, Later, LoginRefused, Stop

LOG = Logger(child=True)
REACH = Retry(total=2, connect=2, status_forcelist=(), backoff_factor=0.2, backoff_jitter=0.3, backoff_max=2)
READ = REACH.new(status_forcelist=(502, 503, 504), allowed_methods=None)
"""How often the same request is sent again at once. Nobody heard it (no connection): any; a gateway's excuse: reads only,
for a write may have been done (plytix-api.md §4). A repeat is a request like any other and takes its own lease."""
NO_JSON = "and no JSON"
LEDGERS = (Later, ClientError, BotoCoreError)
"""Trouble with the budget's item says nothing of what became of a request that was answered or not; the next one notes it."""
PATIENCE_S = 5
"""A gateway's Retry-After is waited out here up to this; whoever is told of a longer one comes again Later."""


class Kind(StrEnum):
    """What a request is counted as."""

    TOKEN = "token"  # noqa: S105 -- a word, not a secret; counts for none of the account's windows
    CREATE = "create"
    PATCH = "patch"
    BULK = "bulk"
    POLL = "poll"
    DELETE = "delete"
    READ = "read"
    SEARCH = "search"
    SCHEMA = "schema"  # what products may say: attributes, families, categories, relationships
    LINK = "link"  # what hangs on a product: assets, categories, variants, related products, its family
    ASSET = "asset"  # uploaded, or changed


WRITES = (Kind.CREATE, Kind.PATCH, Kind.BULK, Kind.DELETE, Kind.LINK, Kind.ASSET)
"""All that changes something in Plytix: none of it goes while writes are off, and none is repeated blindly."""


class Budget(Door, Protocol):
    """What the account may still ask (DESIGN.md §6). It is told of each answer; requests for tokens count for nothing."""

    def may_write(self) -> None:
        """Raises Later while writes are off."""

    def lease(self) -> None:
        """Come back when a request may depart. Raises Later(after_s) where that is too far away to wait for."""

    def refused(self, wait_s: float | None, window_s: float | None) -> float | None:
        """A 429 came: what it said of the wait and of the full window. Gives in how many seconds to come again."""

    def succeeded(self) -> None:
        """Another answer than a 429 came."""

    def heard(self, instead: str, *, login: bool = False) -> None:
        """Plytix itself answered a request, whatever it said; else what came `instead` of an answer, after all repeats. Of logins only
        that is told."""


class Unlimited:
    """Grants at once."""

    def may_log_in(self, key: str) -> None:
        pass

    def locked_out(self, key: str, why: str) -> LoginRefused:
        return LoginRefused(f"Plytix does not accept the API key ({why})", 60)

    def learn(self, windows: tuple[Window, ...] | None) -> None:
        pass

    def may_write(self) -> None:
        pass

    def lease(self) -> None:
        pass

    def refused(self, wait_s: float | None, window_s: float | None) -> float | None:
        return window_s if wait_s is None else wait_s

    def succeeded(self) -> None:
        pass

    def heard(self, instead: str, *, login: bool = False) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Limits:
    """`total_s` bounds one call with all its repeats and the token it may need; only a body that drips may take one silence more."""

    connect_s: float = 3
    total_s: float = 30


@dataclass(frozen=True, slots=True)
class Call:
    """A request, before it has a token. `path` begins with `/`; `file` goes instead of a body."""

    kind: Kind
    method: str
    path: str
    body: Any = None
    file: File | None = None


class Session:
    """Connections to one account, shared by threads. `requests` counts by kind what was sent, repeats included."""

    def __init__(self, source: Source, budget: Budget, limits: Limits = Limits(), clock: Callable[[], float] = time.time) -> None:
        self._source = source
        self._budget = budget
        self._limits = limits
        self._tokens = Tokens(Login(source, budget, self._log_in), clock)
        self._http = requests.Session()
        for scheme in ("https://", "http://"):
            self._http.mount(scheme, HTTPAdapter(pool_maxsize=16, max_retries=Retry(0, read=False)))
        self.turns = Turns(limits.total_s)
        self._counting = threading.Lock()
        self._sent: Counter[str] = Counter()

    @property
    def requests(self) -> dict[str, int]:
        with self._counting:
            return dict(self._sent)

    def log_in(self) -> None:
        """A token, and nothing is asked with it. Raises LoginRefused, Later."""
        self._token(time.monotonic() + self._limits.total_s)

    def ask(self, call: Call) -> list[dict[str, Any]]:
        """The `data` of the answer. Raises Refused, Changed, Later, Stop; Later tells what became of the request (`fate`)."""
        return data(self._answered(call))

    def tell(self, call: Call) -> None:
        """The same where nothing need come back: 202, 204, and a few 200 are empty (plytix-api.md §7)."""
        answer = self._answered(call)
        if answer.body is None and answer.size_bytes:
            raise Later(f"Plytix answered {answer.status}, but not with JSON", fate=Fate.UNKNOWN)

    def close(self) -> None:
        self._http.close()

    def _answered(self, call: Call) -> Answer:
        until = time.monotonic() + self._limits.total_s
        token = self._token(until)
        answer = self._send(call, token, until)
        if answer.status == 401:  # revoked, or its end came while the request was on its way; it was not processed
            token = self._token(until, refused=token)
            answer = self._send(call, token, until)
        error = judge(answer.status, answer.body, answer.retry_after_s)
        if answer.status == 401 and isinstance(error, Stop):
            self._tokens.in_vain(error)
        if error:
            raise error
        return answer

    def _token(self, until: float, refused: str = "") -> str:
        try:
            return self._tokens.current(until, refused)
        except Later as later:  # whatever became of the login, what was to be asked was not
            raise Later(str(later), later.after_s, Fate.NOT_DONE) from later

    def _log_in(self, key: Credentials, until: float) -> Answer:
        return self._send(login(key), "", until, key.auth_url)

    def _send(self, call: Call, token: str, until: float, base_url: str = "") -> Answer:
        """The answer, whatever it says; Later where there is none. Repeats as REACH and READ say, and never beyond `until`."""
        again, instead = REACH if call.kind in WRITES else READ, ""
        while True:
            error: Exception | None = None
            asked_s: float = 0
            try:
                answer = self._once(call, token, base_url or self._source.current().pim_url, until)
                if not again.is_retry(call.method, answer.status):
                    return self._heard(call, answer)
                asked_s, instead = answer.retry_after_s or 0, f"{answer.status}"
            except Later:  # it failed, and may not be sent again at once
                if instead:
                    self._note(call, instead)
                raise
            except (requests.RequestException, HTTPError) as broken:
                error = never_reached(broken)
                if error is None:
                    raise self._unheard(call, f"no answer ({type(broken).__name__})", Fate.IN_FLIGHT) from broken
                instead = f"it cannot be reached ({type(error).__name__})"
            try:
                again = again.increment(call.method, call.path, error=error)
            except MaxRetryError:
                if error is None:
                    return self._heard(call, answer)
                raise self._unheard(call, instead, Fate.NOT_DONE) from error
            left_s = max(0.0, until - time.monotonic())
            if asked_s > min(PATIENCE_S, left_s):
                return self._heard(call, answer)
            time.sleep(min(max(asked_s, again.get_backoff_time()), left_s))

    def _heard(self, call: Call, answer: Answer) -> Answer:
        """The budget hears whether that was Plytix itself. That one may log in says nothing of the API, which may be down all the same."""
        if not _of_its_own(answer):
            self._note(call, f"{answer.status}" if answer.status >= 500 else f"{answer.status}, {NO_JSON}")
        elif call.kind is not Kind.TOKEN:
            self._note(call, "")
        return answer

    def _unheard(self, call: Call, instead: str, fate: Fate) -> Later:
        self._note(call, instead)
        return Later(f"{call.method} {call.path}: {instead}", fate=fate)

    def _note(self, call: Call, instead: str) -> None:
        with suppress(*LEDGERS):
            self._budget.heard(instead, login=call.kind is Kind.TOKEN)

    def _once(self, call: Call, token: str, base_url: str, until: float) -> Answer:
        if call.kind in WRITES:
            self._budget.may_write()
        if call.kind is not Kind.TOKEN:
            self._budget.lease()
        began = time.monotonic()
        if began >= until:
            raise Later(f"{call.method} {call.path}: no time left", fate=Fate.NOT_DONE)
        with self._counting:
            self._sent[call.kind] += 1
        sent = call.file.content if call.file else b"" if call.body is None else orjson.dumps(call.body)
        carried: dict[str, Any] = {"files": {"file": (call.file.name, sent)}} if call.file else {"data": sent or None}
        answer = Answer(0, None)
        try:
            with self._http.request(
                call.method, base_url + call.path, **carried, auth=Bearer(token), stream=True, allow_redirects=False,
                headers={"Accept": "application/json"} | ({} if call.file else {"Content-Type": "application/json"}),
                timeout=(min(self._limits.connect_s, until - began), until - began),
            ) as response:
                answer = replace(answer, status=response.status_code, id=response.headers.get("x-request-id"))
                answer = read(response, whole(response, until))
        finally:
            _log(call, answer, len(sent), time.monotonic() - began)
        return answer if call.kind is Kind.TOKEN else self._told(answer)

    def _told(self, answer: Answer) -> Answer:
        """The budget hears of it; of a 429 it says when to come again. A 5xx tells nothing of the windows."""
        if answer.status == 429:
            return replace(answer, retry_after_s=self._budget.refused(*said(answer.body, answer.retry_after_s)))
        if _of_its_own(answer):
            with suppress(*LEDGERS):
                self._budget.succeeded()
        return answer


def _of_its_own(answer: Answer) -> bool:
    """Plytix's, and not that of something before it."""
    if answer.status == 429:  # the gateway before it says so, and means it
        return True
    return answer.status // 100 in (2, 4) and (answer.body is not None or not answer.size_bytes)


def login(key: Credentials) -> Call:
    return Call(Kind.TOKEN, "POST", "/auth/api/get-token", {"api_key": key.api_key, "api_password": key.api_password})


def _log(call: Call, answer: Answer, sent_bytes: int, took_s: float) -> None:
    facts: dict[str, Any] = {"method": call.method, "path": call.path, "status": answer.status, "request_id": answer.id,
                             "duration_ms": round(took_s * 1000), "sent_bytes": sent_bytes, "got_bytes": answer.size_bytes}
    if answer.status >= 400:
        facts["error"] = str(envelope(answer.body))[:1000]
    LOG.info("Plytix called", **facts)
