"""Everything that neither CloudFormation nor the twin notices before the first event gets lost."""

from __future__ import annotations

from collections.abc import Iterator

from infra.wiring import deliveries, keys
from infra.wiring.assembly import Assembly
from infra.wiring.finding import Finding

CHECKS = (
    deliveries.rules,
    deliveries.schedules,
    deliveries.scheduler_roles,
    deliveries.servers,
    deliveries.event_sources,
    deliveries.functions,
    deliveries.failed_calls,
    keys.held,
)


def findings(assembly: Assembly) -> list[Finding]:
    """What is wrong, in the order of the checks; nothing where all is well."""
    return [*(finding for check in CHECKS for finding in check(assembly)), *_dead_letters(assembly)]


def _dead_letters(assembly: Assembly) -> Iterator[Finding]:
    """Each queue has dead letters, or holds them."""
    keeping = {str(assembly.referred(arn)) for arn in _kept_in(assembly)}
    for queue in assembly.of("AWS::SQS::Queue"):
        dead = assembly.referred(queue.properties.get("RedrivePolicy", {}).get("deadLetterTargetArn"))
        if dead is None and str(queue) not in keeping:
            yield Finding(queue, "a message that fails for ever is tried for ever: no dead letters")
        if dead is not None and bool(dead.properties.get("FifoQueue")) != bool(queue.properties.get("FifoQueue")):
            yield Finding(queue, f"its dead letters cannot go to {dead}: one of the two is FIFO")


def _kept_in(assembly: Assembly) -> Iterator[object]:
    for queue in assembly.of("AWS::SQS::Queue"):
        yield queue.properties.get("RedrivePolicy", {}).get("deadLetterTargetArn")
    for rule in assembly.of("AWS::Events::Rule"):
        yield from (target.get("DeadLetterConfig", {}).get("Arn") for target in rule.properties.get("Targets", []))
    for schedule in assembly.of("AWS::Scheduler::Schedule"):
        yield schedule.properties["Target"].get("DeadLetterConfig", {}).get("Arn")
    for config in assembly.of("AWS::Lambda::EventInvokeConfig"):
        yield config.properties.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
