"""Read a drop, tell what is wrong with it at once, and commit what it wants."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from bridge.configuration import Lane
from bridge.domain.waiting import Waiting
from bridge.door import message
from bridge.errors import Later, Stop
from bridge.parts import Parts
from bridge.services.prepare import Prepare, give_up, prepare

logger = Logger(service="prepare")
parts = Parts()
TRIES = 10
"""Over more than a quarter of an hour: what fails so often will fail always."""


def take(record: SQSRecord) -> None:
    id = message(record.json_body)["run"]
    waiting = Waiting(parts.switch.current(), parts.budget.read(), parts.clock())
    needs = Prepare(parts.configuration(), parts.ledger, parts.tables, parts.stage, parts.exchange, parts.queues, parts.events,
                    parts.clock, parts.schemas(), lambda: parts.plytix(Lane.MAIN), parts.mirror_states.state(), waiting)
    with logger.append_context_keys(run_id=id):
        try:
            run = prepare(id, needs)
        except (Later, Stop):
            raise
        except Exception:
            if int(record.attributes.approximate_receive_count or 0) < TRIES or not give_up(id, needs):
                raise
            logger.exception("run given up")
            return
        logger.info("run prepared", state=run.state, feed=run.feed, rows=run.rows, chunks=run.staged)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> Any:
    return process_partial_response(event, take, parts.sqs_door(logger, "RUNS"), context)
