"""Keep the mirror current: what people changed in Plytix comes into it, and out of step goes to `apply`."""

from typing import Any

from aws_lambda_powertools import Logger

from bridge.configuration import Lane
from bridge.door import tell_stop
from bridge.errors import Later, Stop
from bridge.parts import Parts
from bridge.services.census import take_census
from bridge.services.refresh import Refresh, refresh

logger = Logger(service="refresh")
parts = Parts()


MARGIN_MS = 60_000
"""Left of the function's time when no further page is begun."""


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`{"now": true}`: not only when the setting says that it is due. Gives what was done, why not all of it was (`stopped`), or, where
    nothing was due or another is at it, nothing."""
    try:
        return keep_current(parts.clock() + context.get_remaining_time_in_millis() - MARGIN_MS, due_only=not event.get("now"))
    except Later as later:
        if later.after_s is None:
            raise
        logger.info("refresh comes again", reason=str(later), after_s=later.after_s)
        return {"stopped": str(later)}  # waiting for the budget or a person is not failing: a later minute's call goes on
    except Stop as stop:
        tell_stop(logger, stop)
        return {"stopped": str(stop)}


def keep_current(until: int, *, due_only: bool) -> dict[str, int]:
    needs = Refresh(parts.configuration(), parts.mirror_states, parts.tables, parts.plytix(Lane.MAIN), parts.schemas(), parts.censuses,
                    parts.queues, parts.clock, until)
    told = refresh(needs, due_only=due_only)
    logger.info("mirror refreshed", done=told)
    if counted := take_census(needs):
        logger.info("census taken", done=counted)
    return told
