"""Who may ask the simulated Plytix, and for how long (plytix-api.md §2)."""

import jwt
import pytest

from tests.contract.simulated import error, signed_in


@pytest.fixture
def api():
    with signed_in("paid") as api:
        yield api


def test_a_token_is_a_jwt_of_fifteen_minutes_that_names_the_plan(api):
    answer = api.token()

    assert answer.status_code == 200
    assert list(answer.json()) == ["data"]
    (entry,) = answer.json()["data"]
    assert set(entry) == {"access_token", "refresh_token"}
    claims = jwt.decode(entry["access_token"], options={"verify_signature": False})
    assert jwt.get_unverified_header(entry["access_token"])["alg"] == "RS256"
    assert claims["exp"] - claims["iat"] == 900
    limits = [{"limit": 50, "window_size": 10}, {"limit": 5000, "window_size": 3600}]
    assert claims["user_claims"]["account"]["rate_limit"] == limits


def test_each_answer_of_the_token_host_tells_its_own_limit(api):
    for answer in (api.token(), api.token(api_password="wrong")):
        assert answer.headers["RateLimit-Limit"] == answer.headers["X-RateLimit-Limit-Second"] == "15"


def test_wrong_password_and_unknown_key_are_refused_in_the_recorded_words(api):
    status = [("http_status_code", 401)]
    assert error(api.token(api_password="wrong")) == (401, "Bad api_key or api_password: Credentials not valid", status)
    unknown = "Bad api_key or api_password: Query did not throw any results"
    assert error(api.token(api_key="nobody")) == (401, unknown, status)


def test_a_token_request_without_json_or_without_a_field_is_a_400(api):
    url = f"{api.plytix.url}/auth/api/get-token"
    assert error(api.session.post(url, data=b"key=1", timeout=10))[0] == 400
    assert error(api.session.post(url, json={"api_key": "key"}, timeout=10))[0] == 400
    assert api.session.get(url, timeout=10).status_code == 405


@pytest.mark.parametrize(
    ("header", "message"),
    [(None, "Missing Authorization Header"), ("Bearer None", "Invalid token"), ("Bearer a.b.c", "Invalid token")],
)
def test_a_request_without_a_good_token_is_a_401(api, header, message):
    api.session.headers["Authorization"] = header

    answer = api.ask("GET", "v2/products/64b000000000000000000001")

    assert error(answer)[:2] == (401, message)


def test_several_tokens_are_good_at_once(api):
    first, second = api.sign_in(), api.sign_in()

    assert first != second
    for token in (first, second):
        api.session.headers["Authorization"] = f"Bearer {token}"
        assert api.ask("GET", "v1/filters/product").status_code == 200


def test_a_token_ends_after_its_time_and_a_new_one_is_good(api):
    assert api.ask("GET", "v1/filters/product").status_code == 200

    api.plytix.advance(901)

    assert error(api.ask("GET", "v1/filters/product"))[:2] == (401, "Token has expired")
    api.sign_in()
    assert api.ask("GET", "v1/filters/product").status_code == 200


def test_tokens_can_be_made_short_and_ended_at_once(api):
    api.plytix.token_lifetime(30)
    claims = jwt.decode(api.sign_in(), options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 30

    api.plytix.expire_tokens()

    assert api.ask("GET", "v1/filters/product").status_code == 401


def test_after_a_reset_what_clients_still_hold_is_good_again(api):
    api.plytix.expire_tokens()
    api.plytix.reset()

    assert api.ask("GET", "v1/filters/product").status_code == 200


def test_a_revoked_key_gives_no_tokens_and_its_old_ones_are_void(api):
    api.plytix.credentials("other", "secret")

    assert api.ask("GET", "v1/filters/product").status_code == 401
    assert api.token(api_key="key", api_password="password").status_code == 401
    assert api.token(api_key="other", api_password="secret").status_code == 200


def test_the_sixteenth_token_request_of_a_second_is_refused_and_costs_the_api_nothing(api, monkeypatch):
    now = api.plytix.advance(60)
    monkeypatch.setattr(api.plytix.clock, "now", lambda: now)

    assert [api.token().status_code for _ in range(16)] == [200] * 15 + [429]

    monkeypatch.setattr(api.plytix.clock, "now", lambda: now + 1)
    assert api.token().status_code == 200
    assert [window["used"] for window in api.plytix.state()["windows"]] == [0, 0]
