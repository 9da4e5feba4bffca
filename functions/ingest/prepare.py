"""Read a drop, tell what is wrong with it at once, and commit what it wants."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from bridge.door import message
from bridge.parts import Parts
from bridge.services.prepare import Prepare, prepare

logger = Logger(service="prepare")
parts = Parts()


def take(record: SQSRecord) -> None:
    id = message(record.json_body)["run"]
    needs = Prepare(parts.configuration(), parts.ledger, parts.tables, parts.stage, parts.exchange, parts.queues, parts.events, parts.clock)
    with logger.append_context_keys(run_id=id):
        run = prepare(id, needs)
        logger.info("run prepared", state=run.state, feed=run.feed, rows=run.rows, chunks=run.staged)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> Any:
    return process_partial_response(event, take, parts.sqs_door(logger, "RUNS"), context)
