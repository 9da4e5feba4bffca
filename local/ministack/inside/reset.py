"""Clear the data and keep the stack and the warm workers: what stands between two tests, in well under a second."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import new_uuid  # type: ignore[import-untyped]
from ministack.services import (  # type: ignore[import-untyped]
    cloudwatch_logs,
    dynamodb,
    eventbridge,
    lambda_svc,
    s3,
    scheduler,
    secretsmanager,
)

from local.ministack.inside import epoch, functions, queues, schedules

CONFIGURATION = "configuration/"
ASSETS = "cdk-"  # the bucket that the functions' code came from


@dataclass(frozen=True, slots=True)
class Keep:
    """What outlives a reset beside the stack."""

    configuration: bool = False  # with it partners' folders and secrets and the channels' schedules
    secrets: tuple[str, ...] = ()  # by ARN: secrets whose value the twin itself gave
    schedule_group: str | None = None  # the group whose schedules `bridge config apply` makes


async def reset(keep: Keep, patience_s: float = 0.2) -> int:
    """Stop what delivers, let functions end (or end them), clear; gives the number of the epoch that begins."""
    queues.stop()
    schedules.stop()
    try:
        await _let_end(patience_s)
        number = epoch.begin()
        _clear(keep)  # on the thread that also serves requests: none of them sees it half done
    finally:
        schedules.go_on()
        queues.go_on()
    return number


async def _let_end(patience_s: float) -> None:
    """Wait until no function runs; whoever runs longer than patience allows is killed. Raises TimeoutError."""
    deadline = time.monotonic() + patience_s
    while lambda_svc.executions_in_flight()[0] and time.monotonic() < deadline:
        await asyncio.sleep(0.005)
    deadline = time.monotonic() + 10
    while lambda_svc.executions_in_flight()[0]:
        functions.kill(None, busy_only=True)
        if time.monotonic() > deadline:
            raise TimeoutError(f"still running although killed: {lambda_svc.executions_in_flight()[1]}")
        await asyncio.sleep(0.005)


def _clear(keep: Keep) -> None:
    queues.clear()
    _clear_objects(keep.configuration)
    for table in dynamodb._tables._data.values():
        table["items"].clear()
        dynamodb._items_replaced(table)
    dynamodb._txn_idempotency.clear()
    eventbridge._events_log.clear()
    for group in cloudwatch_logs._log_groups._data.values():
        group["streams"].clear()
    if not keep.configuration:
        _clear_secrets(keep.secrets)
        _clear_schedules(keep.schedule_group)


def _clear_objects(keep_configuration: bool) -> None:
    for (account, name), bucket in s3._buckets._data.items():
        if name.startswith(ASSETS):
            continue
        objects = bucket["objects"]
        kept = {key: thing for key, thing in objects.items() if keep_configuration and _is_configuration(key, thing)}
        objects.clear()
        objects.update(kept)
        for store in (s3._object_versions, s3._object_tags, s3._object_acl, s3._multipart_uploads):
            for key in [key for key in store._data if _of(store._data[key], key, account, name, kept)]:
                del store._data[key]
        for thing in kept.values():  # who holds it by its ETag reads it anew, and drops what he derived from it
            thing["etag"] = f'"{new_uuid().replace("-", "")}"'


def _is_configuration(key: str, thing: dict[str, Any]) -> bool:
    return key.startswith(CONFIGURATION) or (key.endswith("/") and not thing.get("size"))


def _of(value: Any, scoped: tuple[Any, ...], account: str, bucket: str, kept: dict[str, Any]) -> bool:
    """Whether an entry of one of S3's side stores belongs to an object that goes."""
    if isinstance(value, dict) and value.get("bucket") == bucket:
        return True  # an upload in parts, keyed by its own id
    of = scoped[-1]
    return scoped[0] == account and isinstance(of, tuple) and of[0] == bucket and of[1] not in kept


def _clear_secrets(keep: tuple[str, ...]) -> None:
    for key in [key for key, secret in secretsmanager._secrets._data.items() if secret["ARN"] not in keep]:
        del secretsmanager._secrets._data[key]


def _clear_schedules(group: str | None) -> None:
    for key in [key for key, schedule in scheduler._schedules._data.items() if schedule["GroupName"] == group]:
        del scheduler._schedules._data[key]
        scheduler._schedule_last_fired.pop(key, None)
