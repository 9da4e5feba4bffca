"""What happens by the clock: `redrive` and `refresh` each minute, and the group in which channels get schedules."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from constructs import Construct

from infra.queues import Queues
from infra.worker import Worker


class Clock(Construct):
    """Schedules of ours are in the template; those of channels are configuration, and made by `bridge config apply`."""

    def __init__(
        self, scope: Construct, id: str, *, name: str, queues: Queues, minutely: dict[str, Worker], publish: Worker
    ) -> None:
        super().__init__(scope, id)
        self.group = _group(self, "Channels", f"{name}-channels")
        self.role = self._role("ChannelsRole", self.group, publish, queues)
        own = _group(self, "Own", f"{name}-own")
        for verb, worker in minutely.items():
            self._minutely(verb, worker, own, queues)

    def _minutely(self, verb: str, worker: Worker, group: scheduler.ScheduleGroup, queues: Queues) -> None:
        """The function looks itself whether it is due. What fails is not tried again: the next minute comes anyway."""
        worker.tries(again=0, within_minutes=1)
        schedule = scheduler.Schedule(
            self,
            verb,
            description=f"{verb}, if it is due",
            schedule_group=group,
            schedule=scheduler.ScheduleExpression.rate(Duration.minutes(1)),
            target=targets.LambdaInvoke(
                worker.function,
                role=self._role(f"{verb}Role", group, worker, queues),
                dead_letter_queue=queues.undelivered,
                retry_attempts=0,
                max_event_age=Duration.minutes(1),
            ),
        )
        schedule.node.add_dependency(group)  # it names the group, which CloudFormation does not take for a reference

    def _role(self, id: str, group: scheduler.ScheduleGroup, worker: Worker, queues: Queues) -> iam.Role:
        """Lets the schedules of one group call one function, and keep what could not be delivered."""
        conditions = {
            "StringEquals": {"aws:SourceAccount": Stack.of(self).account, "aws:SourceArn": group.schedule_group_arn}
        }
        role = iam.Role(
            self, id, assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com", conditions=conditions)
        )
        rights = {"lambda:InvokeFunction": worker.function.function_arn, "sqs:SendMessage": queues.undelivered.queue_arn}
        for action, resource in rights.items():
            role.add_to_policy(iam.PolicyStatement(actions=[action], resources=[resource]))
        return role


def _group(scope: Construct, id: str, name: str) -> scheduler.ScheduleGroup:
    """Goes with the stack, unlike CDK's default: one that stayed would be in the way of the next of its name."""
    group = scheduler.ScheduleGroup(scope, id, schedule_group_name=name)
    group.apply_removal_policy(RemovalPolicy.DESTROY)
    return group
