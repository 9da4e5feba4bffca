"""Whether what one service hands to another can arrive: rules, schedules, the endpoint's question, queues to functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from infra.wiring import rights
from infra.wiring.assembly import Assembly, Resource
from infra.wiring.finding import Finding

EVENTS, SCHEDULER, TRANSFER, LAMBDA = (f"{name}.amazonaws.com" for name in ("events", "scheduler", "transfer", "lambda"))
RECEIVE = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


def rules(assembly: Assembly) -> Iterator[Finding]:
    """Each rule hears what it waits for, may reach each of its targets, and what it cannot deliver is kept."""
    for rule in assembly.of("AWS::Events::Rule"):
        yield from _heard(assembly, rule)
        for target in rule.properties.get("Targets", []):
            yield from _rule_target(assembly, rule, target)
            yield from _kept(assembly, rule, target)
            dead = assembly.referred(target.get("DeadLetterConfig", {}).get("Arn"))
            if dead is not None and not rights.lets_in(assembly, dead, EVENTS, rule.arn):
                yield Finding(rule, f"what it cannot deliver is lost: the policy of {dead} does not let {EVENTS} in")


def _heard(assembly: Assembly, rule: Resource) -> Iterator[Finding]:
    pattern = rule.properties.get("EventPattern", {})
    for name in pattern.get("detail", {}).get("bucket", {}).get("name", []):
        bucket = assembly.referred(name)
        told = bucket.properties.get("NotificationConfiguration", {}) if bucket else {}
        if not told.get("EventBridgeConfiguration", {}).get("EventBridgeEnabled"):
            yield Finding(rule, f"hears nothing: {bucket} does not tell EventBridge what happens in it")


def _rule_target(assembly: Assembly, rule: Resource, target: Mapping[str, Any]) -> Iterator[Finding]:
    reached = assembly.referred(target["Arn"])
    match reached.type if reached else None:
        case "AWS::SQS::Queue":
            assert reached is not None
            if not rights.lets_in(assembly, reached, EVENTS, rule.arn):
                yield Finding(rule, f"cannot send: the policy of {reached} does not let {EVENTS} in for this rule")
            yield from _key_for_service(assembly, rule, reached)
            yield from _group(rule, reached, target)
        case "AWS::Lambda::Function":
            assert reached is not None
            if not any(rights.like(arn, rule.arn) for arn in rights.callers(assembly, reached, EVENTS)):
                yield Finding(rule, f"cannot call: no permission of {reached} lets {EVENTS} in for this rule")
        case _:
            yield Finding(rule, f"target {target['Arn']} is of a kind that this check does not know")


def _key_for_service(assembly: Assembly, rule: Resource, queue: Resource) -> Iterator[Finding]:
    key = assembly.referred(queue.properties.get("KmsMasterKeyId"))
    for action in ("kms:GenerateDataKey", "kms:Decrypt") if key else ():
        assert key is not None
        if not rights.lets_use(key, EVENTS, action):
            yield Finding(rule, f"cannot send to {queue}: the policy of {key} does not give {EVENTS} {action}")


def schedules(assembly: Assembly) -> Iterator[Finding]:
    """Each schedule's role may call its target, and keep what cannot be delivered."""
    for schedule in assembly.of("AWS::Scheduler::Schedule"):
        target = schedule.properties["Target"]
        role, reached = assembly.referred(target["RoleArn"]), assembly.referred(target["Arn"])
        action = "sqs:SendMessage" if reached and reached.type == "AWS::SQS::Queue" else "lambda:InvokeFunction"
        if not rights.trusts(role, SCHEDULER):
            yield Finding(schedule, f"its role {role} does not trust {SCHEDULER}")
        if not rights.may(assembly, role, action, target["Arn"]):
            yield Finding(schedule, f"its role {role} has no {action} on {reached}")
        if reached is not None:
            yield from _group(schedule, reached, target)
        yield from _kept(assembly, schedule, target)
        dead = assembly.referred(target.get("DeadLetterConfig", {}).get("Arn"))
        if dead is not None and not rights.may(assembly, role, "sqs:SendMessage", dead.arn):
            yield Finding(schedule, f"what it cannot deliver is lost: its role {role} may not send to {dead}")


