"""Tell a partner what became of each row of his drop, when its run is closed."""

from typing import Any

from aws_lambda_powertools import Logger

from bridge.parts import Parts
from bridge.services.report import Report, report

logger = Logger(service="report")
parts = Parts()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> None:
    id = event["detail"]["run"]
    with logger.append_context_keys(run_id=id):
        run = report(id, Report(parts.configuration(), parts.ledger, parts.stage, parts.exchange, parts.clock))
        logger.info("run reported", state=run.state, feed=run.feed, rows=run.rows, outcomes=run.counts)
