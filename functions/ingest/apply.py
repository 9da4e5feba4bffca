"""Bring the SKUs of one message in step with what is wanted of them."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from bridge.configuration import Lane
from bridge.domain.row import Sku
from bridge.door import message
from bridge.parts import Parts
from bridge.services.apply import Apply, apply_chunk, apply_sku
from bridge.services.heart import Heart
from bridge.threads import each_in_threads

logger = Logger(service="apply")
parts = Parts()
AT_ONCE = 8
"""Requests under way in one worker: at a second each they use all that an account may ask."""
MARGIN_MS = 45_000
"""Left of the function's time when Plytix is asked nothing more: more than one request may take."""


def needs(lane: Lane, until: int) -> Apply:
    heart = Heart(parts.configuration(), parts.claims, parts.tables, parts.plytix(lane), parts.schemas(), parts.clock, until=until,
                  stops=lambda feed: parts.switch.current().stops_feed(feed))
    return Apply(heart, parts.ledger, parts.stage, parts.events, parts.mirror_states.state(), each_in_threads(AT_ONCE),
                 lambda sku, error: logger.error("row given up", sku=sku, exc_info=error))


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> Any:
    until = parts.clock() + context.get_remaining_time_in_millis() - MARGIN_MS

    def take(record: SQSRecord) -> None:
        body, applying = message(record.json_body), needs(parts.lane(record.event_source_arn), until)
        if body["kind"] == "chunk":
            with logger.append_context_keys(run_id=body["run"], chunk=body["chunk"]):
                apply_chunk(body["run"], body["chunk"], applying)
                logger.info("chunk applied")
        else:
            apply_sku(Sku(body["sku"]), applying)
            logger.info("sku applied", sku=body["sku"])

    return process_partial_response(event, take, parts.sqs_door(logger, "FAST", "MAIN"), context)
