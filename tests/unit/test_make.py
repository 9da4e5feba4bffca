"""What a newcomer meets first: `make`, and the programs that it brings along."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from local import clients

ROOT = Path(__file__).resolve().parents[2]


def test_make_alone_lists_every_target():
    told = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    listed = {line.split()[1] for line in told.splitlines()}
    assert listed == {"help", "setup", "lint", "test", "rough", "bench", "demo", "twin", "synth", "deploy"}


def test_a_program_that_is_not_there_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert clients.missing() == ["sftp", "sshpass", "lftp", "curl", "rclone"]

    (tmp_path / "lftp").write_text("")
    (tmp_path / "lftp").chmod(0o755)
    assert clients.missing() == ["sftp", "sshpass", "curl", "rclone"]


@pytest.fixture
def called(monkeypatch):
    """What would have been run."""
    commands: list[list[str]] = []
    monkeypatch.setattr(clients.subprocess, "run", lambda command, **_: commands.append(command))
    monkeypatch.setattr(clients.shutil, "which", lambda program: f"/usr/bin/{program}")
    return commands


def test_setup_brings_only_what_is_missing(called, monkeypatch):
    monkeypatch.setattr(clients.os, "geteuid", lambda: 0)
    clients.fetch(["sftp", "lftp"])
    assert called[-1][-2:] == ["openssh-client", "lftp"]


@pytest.mark.parametrize(("user", "programs"), [(1000, ["lftp"]), (0, [])], ids=["may not", "need not"])
def test_setup_touches_no_machine_that_it_may_not_or_need_not(called, monkeypatch, user, programs):
    monkeypatch.setattr(clients.os, "geteuid", lambda: user)
    clients.fetch(programs)
    assert called == []
