"""The programs that partners upload and fetch with, as every suite runs them: OpenSSH's sftp, lftp, curl, rclone."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bridge.domain.password import LEAST_N

PATIENCE_S = 30


def program(name: str) -> str:
    """The client's path; without it the test is skipped, but not where all are promised to be there."""
    found = shutil.which(name)
    if found is None:
        reason = f"{name} is not installed (make setup brings it)"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    return found


def run(*command: Any, ok: bool = True, tries: int = 1, **settings: Any) -> subprocess.CompletedProcess[str]:
    """`ok`: whatever else than exit code 0 fails the test, with what the program said; at the last of so many tries."""
    for _ in range(tries if ok else 1):
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=PATIENCE_S, check=False, **settings)
        if not done.returncode:
            break
    if ok:
        assert done.returncode == 0, f"{command[0]} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done


@dataclass(frozen=True, slots=True)
class Programs:
    """All of them for one login. `ports` by protocol; `host_key`: the server's, pinned; `folder`: for what they read and keep;
    `tries`: how often in all the user starts a program that ought to go well."""

    ports: Mapping[str, int]
    host_key: str
    folder: Path
    user: str
    password: str
    tries: int = 1

    def sftp(self, *commands: str, key: Path | None = None, ok: bool = True) -> subprocess.CompletedProcess[str]:
        """One batch of commands in OpenSSH's sftp; logs in by `key`, else by password."""
        return run(*self.sftp_command(*commands, key=key), ok=ok, tries=self.tries)

    def sftp_command(self, *commands: str, key: Path | None = None, options: Sequence[str] = ()) -> list[str]:
        """For who starts it himself, and may kill it."""
        (self.folder / "known_hosts").write_text(f"[127.0.0.1]:{self.ports['sftp']} {self.host_key}\n")
        (self.folder / "batch").write_text("\n".join(commands) + "\n")
        options = [*options, "-P", str(self.ports["sftp"]), "-F", "none", f"-oUserKnownHostsFile={self.folder}/known_hosts",
                   "-oStrictHostKeyChecking=yes", "-oNumberOfPasswordPrompts=1"]
        if key:
            login = [program("sftp"), *options, "-oPasswordAuthentication=no", "-oIdentitiesOnly=yes", "-i", str(key)]
        else:
            login = [program("sshpass"), "-p", self.password, program("sftp"), *options, "-oPubkeyAuthentication=no", "-oBatchMode=no"]
        return [*login, "-b", str(self.folder / "batch"), f"{self.user}@127.0.0.1"]

    def lftp(self, *commands: str, ok: bool = True) -> subprocess.CompletedProcess[str]:
        """Over FTPS, all of it encrypted."""
        settings = ["set ssl:verify-certificate no", "set ftp:ssl-force yes", "set ftp:ssl-protect-data yes", "set net:max-retries 1",
                    "set net:timeout 10", "set cmd:fail-exit yes"]
        password = self.password.replace('"', '\\"')
        login = f'open -u {self.user},"{password}" ftp://127.0.0.1:{self.ports["ftps"]}'
        return run(program("lftp"), "-c", "; ".join([*settings, login, *commands]), ok=ok, tries=self.tries)

    def curl(self, protocol: str, path: str, *options: Any, ok: bool = True) -> subprocess.CompletedProcess[str]:
        """`protocol`: ftp, or ftps with explicit TLS."""
        return run(*self.curl_command(protocol, path, *options), ok=ok, tries=self.tries)

    def curl_command(self, protocol: str, path: str, *options: Any) -> list[str]:
        """For who starts it himself, and may kill it."""
        tls = ["--ssl-reqd", "--insecure"] if protocol == "ftps" else []
        return [program("curl"), "--silent", "--show-error", *tls, "-u", f"{self.user}:{self.password}", *map(str, options),
                f"ftp://127.0.0.1:{self.ports[protocol]}{path}"]

    def rclone(self, *arguments: Any, ok: bool = True) -> subprocess.CompletedProcess[str]:
        """Over SFTP; the partner's tree is `bridge:/`."""
        obscured = run(program("rclone"), "obscure", self.password).stdout.strip()
        (self.folder / "rclone.conf").write_text(f"[bridge]\ntype = sftp\nhost = 127.0.0.1\nport = {self.ports['sftp']}\n"
                                                 f"user = {self.user}\npass = {obscured}\n")
        return run(program("rclone"), "--config", self.folder / "rclone.conf", "--retries", "1", *arguments, ok=ok,
                   tries=self.tries)


def uploading(size: int) -> bool:
    """Whether an upload of this many bytes is under way: an endpoint in this process keeps it in an unlinked file until it is whole."""
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            name, held = os.readlink(f"/proc/self/fd/{descriptor}"), os.stat(f"/proc/self/fd/{descriptor}").st_size
        except OSError:
            continue
        if "/spool/" in name and held >= size:
            return True
    return False


@cache
def cheap_hash(password: str) -> str:
    """The cheapest that is stored: the suites log in some hundred times."""
    digest = hashlib.scrypt(password.encode(), salt=bytes(16), n=LEAST_N, r=8, p=1, dklen=32)
    return f"scrypt${LEAST_N}$8$1${b64encode(bytes(16)).decode()}${b64encode(digest).decode()}"


def key_pair(folder: Path, name: str = "id_ed25519") -> Path:
    """A new SSH key: the private file; its public line lies beside it, as `.pub`."""
    file = folder / name
    run(program("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-C", f"erp@{name}", "-f", file)
    return file
