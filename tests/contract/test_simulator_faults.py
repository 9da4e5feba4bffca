"""What can be made to go wrong, or be done behind the API's back (plytix-api.md §14; local/plytix/control.py)."""

import threading

import pytest
import requests

from local.plytix.remote import Remote
from tests.contract.simulated import signed_in


@pytest.fixture
def api():
    with signed_in() as api:
        yield api


# ---- a person in Plytix


def test_an_edit_by_a_person_is_told_as_a_persons(api):
    before = api.create("TR-9", attributes={"pieces": 1, "colour": "Blue"})

    api.plytix.edit("TR-9", {"label": "By hand", "attributes": {"pieces": 2}})

    after = api.read(before["id"], version=2)
    assert (after["label"], after["attributes"]) == ("By hand", {"pieces": 2, "colour": "Blue"})
    assert api.read(before["id"])["modified"] > before["modified"]
    assert (after["created_user_audit"]["type"], after["modified_user_audit"]["type"]) == ("API", "USER")


def test_a_person_creates_renames_and_deletes(api):
    made = api.plytix.create({"sku": "H-1", "status": "Completed"})
    assert api.read(made["id"], version=2)["created_user_audit"]["type"] == "USER"

    api.plytix.rename("H-1", "H-2")
    assert api.read(made["id"])["sku"] == "H-2"
    assert api.create("H-1")["id"] != made["id"]

    api.plytix.delete("H-2")
    assert api.ask("GET", f"v1/products/{made['id']}").status_code == 404


def test_a_person_cannot_do_what_plytix_does_not_allow(api):
    api.create("TR-9")
    remote = Remote(api.plytix.url)

    with pytest.raises(ValueError, match="is not a valid value for Colour"):
        remote.call("edit", sku="TR-9", values={"attributes": {"colour": "Teal"}})
    with pytest.raises(ValueError, match="no product NOPE"):
        remote.call("delete", sku="NOPE")


def test_options_and_attributes_come_and_go(api):
    api.create("TR-9", attributes={"colour": "Red", "pieces": 1})

    api.plytix.remove_option("colour", "Red")
    api.plytix.remove_attribute("pieces")

    assert api.ask("POST", "v1/products", {"sku": "TR-10", "attributes": {"colour": "Red"}}).status_code == 422
    assert api.ask("POST", "v1/products", {"sku": "TR-10", "attributes": {"pieces": 1}}).status_code == 422
    assert api.plytix.product("TR-9")["attributes"] == {"colour": "Red"}


# ---- storing something else


@pytest.mark.parametrize(
    ("field", "rules", "sent", "kept"),
    [
        ("material", ["strip"], "  Rubber ", "Rubber"),
        ("material", ["squeeze", "upper"], " two  words ", "TWO WORDS"),
        ("material", ["strip"], "   ", None),
        ("weight_kg", ["round:2"], 0.3149, 0.31),
        ("sizes", ["lower"], ["41", "42"], ["41", "42"]),
    ],
)
def test_a_value_may_be_stored_otherwise_than_it_was_sent(api, field, rules, sent, kept):
    api.plytix.normalise(field, rules)

    created = api.create("TR-9", attributes={field: sent})

    assert created["attributes"].get(field) == kept
    assert api.one("PATCH", f"v1/products/{created['id']}", {"attributes": {field: sent}})["modified"] == created["modified"]


def test_labels_are_normalised_too_and_an_unknown_rule_is_refused(api):
    api.plytix.normalise("label", ["upper"])
    assert api.create("TR-9", label="shoe")["label"] == "SHOE"
    api.plytix.normalise("label", [])
    assert api.create("TR-10", label="shoe")["label"] == "shoe"
    with pytest.raises(ValueError, match="one of strip"):
        api.plytix.normalise("label", ["shout"])


# ---- faults


def test_so_many_requests_of_a_kind_get_a_status_and_are_not_processed(api):
    api.plytix.refuse(502, times=2, kind="product.create")

    statuses = [api.ask("POST", "v1/products", {"sku": "TR-9"}).status_code for _ in range(3)]

    assert statuses == [502, 502, 201]
    assert [entry["fault"] for entry in api.plytix.log(kind="product.create")] == ["refuse", "refuse", None]


