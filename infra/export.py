"""The way out: `refresh` keeps the mirror current, `publish` writes a channel from it (DESIGN.md §7)."""

from __future__ import annotations

from constructs import Construct

from infra.queues import Queues
from infra.storage import Storage
from infra.worker import WRITE, Ground, Worker


class Export(Construct):
    """Both are called by schedules: refresh by the template's, publish by those that `bridge config apply` makes."""

    def __init__(self, scope: Construct, id: str, *, storage: Storage, queues: Queues, ground: Ground) -> None:
        super().__init__(scope, id)
        self.refresh = self._refresh(storage, queues, ground)
        self.publish = self._publish(storage, queues, ground)

    def _refresh(self, storage: Storage, queues: Queues, ground: Ground) -> Worker:
        refresh = Worker(self, "Refresh", source="export/refresh", ground=ground, timeout_s=900, memory_mb=1024)
        mirror = ("GetItem", "BatchGetItem", "PutItem", "Query", "Scan")
        refresh.table("MIRROR_TABLE", storage.mirror, *mirror, indexes=True)
        refresh.table("WANTED_TABLE", storage.wanted, "GetItem", "BatchGetItem", "Query", indexes=True)
        refresh.table("HISTORY_TABLE", storage.history, "PutItem")
        refresh.table("LEDGER_TABLE", storage.ledger, "GetItem", "PutItem", "UpdateItem", "Query")
        refresh.sends("MAIN_QUEUE_URL", queues.main.queue)
        refresh.secret("PLYTIX_SECRET_ARN", storage.plytix)
        refresh.reads("WORK_BUCKET", storage.work, "configuration/*", "schema/*", "values/*", "census/*")
        refresh.objects("WORK_BUCKET", storage.work, WRITE, "schema/*", "values/*", "census/*")
        return refresh

    def _publish(self, storage: Storage, queues: Queues, ground: Ground) -> Worker:
        publish = Worker(
            self, "Publish", source="export/publish", ground=ground, timeout_s=900, memory_mb=1769, storage_mb=2048
        )
        publish.table("MIRROR_TABLE", storage.mirror, "Scan")
        publish.table("LEDGER_TABLE", storage.ledger, "GetItem", "PutItem", "UpdateItem", "Query")
        publish.reads(
            "WORK_BUCKET", storage.work, "configuration/*", "schema/*", "values/*", "snapshots/*", "outgoing/*"
        )
        publish.objects("WORK_BUCKET", storage.work, WRITE, "snapshots/*", "outgoing/*")
        publish.objects("EXCHANGE_BUCKET", storage.exchange, WRITE, "*/outbox/*")
        publish.tries(again=2, within_minutes=60, then=queues.undelivered)
        return publish
