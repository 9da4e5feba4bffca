"""What the global options say: which deployment a command speaks to, and whether it lies in AWS or in the twin."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from cli.deployment import Deployment
from cli.refusal import Refusal

TWIN = Path(".twin/env.json")
Variable = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Setting = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]  # an environment holds no NUL


class Twin(BaseModel):
    """What a running twin has written about itself."""

    model_config = ConfigDict(frozen=True, strict=True)
    env: dict[Variable, Setting]
    ports: dict[str, int] = {}
    pid: Annotated[int, Field(gt=0)] | None = None

    @staticmethod
    def written(file: Path) -> Twin | None:
        """None when there is no such file; a Refusal when it is there and no twin can have written it."""
        try:
            return Twin.model_validate_json(file.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError):
            raise Refusal(f"{file} is not as a twin writes it. End the twin, if one runs here (Ctrl-C where it was started), "
                          "and start it again: make twin") from None


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
    twin = Twin.written(file)
    if twin is None:
        raise Refusal(f"No twin runs here: there is no {file} in this folder. Start one: make twin")
    for variable in [v for v in os.environ if v.startswith("AWS_")]:
        del os.environ[variable]
    os.environ.update(twin.env)
    if not os.environ.get("AWS_ENDPOINT_URL"):
        raise Refusal(f"{file} names no AWS_ENDPOINT_URL; without one this would speak to AWS itself. Start the twin again: make twin")
