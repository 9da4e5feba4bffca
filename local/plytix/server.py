"""The Plytix simulator: a server that answers as Plytix does, and can be steered (`control.py`).

    with Simulator() as plytix:
        plytix.attributes([{"name": "Colour", "type_class": "TextAttribute"}])
        client = Client(plytix.url, key="key", password="password")   # authentication and API on this one URL

A request passes, in this order: faults that end it, the token (401), the windows (429), the size of its body (413),
the path (404, 405), the body (400), the resource. Only the resource changes anything, so what was refused before it left
no effect (plytix-api.md §3).
"""

from __future__ import annotations

import json
import logging
from threading import Event, Thread
from typing import Any, Self
from urllib.parse import parse_qsl

from local.plytix.bodies import as_json
from local.plytix.call import Answer, Call
from local.plytix.control import Control
from local.plytix.faults import AFTER, BEFORE, Effect, Trouble
from local.plytix.limits import Plan, too_many
from local.plytix.listener import Asked, Ending, Listener, Told
from local.plytix.manners import Slashes
from local.plytix.pages import door as pages
from local.plytix.refusal import Refusal
from local.plytix.routes import Found, resolve
from local.plytix.tokens import PER_SECOND

TOKEN_PATH = "/auth/api/get-token"
TOKEN_HEADERS = (("RateLimit-Limit", str(PER_SECOND)), ("X-RateLimit-Limit-Second", str(PER_SECOND)))  # §2
TOO_LARGE = "<html><body><h1>413 Request Entity Too Large</h1></body></html>"  # a gateway's word, we suppose: §4 has none
READING = ("changes", "counts", "dump", "log", "product", "state")  # control calls that GET may ask for
log = logging.getLogger(__name__)


