"""`make demo` as a newcomer sees it: true when all is well, and not true as soon as one right is missing."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from local.demo import demonstrate
from tests.actors import QUICK, ROUGH


def told() -> Console:
    return Console(file=io.StringIO(), width=200)


def test_the_demo_ends_well_and_says_what_became_of_everything(pytestconfig: pytest.Config) -> None:
    console, rough = told(), pytestconfig.getoption("rough")
    rougher = {} if rough is None else {"rough": rough, "settings": QUICK | ROUGH, "patience_s": 300}

    ended_well = demonstrate(console=console, **rougher)
    assert ended_well, console.file.getvalue()  # type: ignore[attr-defined]
    said = console.file.getvalue()  # type: ignore[attr-defined]
    for words in ("231 created, 9 rejected", "over SFTP", "over FTPS", "over FTP ", "katalog_", "sha256", "requests spent"):
        assert words in said
    assert "All of it is as expected." in said


def test_without_the_right_to_write_the_mirror_the_demo_says_what_did_not_come() -> None:
    def without_mirror(stack: str, template: dict) -> None:
        for resource in template["Resources"].values():
            if resource["Type"] == "AWS::IAM::Policy" and "Apply" in str(resource["Properties"]["PolicyName"]):
                for statement in resource["Properties"]["PolicyDocument"]["Statement"]:
                    actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
                    if "Mirror" in str(statement["Resource"]) and "dynamodb:PutItem" in actions:
                        statement["Action"] = [action for action in actions if action != "dynamodb:PutItem"]

    console = told()

    assert not demonstrate(edit=without_mirror, patience_s=8, console=console)
    assert "no closed receipt after 8 s (the last one said: checked)" in console.file.getvalue()  # type: ignore[attr-defined]
