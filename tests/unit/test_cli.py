"""The `bridge` command as people use it: help with examples, a plain no, and a configuration put into force once and whole."""

from __future__ import annotations

import json
import os
import re
import shutil
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from cli import aws, session
from cli.main import GROUP, add_installed, app
from cli.refusal import Refusing
from tests.unit.cloud import OUTPUTS, Cloud, refused

SAMPLE = Path(__file__).parents[2] / "config"


@pytest.fixture
def cloud(monkeypatch):
    cloud = Cloud()
    monkeypatch.setattr(aws, "client", lambda service: getattr(cloud, service))
    return cloud


@pytest.fixture
def folder(tmp_path):
    for part in ("partners", "feeds", "channels"):
        shutil.copytree(SAMPLE / part, tmp_path / "mine" / part)
    return tmp_path / "mine"


def all_commands(command=None, words=("bridge",)):
    command = command or get_command(app)
    yield words, command
    for name, below in getattr(command, "commands", {}).items():
        yield from all_commands(below, (*words, name))


@pytest.mark.parametrize(("words", "command"), [pytest.param(w, c, id=" ".join(w)) for w, c in all_commands()])
def test_each_command_says_what_it_does_and_ends_with_an_example(words, command):
    assert command.help
    if not isinstance(command, TyperGroup):
        assert (command.epilog or "").startswith("Example:  bridge "), "no example"
        assert [word for word in command.epilog.split() if word in words][: len(words)] == list(words)
    for option in command.params:
        assert getattr(option, "help", None), f"{option.name} is not explained"


@pytest.mark.parametrize("words", [["nonsense"], ["config", "check"], ["config", "check", "no/such/folder"], ["secret", "set", "plytix"],
                                   ["partner", "password", "bergkauf", "--generate", "--hash", "x"]])
def test_wrong_use_is_exit_code_2(cloud, words):
    assert cloud.run(*words).exit_code == 2


def test_what_is_not_deployed_is_said_so(cloud):
    del cloud.stacks["bridge-processing"]

    result = cloud.run("config", "apply", SAMPLE)

    assert result.exit_code == 1
    assert 'There is no stack "bridge-processing" in eu-central-1. Deploy it (make deploy)' in result.output


def test_another_deployment_is_spoken_to_by_its_name(cloud):
    cloud.stacks |= {name.replace("bridge", "acme"): dict(outputs) for name, outputs in OUTPUTS.items()}
    cloud.stacks["acme-storage"]["WorkBucket"] = "other"

    cloud.done("--name", "acme", "config", "apply", SAMPLE)

    assert ("other", "configuration/current.json") in cloud.s3.objects


def test_a_deployment_older_than_the_command_is_said_so(cloud):
    del cloud.stacks["bridge-processing"]["UndeliveredQueueArn"]

    result = cloud.run("config", "apply", SAMPLE)

    assert result.exit_code == 1
    assert "no output UndeliveredQueueArn" in result.output


def test_what_aws_refuses_is_told_in_a_line_and_not_in_a_traceback(cloud, monkeypatch):
    monkeypatch.setattr(cloud.s3, "put_object", lambda **_: (_ for _ in ()).throw(refused("AccessDenied", "PutObject")))

    result = cloud.run("config", "apply", SAMPLE)

    assert result.exit_code == 1
    assert "AWS: An error occurred (AccessDenied)" in result.output


@pytest.mark.parametrize("words", [("runs",), ("trace", "A"), ("publish", "X"), ("switch",), ("config", "apply", SAMPLE)])
@pytest.mark.parametrize(("variables", "said"), [
    ({}, "It is not said which AWS region to speak to"), ({"AWS_REGION": "eu-central-1"}, "There are no AWS credentials to log in with"),
    ({"AWS_PROFILE": "nobodys"}, "The config profile (nobodys) could not be found")])
def test_who_has_not_said_whether_he_means_aws_or_the_twin_is_told_how(tmp_path, monkeypatch, words, variables, said):
    for variable in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(variable)
    nothing = {"HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true"}
    for name, value in (nothing | variables).items():
        monkeypatch.setenv(name, value)

    result = Cloud().run(*words)

    assert result.exit_code == 1
    assert said in result.output
    assert "say --twin" in result.output
    assert "AWS_PROFILE, or AWS_REGION" in result.output