def befallen(seed, requests=1_000, **fault):
    """Status of each of so many requests."""
    with signed_in(seed=seed) as api:
        api.plytix.fault("refuse", kind="schema", **fault)
        return [api.ask("GET", "v1/filters/product").status_code for _ in range(requests)]


def test_a_rate_is_the_share_of_requests_that_a_fault_befalls_and_the_seed_says_which():
    first = befallen(7, status=500, rate=0.1)

    assert 70 < first.count(500) < 130
    assert first.count(200) == 1_000 - first.count(500)
    assert befallen(7, status=500, rate=0.1) == first
    assert befallen(8, status=500, rate=0.1) != first


def test_a_rate_may_end_after_so_many_times_and_leaves_other_kinds_alone(api):
    assert befallen(7, requests=100, status=500, rate=0.5, times=3).count(500) == 3

    api.plytix.fault("refuse", kind="product.*", status=500, rate=1)
    assert [api.ask("GET", "v1/filters/product").status_code, api.ask("POST", "v1/products", {"sku": "TR-9"}).status_code] == [200, 500]
    assert api.ask("POST", "v1/products", {"sku": "TR-9"}).status_code == 500
    api.plytix.clear_faults()
    assert api.create("TR-9")


def test_several_faults_at_rates_come_side_by_side():
    with signed_in(seed=7) as api:
        for status in (500, 502):
            api.plytix.fault("refuse", kind="schema", status=status, rate=0.2)
        api.plytix.fault("mask", kind="schema", status=503, rate=0.2)
        statuses = [api.ask("GET", "v1/filters/product").status_code for _ in range(200)]

    assert all(statuses.count(status) > 10 for status in (200, 500, 502, 503))


def test_a_fault_may_wait_for_a_path_and_speak_html(api):
    api.plytix.refuse(504, path="/api/v1/filters/*", body="<html>Gateway Timeout</html>")

    assert api.ask("GET", "v1/products/nothing").status_code == 404
    answer = api.ask("GET", "v1/filters/product")
    assert (answer.status_code, answer.headers["Content-Type"], answer.text) == (504, "text/html", "<html>Gateway Timeout</html>")
    assert api.ask("GET", "v1/filters/product").status_code == 200


@pytest.mark.parametrize(("kind", "count"), [("product.create", 1), ("product.*", 1), ("product.patch", 0)])
def test_an_answer_is_lost_although_the_write_was_applied(api, kind, count):
    api.plytix.lose(kind=kind)

    if count:
        with pytest.raises(requests.ConnectionError):
            api.ask("POST", "v1/products", {"sku": "TR-9"})
    else:
        api.ask("POST", "v1/products", {"sku": "TR-9"})

    assert [product["sku"] for product in api.plytix.dump()] == ["TR-9"]
    (entry,) = api.plytix.log(kind="product.create")
    assert (entry["status"], entry["changed"], entry["answered"]) == (201, True, not count)
    assert api.ask("POST", "v1/products", {"sku": "TR-9"}).status_code == 409


def test_an_applied_write_may_be_answered_with_an_error(api):
    api.plytix.fault("mask", kind="product.create", status=502)

    assert api.ask("POST", "v1/products", {"sku": "TR-9"}).status_code == 502
    assert api.plytix.product("TR-9") is not None


def test_a_dropped_request_was_never_processed(api):
    api.plytix.fault("drop", kind="product.create")

    with pytest.raises(requests.ConnectionError):
        api.ask("POST", "v1/products", {"sku": "TR-9"})

    assert api.plytix.dump() == []
    assert api.create("TR-9")


def test_half_an_answer_comes_and_then_nothing(api):
    api.plytix.fault("cut", kind="product.create")

    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        api.ask("POST", "v1/products", {"sku": "TR-9"})

    assert api.plytix.product("TR-9") is not None


def test_a_slow_answer_outlives_the_clients_patience_before_or_after_the_write(api):
    api.plytix.fault("slow", kind="product.create", delay_s=30)
    with pytest.raises(requests.ReadTimeout):
        api.ask("POST", "v1/products", {"sku": "SLOW"}, timeout=0.1)
    assert api.plytix.product("SLOW") is None

    api.plytix.fault("late", kind="product.create", delay_s=30)
    with pytest.raises(requests.ReadTimeout):
        api.ask("POST", "v1/products", {"sku": "LATE"}, timeout=0.1)
    assert api.plytix.product("LATE") is not None


