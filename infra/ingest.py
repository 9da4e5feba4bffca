"""The way in: from what lands in an inbox to what Plytix is told (DESIGN.md §4), and `redrive`, which mends it."""

from __future__ import annotations

from constructs import Construct

from infra.queues import APPLY_S, PREPARE_S, RECEIVE_S, Queues
from infra.storage import Storage
from infra.worker import READ_VERSION, REPLACE, WRITE, Ground, Worker


class Ingest(Construct):
    """receive → prepare → apply, each called by its queue."""

    def __init__(self, scope: Construct, id: str, *, storage: Storage, queues: Queues, ground: Ground) -> None:
        super().__init__(scope, id)
        self._storage, self._queues, self._ground = storage, queues, ground
        self.receive = self._receive()
        self.prepare = self._prepare()
        self.apply = self._apply()
        self.redrive = self._redrive()

    def _receive(self) -> Worker:
        storage, queues = self._storage, self._queues
        # Asks itself again by a delayed message while a drop waits for the word that it is whole.
        receive = Worker(
            self,
            "Receive",
            source="ingest/receive",
            ground=self._ground,
            timeout_s=RECEIVE_S,
            memory_mb=512,
            loops=True,
        )
        receive.takes(queues.intake, batch=10, at_once=5)
        receive.sends("INTAKE_QUEUE_URL", queues.intake.queue)
        receive.sends("RUNS_QUEUE_URL", queues.runs.queue)
        receive.table("LEDGER_TABLE", storage.ledger, "GetItem", "PutItem", "UpdateItem", "Query")
        receive.objects("EXCHANGE_BUCKET", storage.exchange, READ_VERSION, "*/inbox/*")
        receive.objects("EXCHANGE_BUCKET", storage.exchange, REPLACE, "*/receipts/*")
        receive.lists("EXCHANGE_BUCKET", storage.exchange)  # a receipt that does not stand yet is none (404), not "forbidden"
        receive.reads("WORK_BUCKET", storage.work, "configuration/*")
        receive.tells()
        return receive

    def _prepare(self) -> Worker:
        storage, queues = self._storage, self._queues
        # 1,769 MB is one whole CPU (aws-reference.md §7.1), and reading is all CPU.
        prepare = Worker(
            self,
            "Prepare",
            source="ingest/prepare",
            ground=self._ground,
            timeout_s=PREPARE_S,
            memory_mb=1769,
            storage_mb=2048,
        )
        prepare.takes(queues.runs, batch=1, at_once=10)
        prepare.knows(RUNS_QUEUE_URL=queues.runs.queue.queue_url)  # hides what must wait
        prepare.sends("FAST_QUEUE_URL", queues.fast.queue)
        prepare.sends("MAIN_QUEUE_URL", queues.main.queue)
        prepare.table("LEDGER_TABLE", storage.ledger, "GetItem", "PutItem", "UpdateItem", "Query", indexes=True)
        prepare.table("WANTED_TABLE", storage.wanted, "GetItem", "BatchGetItem", "PutItem", "Query")
        prepare.table("MIRROR_TABLE", storage.mirror, "BatchGetItem")
        prepare.objects("EXCHANGE_BUCKET", storage.exchange, READ_VERSION, "*/inbox/*")
        prepare.objects("EXCHANGE_BUCKET", storage.exchange, REPLACE, "*/receipts/*")
        prepare.lists("EXCHANGE_BUCKET", storage.exchange)  # a drop in the archive is "gone" (404), not "forbidden"
        prepare.reads("WORK_BUCKET", storage.work, "configuration/*", "stages/*", "schema/*", "values/*", "archive/*")
        prepare.objects("WORK_BUCKET", storage.work, WRITE, "stages/*", "schema/*", "values/*")
        prepare.secret("PLYTIX_SECRET_ARN", storage.plytix)  # asks for the schema before it rejects a row by an old one
        prepare.tells()
        return prepare

    def _apply(self) -> Worker:
        storage, queues = self._storage, self._queues
        apply = Worker(self, "Apply", source="ingest/apply", ground=self._ground, timeout_s=APPLY_S, memory_mb=1024)
        apply.takes(queues.fast, batch=1, at_once=3)
        apply.takes(queues.main, batch=1, at_once=5)
        apply.knows(FAST_QUEUE_URL=queues.fast.queue.queue_url, MAIN_QUEUE_URL=queues.main.queue.queue_url)  # hides what must wait
        apply.table("LEDGER_TABLE", storage.ledger, "GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query")
        apply.table("WANTED_TABLE", storage.wanted, "GetItem", "PutItem", "Query")
        apply.table("MIRROR_TABLE", storage.mirror, "GetItem", "BatchGetItem", "PutItem", "DeleteItem", "Query", indexes=True)
        apply.table("HISTORY_TABLE", storage.history, "PutItem", "Query")
        apply.reads("WORK_BUCKET", storage.work, "configuration/*", "stages/*", "schema/*", "values/*", "parts/*")
        apply.objects("WORK_BUCKET", storage.work, WRITE, "schema/*", "values/*", "parts/*")
        apply.secret("PLYTIX_SECRET_ARN", storage.plytix)
        apply.tells()
        return apply

    def _redrive(self) -> Worker:
        storage, queues = self._storage, self._queues
        redrive = Worker(self, "Redrive", source="ingest/redrive", ground=self._ground, timeout_s=300, memory_mb=512)
        redrive.lists("EXCHANGE_BUCKET", storage.exchange)
        redrive.sends("INTAKE_QUEUE_URL", queues.intake.queue)
        redrive.sends("RUNS_QUEUE_URL", queues.runs.queue)
        redrive.sends("FAST_QUEUE_URL", queues.fast.queue)
        redrive.sends("MAIN_QUEUE_URL", queues.main.queue)
        for work in (queues.runs, queues.fast, queues.main):
            redrive.counts(work.queue)
        redrive.table("LEDGER_TABLE", storage.ledger, "GetItem", "PutItem", "UpdateItem", "Query", indexes=True)
        redrive.table("WANTED_TABLE", storage.wanted, "Query", indexes=True)
        redrive.reads("WORK_BUCKET", storage.work, "configuration/*", "values/*")
        redrive.tells()
        return redrive
