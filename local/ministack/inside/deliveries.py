"""What services hand to each other: S3's events with the version, rules that try again, nothing from before a reset."""

import json
from contextvars import ContextVar
from typing import Any

from ministack.services import eventbridge, lambda_svc, s3  # type: ignore[import-untyped]

from local.ministack.inside import epoch

_version: ContextVar[str | None] = ContextVar("version", default=None)


def name_the_version_in_events() -> None:
    """EventBridge's events of a versioned bucket carry `version-id`, as on AWS."""
    fire, dispatch = s3._fire_s3_event, eventbridge._dispatch_event

    def fire_with_version(*args: Any, **kwargs: Any) -> None:
        _version.set(kwargs.get("version_id"))  # stays here: each event has a thread and a context of its own
        fire(*args, **kwargs)

    def dispatch_with_version(event: dict[str, Any], view: Any = None) -> None:
        version = _version.get()
        if event.get("Source") == "aws.s3" and version:
            detail = json.loads(event["Detail"])
            detail["object"]["version-id"] = version
            event, view = {**event, "Detail": json.dumps(detail)}, None
        dispatch(event, view)

    s3._fire_s3_event = fire_with_version
    eventbridge._dispatch_event = dispatch_with_version


def try_a_rules_function_again() -> None:
    """A function that a rule or schedule calls is called like any asynchronous one: three attempts, then its DLQ."""

    def dispatch(arn: str, payload: str) -> None:
        function, config, name = lambda_svc._get_func_record_for_ref(arn)
        if not function or not config:
            eventbridge.logger.warning("EventBridge: function %s not found", name)
            return
        lambda_svc.invoke_async_with_retry(lambda_svc._execution_record_for_config(function, config), json.loads(payload))

    eventbridge._dispatch_to_lambda = dispatch


def forget_at_reset() -> None:
    """Events and asynchronous calls of the time before a reset reach nobody."""
    fire, execute = s3._fire_s3_event, lambda_svc._execute_function

    def fire_in_time(*args: Any, **kwargs: Any) -> None:
        if not epoch.is_over():
            fire(*args, **kwargs)

    def execute_in_time(record: Any, event: Any) -> Any:
        return {"body": None} if epoch.is_over() else execute(record, event)

    s3._fire_s3_event = fire_in_time
    lambda_svc._execute_function = execute_in_time
