"""Call a function of a deployed bridge, and wait for what it answers."""

from __future__ import annotations

import json
from typing import Any

from bridge.errors import Later, Stop
from cli import aws
from cli.deployment import Deployment
from cli.refusal import Refusal

PLAIN = (Stop.__name__, Later.__name__)
"""Errors whose words are for people."""


def invoke(deployment: Deployment, function: str, event: dict[str, Any]) -> dict[str, Any]:
    """`function`: the output that names it. Raises Refusal where it ended in an error, with its words."""
    answer = aws.client("lambda").invoke(FunctionName=deployment[function], Payload=json.dumps(event).encode())
    told: dict[str, Any] = json.loads(answer["Payload"].read())
    if "errorType" in told:
        said = str(told.get("errorMessage"))
        raise Refusal(said if told["errorType"] in PLAIN else f"{told['errorType']}: {said}")
    return told
