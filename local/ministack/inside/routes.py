"""The launcher's own requests below `/_twin/`, in front of MiniStack's; and long answers in pieces."""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import asdict
from typing import Any

from ministack.core.concurrency import run_reentrant  # type: ignore[import-untyped]
from ministack.services import eventbridge, lambda_svc  # type: ignore[import-untyped]

from local.ministack.inside import epoch, functions, queues, resources, rough, rough_deliveries, schedules
from local.ministack.inside.reset import Keep, reset

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Asked = dict[str, Any]

PREFIX = "/_twin/"
PIECE = 1 << 20  # a body sent in one go is copied as a whole, many times over, on its way into TLS

log = logging.getLogger("twin.routes")
_unawaited: set[asyncio.Future[Any]] = set()  # a loop holds its tasks by weak references alone


def routed(app: App) -> App:
    """MiniStack's application with the twin's routes before it."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        epoch.began.set(epoch.current())
        path = scope.get("path", "")
        if scope["type"] == "http" and path.startswith(PREFIX):
            await _answer(path.removeprefix(PREFIX), receive, send)
        else:
            await app(scope, receive, in_pieces(send) if scope["type"] == "http" else send)

    return application


def in_pieces(send: Send) -> Send:
    async def piecewise(message: Message) -> None:
        body = message.get("body", b"")
        if message["type"] != "http.response.body" or len(body) <= PIECE:
            return await send(message)
        for start in range(0, len(body), PIECE):
            last = start + PIECE >= len(body)
            await send({"type": "http.response.body", "body": body[start:start + PIECE],
                        "more_body": message.get("more_body", False) or not last})
        return None

    return piecewise


async def _answer(name: str, receive: Receive, send: Send) -> None:
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    status, answer = await _run(name, json.loads(body or b"{}"))
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": json.dumps(answer).encode()})


async def _run(name: str, asked: Asked) -> tuple[int, Any]:
    if name not in ROUTES:
        return 404, {"error": f"no {PREFIX}{name}; there is {', '.join(sorted(ROUTES))}"}
    try:
        return 200, await ROUTES[name](asked)
    except (schedules.NoSuchSchedule, LookupError, TypeError, ValueError) as error:  # what was asked makes no sense
        log.exception("%s%s", PREFIX, name)
        return 400, {"error": f"{type(error).__name__}: {error}"}


async def _ping(_: Asked) -> Any:
    return {"epoch": epoch.current()}


async def _fire(asked: Asked) -> Any:
    return {"fired": schedules.fire_now(asked["name"], asked.get("group"))}


async def _clock(asked: Asked) -> Any:
    return {"ahead": schedules.set_clock(float(asked.get("advance", 0)), asked.get("ticking"))}


async def _visible(_: Asked) -> Any:
    return {"shown": queues.show_all()}


async def _kill(asked: Asked) -> Any:
    """Also those that are just starting, for which it waits: who plans a death means all that run without the plan."""
    deadline = time.monotonic() + 20
    while functions.starting(asked.get("function")) and time.monotonic() < deadline:
        await asyncio.sleep(0.01)
    return {"killed": functions.kill(asked.get("function"))}


async def _warm(asked: Asked) -> Any:
    """Start a worker of each, one after another; waits for them unless asked not to."""
    warming = run_reentrant(functions.warm_all, asked["functions"])
    if asked.get("wait", True):
        await warming
    else:
        _unawaited.add(task := asyncio.ensure_future(warming))
        task.add_done_callback(_unawaited.discard)
    return {"warm": asked["functions"]}


async def _running(_: Asked) -> Any:
    running = {key.rpartition(":")[2]: count for key, count in lambda_svc.executions_in_flight()[1].items()}
    late = {"events": rough_deliveries.under_way()} if rough_deliveries.under_way() else {}
    return {"running": running, "waiting": queues.waiting() | late, "left": queues.left()}


async def _rough(asked: Asked) -> Any:
    if "row" in asked:
        rough.begin(str(asked["row"]))
    return {"happened": rough.happened()}


async def _servers(_: Asked) -> Any:
    return {"servers": resources.servers()}


async def _events(asked: Asked) -> Any:
    """Like PutEvents, but for sources that only AWS's own services may use (`aws.transfer`)."""
    status, _, body = eventbridge._put_events({"Entries": asked["Entries"]}, allow_aws_source=True)
    if status != 200:
        raise ValueError(body.decode() if isinstance(body, bytes) else str(body))
    return json.loads(body)


async def _reset(asked: Asked) -> Any:
    keep = Keep(bool(asked.get("configuration", False)), tuple(asked.get("secrets", ())), asked.get("schedule_group"))
    log.info("reset, keeping %s", asdict(keep))
    return {"epoch": await reset(keep)}


ROUTES: dict[str, Callable[[Asked], Awaitable[Any]]] = {
    "ping": _ping, "fire": _fire, "clock": _clock, "visible": _visible, "kill": _kill, "warm": _warm,
    "running": _running, "rough": _rough, "servers": _servers, "events": _events, "reset": _reset,
}
