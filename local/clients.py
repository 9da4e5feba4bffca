"""The file transfer programs that the tests speak through: `python -m local.clients` brings them, or says what is missing."""

from __future__ import annotations

import os
import shutil
import subprocess

PACKAGES = {"sftp": "openssh-client", "sshpass": "sshpass", "lftp": "lftp", "curl": "curl", "rclone": "rclone"}
"""Each program, and Debian's package of it."""


def missing() -> list[str]:
    """The programs that are not on PATH."""
    return [program for program in PACKAGES if shutil.which(program) is None]


def fetch(programs: list[str]) -> None:
    """By apt, where this user may. A machine without network still gets the rest of its setup, so nothing is raised."""
    if not programs or os.geteuid() != 0 or shutil.which("apt-get") is None:
        return
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    packages = [PACKAGES[program] for program in programs]
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        subprocess.run(["apt-get", "--quiet=2", *command], env=quiet, stdout=subprocess.DEVNULL, check=False)


if __name__ == "__main__":
    fetch(missing())
    if still := missing():
        print(f"Missing: {', '.join(still)}. The tests that speak through them are skipped, saying so; to have them:")
        print(f"  apt-get install {' '.join(PACKAGES[program] for program in still)}")
