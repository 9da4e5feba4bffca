"""What MiniStack leaves on the machine: nothing (local/ministack/server.py, launcher.py)."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from infra import deps
from local.ministack.server import MiniStack, MiniStackError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

START_AND_WAIT = """
import sys, time
from pathlib import Path
from local.ministack.server import MiniStack
stack = MiniStack(Path(sys.argv[1]), python=Path(sys.argv[2]))
role = stack.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
stack.client("lambda").create_function(FunctionName="f", Runtime="python3.13", Handler="code.handler", Role=role,
                                       Code={"ZipFile": Path(sys.argv[3]).read_bytes()})
stack.ask("warm", functions=["f"])
print(stack.pid, flush=True)
time.sleep(600)
"""


def test_a_killed_parent_leaves_no_process_behind(tmp_path, zipped, until):
    code = tmp_path / "code.zip"
    code.write_bytes(zipped({"code.py": "def handler(event, context):\n    return 1\n"}))
    parent = subprocess.Popen([sys.executable, "-c", START_AND_WAIT, tmp_path / "aws", deps.RUNTIME / "bin/python", code],
                              stdout=subprocess.PIPE, text=True)
    with parent:
        launcher = int(parent.stdout.readline())
        assert len(_group(launcher)) >= 2, "the launcher and a worker"

        parent.send_signal(signal.SIGKILL)
        until(lambda: not _group(launcher))


def test_a_killed_ministack_takes_its_workers_along_when_it_is_stopped(new_cloud, until):
    cloud = new_cloud()
    cloud.function("f", "def handler(event, context):\n    return 1\n")
    cloud.ask("warm", functions=["f"])
    os.kill(cloud.stack.pid, signal.SIGKILL)

    with pytest.raises(MiniStackError, match="does not answer"):
        cloud.ask("ping")
    cloud.stack.stop()
    cloud.stack.stop()
    until(lambda: not _group(cloud.stack.pid))


def test_it_opens_one_port_and_on_the_loopback_alone(cloud):
    listening = _listening(cloud.stack.pid)
    assert {port for _, port in listening} >= {cloud.stack.port}
    assert {address for address, _ in listening} == {"0100007F"}, "127.0.0.1, as /proc/net/tcp writes it"
    assert not {443, 2222, 8883} & {port for _, port in listening}


def test_its_files_lie_in_its_folder(cloud):
    opened = [os.readlink(link) for link in Path(f"/proc/{cloud.stack.pid}/fd").iterdir() if link.exists()]
    written = [Path(name) for name in opened if name.startswith("/") and not name.startswith(("/dev/", "/proc/"))]
    assert [name for name in written if not name.is_relative_to(cloud.stack.folder)] == []


def test_one_that_cannot_start_says_why(tmp_path, monkeypatch):
    monkeypatch.setattr("local.ministack.server.environment", lambda settings: {"PYTHONPATH": str(tmp_path)})
    (tmp_path / "hypercorn.py").write_text("raise RuntimeError('no such luck')")
    with pytest.raises(MiniStackError, match="no such luck"):
        MiniStack(tmp_path, python=deps.RUNTIME / "bin/python")


def _group(leader):
    """The living processes of the group."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                state, _, group = folder.joinpath("stat").read_text().rpartition(")")[2].split()[:3]
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(group) == leader and state != "Z":
                found.append(int(folder.name))
    return found


def _listening(pid):
    sockets = {os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir() if link.exists() or link.is_symlink()}
    found = set()
    for name in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                address, _, port = fields[1].partition(":")
                found.add((address, int(port, 16)))
    return found
