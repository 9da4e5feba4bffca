"""Take each drop that S3 and Transfer announce, register its run once, and queue it."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from bridge.door import message
from bridge.parts import Parts
from bridge.services.receive import Intake, receive

logger = Logger(service="receive")
parts = Parts()


def take(record: SQSRecord) -> None:  # powertools passes it by this very name
    intake = Intake(parts.configuration(), parts.ledger, parts.exchange, parts.queues, parts.events, parts.clock)
    body = record.json_body
    run = receive(body if "source" in body else message(body), intake)  # an event, or ours
    if run:
        with logger.append_context_keys(run_id=run.id, partner=run.partner, feed=run.feed):
            logger.info("drop received", drop=run.drop.key, state=run.state)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> Any:
    return process_partial_response(event, take, parts.sqs_door(logger, "INTAKE"), context)
