"""Build what the functions run on from uv.lock, without Docker: `python -m infra.deps`.

build/deps       wheels for Lambda, the layer `deps`
build/deps-host  the same versions for this machine, which the twin puts in the place of that layer
build/runtime    AWS's runtime client and boto3 alone, the environment of the twin's functions
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "layers/common/requirements.txt"
DEPS, DEPS_HOST, RUNTIME = ROOT / "build/deps", ROOT / "build/deps-host", ROOT / "build/runtime"
PYTHON, PLATFORM = "3.13", "aarch64-manylinux_2_28"


class DepsMissing(Exception):
    """The wheels were not built yet."""


def fingerprint() -> str:
    """What the layer is built from: it, not the files, decides whether a deployment uploads the layer again."""
    return hashlib.sha256(f"{PYTHON} {PLATFORM}\n".encode() + REQUIREMENTS.read_bytes()).hexdigest()


def built() -> Path:
    """The folder of the layer `deps`. Raises DepsMissing where it was not built from today's requirements."""
    mark = DEPS.with_suffix(".built")
    if not REQUIREMENTS.exists() or not mark.exists() or mark.read_text() != fingerprint():
        raise DepsMissing("build/deps does not hold the wheels of today's uv.lock; run `make setup`, or `make synth`")
    return DEPS


def build() -> None:
    """All three, from nothing each time, so that nothing stays of a dependency that was dropped."""
    for folder in (DEPS, DEPS_HOST, RUNTIME):
        shutil.rmtree(folder, ignore_errors=True)
    constraints = ROOT / "build/constraints.txt"
    export = ("export", "--frozen", "--quiet", "--no-emit-project", "--no-header")
    _uv(*export, "--only-group", "layer", "--output-file", REQUIREMENTS)
    _uv(*export, "--all-groups", "--no-hashes", "--output-file", constraints)
    install = ("pip", "install", "--quiet", "--only-binary", ":all:", "--requirements", REQUIREMENTS)
    _uv(*install, "--python-platform", PLATFORM, "--python-version", PYTHON, "--target", DEPS / "python")
    _uv(*install, "--python", sys.executable, "--target", DEPS_HOST / "python")
    _uv("venv", "--quiet", "--python", sys.executable, RUNTIME)
    runtime = ("pip", "install", "--quiet", "--python", RUNTIME / "bin/python", "--constraints", constraints)
    _uv(*runtime, "awslambdaric", "boto3")
    DEPS.with_suffix(".built").write_text(fingerprint())


def uv() -> str:
    """The uv that runs this, or the one on PATH."""
    found = os.environ.get("UV") or shutil.which("uv")  # `uv run` leaves its own path in UV
    if found is None:
        raise SystemExit("uv is not on PATH; run `make setup`, which fetches it")
    return found


def _uv(*arguments: str | Path) -> None:
    subprocess.run([uv(), *map(str, arguments)], cwd=ROOT, check=True)  # noqa: S603 (our own words)


if __name__ == "__main__":
    build()
