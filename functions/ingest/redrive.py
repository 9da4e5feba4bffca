"""Every few minutes: send again what is open and due, and whatever stands still."""

from typing import Any

from aws_lambda_powertools import Logger

from bridge.domain.waiting import Waiting
from bridge.parts import Parts
from bridge.services.redrive import Redrive, redrive

logger = Logger(service="redrive")
parts = Parts()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    waiting = Waiting(parts.switch.current(), parts.budget.read(), parts.clock())
    sent = redrive(Redrive(parts.configuration(), parts.ledger, parts.claims, parts.tables, parts.exchange, parts.queues,
                           parts.events, parts.clock, waiting.waits))
    logger.info("sent again", sent=sent)
    return sent
