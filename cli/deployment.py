"""A deployed bridge: what its three stacks tell of themselves (their outputs), and clients to reach it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from cli import aws
from cli.refusal import Refusal

NEEDED, OPTIONAL = ("storage", "processing"), ("endpoint",)


@dataclass(frozen=True, slots=True)
class Deployment:
    name: str
    outputs: Mapping[str, str]

    @classmethod
    def find(cls, name: str) -> Deployment:
        """Reads the outputs of `<name>-storage`, `<name>-processing` and, where there is one, `<name>-endpoint`."""
        cloudformation = aws.client("cloudformation")
        outputs: dict[str, str] = {}
        for part in NEEDED + OPTIONAL:
            found = _outputs(cloudformation, f"{name}-{part}")
            if found is None and part in NEEDED:
                raise Refusal(f'There is no stack "{name}-{part}" in {cloudformation.meta.region_name}. '
                              "Deploy it (make deploy), or say which one you mean: --name NAME, or --twin")
            outputs |= found or {}
        return cls(name, outputs)

    def __getitem__(self, key: str) -> str:
        try:
            return self.outputs[key]
        except KeyError:
            raise Refusal(f'The stacks of "{self.name}" have no output {key}: they are older than this command. '
                          "Deploy them again: make deploy") from None


def _outputs(cloudformation: Any, stack: str) -> dict[str, str] | None:
    """None: there is no such stack."""
    try:
        described = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        return None
    return {output["OutputKey"]: output["OutputValue"] for stack in described for output in stack.get("Outputs", [])}
