"""The two layers of all functions: `common` is our package as it stands in the repo, `deps` the wheels it needs."""

from __future__ import annotations

from aws_cdk import AssetHashType, IgnoreMode
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra import deps

RUNTIME, ARCHITECTURE = lambda_.Runtime.PYTHON_3_13, lambda_.Architecture.ARM_64
NO_CODE = ["__pycache__", ".keep"]
"""What lies in a folder of ours and is no part of its asset, in the words of .gitignore."""


class Layers(Construct):
    """Apart, because our code changes daily and the wheels do not: a deployment uploads what changed."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self.common = lambda_.LayerVersion(
            self,
            "Common",
            description="The package `bridge`",
            code=lambda_.Code.from_asset(
                str(deps.ROOT / "layers/common"),
                exclude=[*NO_CODE, deps.REQUIREMENTS.name],
                ignore_mode=IgnoreMode.GIT,
            ),
            compatible_runtimes=[RUNTIME],
            compatible_architectures=[ARCHITECTURE],
        )
        self.deps = lambda_.LayerVersion(
            self,
            "Deps",
            description="Wheels for python3.13 on arm64, as uv.lock pins them",
            # Of the requirements, not the files: the same wheels unpack with other times and orders elsewhere.
            code=lambda_.Code.from_asset(
                str(deps.built()), asset_hash=deps.fingerprint(), asset_hash_type=AssetHashType.CUSTOM
            ),
            compatible_runtimes=[RUNTIME],
            compatible_architectures=[ARCHITECTURE],
        )

    @property
    def both(self) -> list[lambda_.ILayerVersion]:
        return [self.common, self.deps]