def scheduler_roles(assembly: Assembly) -> Iterator[Finding]:
    """A role for schedules that are made later, by `bridge`, is good for something."""
    functions = list(assembly.of("AWS::Lambda::Function"))
    for role in assembly.of("AWS::IAM::Role"):
        calls = any(rights.may(assembly, role, "lambda:InvokeFunction", function.arn) for function in functions)
        if rights.trusts(role, SCHEDULER) and not calls:
            yield Finding(role, "is for schedules, and has lambda:InvokeFunction on no function")


def servers(assembly: Assembly) -> Iterator[Finding]:
    """The endpoint may ask who logs in, and its partners' role can be taken on."""
    for server in assembly.of("AWS::Transfer::Server"):
        function = assembly.referred(server.properties["IdentityProviderDetails"]["Function"])
        named = rights.callers(assembly, function, TRANSFER) if function else []
        # The permission is older than the server, so that it names none, or any of the account.
        if not any(arn in ("*", server.arn) or arn.endswith(":server/*") for arn in named):
            yield Finding(server, f"nobody can log in: no permission of {function} lets {TRANSFER} in")
        if not any(rights.trusts(role, TRANSFER) for role in assembly.of("AWS::IAM::Role")):
            yield Finding(server, f"nobody can log in: no role trusts {TRANSFER}")


def event_sources(assembly: Assembly) -> Iterator[Finding]:
    """Each function may take what its queue holds, and gives back single messages."""
    for mapping in assembly.of("AWS::Lambda::EventSourceMapping"):
        queue = assembly.referred(mapping.properties["EventSourceArn"])
        function = assembly.referred(mapping.properties["FunctionName"])
        if queue is None or queue.type != "AWS::SQS::Queue" or function is None:
            yield Finding(mapping, "joins no queue of ours to a function of ours: this check does not know such")
            continue
        role = _role(assembly, function)
        missing = [action for action in RECEIVE if not rights.may(assembly, role, action, queue.arn)]
        if missing:
            yield Finding(mapping, f"{function} gets nothing: its role {role} has no {', '.join(missing)} on {queue}")
        if "ReportBatchItemFailures" not in mapping.properties.get("FunctionResponseTypes", []):
            yield Finding(mapping, "has no ReportBatchItemFailures: one message not done brings back the whole batch")


def functions(assembly: Assembly) -> Iterator[Finding]:
    """Each function can start, and what it logs is kept."""
    for function in assembly.of("AWS::Lambda::Function"):
        role = _role(assembly, function)
        if not rights.trusts(role, LAMBDA):
            yield Finding(function, f"cannot start: its role {role} does not trust {LAMBDA}")
        group = assembly.referred(function.properties.get("LoggingConfig", {}).get("LogGroup"))
        if group is None:
            yield Finding(function, "has no log group in the template, so what it logs is kept for ever")
            continue
        for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
            if not rights.may(assembly, role, action, group.arn):
                yield Finding(function, f"what it logs is lost: its role {role} has no {action} on {group}")


def failed_calls(assembly: Assembly) -> Iterator[Finding]:
    """Where an event's call ends in an error for good, the function may put it into the queue that is named for it."""
    for config in assembly.of("AWS::Lambda::EventInvokeConfig"):
        function = assembly.referred(config.properties["FunctionName"])
        kept = config.properties.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
        role = _role(assembly, function) if function else None
        if kept is not None and not rights.may(assembly, role, "sqs:SendMessage", kept):
            yield Finding(config, f"a failed call is lost: {role} has no sqs:SendMessage on {assembly.referred(kept)}")


def _role(assembly: Assembly, function: Resource) -> Resource | None:
    return assembly.referred(function.properties["Role"])


def _group(sender: Resource, reached: Resource, target: Mapping[str, Any]) -> Iterator[Finding]:
    if not reached.properties.get("FifoQueue"):
        return
    if not target.get("SqsParameters", {}).get("MessageGroupId"):
        yield Finding(sender, f"cannot send: {reached} is FIFO, and the target names no message group")
    if not reached.properties.get("ContentBasedDeduplication"):
        yield Finding(sender, f"cannot send: {reached} has no content-based deduplication, and a target gives no id")


def _kept(assembly: Assembly, sender: Resource, target: Mapping[str, Any]) -> Iterator[Finding]:
    dead = assembly.referred(target.get("DeadLetterConfig", {}).get("Arn"))
    if dead is None:
        yield Finding(sender, f"what it cannot deliver to {assembly.referred(target['Arn'])} is lost: no dead letters")
    elif dead.properties.get("FifoQueue"):
        yield Finding(sender, f"its dead letters cannot go to {dead}, which is FIFO")
