"""Who waits for a function that dies in a rough twin calls again; of every other failure he is told at once."""

import pytest

from local.again import TRIES, again

DIED = "Runtime.ExitError: RequestId: 1 Error: Runtime exited with error: signal: killed"
THROTTLED = "ClientError: An error occurred (ThrottlingException) when calling the Query operation (reached max retries: 4)"
REFUSED = "the mirror's first full load is not complete"


def called(*answers, tries=TRIES):
    """What the caller is told in the end, and how often he called."""
    left = list(answers)
    return again(lambda: left.pop(0), lambda answer: answer, tries), len(answers) - len(left)


@pytest.mark.parametrize("passing", [DIED, THROTTLED])
def test_what_failed_by_the_roughness_alone_is_done_again(passing):
    assert called(passing, passing, "") == ("", 3)


@pytest.mark.parametrize("answer", ["", REFUSED])
def test_what_went_well_or_was_refused_is_not(answer):
    assert called(answer, DIED) == (answer, 1)


def test_after_three_times_it_is_told():
    assert called(DIED, DIED, DIED, "") == (DIED, 3)


def test_in_a_smooth_twin_a_death_is_told_at_once():
    assert called(DIED, "", tries=1) == (DIED, 1)
