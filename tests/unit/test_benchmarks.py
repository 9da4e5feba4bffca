"""What `make bench` hands on to programs, from costs that are made up."""

from __future__ import annotations

import pytest

from benchmarks.__main__ import BULK, NAMES, OURS, PEERS, figures
from benchmarks.race import CONTENDERS, Cost

WINDOW_S = 2.0
SCRIPT = "get_and_patch"


def a_cost(part, requests, refused=0, rate=0.0, foretold_s=None):
    """Of 100 rows; within limits for ten seconds at this share of 50 requests in `WINDOW_S`."""
    return Cost(part, rows=100, requests=requests, refused=refused, after=1, seconds=20.0, paced=int(rate * 250), paced_s=10.0,
                foretold_s=foretold_s)


@pytest.fixture
def told():
    spent = {OURS: 0, BULK: 0, "pim_client": 1, SCRIPT: 100}
    free = {name: {part: a_cost(part, least + (round(100 * part) if name != BULK else 2)) for part in NAMES}
            for name, least in spent.items()}
    limited = {name: {1.0: a_cost(1.0, 100, rate=0.4)} for name in CONTENDERS}
    limited[SCRIPT] = {1.0: a_cost(1.0, 150, refused=50, rate=0.4)}
    limited[OURS] = {1.0: a_cost(1.0, 100, rate=0.4, foretold_s=19.0)}
    return {figure["name"]: figure for figure in figures(free, limited, WINDOW_S)}


def test_each_figure_has_its_name_and_all_that_a_program_looks_for(told):
    counted = {f"requests_per_1000.{name}{kind}" for name in ("unchanged", "changed_1pct", "changed_10pct", "changed_100pct")
               for kind in ("", ".bulk")}
    assert set(told) == counted | {"rate_used", "rate_used.of_share", "rate_429", "forecast_error"}
    for figure in told.values():
        assert set(figure) == {"name", "unit", "ours", "peers", "floor"}
        assert isinstance(figure["unit"], str)
        assert all(isinstance(number, int | float) for number in (figure["ours"], figure["floor"], *figure["peers"].values()))


def test_requests_are_those_of_a_thousand_rows_and_the_others_have_no_bulk_job(told):
    one, many = told["requests_per_1000.changed_10pct"], told["requests_per_1000.changed_10pct.bulk"]

    assert (one["ours"], one["floor"]) == (100, 100)
    assert (many["ours"], many["floor"]) == (20, 1)
    assert one["peers"] == many["peers"] == {"pim_client": 110, SCRIPT: 1_100}


def test_all_are_measured_by_what_the_account_is_allowed_and_ours_also_by_our_share_of_it(told):
    assert told["rate_used"]["ours"] == 0.4
    assert told["rate_used"]["peers"] == dict.fromkeys(PEERS, 0.4)
    assert (told["rate_used.of_share"]["ours"], told["rate_used.of_share"]["peers"]) == (0.5, {})


def test_a_refusal_is_a_request_too_and_a_forecast_is_off_by_a_share_of_what_it_took(told):
    assert (told["rate_429"]["ours"], told["rate_429"]["peers"][SCRIPT]) == (0, 0.25)
    assert told["forecast_error"]["ours"] == 0.05
