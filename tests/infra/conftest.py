"""The templates that the tests look at: each synthesized once a session, as a newcomer's and as a company's in a VPC."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.deps import ROOT
from infra.wiring.assembly import Assembly

NETWORK = {
    "vpc": "vpc-0123456789abcdef0",
    "subnets": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    "addressAllocations": ["eipalloc-0123456789abcdef0", "eipalloc-0123456789abcdef1"],
    "certificate": "arn:aws:acm:us-east-1:000000000000:certificate/12345678-1234-1234-1234-123456789012",
    "securityGroups": "sg-0123456789abcdef0",
}


BY_THE_CLI = {
    "aws:cdk:disable-version-reporting": True,
    "aws:cdk:bundling-stacks": ["**"],
    "@aws-cdk/core:failSynthOnValidationErrors": False,
}
"""What the pinned cdk CLI adds to the context, given cdk.json's versionReporting, pathMetadata and assetMetadata."""


def synthesized(folder: Path, context: dict) -> dict[str, dict]:
    """The templates by their stack's name, written by the app as a program of its own: aws_cdk keeps its Node running."""
    # Assets stay where they are, which leaves out copying the wheels.
    given = {"aws:cdk:disable-asset-staging": True, "account": "000000000000", "region": "us-east-1", **context}
    environment = os.environ | {"CDK_OUTDIR": str(folder), "CDK_CONTEXT_JSON": json.dumps(given)}
    subprocess.run([sys.executable, "-m", "infra.app"], cwd=ROOT, env=environment, check=True)
    suffix = ".template.json"
    return {path.name.removesuffix(suffix): json.loads(path.read_text()) for path in folder.glob(f"*{suffix}")}


@pytest.fixture(scope="session")
def network():
    return NETWORK


@pytest.fixture(scope="session")
def by_the_cli(tmp_path_factory):
    """The company's templates once more, with all that the cdk CLI says to an app."""
    settings = json.loads((ROOT / "cdk.json").read_text())
    return synthesized(tmp_path_factory.mktemp("cdk.out"), {**settings["context"], **BY_THE_CLI, **NETWORK})


@pytest.fixture(scope="session")
def cdk_out(tmp_path_factory):
    """Where the company's templates lie as files."""
    return tmp_path_factory.mktemp("cdk.out")


@pytest.fixture(scope="session")
def templates(cdk_out):
    """Of a company with a VPC: all that there may be."""
    return synthesized(cdk_out, NETWORK)


@pytest.fixture(scope="session")
def newcomer(tmp_path_factory):
    """Of one who gave nothing but a name."""
    return synthesized(tmp_path_factory.mktemp("cdk.out"), {"name": "acme"})


@pytest.fixture(scope="session")
def assembly(templates):
    return Assembly(templates)
