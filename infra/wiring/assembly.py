"""What `cdk synth` wrote, read as one: the resources of all stacks, with every reference resolved across them.

A reference becomes text that names its resource and what of it is meant: `<bridge-storage/LedgerTable.Arn>`. So an
ARN below it, `<bridge-storage/WorkBucket.Arn>/stages/*`, can be compared as any other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Template = Mapping[str, Any]

REF_IS_ARN = {"AWS::SecretsManager::Secret", "AWS::Transfer::Server", "AWS::SNS::Topic", "AWS::Lambda::LayerVersion"}
"""Types whose `Ref` is their ARN; of all others it is a name or an address."""


class TemplateError(Exception):
    """The template says something that this check does not understand, and must not pass over."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource, its properties resolved."""

    stack: str
    id: str
    type: str
    properties: Mapping[str, Any] = field(compare=False)

    @property
    def arn(self) -> str:
        return f"<{self}.Arn>"

    def __str__(self) -> str:
        return f"{self.stack}/{self.id}"


class Assembly:
    """The templates of one deployment by stack name."""

    def __init__(self, templates: Mapping[str, Template]) -> None:
        self._templates = templates
        self._exports = {
            output["Export"]["Name"]: (stack, output["Value"])
            for stack, template in templates.items()
            for output in template.get("Outputs", {}).values()
            if "Export" in output
        }
        self.resources = [
            Resource(stack, id, raw["Type"], self._resolve(stack, raw.get("Properties", {})))
            for stack, template in templates.items()
            for id, raw in template["Resources"].items()
        ]
        self._by_name = {str(resource): resource for resource in self.resources}

    @staticmethod
    def read(folder: Path) -> Assembly:
        """Of a folder such as cdk.out. Raises TemplateError where there is none in it."""
        suffix = ".template.json"
        paths = sorted(folder.glob(f"*{suffix}"))
        if not paths:
            raise TemplateError(f"{folder} holds no {suffix}; run `make synth`")
        return Assembly({path.name.removesuffix(suffix): json.loads(path.read_text()) for path in paths})

    def of(self, *types: str) -> Iterator[Resource]:
        return (resource for resource in self.resources if resource.type in types)

    def referred(self, value: object) -> Resource | None:
        """The resource that a resolved value names, by whatever of it; None where it names none of ours."""
        found = re.match(r"<([^<>]+)\.\w+>", value) if isinstance(value, str) else None
        return self._by_name.get(found[1]) if found else None

    def _resolve(self, stack: str, value: Any) -> Any:
        match value:
            case list():
                return [self._resolve(stack, part) for part in value]
            case dict() if len(value) == 1 and (next(iter(value)) == "Ref" or next(iter(value)).startswith("Fn::")):
                return self._call(stack, *next(iter(value.items())))
            case dict():
                return {key: self._resolve(stack, part) for key, part in value.items()}
            case _:
                return value

    def _call(self, stack: str, function: str, argument: Any) -> str:
        match function, argument:
            case "Ref", str() if argument in self._templates[stack]["Resources"]:
                type = self._templates[stack]["Resources"][argument]["Type"]
                return f"<{stack}/{argument}.{'Arn' if type in REF_IS_ARN else 'Ref'}>"
            case "Ref", str():  # a parameter, or AWS::Region
                return f"<{argument}>"
            case "Fn::GetAtt", [id, attribute]:
                return f"<{stack}/{id}.{attribute}>"
            case "Fn::Join", [str() as between, list() as parts]:
                return between.join(self._resolve(stack, part) for part in parts)
            case "Fn::ImportValue", str() if argument in self._exports:
                return str(self._resolve(*self._exports[argument]))
            case _:
                raise TemplateError(f"{stack}: {function} of {json.dumps(argument)} is not understood")
