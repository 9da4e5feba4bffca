"""`bridge twin`, as somebody types it who wants to try the bridge (local/twin_commands.py)."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import paramiko
import pytest

from local.state import State

BRIDGE = Path(sys.executable).with_name("bridge")
WIDE = os.environ | {"COLUMNS": "200"}
SAMPLE = Path(__file__).parents[2] / "config"


@pytest.fixture
def bridge(tmp_path):
    def run(*words):
        return subprocess.run([BRIDGE, *words], cwd=tmp_path, env=WIDE, capture_output=True, text=True, check=False)

    return run


@pytest.fixture
def up(tmp_path, until, request):
    """A running `bridge twin up`, and what it has said."""
    said, words = tmp_path / "said", ["twin", "up", "--config", SAMPLE, *getattr(request, "param", [])]
    with said.open("w") as output, subprocess.Popen([BRIDGE, *words], cwd=tmp_path, stdout=output, stderr=output, env=WIDE) as process:
        try:
            until(lambda: "Ctrl-C" in said.read_text() or process.poll() is not None, within_s=90)
            assert process.poll() is None, said.read_text()
            yield process, said
        finally:
            process.kill()


def test_it_says_where_it_is_and_who_may_log_in_and_goes_when_it_is_told_to(up, bridge, tmp_path):
    process, said = up
    text = said.read_text()
    port, password = int(re.search(r"sftp -P (\d+)", text)[1]), re.search(r"nordhang-erp\s*│\s*(\S+)", text)[1]

    with paramiko.SSHClient() as client:
        client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
        client.connect("127.0.0.1", port, "nordhang-erp", password, look_for_keys=False, allow_agent=False)
        assert "inbox" in client.open_sftp().listdir("/")
    assert "SFTP login of nordhang-erp from 127.0.0.1 accepted" in (tmp_path / ".twin/endpoint.log").read_text()
    assert "API key: key, API password: password" in text

    assert f"sftp {port}" in bridge("twin", "status").stdout
    second = bridge("twin", "up")
    assert (second.returncode, f"process {process.pid}" in second.stderr) == (1, True)

    assert bridge("twin", "down").returncode == 0
    assert process.wait(5) == 0
    assert "nothing of it is left" in said.read_text()
    assert {thing.name for thing in (tmp_path / ".twin").iterdir()} == {"lock", "ssh_host_key"}


@pytest.mark.parametrize("up", [["--bulk"]], indirect=True)
def test_its_account_has_bulk_jobs_where_that_is_said(up, bridge):
    _, said = up
    assert "plan: paid, with bulk jobs" in said.read_text()

    mirror = json.loads(bridge("--twin", "mirror", "--refresh", "--json").stdout)
    assert (mirror["bulk"], bool(mirror["loaded"])) == (True, True)
    assert "bulk jobs      the account has them" in bridge("mirror", "--twin").stdout


def test_ctrl_c_ends_it(up, tmp_path):
    process, said = up
    assert "plan: paid, no bulk jobs (bridge twin up --bulk)" in said.read_text()
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    assert not State(tmp_path / ".twin").runs()


def test_without_a_twin_status_is_no_and_down_is_content(bridge):
    assert bridge("twin", "status").returncode == 1
    assert bridge("twin", "down").returncode == 0
