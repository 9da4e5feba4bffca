"""The folder in which everything of a running twin lies: who holds it, what stands in it, and that nothing stays."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from cli.session import Twin

FOLDER = Path(".twin")
LOCK, ENVIRONMENT = "lock", "env.json"
STAYS = {LOCK, "ssh_host_key"}  # the host key: else each start would look like an attack to who has pinned it


class TwinRuns(Exception):
    """There is one already in this folder."""


@dataclass(slots=True)
class State:
    """A lock, not a process number, says whether a twin runs: the kernel takes it from whoever dies."""

    folder: Path
    _lock: int | None = field(default=None)

    def take(self) -> None:
        """Make the folder ours, and clear what a killed twin left in it. Raises TwinRuns."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise TwinRuns(f"a twin runs in {self.folder} already (process {self.pid()}); end it first: bridge twin down") from None
        self._lock = lock
        self.clear()

    def clear(self) -> None:
        for thing in self.folder.iterdir():
            if thing.is_dir():
                shutil.rmtree(thing, ignore_errors=True)
            elif thing.name not in STAYS:
                thing.unlink(missing_ok=True)

    def leave(self) -> None:
        """Clear it and let it go; twice is no harm."""
        if self._lock is not None:
            self.clear()
            os.close(self._lock)
            self._lock = None

    def runs(self) -> bool:
        """Whether some process holds the folder."""
        try:
            lock = os.open(self.folder / LOCK, os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(lock)
        return False

    def write(self, env: dict[str, str], ports: dict[str, int]) -> None:
        """For `bridge --twin`; whole or not at all, as it may be read at any time."""
        unfinished = self.folder / f"{ENVIRONMENT}.unfinished"
        unfinished.write_text(json.dumps({"env": env, "ports": ports, "pid": os.getpid()}, indent=1) + "\n")
        unfinished.rename(self.folder / ENVIRONMENT)

    def read(self) -> Twin | None:
        """What the running twin wrote; None while it is still starting. Refuses what no twin can have written."""
        return Twin.written(self.folder / ENVIRONMENT)

    def pid(self) -> int | None:
        return written.pid if (written := self.read()) else None
