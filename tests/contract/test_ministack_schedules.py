"""Schedules by the second, by their zone and by hand: local/ministack/inside/schedules.py, and MiniStack without it."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from local.ministack.server import MiniStackError

WHENEVER = {"Mode": "OFF"}


def test_a_moment_is_told_in_the_schedules_own_zone_and_the_schedule_goes_when_it_is_done(cloud):
    there = datetime.now(ZoneInfo("Asia/Tokyo")).replace(microsecond=0) + timedelta(seconds=1)
    queue = _scheduled(cloud, "tokyo", f"at({there:%Y-%m-%dT%H:%M:%S})", zone="Asia/Tokyo", ActionAfterCompletion="DELETE")

    assert [told["name"] for told in cloud.until(lambda: cloud.received(queue))] == ["tokyo"]
    assert "tokyo" not in _names(cloud)


def test_ministack_alone_still_looks_every_ten_seconds_and_knows_no_zone(asked_of_ministack):
    assert asked_of_ministack("""
        import inspect
        from ministack.services import scheduler
        print(scheduler._SCHEDULE_TICK_INTERVAL, "Timezone" in inspect.getsource(scheduler._tick_schedules))
    """) == "10 False"


def test_time_can_be_moved_on_for_schedules(cloud):
    queue = _scheduled(cloud, "in-two-hours", f"at({datetime.now(UTC) + timedelta(hours=2):%Y-%m-%dT%H:%M:%S})")
    assert cloud.received(queue) == []

    cloud.ask("clock", advance=7201)
    assert cloud.until(lambda: cloud.received(queue))
    cloud.ask("clock", advance=-7201)


def test_a_schedule_fires_by_its_name_or_by_the_function_it_calls(cloud):
    queue = _scheduled(cloud, "by-name", "rate(30 days)")
    cloud.bucket("calls")
    function = cloud.function("called", """
        import os
        import boto3

        def handler(event, context):
            boto3.client("s3").put_object(Bucket="calls", Key=event["name"], Body=b"")
    """)
    _schedule(cloud, "call-it", "rate(30 days)", function)

    assert cloud.ask("fire", name="by-name") == {"fired": ["default/by-name"]}
    assert cloud.ask("fire", name="called") == {"fired": ["default/call-it"]}
    assert cloud.until(lambda: cloud.received(queue))
    assert cloud.until(lambda: cloud.keys("calls")) == ["call-it"]


def test_the_same_name_in_another_group_is_another_schedule(cloud):
    cloud.scheduler.create_schedule_group(Name="channels")
    queue = _scheduled(cloud, "catalogue", "rate(30 days)", GroupName="channels")
    _scheduled(cloud, "catalogue", "rate(30 days)")

    assert cloud.ask("fire", name="catalogue", group="channels") == {"fired": ["channels/catalogue"]}
    assert cloud.until(lambda: cloud.received(queue))


def test_a_schedule_tells_its_target_when_it_was_due(cloud):
    queue = _scheduled(cloud, "due", "rate(30 days)")
    cloud.ask("fire", name="due")

    told, = cloud.until(lambda: cloud.received(queue))
    assert datetime.fromisoformat(told["due"]).utcoffset() == timedelta()


def test_an_unknown_schedule_is_an_error_that_names_the_known(cloud):
    _scheduled(cloud, "known", "rate(30 days)")
    with pytest.raises(MiniStackError, match=r"no schedule is called unknown.*default/known"):
        cloud.ask("fire", name="unknown")


def test_stopped_schedules_fire_by_hand_alone(cloud):
    cloud.ask("clock", ticking=False)
    queue = _scheduled(cloud, "stopped", f"at({datetime.now(UTC) - timedelta(seconds=5):%Y-%m-%dT%H:%M:%S})")
    other = _scheduled(cloud, "by-hand", "rate(30 days)")

    cloud.ask("fire", name="by-hand")
    assert cloud.until(lambda: cloud.received(other))
    assert cloud.received(queue) == []

    cloud.ask("clock", ticking=True)
    assert cloud.until(lambda: cloud.received(queue))


def test_one_schedule_that_cannot_be_read_stops_no_other(cloud):
    _scheduled(cloud, "nonsense", "at(nonsense)")
    queue = _scheduled(cloud, "sense", f"at({datetime.now(UTC):%Y-%m-%dT%H:%M:%S})")
    assert cloud.until(lambda: cloud.received(queue))


@pytest.mark.parametrize(("expression", "zone", "last", "expected"), [
    ("cron(30 2 * * ? *)", "Europe/Berlin", "2026-11-25T12:00:00+00:00", "2026-11-26T01:30:00+00:00"),
    ("cron(30 2 * * ? *)", "Europe/Berlin", "2026-07-01T12:00:00+00:00", "2026-07-02T00:30:00+00:00"),
    ("cron(0 9 ? * MON *)", "America/New_York", "2026-11-25T12:00:00+00:00", "2026-11-30T14:00:00+00:00"),
    ("rate(5 minutes)", "UTC", "2026-11-25T12:00:00+00:00", "2026-11-25T12:05:00+00:00"),
    ("at(2026-12-24T18:00:00)", "Europe/Berlin", "2026-11-25T12:00:00+00:00", "2026-12-24T17:00:00+00:00"),
])
def test_the_next_time_is_reckoned_on_the_clock_of_the_zone(asked_of_ministack, expression, zone, last, expected):
    assert asked_of_ministack("""
        import sys
        from datetime import UTC, datetime
        from zoneinfo import ZoneInfo
        from local.ministack.inside.schedules import next_after
        expression, zone, last = sys.argv[1:]
        following = next_after(expression, ZoneInfo(zone), None, datetime.fromisoformat(last).timestamp())
        print(datetime.fromtimestamp(following, UTC).isoformat())
    """, expression, zone, last) == expected


def _scheduled(cloud, name, expression, zone="UTC", **more):
    """A schedule that writes its name into a queue of its own; gives the queue."""
    queue = cloud.queue(f"{more.get('GroupName', 'default')}-{name}")
    arn = cloud.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    _schedule(cloud, name, expression, arn, ScheduleExpressionTimezone=zone, **more)
    return queue


def _schedule(cloud, name, expression, target, **more):
    told = json.dumps({"name": name, "due": "<aws.scheduler.scheduled-time>"})
    cloud.scheduler.create_schedule(Name=name, ScheduleExpression=expression, FlexibleTimeWindow=WHENEVER, **more,
                                    Target={"Arn": target, "RoleArn": cloud.role("all"), "Input": told})


def _names(cloud):
    return [schedule["Name"] for schedule in cloud.scheduler.list_schedules()["Schedules"]]
