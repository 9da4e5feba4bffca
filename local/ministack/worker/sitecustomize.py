"""Rehearse a death, or die by chance: Python imports this in a function's process when a plan lies beside it, and only then.

It is copied next to the plan (rehearsal.py) and stands alone: it may import nothing of the twin or of the product.
A point is a call to something outside, before it is sent or after it was answered:
`s3.PutObject:before`, `dynamodb.UpdateItem:after`, `plytix.POST /products:before`.
"""

import fnmatch
import json
import os
import random
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
FUNCTION = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")


def planned() -> dict[str, Any]:
    plan = json.loads((FOLDER / "plan.json").read_text())
    return plan if fnmatch.fnmatchcase(FUNCTION, plan["function"]) else {}


def passing(point: str) -> None:
    """Note that the point was reached, and end here if it is the one."""
    if not FOLDER.exists():
        return  # the rehearsal is over; this worker has not been ended yet
    if "chance" in PLAN:
        take_a_chance(point)
        return
    append("passed", f"{FUNCTION} {point}\n".encode())
    if PLAN["point"] and fnmatch.fnmatchcase(point, PLAN["point"]) and append("counted", b".") == PLAN["count"]:
        (FOLDER / "died").write_text(f"{FUNCTION} {point}\n")
        os.kill(os.getpid(), signal.SIGKILL)


def take_a_chance(point: str) -> None:
    """The n-th point that anybody passes is deadly or not: that is the seed's doing."""
    throw = random.Random(f"{PLAN['seed']} deaths {append('counted', b'.')}").random()
    if throw < PLAN["chance"]:
        append("died", f"{FUNCTION} {point}\n".encode())
        os.kill(os.getpid(), signal.SIGKILL)


def append(name: str, text: bytes) -> int:
    """Add to a file that all workers share; gives its length, so that of each count only one worker gets to it."""
    file = os.open(FOLDER / name, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(file, text)
        return os.lseek(file, 0, os.SEEK_CUR)
    finally:
        os.close(file)


def around(owner: type, method: str, name_of: Callable[..., str]) -> None:
    original = getattr(owner, method)

    def watched(self: Any, *args: Any, **kwargs: Any) -> Any:
        name = name_of(self, *args)
        passing(f"{name}:before")
        try:
            return original(self, *args, **kwargs)
        finally:
            passing(f"{name}:after")  # also after an error: who answered with one may have done something

    setattr(owner, method, watched)


def watch_aws() -> None:
    from botocore.client import BaseClient

    around(BaseClient, "_make_api_call", lambda self, operation, *_: f"{self.meta.service_model.service_name}.{operation}")


def watch_plytix() -> None:
    try:
        from requests.adapters import HTTPAdapter
    except ImportError:
        return  # a function that asks Plytix nothing need not have it
    around(HTTPAdapter, "send", lambda self, request, *_: f"plytix.{request.method} {path(request.url)}")


def path(url: str) -> str:
    return re.sub(r"^https?://[^/]+(/api/v[0-9]+)?|[?#].*$", "", url)


PLAN = planned()
if PLAN:
    watch_aws()
    watch_plytix()
