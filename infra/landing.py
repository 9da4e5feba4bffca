"""How what happens at the endpoint becomes a message: EventBridge rules into the intake queue."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.queues import Queues

PROTOCOLS = ("SFTP", "FTPS", "FTP")


class Landing(Construct):
    """Every object below an inbox, and every word of Transfer about one, becomes a message, or is kept in a queue.

    Of this deployment's bucket alone: there may be two deployments in an account.
    """

    def __init__(self, scope: Construct, id: str, *, exchange: s3.IBucket, queues: Queues) -> None:
        super().__init__(scope, id)
        inbox = "*/inbox/*"
        self._rule(
            "Landed",
            "An object lies in an inbox",
            queues,
            events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={"bucket": {"name": [exchange.bucket_name]}, "object": {"key": [{"wildcard": inbox}]}},
            ),
        )
        path = [{"wildcard": f"/{exchange.bucket_name}/{inbox}"}]
        self._rule(
            "Uploaded",
            "Transfer says how an upload ended",
            queues,
            _transfer("File Upload Completed", "File Upload Failed", detail={"file-path": path}),
        )
        self._rule(
            "Renamed",
            "Transfer says that a file has another name",
            queues,
            _transfer("File Rename Completed", detail={"renamed-file-path": path}),
        )

    def _rule(self, id: str, description: str, queues: Queues, pattern: events.EventPattern) -> None:
        target = targets.SqsQueue(
            queues.intake.queue,
            dead_letter_queue=queues.undelivered,
            retry_attempts=185,
            max_event_age=Duration.hours(24),
        )
        events.Rule(self, id, description=description, event_pattern=pattern, targets=[target])


def _transfer(*what: str, detail: dict[str, object]) -> events.EventPattern:
    types = [f"{protocol} Server {event}" for protocol in PROTOCOLS for event in what]
    return events.EventPattern(source=["aws.transfer"], detail_type=types, detail=detail)
