"""How far the mirror is, in DynamoDB."""

from dataclasses import replace

import pytest

from bridge.adapters.mirror_states import MirrorStates
from bridge.ports import MirrorState

NOW = 1_800_000_000_000


@pytest.fixture
def states(cloud, ledger_table):
    return MirrorStates(cloud.dynamodb, ledger_table)


def test_that_the_account_has_no_bulk_jobs_any_more_is_known_until_a_census_says_otherwise(states):
    states.no_jobs()
    assert states.state() == MirrorState()
    loaded = MirrorState(loaded=NOW, since=NOW, refreshed=NOW, schema="1", census=1, bulk=True)
    states.complete(loaded)

    states.no_jobs()

    assert states.state() == replace(loaded, bulk=False)


def test_one_at_a_time_has_the_turn_until_it_ends_or_is_given_back(states):
    assert states.begin(NOW, NOW + 900)
    assert not states.begin(NOW + 1, NOW + 901)

    states.give_back(NOW + 901)  # another's
    assert not states.begin(NOW + 2, NOW + 902)
    states.give_back(NOW + 900)
    assert states.begin(NOW + 3, NOW + 903)
    assert states.begin(NOW + 904, NOW + 1800), "who died gives nothing back"
    assert states.state() == MirrorState()


def test_a_first_load_is_known_by_its_page_until_it_is_complete(states):
    states.stopped(NOW, 17)
    assert states.state() == MirrorState(since=NOW, page=17)

    loaded = MirrorState(loaded=NOW + 5, since=NOW, refreshed=NOW + 5, schema="s", census=1, bulk=True)
    states.complete(loaded)
    assert states.state() == loaded


def test_how_far_refused_values_were_looked_at_is_known_until_a_refresh_is_complete(states):
    loaded = MirrorState(loaded=NOW, since=NOW, refreshed=NOW, schema="1", census=1)
    states.stopped(NOW, 17)
    states.freed("2", "acme/erp", "A-1")
    assert states.state() == MirrorState(since=NOW, page=17, freed=("2", "acme/erp", "A-1"))

    states.complete(loaded)
    states.freed("2", "acme/sup", "A-2")
    assert states.state() == replace(loaded, freed=("2", "acme/sup", "A-2"))
    states.complete(loaded)
    assert states.state() == loaded


def test_a_census_in_between_leaves_what_a_refresh_that_stopped_has_noted(states):
    states.complete(MirrorState(loaded=NOW, since=NOW, refreshed=NOW, schema="1", census=1))
    states.nudged(7)
    states.freed("2", "acme/erp", "A-1")

    states.complete(replace(states.state(), census=NOW))

    assert (states.state().nudged, states.state().freed, states.state().census) == (7, ("2", "acme/erp", "A-1"), NOW)
