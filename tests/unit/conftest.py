"""Builders that unit tests ask for by name."""

import pytest

from tests.unit import files


@pytest.fixture(scope="session")
def a_feed():
    return files.a_feed


@pytest.fixture(autouse=True)
def no_window(monkeypatch):
    """What a command says does not depend on where the tests are run."""
    monkeypatch.delenv("COLUMNS", raising=False)