def test_latency_holds_every_request_back(api):
    api.plytix.latency(30)

    with pytest.raises(requests.ReadTimeout):
        api.ask("GET", "v1/filters/product", timeout=0.1)
    api.plytix.clear_faults()
    assert api.ask("GET", "v1/filters/product").status_code == 200


def test_a_person_edits_between_a_read_and_a_write_or_right_after_it(api):
    id = api.create("TR-9", attributes={"colour": "Blue"})["id"]
    api.plytix.meanwhile("edit", {"sku": "TR-9", "values": {"attributes": {"colour": "Red"}}}, kind="product.patch")
    api.plytix.meanwhile("rename", {"sku": "TR-9", "to": "TR-10"}, kind="product.patch", when="then")

    patched = api.one("PATCH", f"v1/products/{id}", {"attributes": {"pieces": 1}})

    assert patched["attributes"] == {"colour": "Red", "pieces": 1}
    assert api.read(id)["sku"] == "TR-10"


def test_a_storm_refuses_the_api_but_not_the_token_until_it_is_over(api):
    api.plytix.storm(30)

    answer = api.ask("GET", "v1/filters/product")
    assert (answer.status_code, answer.json()) == (429, {"message": "API rate limit exceeded", "limit": 50, "window_size": 10})
    assert api.token().status_code == 200
    api.plytix.advance(30)
    assert api.ask("GET", "v1/filters/product").status_code == 200


@pytest.mark.parametrize("mode", ["503", "html"])
def test_an_outage_ends_when_it_is_told_to(api, mode):
    api.plytix.outage(mode)
    assert [api.ask("GET", "v1/filters/product").status_code, api.token().status_code] == [503, 503]

    api.plytix.outage("off")

    assert [api.ask("GET", "v1/filters/product").status_code, api.token().status_code] == [200, 200]


def test_an_outage_may_be_silence(api):
    api.plytix.outage("drop")

    for ask in (lambda: api.ask("GET", "v1/filters/product"), api.token):
        with pytest.raises(requests.ConnectionError):
            ask()
    api.plytix.outage("off")
    assert api.ask("GET", "v1/filters/product").status_code == 200


# ---- the log


def test_the_log_tells_what_was_asked_and_what_came_of_it(api):
    api.plytix.clear_log()
    id = api.create("TR-9")["id"]
    api.ask("PATCH", f"v1/products/{id}", {"label": "A"})
    api.ask("PATCH", f"v2/products/{id}", {"label": "A"})
    api.ask("POST", "v2/products", {"sku": "TR-9"})
    api.found()
    api.ask("GET", "v1/filters/product")
    api.ask("GET", "v1/nowhere")
    api.sign_in()

    told = [(e["kind"], e["method"], e["path"], e["status"], e["sku"], e["changed"]) for e in api.plytix.log()]
    assert told == [
        ("product.create", "POST", "/api/v1/products", 201, "TR-9", True),
        ("product.patch", "PATCH", f"/api/v1/products/{id}", 200, "TR-9", True),
        ("product.patch", "PATCH", f"/api/v2/products/{id}", 200, "TR-9", False),
        ("product.create", "POST", "/api/v2/products", 409, "TR-9", False),
        ("product.search", "POST", "/api/v2/products/search", 200, None, False),
        ("schema", "GET", "/api/v1/filters/product", 200, None, False),
        ("unknown", "GET", "/api/v1/nowhere", 404, None, False),
        ("token", "POST", "/auth/api/get-token", 200, None, False),
    ]
    assert {e["id"] for e in api.plytix.log(sku="TR-9", kind="product.patch")} == {id}
    assert [e["number"] for e in api.plytix.log(after=6)] == [7, 8]
    counts = api.plytix.counts()
    assert counts["total"] == 8
    assert counts["kinds"] == {
        "product.create": 2, "product.patch": 2, "product.search": 1, "schema": 1, "unknown": 1, "token": 1}  # fmt: skip
    assert counts["changed"] == {"product.create": 1, "product.patch": 1}
    assert counts["statuses"] == {"201": 1, "200": 5, "409": 1, "404": 1}