class Simulator(Control):
    """One account behind one port. All calls of `Control` are its methods."""

    def __init__(
        self, key: str = "key", password: str = "password", plan: str = "off", seed: int | None = None
    ) -> None:
        super().__init__(key, password, plan, seed)
        self.url = ""
        self._stopping = Event()
        self._listener: Listener | None = None

    def start(self, port: int = 0, plan: str | None = None, host: str = "127.0.0.1") -> str:
        """Serve in threads of this process; gives the URL. Port 0: any free one."""
        if self._listener is not None:
            raise RuntimeError(f"the simulator serves already: {self.url}")
        if plan is not None:
            self.first_plan = Plan(plan)
            self.plan(plan)
        self._stopping.clear()
        self._listener = Listener(host, port, self.answer)
        self.url = f"http://{host}:{self._listener.server_address[1]}"
        Thread(target=self._listener.serve_forever, args=(0.05,), name="plytix", daemon=True).start()
        return self.url

    def stop(self) -> None:
        """Close the port and all connections; what the account holds stays."""
        self._stopping.set()
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def __enter__(self) -> Self:
        if self._listener is None:
            self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def answer(self, asked: Asked) -> Told:
        """Whatever is asked, and whatever befalls it on the way."""
        path, _, query = asked.target.partition("?")
        if path.startswith("/_sim/"):
            return _told(self._steer(asked, path.removeprefix("/_sim/"), dict(parse_qsl(query))))
        if pages.has(path):
            with self.lock:
                return pages.show(self, asked.method, path, dict(parse_qsl(query)))
        is_token = path.rstrip("/") == TOKEN_PATH
        found = Found("token", _no_resource) if is_token else resolve(asked.method, path)
        with self.lock:
            troubles = self.troubles.take(found.kind, asked.method, path, self.clock.now())
        self._hold(self.latency_s + _delay(troubles, Effect.SLOW))
        if self._stopping.is_set():
            return Told(503, b"", "", ending=Ending.NONE)
        told = self._process(asked, path, dict(parse_qsl(query)), found, troubles)
        self._hold(_delay(troubles, Effect.LATE))
        return told

    def _process(self, asked: Asked, path: str, query: dict[str, str], found: Found, troubles: list[Trouble]) -> Told:
        """The request's turn in the account: nobody else's comes between."""
        call = Call(self.store, self.tokens.actor, found.version, found.args, query, origin=asked.origin)
        with self.lock:
            self._act(troubles, Effect.FIRST)
            ended = next((trouble for trouble in troubles if trouble.effect in BEFORE), None)
            answer = _forced(ended) if ended else self._serve(asked, found, call)
            self._act(troubles, Effect.THEN)
            after = next((trouble for trouble in troubles if trouble.effect in AFTER), None)
            if after and after.effect is Effect.MASK:
                answer = _forced(after)
            fault, ending = ended or after, _ending(ended or after)
            request_id = self.random.randbytes(16).hex()
            self.journal.note(
                time=self.clock.now(), method=asked.method, path=path, status=answer.status, kind=found.kind,
                sku=call.sku, id=call.id or next(iter(found.args), None), changed=call.changed, answered=ending is Ending.WHOLE,
                fault=str(fault.effect) if fault else None, request_id=request_id,
            )  # fmt: skip
        return _told(answer, (("x-request-id", request_id),), ending)

    def _serve(self, asked: Asked, found: Found, call: Call) -> Answer:
        if self.store.manners.slashes is Slashes.REDIRECT and asked.target.partition("?")[0].endswith("/"):
            return _redirected(asked)
        try:
            return self._token(asked) if found.kind == "token" else self._resource(asked, found, call)
        except Refusal as refusal:
            return Answer(refusal.status, refusal.body(), TOKEN_HEADERS if found.kind == "token" else ())
        except Exception:  # the door: input that nobody thought of is a 500, as in Plytix (§4), and is told
            log.exception("the simulator failed at %s %s", asked.method, asked.target)
            return Answer(500, {"error": {"msg": "Internal server error"}})

    def _token(self, asked: Asked) -> Answer:
        """The auth host: its own limiter per second, told in each answer (§2)."""
        if asked.method != "POST":
            return Answer(405, {"message": "Method Not Allowed"}, TOKEN_HEADERS)
        if self.tokens.limited(self.limits):
            return Answer(429, {"message": "API rate limit exceeded"}, (*TOKEN_HEADERS, ("Retry-After", "1")))
        answer = self.tokens.exchange(as_json(asked.body, asked.type), self.limits)
        return Answer(answer.status, answer.content, TOKEN_HEADERS)

    def _resource(self, asked: Asked, found: Found, call: Call) -> Answer:
        call.actor = self.tokens.holder(asked.authorization)
        now = self.clock.now()
        if (full := self.limits.take(now)) is not None:
            return too_many(*self.limits.told(full), self.limits.wait_s(full, now), self.told)
        if self.store.most_bytes is not None and len(asked.body) > self.store.most_bytes:
            return Answer(413, TOO_LARGE)
        self.store.catch_up()
        if found.kind != "unknown" and (asked.body or asked.method in ("POST", "PATCH", "PUT")):
            call.body = found.reads(asked.body, asked.type)
        return found.resource(call)

    def _act(self, troubles: list[Trouble], effect: Effect) -> None:
        for trouble in troubles:
            if trouble.effect is effect:
                self.perform(trouble.action, trouble.arguments)

    def _hold(self, seconds: float) -> None:
        if seconds > 0:
            self._stopping.wait(seconds)

    def _steer(self, asked: Asked, name: str, query: dict[str, Any]) -> Answer:
        """A control call over HTTP."""
        if asked.method != "POST" and (asked.method != "GET" or name not in READING):
            return Answer(405, {"error": "POST, or GET of " + ", ".join(READING)})
        try:
            arguments = json.loads(asked.body) if asked.body else query
            return Answer(200, {"answer": self.perform(name, arguments)})
        except Refusal as refusal:
            return Answer(refusal.status, refusal.body())
        except LookupError as unknown:
            return Answer(404, {"error": str(unknown)})
        except (TypeError, ValueError) as wrong:
            return Answer(400, {"error": str(wrong)})


def _redirected(asked: Asked) -> Answer:
    """301 to the path without its slash, at another name of this host: clients then drop `Authorization` (§13, 26)."""
    here, there = ("127.0.0.1", "localhost") if "127.0.0.1" in asked.origin else ("localhost", "127.0.0.1")
    path, mark, query = asked.target.partition("?")
    place = f"{asked.origin.replace(here, there)}{path.rstrip('/')}{mark}{query}"
    return Answer(301, {"message": "Moved Permanently"}, (("Location", place),))


def _no_resource(call: Call) -> Answer:
    raise AssertionError("the token path has no resource")


def _delay(troubles: list[Trouble], effect: Effect) -> float:
    return sum(trouble.delay_s for trouble in troubles if trouble.effect is effect)


def _forced(trouble: Trouble) -> Answer:
    return Answer(trouble.status, trouble.body, tuple(trouble.headers.items()))


def _ending(trouble: Trouble | None) -> Ending:
    if trouble is None:
        return Ending.WHOLE
    return {Effect.DROP: Ending.NONE, Effect.LOSE: Ending.NONE, Effect.CUT: Ending.CUT}.get(trouble.effect, Ending.WHOLE)


def _told(answer: Answer, headers: tuple[tuple[str, str], ...] = (), ending: Ending = Ending.WHOLE) -> Told:
    headers = (*answer.headers, *headers)
    if isinstance(answer.content, str):
        return Told(answer.status, answer.content.encode(), "text/html", headers, ending)
    payload = b"" if answer.content is None else json.dumps(answer.content).encode()
    return Told(answer.status, payload, "application/json", headers, ending)
