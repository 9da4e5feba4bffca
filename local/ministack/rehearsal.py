"""Let a function's process die at a named point, once; or list the points it passes, to choose one from; or die by chance."""

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

SEAM = Path(__file__).parent / "worker" / "sitecustomize.py"


@dataclass(frozen=True, slots=True)
class Death:
    """Where to die. Names may hold `*`: `*:before` with count n is before the n-th call of anything outside."""

    function: str = "*"
    point: str = ""  # nothing: nobody dies, the points are only noted
    count: int = 1


class Rehearsal:
    """A folder that the launcher puts before a new worker's path while a plan lies in it (inside/functions.py)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "rehearsal"

    def plan(self, death: Death) -> None:
        """For workers that start from now on: those that run must be ended by whoever plans."""
        self.end()
        self._folder.mkdir()
        shutil.copy(SEAM, self._folder)
        (self._folder / "plan.json").write_text(json.dumps(asdict(death)))

    def end(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def planned(self) -> bool:
        return (self._folder / "plan.json").exists()

    def passed(self) -> list[str]:
        """`function point` in the order in which they were passed since the plan was made."""
        return self._lines("passed")

    def died(self) -> str | None:
        """`function point` of who died as planned, or None as long as nobody has."""
        return next(iter(self._lines("died")), None)

    def _lines(self, name: str) -> list[str]:
        file = self._folder / name
        return file.read_text().splitlines() if file.exists() else []


class Chance:
    """The same for a rough twin: in a folder of its own, which a rehearsal goes before, all workers die at random under a seed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "roughness"

    def plan(self, seed: int, chance: float) -> None:
        """`chance`: of dying at each point."""
        self._folder.mkdir(exist_ok=True)
        shutil.copy(SEAM, self._folder)
        (self._folder / "plan.json").write_text(json.dumps({"function": "*", "seed": seed, "chance": chance}))

    def died(self) -> list[str]:
        """`function point` of each."""
        file = self._folder / "died"
        return file.read_text().splitlines() if file.exists() else []
