"""The same template whoever synthesizes it, one that CloudFormation's own linter has nothing against."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from infra import deps, node
from infra.cdk import CLI, command


def test_the_app_alone_and_the_cdk_cli_write_the_same_templates(templates, by_the_cli):
    assert without_assets(by_the_cli) == without_assets(templates)


def without_assets(templates: dict) -> dict:
    """Their keys are digests of our code, which somebody may be editing between the one synth and the other."""
    return json.loads(re.sub(r"[0-9a-f]{64}\.zip", "asset.zip", json.dumps(templates)))


def test_the_cli_adds_nothing_to_our_templates():
    settings = json.loads((deps.ROOT / "cdk.json").read_text())
    assert [settings[key] for key in ("versionReporting", "pathMetadata", "assetMetadata")] == [False, False, False]


def test_the_cli_is_run_by_the_node_of_our_environment():
    called = command(["synth"])
    assert called[0] == str(node.home() / "bin/node")
    assert CLI in called
    assert all(Path(part).exists() for part in called[:2])


def test_cfn_lint_has_nothing_against_the_templates(templates, cdk_out):
    lint = [str(Path(sys.executable).with_name("cfn-lint")), "--ignore-checks", "W", "--template"]
    checked = subprocess.run([*lint, *sorted(cdk_out.glob("*.template.json"))], capture_output=True, text=True)
    assert (checked.returncode, checked.stdout) == (0, "")


def test_the_layers_requirements_are_those_of_the_lock():
    export = [deps.uv(), "export", "--frozen", "--quiet", "--no-emit-project", "--no-header", "--only-group", "layer"]
    exported = subprocess.run(export, cwd=deps.ROOT, capture_output=True, text=True, check=True)
    assert exported.stdout == deps.REQUIREMENTS.read_text()


def test_wheels_of_other_requirements_are_not_deployed(tmp_path, monkeypatch):
    monkeypatch.setattr(deps, "REQUIREMENTS", tmp_path / "requirements.txt")
    deps.REQUIREMENTS.write_text("requests==2.0\n")
    with pytest.raises(deps.DepsMissing, match="make synth"):
        deps.built()


def test_the_layer_holds_code_for_lambda_and_none_of_boto3_which_lambda_has():
    names = {path.name for path in (deps.DEPS / "python").iterdir()}
    built_for = {path.name.split(".")[1] for path in (deps.DEPS / "python").rglob("*.so")}
    assert {"aws_lambda_powertools", "pydantic", "requests", "orjson", "ulid"} <= names
    assert not names & {"boto3", "botocore"}
    assert built_for == {"cpython-313-aarch64-linux-gnu"}
