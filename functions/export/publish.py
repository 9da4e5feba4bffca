"""Publish the channel that is due, or that somebody asked for: one delivery a due time, however often it is asked for."""

from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from bridge.adapters.deliveries import DeliveryLedger
from bridge.adapters.outbox import OutboxStore
from bridge.adapters.snapshots import SnapshotStore
from bridge.errors import Unreadable
from bridge.parts import Parts
from bridge.services.publish import Publish, publish

logger, metrics = Logger(service="publish"), Metrics(namespace="bridge", service="publish")
parts = Parts()
snapshots = SnapshotStore(parts.s3, parts.setting("WORK_BUCKET"))
outbox = OutboxStore(parts.s3, parts.setting("WORK_BUCKET"), parts.setting("EXCHANGE_BUCKET"))
deliveries = DeliveryLedger(parts.dynamodb, parts.setting("LEDGER_TABLE"))


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    if event.get("v") != 1:
        raise Unreadable(f"a call of version {event.get('v')}; this code reads 1")
    due = int(datetime.fromisoformat(event["due"]).timestamp() * 1000)
    needs = Publish(parts.configuration(), parts.mirror_states, parts.tables, snapshots, outbox, deliveries, parts.clock,
                    parts.switch.current().stops_channel(event["channel"]))
    with logger.append_context_keys(channel=event["channel"]):
        done = publish(event["channel"], due, needs)
        logger.info(f"channel {done.state}", run_id=done.run, why=done.why, file=done.file, rows=done.rows, held=done.held,
                    snapshot=done.snapshot, configuration=done.configuration, seconds=(done.closed - done.begun) / 1000)
    metrics.add_metric(f"Channel{done.state.capitalize()}", unit="Count", value=1)
    return {"run": done.run, "state": done.state.value, "why": done.why, "file": done.file, "rows": done.rows, "held": done.held,
            "sha256": done.sha256, "snapshot": done.snapshot, "recipients": list(done.recipients)}
