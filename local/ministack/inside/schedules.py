"""EventBridge Scheduler as AWS does it: each second, in the schedule's own zone; and by hand, now or ahead of time."""

import logging
import re
import time
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from ministack.core.responses import (  # type: ignore[import-untyped]
    get_account_id,
    get_region,
    new_uuid,
    set_request_account_id,
    set_request_region,
)
from ministack.services import eventbridge, scheduler  # type: ignore[import-untyped]

from local.ministack.inside import epoch

Key = tuple[str, str, str]  # account, region, "group/name"
Schedule = dict[str, Any]

log = logging.getLogger("twin.schedules")
_ahead_s = [0.0]  # only schedules read this clock; everything else lives in the present
_ticking = [True]
_stopped = [False]


class NoSuchSchedule(Exception):
    """Nothing goes by that name."""


def tick_every_second() -> None:
    """In place of every ten seconds, in UTC whatever the zone, and with one bad entry stopping all."""
    scheduler._SCHEDULE_TICK_INTERVAL = 1
    scheduler._tick_schedules = tick
    forget = scheduler._delete_schedule

    def delete(name: str, query: dict[str, str]) -> Any:  # else a schedule made anew would inherit when it last fired
        scheduler._schedule_last_fired.pop((get_account_id(), get_region(), f"{query.get('groupName', 'default')}/{name}"), None)
        return forget(name, query)

    scheduler._delete_schedule = delete


def tick() -> None:
    """Fire what is due."""
    for key, schedule in list(scheduler._schedules._data.items()) if _ticking[0] and not _stopped[0] else []:
        try:
            due = due_at(key, schedule, clock())
        except ValueError as error:  # AWS would have refused it when it was made
            log.warning("schedule %s cannot be read: %s", key[2], error)
            continue
        if due is not None:
            fire(key, schedule, due)


def stop() -> None:
    """Until `go_on` nothing fires by itself: for the time of a reset."""
    _stopped[0] = True


def go_on() -> None:
    _stopped[0] = False


def clock() -> float:
    return time.time() + _ahead_s[0]


def set_clock(advance_s: float, ticking: bool | None) -> float:
    """Move the schedules' clock on, and stop or start it; gives how far ahead it is now."""
    _ahead_s[0] += advance_s
    if ticking is not None:
        _ticking[0] = ticking
    if advance_s and _ticking[0]:
        tick()
    return _ahead_s[0]


def due_at(key: Key, schedule: Schedule, now: float) -> float | None:
    """When the schedule should have fired last, if it has not since; None when nothing is due."""
    start, end = scheduler._to_epoch(schedule.get("StartDate")), scheduler._to_epoch(schedule.get("EndDate"))
    if schedule.get("State") != "ENABLED" or (start and now < start) or (end and now > end):
        return None
    last, changed = scheduler._schedule_last_fired.get(key), float(schedule["LastModificationDate"])
    zone = ZoneInfo(schedule.get("ScheduleExpressionTimezone") or "UTC")
    due = next_after(schedule["ScheduleExpression"], zone, last if last and last > changed else None, changed)
    return due if due is not None and due <= now else None


def next_after(expression: str, zone: tzinfo, last: float | None, changed: float) -> float | None:
    """The first time after `last`, or since the schedule was made or changed. Raises ValueError for what AWS refuses."""
    if at := re.fullmatch(r"at\((.+)\)", expression.strip()):
        return None if last is not None else datetime.fromisoformat(at[1]).replace(tzinfo=zone).timestamp()
    since = changed if last is None else last
    if seconds := eventbridge._parse_rate_seconds(expression):
        return since + float(seconds)
    fields = eventbridge._parse_cron_fields(expression)
    if fields is None:
        raise ValueError(f"not at(), rate() or cron(): {expression}")
    wall = datetime.fromtimestamp(since, zone).replace(tzinfo=UTC)  # reckoned by the clock on the wall there
    following = eventbridge._cron_next_fire(fields, wall)
    return following.replace(tzinfo=zone).timestamp() if following else None


def fire(key: Key, schedule: Schedule, due: float) -> None:
    """Call the target as the scheduler would, with its placeholders filled in."""
    account, region, name = key
    before = get_account_id(), get_region()
    set_request_account_id(account)
    set_request_region(region)
    epoch.began.set(epoch.current())
    event = {"EventId": new_uuid(), "Source": "aws.scheduler", "DetailType": "Scheduled Event", "Detail": "{}", "Time": int(due),
             "Resources": [schedule["Arn"]], "Account": account, "Region": region}
    try:
        eventbridge._invoke_target(_filled(schedule, due), event, schedule)
    finally:
        set_request_account_id(before[0])
        set_request_region(before[1])
    scheduler._schedule_last_fired[key] = clock()
    if schedule["ScheduleExpression"].lstrip().startswith("at(") and schedule.get("ActionAfterCompletion") == "DELETE":
        scheduler._schedules._data.pop(key, None)
        scheduler._schedule_last_fired.pop(key, None)
    log.info("schedule %s fired", name)


def _filled(schedule: Schedule, due: float) -> dict[str, Any]:
    target = dict(schedule["Target"])
    words = {
        "<aws.scheduler.schedule-arn>": schedule["Arn"],
        "<aws.scheduler.scheduled-time>": datetime.fromtimestamp(due, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "<aws.scheduler.execution-id>": new_uuid(),
        "<aws.scheduler.attempt-number>": "1",
    }
    for word, meaning in words.items():
        target["Input"] = target.get("Input", "").replace(word, meaning)
    return target


def fire_now(name: str, group: str | None = None) -> list[str]:
    """Fire, whenever due, what goes by that name (in that group, or in any) or calls the function of that name.

    Raises NoSuchSchedule, naming what there is.
    """
    every = list(scheduler._schedules._data.items())
    found = [(key, schedule) for key, schedule in every if group in (None, schedule["GroupName"]) and _goes_by(name, schedule)]
    for key, schedule in found:
        fire(key, schedule, clock())
    if not found:
        names = ", ".join(sorted(key[2] for key, _ in every))
        raise NoSuchSchedule(f"no schedule is called {name} or calls it; there is {names or 'none'}")
    return [key[2] for key, _ in found]


def _goes_by(name: str, schedule: Schedule) -> bool:
    return name in (schedule["Name"], schedule["Target"]["Arn"].rpartition(":function:")[2])
