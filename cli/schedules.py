"""The channels' entries in EventBridge Scheduler: as many as the configuration says, no more and no fewer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bridge.configuration import Channel
from cli.deployment import Deployment

DUE = "<aws.scheduler.scheduled-time>"  # Scheduler puts the minute in: it names the delivery, also when asked twice
RETRY = {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 3_600}  # its own 185 tries would deliver a day late
OURS = ("ScheduleExpression", "ScheduleExpressionTimezone", "FlexibleTimeWindow", "Target")


@dataclass(frozen=True, slots=True)
class Schedules:
    scheduler: Any
    group: str
    function_arn: str
    role_arn: str
    dead_letters_arn: str

    @staticmethod
    def of(deployment: Deployment, scheduler: Any) -> Schedules:
        return Schedules(scheduler, deployment["ScheduleGroup"], deployment["PublishFunctionArn"], deployment["ScheduleRoleArn"],
                         deployment["UndeliveredQueueArn"])

    def set(self, channels: dict[str, Channel]) -> Iterator[str]:
        """Does it, and tells each entry that was made, changed or removed."""
        due = {name: channel for name, channel in channels.items() if channel.when}
        there = set(self._names())
        for name, channel in due.items():
            if told := self._create(channel) if name not in there else self._update(channel):
                yield f"schedule {name} {told}"
        for name in sorted(there - set(due)):
            self.scheduler.delete_schedule(GroupName=self.group, Name=name)
            yield f"schedule {name} removed"

    def _names(self) -> Iterator[str]:
        for page in self.scheduler.get_paginator("list_schedules").paginate(GroupName=self.group):
            yield from (schedule["Name"] for schedule in page["Schedules"])

    def _create(self, channel: Channel) -> str:
        self.scheduler.create_schedule(GroupName=self.group, Name=channel.name, **self._entry(channel))
        return f"made: {_told(channel)}"

    def _update(self, channel: Channel) -> str | None:
        stands = self.scheduler.get_schedule(GroupName=self.group, Name=channel.name)
        entry = self._entry(channel)
        if all(stands.get(key) == entry[key] for key in OURS):
            return None
        self.scheduler.update_schedule(GroupName=self.group, Name=channel.name, State=stands.get("State", "ENABLED"), **entry)
        return f"changed: {_told(channel)}"

    def _entry(self, channel: Channel) -> dict[str, Any]:
        assert channel.when is not None  # set() leaves out the others
        return {
            "ScheduleExpression": channel.when.expression,
            "ScheduleExpressionTimezone": channel.when.zone,
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {
                "Arn": self.function_arn,
                "RoleArn": self.role_arn,
                "Input": json.dumps({"v": 1, "channel": channel.name, "due": DUE}),
                "RetryPolicy": RETRY,
                "DeadLetterConfig": {"Arn": self.dead_letters_arn},
            },
        }


def _told(channel: Channel) -> str:
    assert channel.when is not None
    return f"{channel.when.cron} {channel.when.zone}"
