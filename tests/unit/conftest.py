"""Builders that unit tests ask for by name."""

import pytest

from tests.unit import files


@pytest.fixture(scope="session")
def a_feed():
    return files.a_feed
