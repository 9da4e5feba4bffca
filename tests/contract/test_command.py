"""The `bridge` command against MiniStack: what tests/unit/cloud.py imitates by hand is so for real clients too."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bridge.adapters.configuration import ConfigurationStore
from bridge.adapters.partner_secrets import PartnerSecrets
from bridge.domain.password import verified
from cli import aws
from cli.main import app
from infra import deps

SAMPLE = Path(__file__).parents[2] / "config"
NAME = "command-test"

pytestmark = pytest.mark.skipif(not (deps.RUNTIME / "bin/python").exists(), reason="needs the runtime that make setup builds")


@pytest.fixture(scope="module")
def outputs(cloud):
    """Three stacks with no more in them than the command asks for."""
    arn = f"arn:aws:iam::000000000000:role/{NAME}"
    versioned = {"VersioningConfiguration": {"Status": "Enabled"}}
    buckets = {kind: {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": f"{NAME}-{kind}"} | versioned}
               for kind in ("exchange", "work")}
    group = {"Group": {"Type": "AWS::Scheduler::ScheduleGroup", "Properties": {"Name": NAME}}}
    secret = cloud.secretsmanager.create_secret(Name=f"{NAME}/plytix", SecretString="{}")["ARN"]
    cloud.stand(f"{NAME}-storage", buckets, ExchangeBucket=f"{NAME}-exchange", WorkBucket=f"{NAME}-work", KeyArn="alias/aws/secretsmanager")
    cloud.stand(f"{NAME}-processing", group, ScheduleGroup=NAME, ScheduleRoleArn=arn, PlytixSecretArn=secret,
                PublishFunctionArn=f"arn:aws:lambda:eu-central-1:000000000000:function:{NAME}", PartnerSecretsPrefix=f"{NAME}/partners/",
                UndeliveredQueueArn=f"arn:aws:sqs:eu-central-1:000000000000:{NAME}")


@pytest.fixture
def bridge(cloud, outputs, monkeypatch):
    monkeypatch.setattr(aws, "client", cloud.stack.client)

    def run(*words, typed=None):
        result = CliRunner().invoke(app, ["--name", NAME, *map(str, words)], input=typed)
        assert result.exit_code == 0, result.output
        return result.output

    return run


@pytest.fixture
def folder(tmp_path):
    for part in ("partners", "feeds", "channels"):
        shutil.copytree(SAMPLE / part, tmp_path / part)
    return tmp_path


def schedules(cloud):
    return {s["Name"]: cloud.scheduler.get_schedule(GroupName=NAME, Name=s["Name"])
            for s in cloud.scheduler.list_schedules(GroupName=NAME)["Schedules"]}


def test_a_configuration_is_put_into_force_changed_and_left_alone(cloud, bridge, folder):
    bridge("config", "apply", folder)
    assert "bergkauf/outbox/retailer-catalogue/" in cloud.keys(f"{NAME}-exchange")
    assert schedules(cloud)["retailer-catalogue"]["ScheduleExpressionTimezone"] == "Europe/Berlin"
    in_force = ConfigurationStore(cloud.s3, f"{NAME}-work").current()
    assert len(in_force.feeds) == 4

    again = bridge("config", "apply", folder)
    assert again == f"Version {in_force.version} was in force already: 4 partners, 4 feeds, 1 channel\n"
    versions = cloud.s3.list_object_versions(Bucket=f"{NAME}-work")["Versions"]
    assert len(versions) == 1

    channel = folder / "channels/retailer-catalogue.yaml"
    channel.write_text(channel.read_text().replace("30 2 * * *", "0 5 * * 1-5"))
    assert "when.cron: 30 2 * * * → 0 5 * * 1-5" in bridge("config", "apply", folder)
    assert schedules(cloud)["retailer-catalogue"]["ScheduleExpression"] == "cron(0 5 ? * 2-6 *)"
    assert ConfigurationStore(cloud.s3, f"{NAME}-work").current().version != in_force.version

    channel.unlink()
    bridge("config", "apply", folder)
    assert schedules(cloud) == {}


def test_what_is_not_deployed_is_said_so(cloud, bridge):
    result = CliRunner().invoke(app, ["--name", "nowhere", "config", "apply", str(SAMPLE)])

    assert result.exit_code == 1
    assert 'There is no stack "nowhere-storage"' in result.output


def test_partners_and_plytix_get_their_secrets(cloud, bridge, folder, tmp_path):
    bridge("config", "apply", folder)
    (tmp_path / "key.pub").write_text("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGr2mBh0Bq1cQ9hJ6tq0y1wC3mJx1mZ3t0mG9dYc5a1N night\n")

    bridge("partner", "password", "bergkauf", typed="the first one\n")
    bridge("partner", "password", "bergkauf", typed="the second one\n")
    bridge("partner", "key", "bergkauf", tmp_path / "key.pub")
    bridge("secret", "set", "plytix", "--key", "k", "--untried", typed="p\n")

    held = PartnerSecrets(cloud.secretsmanager, f"{NAME}/partners/").read("bergkauf")
    assert verified("the second one", held.password)
    assert len(held.keys) == 1
    assert json.loads(cloud.secretsmanager.get_secret_value(SecretId=f"{NAME}/plytix")["SecretString"])["api_password"] == "p"
