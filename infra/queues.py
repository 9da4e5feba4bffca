"""The queues that work travels in, each with the queue where what failed too often is kept."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

LONGEST = Duration.days(14)
"""SQS keeps nothing longer. Its default of four days would drop chunks that wait for the hour (aws-reference.md §6.4)."""
WAITING_IS_NOT_FAILING = 500
"""Receives of a message that may wait for the hour many times, each of which counts as one (aws-reference.md §6.4)."""
SLACK_S = 15
"""How much longer a message is invisible than its function may run: a killed worker's message is back at once."""


RECEIVE_S, PREPARE_S, APPLY_S = 60, 900, 300
"""How long the functions may run that take from these queues."""


class Queues(Construct):
    """All of them."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self.intake = WorkQueue(self, "Intake", function_s=RECEIVE_S, receives=20)
        self.runs = WorkQueue(self, "Runs", function_s=PREPARE_S, receives=WAITING_IS_NOT_FAILING, fifo=True)
        self.fast = WorkQueue(self, "Fast", function_s=APPLY_S, receives=WAITING_IS_NOT_FAILING)
        self.main = WorkQueue(self, "Main", function_s=APPLY_S, receives=WAITING_IS_NOT_FAILING)
        self.undelivered = keep_queue(self, "Undelivered")  # events that no target took, calls that ended in error


class WorkQueue(Construct):
    """Messages of one step. After `receives` tries one lies in `dead`, for a person; the ledger has its run still open."""

    def __init__(self, scope: Construct, id: str, *, function_s: int, receives: int, fifo: bool = False) -> None:
        super().__init__(scope, id)
        # None, not False: CloudFormation refuses FifoQueue=false.
        self.dead = keep_queue(self, "Dead", fifo=fifo)
        self.queue = sqs.Queue(
            self,
            "Queue",
            fifo=fifo or None,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=LONGEST,
            visibility_timeout=Duration.seconds(function_s + SLACK_S),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead, max_receive_count=receives),
        )


def keep_queue(scope: Construct, id: str, *, fifo: bool = False) -> sqs.Queue:
    """A queue that nothing takes from but a person."""
    return sqs.Queue(
        scope,
        id,
        fifo=fifo or None,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=LONGEST,
    )
