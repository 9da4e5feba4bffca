"""What all suites share: one twin for the whole session, the sample files, and a look at what stays behind."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from local.twin import Twin
from tests.actors import Company, Operator, Visitor, visiting

ROOT = Path(__file__).resolve().parent.parent
settings.register_profile("patient", parent=settings(), deadline=None)  # how long an example takes says nothing on a busy machine
settings.load_profile("patient")
ENDS_WITH_US = "node"  # aws_cdk keeps its Node until the very end of the process
ROUGHNESS = pytest.StashKey[Counter[str]]()
ALL_OF_THEM, KINDS = 100, (
    "batches left unprocessed", "calls throttled", "calls throttled for long", "events delayed", "events doubled", "events dropped",
    "messages delayed", "messages doubled", "messages shuffled", "transactions in conflict", "workers killed", "writes in conflict")
"""What happens, each of it, where so many tests run in rough twins; else a run proves less than it says."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rough", type=int, metavar="SEED", help="run the twin rough: late, double and lost deliveries, throttling, deaths")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Of `-n`: what happened in the twin of a process that has ended."""
    happened = getattr(node, "workeroutput", {}).get("rough", {})
    node.config.stash.setdefault(ROUGHNESS, Counter()).update(happened)


def pytest_sessionfinish(session: pytest.Session) -> None:
    missing = [kind for kind in KINDS if not session.config.stash.get(ROUGHNESS, Counter())[kind]]
    if session.config.getoption("rough") is not None and session.testscollected > ALL_OF_THEM and missing and not _is_one_of_many(session):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print(f"\nnever happened in the rough twin: {', '.join(missing)}")


def _is_one_of_many(session: pytest.Session) -> bool:
    return hasattr(session.config, "workerinput")


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if happened := config.stash.get(ROUGHNESS, None):
        terminalreporter.section(f"rough, seed {config.getoption('rough')}")
        terminalreporter.write_line(", ".join(f"{kind}: {times}" for kind, times in happened.items()))


@pytest.fixture(scope="session", autouse=True)
def nothing_stays() -> Iterator[None]:
    """Set up before all other fixtures of the session and therefore looked at after them: threads, processes and ports."""
    before = set(threading.enumerate())
    yield
    threads = [thread.name for thread in threading.enumerate() if thread not in before and not _is_pools(thread)]
    assert threads == [], "these threads still run"
    assert _children() == [], "these processes still run"
    assert _listening() == [], "these ports are still open"


@pytest.fixture(scope="session")
def twin(tmp_path_factory: pytest.TempPathFactory, nothing_stays: None, pytestconfig: pytest.Config) -> Iterator[Twin]:
    """The whole system, started once, when the first test asks for it. No limits at Plytix; schedules fire by hand alone."""
    with Twin(tmp_path_factory.mktemp("twin"), plan="off", rough=pytestconfig.getoption("rough")) as twin:
        twin.clock(ticking=False)
        yield twin
        if twin.is_rough:
            happened = Counter(twin.roughness())
            assert any(happened.values()), "nothing rough happened in a rough twin"
            pytestconfig.stash[ROUGHNESS] = happened
            if (output := getattr(pytestconfig, "workeroutput", None)) is not None:
                output["rough"] = dict(happened)


@pytest.fixture
def reset(twin: Twin, request: pytest.FixtureRequest) -> None:
    """An empty twin: for a module, `pytestmark = pytest.mark.usefixtures("reset")`; for a suite, an autouse fixture that asks for it."""
    twin.reset()
    if twin.is_rough:
        twin.throw_anew(request.node.nodeid)


@pytest.fixture
def company(twin: Twin, reset: None) -> Company:
    """The customer, with an empty twin and an empty Plytix of his own; see `tests/actors.py`."""
    return Company(twin)


@pytest.fixture
def erp(company: Company, tmp_path: Path) -> Iterator[Visitor]:
    yield from visiting("erp", company, tmp_path)


@pytest.fixture
def supplier(company: Company, tmp_path: Path) -> Iterator[Visitor]:
    yield from visiting("supplier", company, tmp_path)


@pytest.fixture
def retailer(company: Company, tmp_path: Path) -> Iterator[Visitor]:
    yield from visiting("retailer", company, tmp_path)


@pytest.fixture
def operator(twin: Twin) -> Operator:
    """A person at a terminal who types `bridge …`."""
    return Operator(twin)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Files that real systems wrote. They lie beside the repository, or where BRIDGE_SHARED_DATA says."""
    folder = Path(os.environ.get("BRIDGE_SHARED_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"the sample files are not there: {folder} (BRIDGE_SHARED_DATA names another folder)")
    return folder


def _is_pools(thread: threading.Thread) -> bool:
    """A worker of a finished executor that has not noticed yet is no leak: it ends by itself."""
    thread.join(2)
    return not thread.is_alive()


def _children() -> list[str]:
    found = []
    for task in Path("/proc/self/task").glob("*/children"):
        for pid in task.read_text().split():
            name = Path(f"/proc/{pid}/comm")
            if name.exists() and name.read_text().strip() != ENDS_WITH_US:
                found.append(f"{pid} {name.read_text().strip()}")
    return found


def _listening() -> list[str]:
    """Addresses, as /proc writes them, of TCP sockets of this process that listen."""
    sockets = {os.readlink(link) for link in Path("/proc/self/fd").glob("*") if link.is_symlink()}
    lines = [line.split() for name in ("tcp", "tcp6") if (table := Path(f"/proc/self/net/{name}")).exists()
             for line in table.read_text().splitlines()[1:]]
    return [line[1] for line in lines if line[3] == "0A" and f"socket:[{line[9]}]" in sockets]
