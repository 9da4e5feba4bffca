"""What policies allow, as far as a template tells: Allow and unconditional Deny, and the condition aws:SourceArn."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from infra.wiring.assembly import Assembly, Resource


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a policy, each part a list."""

    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]  # empty in a trust policy: the role itself
    services: tuple[str, ...]  # principals that are services
    roles: tuple[str, ...]  # ARNs of principals in accounts
    conditions: dict[str, Any]

    @staticmethod
    def of(raw: dict[str, Any]) -> Statement:
        principal = raw.get("Principal", {})
        principal = {"AWS": principal} if isinstance(principal, str) else principal
        return Statement(
            effect=raw["Effect"],
            actions=_texts(raw.get("Action")),
            resources=_texts(raw.get("Resource")),
            services=_texts(principal.get("Service")),
            roles=_texts(principal.get("AWS")),
            conditions=raw.get("Condition", {}),
        )

    def covers(self, action: str, resource: str | None) -> bool:
        of_resource = resource is None or any(like(pattern, resource) for pattern in self.resources)
        return of_resource and any(like(pattern.lower(), action.lower()) for pattern in self.actions)

    def is_from(self, source: str) -> bool:
        """Whether a condition on the caller's ARN, if there is one, is met by `source`."""
        wanted = [value for test in self.conditions.values() for key, value in test.items() if key == "aws:SourceArn"]
        return all(any(like(pattern, source) for pattern in _texts(value)) for value in wanted)


def like(pattern: str, text: str) -> bool:
    """IAM's wildcards: `*` any characters, also slashes; `?` one."""
    parts = ({"*": ".*", "?": "."}.get(part, re.escape(part)) for part in re.split(r"([*?])", pattern))
    return re.fullmatch("".join(parts), text) is not None


def of_role(assembly: Assembly, role: Resource) -> list[Statement]:
    """What a role may do: its own policies and those attached to it in any stack."""
    documents = [policy["PolicyDocument"] for policy in role.properties.get("Policies", [])]
    for policy in assembly.of("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        if any(assembly.referred(name) == role for name in policy.properties.get("Roles", [])):
            documents.append(policy.properties["PolicyDocument"])
    return list(_statements(documents))


def may(assembly: Assembly, role: Resource | None, action: str, resource: str) -> bool:
    return role is not None and _allowed(of_role(assembly, role), action, resource)


def trusts(role: Resource | None, service: str) -> bool:
    """Whether a service may take the role on."""
    trusted = _statements([role.properties["AssumeRolePolicyDocument"]]) if role else ()
    return _allowed((s for s in trusted if service in s.services), "sts:AssumeRole", None)


def lets_in(assembly: Assembly, queue: Resource, service: str, source: str) -> bool:
    """Whether a queue's policy lets a service send on behalf of `source`, an ARN."""
    documents = [
        policy.properties["PolicyDocument"]
        for policy in assembly.of("AWS::SQS::QueuePolicy")
        if any(assembly.referred(name) == queue for name in policy.properties["Queues"])
    ]
    concerned = [s for s in _statements(documents) if service in s.services and s.is_from(source)]
    return _allowed(concerned, "sqs:SendMessage", queue.arn)


def callers(assembly: Assembly, function: Resource, service: str) -> list[str]:
    """On behalf of whom a function's permissions let a service call it: patterns of ARNs, `*` where none is named."""
    return [
        permission.properties.get("SourceArn", "*")
        for permission in assembly.of("AWS::Lambda::Permission")
        if assembly.referred(permission.properties["FunctionName"]) == function
        and permission.properties["Principal"] == service
        and like(permission.properties["Action"], "lambda:InvokeFunction")
    ]


def lets_use(key: Resource, principal: str, action: str) -> bool:
    """Whether a key's own policy names a service or a role for an action. The account's root in it names nobody."""
    named = (s for s in _statements([key.properties["KeyPolicy"]]) if principal in (*s.services, *s.roles))
    return _allowed(named, action, key.arn)


def _allowed(statements: Iterable[Statement], action: str, resource: str | None) -> bool:
    covering = [statement for statement in statements if statement.covers(action, resource)]
    denied = any(statement.effect == "Deny" and not statement.conditions for statement in covering)
    return not denied and any(statement.effect == "Allow" for statement in covering)


def _statements(documents: Iterable[dict[str, Any]]) -> Iterator[Statement]:
    for document in documents:
        raw = document["Statement"]
        yield from map(Statement.of, raw if isinstance(raw, list) else [raw])


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list) else () if value is None else (value,)