def test_the_twins_option_may_stand_at_the_end(cloud, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert "No twin runs here" in cloud.run("config", "apply", SAMPLE, "--twin").output


def test_checking_a_right_folder_needs_no_aws(monkeypatch):
    monkeypatch.setattr(aws, "client", lambda service: pytest.fail("asked AWS"))

    said = Cloud().done("config", "check", SAMPLE)

    assert re.fullmatch(r".*config is right: 4 partners, 4 feeds, 1 channel; version [0-9a-f]{12}\n", said), "and no other remark"


def test_checking_a_wrong_folder_is_a_no_with_all_that_is_wrong(folder, cloud):
    (folder / "partners/bergkauf.yaml").write_text("protocols: [scp]\n")

    result = cloud.run("config", "check", folder)

    assert result.exit_code == 1
    assert result.output.replace(f"{folder}/", "").splitlines() == [
        "partners/bergkauf.yaml:1:1: name: expected, but missing",
        "partners/bergkauf.yaml:1:13: protocols.0: expected 'sftp', 'ftps' or 'ftp' (read: 'scp')",
        "2 things are wrong; nothing was changed.",
    ]


def test_a_program_gets_its_answer_as_json(folder, cloud):
    right = json.loads(cloud.done("config", "check", folder, "--json"))
    (folder / "partners/bergkauf.yaml").write_text("name: x\nprotocols: [scp]\n")
    wrong = cloud.run("config", "check", folder, "--json")

    assert right["right"] is True
    assert wrong.exit_code == 1
    assert json.loads(wrong.output)["faults"][0] | {"file": ""} == {
        "file": "", "line": 2, "column": 13, "path": ["protocols", 0], "message": "expected 'sftp', 'ftps' or 'ftp' (read: 'scp')"}


def test_a_wrong_folder_changes_nothing(folder, cloud):
    (folder / "partners/bergkauf.yaml").write_text("protocols: [scp]\n")

    assert cloud.run("config", "apply", folder).exit_code == 1
    assert cloud.s3.objects == {}
    assert cloud.scheduler.schedules == {}


def test_applying_makes_bundle_folders_and_schedule(cloud):
    output = cloud.done("config", "apply", SAMPLE)

    assert "+ partner bergkauf" in output
    assert f"Version {cloud.s3.bundle()['version']} is in force: 4 partners, 4 feeds, 1 channel" in output
    assert [key for key in cloud.s3.folders() if key.startswith(("bergkauf/", "lager", "nordhang-erp/inbox"))] == [
        "bergkauf/corrections/", "bergkauf/inbox/", "bergkauf/outbox/", "bergkauf/outbox/retailer-catalogue/", "bergkauf/receipts/",
        "bergkauf/templates/",
        "lager-sued/corrections/", "lager-sued/inbox/", "lager-sued/outbox/", "lager-sued/receipts/", "lager-sued/templates/",
        "nordhang-erp/inbox/", "nordhang-erp/inbox/prices/", "nordhang-erp/inbox/products/"]
    entry = cloud.scheduler.schedules["bridge-channels", "retailer-catalogue"]
    assert (entry["ScheduleExpression"], entry["ScheduleExpressionTimezone"]) == ("cron(30 2 * * ? *)", "Europe/Berlin")
    assert entry["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert json.loads(entry["Target"]["Input"]) == {"v": 1, "channel": "retailer-catalogue", "due": "<aws.scheduler.scheduled-time>"}
    assert (entry["Target"]["Arn"], entry["Target"]["RoleArn"]) == ("arn:publish", "arn:role")


def test_applying_the_same_again_changes_nothing_and_says_so(cloud, folder):
    cloud.done("config", "apply", folder)
    before = dict(cloud.s3.objects)

    output = cloud.done("config", "apply", folder)

    assert output.splitlines() == [f"Version {cloud.s3.bundle()['version']} was in force already: 4 partners, 4 feeds, 1 channel"]
    assert cloud.s3.objects == before
    assert cloud.scheduler.updates == 0


def test_applying_tells_each_setting_that_changes(cloud, folder):
    cloud.done("config", "apply", folder)
    prices = folder / "feeds/nordhang-erp/prices.yaml"
    prices.write_text(prices.read_text().replace("lane: fast\n", "").replace("creates: no", "creates: yes")
                      .replace("UVP: {to: list_price, type: decimal, min: 0", "UVP: {to: list_price, type: text"))
    (folder / "feeds/lager-sued/stock.yaml").unlink()

    assert cloud.done("config", "apply", folder).splitlines()[:-1] == [
        "- feed lager-sued/stock",
        "~ feed nordhang-erp/prices",
        "    lane: fast → main",
        "    columns.UVP.type: decimal → text",
        "    columns.UVP.min: 0.0 → not set",
        "    creates: no → yes",
    ]


def test_a_channel_at_another_hour_changes_its_schedule_and_one_that_is_gone_loses_it(cloud, folder):
    cloud.done("config", "apply", folder)
    channel = folder / "channels/retailer-catalogue.yaml"
    channel.write_text(channel.read_text().replace("30 2 * * *", "0 5 * * 1-5"))
    assert "schedule retailer-catalogue changed: 0 5 * * 1-5 Europe/Berlin" in cloud.done("config", "apply", folder)
    assert cloud.scheduler.schedules["bridge-channels", "retailer-catalogue"]["ScheduleExpression"] == "cron(0 5 ? * 2-6 *)"

    channel.rename(folder / "channels/bergkauf-catalogue.yaml")
    cloud.done("config", "apply", folder)
    assert list(cloud.scheduler.schedules) == [("bridge-channels", "bergkauf-catalogue")]


def test_a_channel_without_a_schedule_has_none(cloud, folder):
    cloud.done("config", "apply", folder)
    channel = folder / "channels/retailer-catalogue.yaml"
    channel.write_text("".join(line for line in channel.read_text().splitlines(True) if not line.startswith("when:")))

    assert "schedule retailer-catalogue removed" in cloud.done("config", "apply", folder)


def test_what_a_death_left_half_done_the_next_apply_completes(cloud, folder):
    cloud.done("config", "apply", folder)
    cloud.scheduler.schedules.clear()
    del cloud.s3.objects["exchange", "bergkauf/inbox/"]

    output = cloud.done("config", "apply", folder)

    assert "folder bergkauf/inbox/ made" in output
    assert "schedule retailer-catalogue made" in output


def test_of_two_who_apply_at_once_the_second_is_told(cloud, folder):
    cloud.done("config", "apply", folder)
    (folder / "partners/alpwerk.yaml").write_text("name: Alpwerk\n")
    cloud.s3.meanwhile = b"{}"

    result = cloud.run("config", "apply", folder)

    assert result.exit_code == 1
    assert "Somebody else applied a configuration in this very moment" in result.output


def test_a_configuration_of_a_newer_bridge_is_not_overwritten(cloud):
    newer = b'{"format": 2, "version": "x", "partners": {}, "feeds": {}}'
    cloud.s3.objects["work", "configuration/current.json"] = newer

    result = cloud.run("config", "apply", SAMPLE)

    assert result.exit_code == 1
    assert "cannot be read by this version of bridge" in result.output
    assert cloud.s3.objects["work", "configuration/current.json"] == newer


def test_in_the_twin_nothing_of_a_real_account_is_left(cloud, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    (tmp_path / ".twin").mkdir()
    env = {"AWS_ENDPOINT_URL": "https://127.0.0.1:4566", "AWS_REGION": "eu-central-1"}
    (tmp_path / ".twin/env.json").write_text(json.dumps({"env": env}))
    with monkeypatch.context() as clean:
        clean.setattr(session.os, "environ", dict(session.os.environ))
        cloud.done("--twin", "config", "apply", SAMPLE)
        assert {k: v for k, v in session.os.environ.items() if k.startswith("AWS_")} == env


def test_without_a_twin_its_option_says_how_to_start_one(cloud, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    result = cloud.run("--twin", "config", "apply", SAMPLE)

    assert result.exit_code == 1
    assert "No twin runs here: there is no .twin/env.json in this folder. Start one: make twin" in result.output


def spoil(file: Path, content: bytes | None) -> None:
    file.parent.mkdir()
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"env":[1]}', b'{"env":{"AWS_ENDPOINT_URL":1}}', b'{"env":{"A":"\\u0000"}}',
                                     b'{"env":{"A=":""}}', b'{"env":{}, "pid": 0}', b"\xff\xfe", b"", None])
@pytest.mark.parametrize("words", [("--twin", "config", "apply", SAMPLE), ("twin", "status"), ("twin", "down")])
def test_what_a_twin_never_wrote_is_told_with_its_cure(cloud, tmp_path, monkeypatch, words, content):
    monkeypatch.chdir(tmp_path)
    spoil(tmp_path / ".twin/env.json", content)

    result = cloud.run(*words)

    assert result.exit_code == 1
    assert result.output.startswith(".twin/env.json is not as a twin writes it.")
    assert result.output.endswith("start it again: make twin\n")


@pytest.mark.parametrize("words", [("plytix", "serve", "--port"), ("twin", "up", "--sftp"), ("twin", "up", "--plytix")])
@pytest.mark.parametrize("port", ["99999", "-1"])
def test_a_port_that_there_cannot_be_is_wrong_use(cloud, words, port):
    assert cloud.run(*words, port).exit_code == 2


def test_a_command_whose_packages_are_not_installed_says_which():
    root = typer.Typer(cls=Refusing)
    root.callback()(lambda: None)
    add_installed(root, [EntryPoint("twin", "no_such_package:app", GROUP)])

    result = CliRunner().invoke(root, ["twin", "up", "--quick"])

    assert result.exit_code == 1
    assert 'The command "twin" needs the package no_such_package, which is not installed. Set everything up: make setup' in result.output
