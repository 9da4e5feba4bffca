"""The twin's templates: synthesized once for each state of the code, with a network in the context so that all servers are declared."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra import deps
from local.ministack.server import REGION
from local.ministack.settings import ACCOUNT

MADE = deps.ROOT / "build/cdk.twin"
KEPT = 3  # of older states: a twin that is just starting may still read one
CONTEXT = {
    "account": ACCOUNT, "region": REGION, "vpc": "vpc-0123456789abcdef0", "subnets": ["subnet-0123456789abcdef0"],
    "addressAllocations": ["eipalloc-0123456789abcdef0"], "certificate": f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/twin",
}
SYNTH = "import json, sys; from pathlib import Path; from infra.app import app; app(json.loads(sys.argv[1]), Path(sys.argv[2])).synth()"


class SynthFailed(Exception):
    """The CDK app does not give a template; the message is what it said."""


def assembly() -> Path:
    """The folder that `cdk synth` would write for the twin: made anew only when something has changed that goes into it."""
    build_dependencies()
    with alone_in_build():
        folder = MADE / _state()
        if not (folder / "manifest.json").exists():
            _synthesize(folder)
        return folder


@contextmanager
def alone_in_build() -> Iterator[None]:
    """Twins may start at the same time: one makes what is missing, the others find it."""
    deps.DEPS.parent.mkdir(exist_ok=True)
    with (deps.DEPS.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build_dependencies() -> None:
    """What the functions run on, here and in Lambda; `make setup` has built it as a rule."""
    with alone_in_build():
        try:
            deps.built()
        except deps.DepsMissing:
            deps.build()
        if not (deps.DEPS_HOST.exists() and deps.RUNTIME.exists()):
            deps.build()


def _state() -> str:
    """A digest of all files that the templates and the functions' assets are made of."""
    digest = hashlib.sha256(json.dumps(CONTEXT).encode() + deps.fingerprint().encode())
    for file in _sources():
        digest.update(str(file.relative_to(deps.ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _sources() -> Iterator[Path]:
    yield deps.ROOT / "cdk.json"
    for folder in ("infra", "functions", "layers/common"):
        yield from sorted(file for file in (deps.ROOT / folder).rglob("*") if file.is_file() and file.suffix != ".pyc")


def _synthesize(folder: Path) -> None:
    """In a process of its own, since aws_cdk keeps a Node running; under another name until it is whole."""
    MADE.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=MADE, prefix="unfinished-"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}
    done = subprocess.run([sys.executable, "-c", SYNTH, json.dumps(CONTEXT), unfinished], cwd=deps.ROOT, env=environment,
                          capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(unfinished)
        raise SynthFailed(f"the CDK app failed:\n{done.stdout}{done.stderr}")
    unfinished.rename(folder)
    for old in sorted((old for old in MADE.iterdir() if old != folder), key=lambda old: old.stat().st_mtime)[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