def test_what_is_done_through_the_control_is_not_in_the_log(api):
    api.plytix.clear_log()
    api.plytix.create({"sku": "H-1"})
    Remote(api.plytix.url).call("edit", sku="H-1", values={"label": "x"})

    assert (api.plytix.log(), api.plytix.counts()["total"]) == ([], 0)


# ---- steering


def test_every_control_call_is_there_over_http_with_the_same_answer(api):
    remote = Remote(api.plytix.url)

    assert remote.call("attributes", attributes=[{"name": "Säule", "label": "pillar", "type_class": "TextAttribute"}]) == ["pillar"]
    ids = remote.call("products", products=[{"sku": "S-1", "attributes": {"pillar": "x"}}, {"sku": "S-2"}], by="api")
    assert list(ids) == ["S-1", "S-2"]
    assert remote.call("product", sku="S-1") == api.plytix.product("S-1")
    assert remote.call("product", sku="S-9") is None
    assert [product["sku"] for product in remote.call("dump")] == ["S-1", "S-2"]
    remote.call("refuse", status=500, times=1)
    assert api.ask("GET", "v1/filters/product").status_code == 500
    remote.call("plan", plan="free")
    assert remote.call("state")["plan"] == "free"
    read = requests.get(f"{api.plytix.url}/_sim/log", params={"kind": "schema", "after": 0}, timeout=10).json()["answer"]
    assert [entry["status"] for entry in read] == [500]


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("nonsense", {}, "one of add_option, advance"),
        ("edit", {"sk": "A"}, "missing a required argument: 'sku'"),
        ("plan", {"plan": "gold"}, "gold"),
        ("outage", {"mode": "some"}, "one of 503"),
        ("fault", {"effect": "explode"}, "explode"),
        ("fault", {"effect": "drop", "colour": "red"}, "colour"),
        ("fault", {"effect": "drop", "rate": 5}, "at most 1"),
        ("reset", {"schema": "half"}, "keep or drop"),
    ],
)
def test_a_control_call_that_cannot_be_says_why(api, name, arguments, message):
    with pytest.raises(ValueError, match=message):
        Remote(api.plytix.url).call(name, **arguments)


@pytest.mark.parametrize("schema", ["keep", "drop"])
def test_a_reset_leaves_nothing_but_the_schema_if_asked_and_good_tokens(api, schema):
    api.create("TR-9", attributes={"colour": "Blue"})
    api.plytix.outage("503")
    api.plytix.plan("free")
    api.plytix.normalise("label", ["upper"])
    api.plytix.advance(5)

    api.plytix.reset(schema=schema)

    assert api.found() == []
    own = [item for item in api.one("GET", "v1/filters/product")["attributes"] if item["key"].startswith("attributes.")]
    assert len(own) == (12 if schema == "keep" else 0)
    assert api.create("TR-9", label="shoe")["label"] == "shoe"
    assert api.plytix.state()["plan"] == "off"
    assert api.plytix.counts()["kinds"] == {"product.search": 1, "schema": 1, "product.create": 1}


def test_a_reset_takes_no_time_worth_speaking_of_with_many_products(api):
    api.plytix.products([{"sku": f"S-{n}"} for n in range(5_000)])

    api.plytix.reset()

    assert api.plytix.state()["products"] == 0


def test_requests_of_many_clients_are_served_one_after_another_and_all(api):
    def work(n):
        for m in range(20):
            assert api.create(f"S-{n}-{m}")

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({product["sku"] for product in api.plytix.dump()}) == 160
    modified = [product["modified"] for product in api.plytix.dump()]
    assert len(set(modified)) == 160


def test_a_body_that_is_larger_than_the_account_takes_is_a_413_and_leaves_nothing(api):
    Remote(api.plytix.url).call("most_bytes", bytes=200)

    assert api.ask("POST", "v1/products", {"sku": "TR-9", "label": "x" * 200}).status_code == 413
    assert api.plytix.product("TR-9") is None
    assert api.ask("POST", "v1/products", {"sku": "TR-9", "label": "x" * 100}).status_code == 201

    api.plytix.reset()
    assert api.ask("POST", "v1/products", {"sku": "TR-9", "label": "x" * 200}).status_code == 201
