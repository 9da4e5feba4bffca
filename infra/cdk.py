"""Run the cdk CLI: `python -m infra.cdk deploy --all`. Pinned, since a newer one may refuse what our aws_cdk writes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from infra import node
from infra.deps import ROOT

CLI = "aws-cdk@2.1148.1"


def command(arguments: Sequence[str]) -> list[str]:
    """npx fetches the CLI the first time, and keeps it."""
    return [*node.npx(), "--yes", CLI, *arguments, "--no-notices"]


def environment() -> dict[str, str]:
    """With this Python first on PATH: cdk.json says `python -m infra.app`, and means this one."""
    return {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}


if __name__ == "__main__":
    os.chdir(ROOT)
    called = command(sys.argv[1:])
    os.execve(called[0], called, environment())  # noqa: S606 (no shell is wanted)
