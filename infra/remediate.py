"""What a partner is told when his run is closed: `report`, called by the event that says so (DESIGN.md §8)."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from infra.queues import Queues
from infra.storage import Storage
from infra.worker import READ_VERSION, REMOVE, REPLACE, WRITE, Ground, Worker


class Remediate(Construct):
    """Each `Run Closed` reaches `report`, or a queue; `redrive` calls again for what was closed and not reported."""

    def __init__(self, scope: Construct, id: str, *, storage: Storage, queues: Queues, ground: Ground) -> None:
        super().__init__(scope, id)
        self.report = self._report(storage, ground)
        self.report.tries(again=2, within_minutes=60, then=queues.undelivered)
        events.Rule(
            self,
            "RunClosed",
            description="A run is closed: report it",
            event_pattern=events.EventPattern(
                source=["bridge"], detail_type=["Run Closed"], detail={"ledger": [storage.ledger.table_name]}
            ),  # the bus is the account's: another deployment speaks on it too
            targets=[
                targets.LambdaFunction(
                    self.report.function,
                    dead_letter_queue=queues.undelivered,
                    retry_attempts=10,
                    max_event_age=Duration.hours(1),
                )
            ],
        )

    def _report(self, storage: Storage, ground: Ground) -> Worker:
        report = Worker(
            self, "Report", source="remediate/report", ground=ground, timeout_s=900, memory_mb=1769, storage_mb=2048
        )
        report.table("LEDGER_TABLE", storage.ledger, "GetItem", "PutItem", "UpdateItem", "Query")
        report.objects("EXCHANGE_BUCKET", storage.exchange, (*READ_VERSION, *REMOVE), "*/inbox/*")
        report.objects("EXCHANGE_BUCKET", storage.exchange, REPLACE, "*/receipts/*")
        # A second attempt finds the drop gone, and must be told "gone" (404), not "forbidden" (403).
        report.lists("EXCHANGE_BUCKET", storage.exchange)
        report.reads("WORK_BUCKET", storage.work, "configuration/*", "stages/*", "archive/*", "values/*")
        report.objects("WORK_BUCKET", storage.work, WRITE, "stages/*", "archive/*")
        return report
