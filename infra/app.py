"""The CDK app: `python -m infra.app` writes the three stacks' templates into cdk.out, as the cdk CLI does."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import aws_cdk as cdk

from infra.deps import ROOT, DepsMissing
from infra.endpoint import Endpoint
from infra.processing import Processing
from infra.settings import SettingsError, settings
from infra.storage import Storage


def app(context: Mapping[str, object] | None = None, outdir: Path | None = None) -> cdk.App:
    """The three stacks; `context` counts beside and before that of cdk.json.

    Without `outdir` the templates go where the CLI wants them (CDK_OUTDIR), else to cdk.out.
    """
    out = str(outdir or os.environ.get("CDK_OUTDIR") or ROOT / "cdk.out")
    made = cdk.App(context=known_context() | dict(context or {}), outdir=out)
    chosen = settings(made.node.try_get_context, os.environ)
    name, env = chosen.name, cdk.Environment(account=chosen.account, region=chosen.region)
    storage = Storage(made, f"{name}-storage", env=env)
    processing = Processing(made, f"{name}-processing", env=env, name=name, storage=storage)
    authenticate = processing.identity.authenticate.function
    Endpoint(made, f"{name}-endpoint", env=env, name=name, authenticate=authenticate, network=chosen.network)
    return made


def known_context() -> dict[str, object]:
    """That of cdk.json: only the CLI passes it, and without its feature flags the template would be another one."""
    context: dict[str, object] = json.loads((ROOT / "cdk.json").read_text())["context"]
    return context


if __name__ == "__main__":
    try:
        app().synth()
    except (SettingsError, DepsMissing) as error:
        raise SystemExit(f"infra: {error}") from None
