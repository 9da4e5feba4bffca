"""How often the simulated Plytix lets itself be asked (plytix-api.md §3)."""

from collections import Counter

import jwt
import pytest

from local.plytix.limits import Fixed, Limits, Sliding
from tests.contract.simulated import Api, signed_in


class Watch:
    """A clock that stands still unless it is moved."""

    def __init__(self, simulator, monkeypatch):
        self.now = simulator.clock.now()
        monkeypatch.setattr(simulator.clock, "now", lambda: self.now)


@pytest.fixture
def api():
    with signed_in() as api:
        yield api


@pytest.fixture
def watch(api, monkeypatch):
    return Watch(api.plytix, monkeypatch)


@pytest.mark.parametrize(("plan", "limit"), [("free", 20), ("paid", 50)])
def test_ten_seconds_hold_so_many_requests_of_both_versions_and_no_more(api, watch, plan, limit):
    api.plytix.plan(plan)

    answers = [api.ask("GET", f"v{1 + n % 2}/products/nothing") for n in range(limit + 1)]

    assert [answer.status_code for answer in answers] == [404] * limit + [429]
    assert answers[-1].json() == {"message": "API rate limit exceeded", "limit": limit, "window_size": 10}
    assert not [name for name in answers[-1].headers if "rate" in name.lower() or name == "Retry-After"]


def test_the_window_slides(api, watch):
    api.plytix.windows([[2, 10]])
    api.ask("GET", "v1/filters/product")
    watch.now += 6
    assert [api.ask("GET", "v1/filters/product").status_code for _ in range(2)] == [200, 429]

    watch.now += 4

    assert [api.ask("GET", "v1/filters/product").status_code for _ in range(2)] == [200, 429]
    watch.now += 6
    assert api.ask("GET", "v1/filters/product").status_code == 200


def test_an_hour_is_counted_too(api, watch):
    api.plytix.token_lifetime(7200)
    api.sign_in()
    api.plytix.windows([[100, 10], [3, 3600]])

    assert [api.ask("GET", "v1/filters/product").status_code for _ in range(3)] == [200] * 3
    watch.now += 3599
    refused = api.ask("GET", "v1/filters/product")
    assert (refused.status_code, refused.json()["limit"], refused.json()["window_size"]) == (429, 3, 3600)
    watch.now += 1
    assert api.ask("GET", "v1/filters/product").status_code == 200


def test_both_plans_have_an_hour_of_their_own():
    for windows in ([(20, 10), (2_000, 3_600)], [(50, 10), (5_000, 3_600)]):
        limits, now, passed = Limits(windows), 0.0, 0
        while now < 3_600:
            passed += limits.take(now) is None
            now += 0.1
        assert passed == windows[1][0]


def test_what_was_refused_does_not_count_and_leaves_nothing(api, watch):
    api.plytix.windows([[1, 10]])
    api.create("A-1")

    refused = [api.ask("POST", "v1/products", {"sku": f"B-{n}"}) for n in range(5)]
    watch.now += 10

    assert {answer.status_code for answer in refused} == {429}
    assert api.create("A-2")["sku"] == "A-2"
    assert [product["sku"] for product in api.plytix.dump()] == ["A-1", "A-2"]


def test_tokens_are_shared_by_the_account_not_by_the_token(api, watch):
    other = Api(api.plytix)
    api.plytix.windows([[2, 10]])

    statuses = [client.ask("GET", "v1/filters/product").status_code for client in (api, other, api, other)]

    other.session.close()
    assert statuses == [200, 200, 429, 429]


@pytest.mark.parametrize(("told", "expected"), [("ttl", {"ttl": 7000}), ("nothing", {}), ("retry-after", {})])
def test_a_429_tells_of_the_wait_only_where_it_is_told_to(api, watch, told, expected):
    api.plytix.windows([[1, 10]], told=told)
    api.ask("GET", "v1/filters/product")
    watch.now += 3

    answer = api.ask("GET", "v1/filters/product")

    assert answer.json() == {"message": "API rate limit exceeded", "limit": 1, "window_size": 10} | expected
    assert answer.headers.get("Retry-After") == ("8" if told == "retry-after" else None)


def test_without_a_plan_nothing_is_limited(api):
    assert {api.ask("GET", "v1/filters/product").status_code for _ in range(60)} == {200}


def test_a_sliding_window_lets_as_many_pass_as_it_says_in_any_stretch():
    window, passed = Sliding(3, 10), []
    for tenth in range(1_000):
        if window.take(tenth / 10):
            passed.append(tenth / 10)

    assert all(later - first >= 10 for first, later in zip(passed, passed[3:], strict=False))
    assert len(passed) == 30


@pytest.mark.parametrize("phase", [0, 3.5, -2])
def test_a_fixed_window_lets_as_many_pass_between_two_borders_and_all_at_once(phase):
    window, passed = Fixed(3, 10, phase), []
    for tenth in range(1_000):
        if window.take(tenth / 10):
            passed.append(tenth / 10)

    counted = Counter((moment - phase) // 10 for moment in passed)
    assert set(counted.values()) == {3}
    assert passed[-3:] == pytest.approx([90 + phase % 10 + n / 10 for n in range(3)])


def test_fixed_windows_let_twice_as_many_pass_around_a_border(api, watch):
    watch.now = 1_000_000_007.5
    api.plytix.token_lifetime(7200)
    api.sign_in()
    api.plytix.windows([[2, 10]], told="ttl")
    api.plytix.measure(kind="fixed", phase=8)

    assert [api.ask("GET", "v1/filters/product").status_code for _ in range(3)] == [200, 200, 429]
    assert api.ask("GET", "v1/filters/product").json()["ttl"] == 500
    watch.now += 0.5
    assert [api.ask("GET", "v1/filters/product").status_code for _ in range(3)] == [200, 200, 429]
    watch.now += 9.9
    assert api.ask("GET", "v1/filters/product").status_code == 429
    watch.now += 0.1
    assert api.ask("GET", "v1/filters/product").status_code == 200


@pytest.mark.parametrize(("tell", "told"), [("scaled", [(50, 1), (5_000, 360)]), ("plain", [(50, 10), (5_000, 3_600)])])
def test_an_hour_may_pass_in_minutes_and_the_token_says_so_or_not(api, watch, tell, told):
    api.plytix.plan("paid")
    api.plytix.measure(scale=10, tell=tell)
    api.plytix.token_lifetime(7200)
    claim = jwt.decode(api.sign_in(), options={"verify_signature": False})["user_claims"]["account"]["rate_limit"]
    assert [(window["limit"], window["window_size"]) for window in claim] == told

    assert [api.ask("GET", "v1/filters/product").status_code for _ in range(51)] == [200] * 50 + [429]
    assert api.ask("GET", "v1/filters/product").json()["window_size"] == told[0][1]
    watch.now += 1
    assert api.ask("GET", "v1/filters/product").status_code == 200
    assert [window["window_size"] for window in api.plytix.state()["windows"]] == [1, 360]


def test_a_wait_is_told_on_the_clock_of_the_lengths_that_are_told(api, watch):
    api.plytix.windows([[1, 10]], told="ttl")
    for tell, ttl in (("scaled", 1_000), ("plain", 10_000)):
        api.plytix.measure(scale=10, tell=tell)
        assert [api.ask("GET", "v1/filters/product").json().get("ttl") for _ in range(2)] == [None, ttl]
