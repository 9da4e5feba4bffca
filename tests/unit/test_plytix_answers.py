"""What Plytix says, in all the shapes that were documented or recorded (plytix-api.md), read without a network."""

import pytest

from bridge.adapters.plytix import answers, filters
from bridge.adapters.plytix.credentials import credentials
from bridge.adapters.plytix.products import at_fault
from bridge.adapters.plytix.token import lifetime_s
from bridge.adapters.plytix.verdict import judge
from bridge.adapters.plytix.wire import Answer, data, seconds
from bridge.errors import Changed, Denied, Fate, Later, Refused, Stop, TooLarge

V1 = {
    "id": "64b001", "sku": "TR-9", "label": "Trail shoe", "gtin": None, "status": "Draft", "thumbnail": None,
    "attributes": {"color": "Blue", "weight_kg": 5.0, "launch": "2026-05-01T00:00:00", "hero": {"id": "64bc1", "filename": "hero.jpg"},
                   "gallery": [{"id": "64bc1"}, {"id": "64bc2"}], "empty": None, "none": [], "vegan": False},
    "assets": [{"id": "64bc1", "filename": "hero.jpg", "url": "https://files"}], "categories": [{"id": "64bd1", "name": "Boots"}],
    "_parent_id": "64b000", "product_family_id": "64f1",
    "created": "2026-05-02T09:00:00.120345+00:00", "modified": "2026-05-02T09:00:00.120999+00:00",
}
V2 = {
    "id": "64b001", "sku": "TR-9", "label": "Trail shoe", "status": "Draft",
    "attributes": {"color": "Blue", "weight_kg": 5, "launch": "2026-05-01T00:00:00", "hero": ["64bc1"], "gallery": ["64bc1", "64bc2"],
                   "vegan": False},
    "assets": [{"id": "64bc1"}], "categories": [{"id": "64bd1"}], "parent_id": "64b000", "product_family_id": "64f1",
    "created": "2026-05-02T09:00:00.120000", "modified": "2026-05-02T09:00:00.120000",
}
AUDIT = {"type": "API", "user_id": "64a0", "user_name": "Petra", "user_email": "petra@example.com"}
ENVELOPE = {"error": {"msg": " No results found for 64b0", "errors": [{"field": "id", "msg": "product does not exist"}]}}


def test_both_versions_tell_the_same_product():
    assert answers.product(V1) == answers.product(V2)
    assert answers.product(V1).values == {
        "label": "Trail shoe", "status": "Draft", "color": "Blue", "weight_kg": 5, "launch": "2026-05-01", "hero": ["64bc1"],
        "gallery": ["64bc1", "64bc2"], "vegan": False}


@pytest.mark.parametrize("links", [
    {"assets": ["64bc1"], "categories": ["64bd1"]},  # as documented
    {"asset_ids": ["64bc1"], "category_ids": ["64bd1"], "assets": None, "categories": None},  # as recorded in 2025
])
def test_links_are_ids_whatever_their_shape(links):
    row = {key: value for key, value in (V2 | links).items() if value is not None}

    assert answers.product(row) == answers.product(V2)


@pytest.mark.parametrize(("text", "ms"), [
    ("1970-01-01T00:00:01.001999+00:00", 1001), ("1970-01-01T00:00:01.001000", 1001), ("1970-01-01T00:00:01", 1000),
    ("1970-01-01T02:00:01.001000+02:00", 1001), ("1970-01-01T00:00:01.001Z", 1001),
])
def test_times_are_milliseconds_of_utc(text, ms):
    assert answers.ms(text) == ms


def test_who_changed_it_is_kept_only_as_whether_it_was_the_api():
    by_people = answers.product(V2 | {"created_user_audit": AUDIT, "modified_user_audit": AUDIT | {"type": "USER"}})

    assert (by_people.created_by_api, by_people.modified_by_api) == (True, False)
    assert answers.product(V1).modified_by_api is None
    assert "Petra" not in repr(by_people)


@pytest.mark.parametrize("half", [{}, {"id": "1"}, V2 | {"modified": "yesterday"}, V2 | {"attributes": []}, V2 | {"id": None}, "text"])
def test_half_a_product_is_ours_to_ask_again(half):
    with pytest.raises(Later):
        answers.product(half)


def test_the_schema_reads_the_same_in_both_shapes_and_its_version_follows_its_content():
    colour = {"key": "attributes.color", "filter_type": "DropdownAttribute", "operators": ["eq"], "options": ["Blue", "Red"]}
    weight = {"key": "attributes.weight", "filter_type": "DecimalAttribute", "operators": ["eq"]}
    system = {"key": "_is_variation", "filter_type": "BooleanAttribute", "operators": ["eq"]}

    nested = filters.schema([{"attributes": [colour, weight], "properties": [system]}])

    assert nested == filters.schema([system, weight, colour])
    assert (nested.types, nested.options) == (
        {"color": "DropdownAttribute", "weight": "DecimalAttribute"}, {"color": ["Blue", "Red"]})
    assert filters.schema([colour | {"options": ["Blue"]}, weight]).version != nested.version


