"""A configuration put into force on the deployed bridge: schedules that fire, folders that partners find, and their logins."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLE = Path(__file__).parents[2] / "config"

pytestmark = pytest.mark.usefixtures("reset")


@pytest.fixture
def folder(tmp_path):
    """The sample company, and beside it the twin as one finds it where it was started."""
    for part in ("partners", "feeds", "channels"):
        shutil.copytree(SAMPLE / part, tmp_path / "config" / part)
    return tmp_path / "config"


@pytest.fixture
def bridge(twin, tmp_path):
    """The command as a person runs it beside the twin."""
    (tmp_path / ".twin").symlink_to(twin.folder)
    program = Path(sys.executable).with_name("bridge")

    def run(*words, typed=""):
        ended = subprocess.run([program, "--twin", *map(str, words)], cwd=tmp_path, input=typed, capture_output=True, text=True,
                               env=os.environ | {"AWS_PROFILE": "somebody-elses"}, check=False)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    return run


@pytest.fixture
def schedules(twin):
    group, scheduler = twin.outputs["ScheduleGroup"], twin.client("scheduler")

    def told():
        names = [schedule["Name"] for schedule in scheduler.list_schedules(GroupName=group)["Schedules"]]
        return {name: scheduler.get_schedule(GroupName=group, Name=name)["ScheduleExpression"] for name in names}

    return told


def test_a_channels_schedule_comes_changes_and_goes_with_it(twin, bridge, folder, schedules):
    bridge("config", "apply", folder)
    assert schedules() == {"retailer-catalogue": "cron(30 2 * * ? *)"}
    assert twin.fire("retailer-catalogue", twin.outputs["ScheduleGroup"])

    channel = folder / "channels/retailer-catalogue.yaml"
    channel.write_text(channel.read_text().replace("30 2 * * *", "0 5 * * 1-5"))
    bridge("config", "apply", folder)
    assert schedules() == {"retailer-catalogue": "cron(0 5 ? * 2-6 *)"}

    channel.unlink()
    bridge("config", "apply", folder)
    assert schedules() == {}


def test_partners_find_the_folders_of_their_feeds_and_channels(twin, bridge, folder):
    bridge("config", "apply", folder)

    listed = twin.client("s3").list_objects_v2(Bucket=twin.outputs["ExchangeBucket"])["Contents"]
    assert {"nordhang-erp/inbox/prices/", "alpwerk/inbox/sheets/", "lager-sued/inbox/", "bergkauf/outbox/retailer-catalogue/",
            "bergkauf/receipts/"} <= {found["Key"] for found in listed}
    assert {found["Size"] for found in listed} == {0}


def test_a_partner_logs_in_with_what_he_was_given_and_sees_his_old_path(twin, bridge, folder):
    bridge("config", "apply", folder)
    password = bridge("partner", "password", "lager-sued", "--generate").rsplit(": ", 1)[1].strip()
    login = {"username": "lager-sued", "password": password, "protocol": "FTP", "serverId": "s-1", "sourceIp": "198.51.100.7"}

    answer = twin.identify(login)
    assert '"Entry":"/EXPORT/BESTAND"' in answer["HomeDirectoryDetails"]
    assert twin.identify(login | {"password": password + "x"}) == {}


def test_who_is_taken_out_of_the_configuration_cannot_log_in_any_more(twin, bridge, folder):
    bridge("config", "apply", folder)
    bridge("partner", "password", "alpwerk", typed="Kocher & Topf\n")
    login = {"username": "alpwerk", "password": "Kocher & Topf", "protocol": "SFTP", "serverId": "s-1", "sourceIp": "198.51.100.7"}
    assert twin.identify(login) != {}

    (folder / "partners/alpwerk.yaml").unlink()
    shutil.rmtree(folder / "feeds/alpwerk")
    bridge("config", "apply", folder)
    assert twin.identify(login) == {}
