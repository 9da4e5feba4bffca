"""What the global options say: which deployment a command speaks to, and whether it lies in AWS or in the twin."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import typer

from cli.deployment import Deployment
from cli.refusal import Refusal

TWIN = Path(".twin/env.json")


@dataclass(frozen=True, slots=True)
class Session:
    name: str

    @staticmethod
    def of(ctx: typer.Context) -> Session:
        session = ctx.find_object(Session)
        if session is None:
            raise RuntimeError("the root command makes the session before any other runs")
        return session

    def deployment(self) -> Deployment:
        return Deployment.find(self.name)


def enter_twin(file: Path = TWIN) -> None:
    """From here on AWS is the twin. Nothing of a real account's settings is left in the environment."""
    try:
        env = json.loads(file.read_text())["env"]
    except FileNotFoundError:
        raise Refusal(f"No twin runs here: there is no {file} in this folder. Start one: make twin") from None
    for variable in [v for v in os.environ if v.startswith("AWS_")]:
        del os.environ[variable]
    os.environ.update(env)
    if not os.environ.get("AWS_ENDPOINT_URL"):
        raise Refusal(f"{file} names no AWS_ENDPOINT_URL; without one this would speak to AWS itself. Start the twin again: make twin")