@pytest.mark.parametrize(("status", "body", "error", "fate"), [
    (200, None, None, None), (204, None, None, None),
    (404, ENVELOPE, Changed, None), (409, {"error": {"msg": "x", "errors": [{"field": "sku", "msg": "exists"}]}}, Changed, None),
    (409, {"error": {"msg": "x", "errors": [{"field": "gtin", "msg": "exists"}]}}, Refused, None),
    (404, None, Later, Fate.UNKNOWN), (404, {"message": "no Route matched"}, Later, Fate.UNKNOWN), (409, "x", Later, Fate.UNKNOWN),
    (422, None, Later, Fate.UNKNOWN),
    (429, None, Later, Fate.NOT_DONE), (500, ENVELOPE, Later, Fate.UNKNOWN), (503, None, Later, Fate.UNKNOWN),
    (504, None, Later, Fate.IN_FLIGHT),
    (400, {"error": {"msg": "x", "errors": [{"field": "content_type", "msg": "another format"}]}}, Refused, None),
    (400, {"error": {"msg": "Failed to decode JSON", "errors": [{"field": "http_status_code", "msg": 400}]}}, Stop, None),
    (400, ENVELOPE, Stop, None), (401, None, Stop, None), (403, None, Denied, None), (301, None, Stop, None),
    (413, None, TooLarge, None), (413, ENVELOPE, TooLarge, None),
])
def test_answers_are_sorted_by_what_happens_next(status, body, error, fate):
    judged = judge(status, body)

    assert type(judged) is (error or type(None))
    assert getattr(judged, "fate", None) == fate


@pytest.mark.parametrize(("body", "header", "after_s"), [
    ({"message": "API rate limit exceeded", "limit": 50, "window_size": 10}, None, 10),
    ({"limit": 50, "requests": 51, "ttl": 1083}, None, 1.083),
    ({"limit": 50, "window_size": 10}, 3.0, 3),
    ("<html>", None, None),
])
def test_a_full_window_says_how_long_to_wait(body, header, after_s):
    assert judge(429, body, header).after_s == after_s


def test_fields_are_named_as_attributes_are_and_all_at_once():
    errors = [{"field": "attributes.color", "msg": "a"}, {"field": "weight", "msg": "b"}, {"field": "color", "msg": "c"}]

    assert judge(422, {"error": {"msg": "failed", "errors": errors}}).fields == {"color": "a; c", "weight": "b"}
    assert judge(422, {"error": {"msg": "failed"}}).fields == {"*": "failed"}


def test_a_refusal_that_names_nothing_that_was_sent_is_the_whole_products():
    assert at_fault({"color": "a", "other": "b"}, {"color"}) == {"color": "a"}
    assert at_fault({"other": "b", "id": "c"}, {"color"}) == {"*": "other: b; id: c"}
    assert at_fault({"*": "failed"}, {"color"}) == {"*": "failed"}


@pytest.mark.parametrize(("header", "wait"), [(None, None), ("3", 3), ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("soon", None),
                                              ("-3", 0), ("inf", None)])
def test_a_retry_after_is_seconds_or_a_date(header, wait):
    assert seconds(header) == wait


@pytest.mark.parametrize("token", ["", "opaque", "a.b.c", "a.e30.c", "a.bnVsbA.c", "a.eyJleHAiOiJzb29uIn0.c"])
def test_a_token_that_tells_no_times_lives_fifteen_minutes(token):
    assert lifetime_s(token, 0) == 900


def test_a_token_lives_as_long_as_it_says_whatever_our_clock_shows():
    assert lifetime_s("a.eyJpYXQiOjEwMDAsImV4cCI6MTA2MH0.c", now=5_000_000) == 60  # iat 1000, exp 1060


@pytest.mark.parametrize("body", [None, [], {"data": {}}, {"data": ["x"]}, {"items": []}])
def test_a_success_without_data_is_none(body):
    with pytest.raises(Later):
        data(Answer(200, body))


@pytest.mark.parametrize(("secret", "missing"), [
    ("", "not JSON"), ("[]", "api_key, api_password, auth_url, pim_url"),
    ('{"api_key": "K", "api_password": "", "auth_url": "https://a", "pim_url": 5}', "api_password, pim_url"),
])
def test_a_secret_that_is_not_complete_is_told_by_name_and_never_shown(secret, missing):
    with pytest.raises(Stop, match=missing) as stop:
        credentials(secret)

    assert '"K"' not in str(stop.value)
