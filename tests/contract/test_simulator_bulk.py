"""The bulk job of the simulated Plytix (plytix-api.md §1.4, §6.5)."""

import pytest

from tests.contract.simulated import error, signed_in

UNKNOWN = "000000000000000000000000"


@pytest.fixture
def api():
    with signed_in() as api:
        api.plytix.bulk()
        yield api


def submit(api, *rows):
    return api.one("POST", "v1/bulk/products", {"action": "update", "products": list(rows)})


def poll(api, job):
    return api.one("GET", f"v1/bulk/products/{job['id']}")


def row(sku, /, **data):
    return {"sku": sku, "data": data}


def test_the_probe_tells_whether_the_account_is_entitled(api):
    nowhere = (404, f" No results found for {UNKNOWN}", [("id", "product does not exist")])
    assert error(api.ask("GET", f"v1/bulk/products/{UNKNOWN}")) == nowhere
    assert error(api.ask("GET", "v1/bulk/products"))[:2] == (
        422, "ProductsBulkApi.get() missing 1 required positional argument: 'job_id'")  # fmt: skip
    assert error(api.ask("GET", "v1/bulk"))[0] == 404

    api.plytix.bulk(entitled=False)

    for method, path in (("GET", f"bulk/products/{UNKNOWN}"), ("GET", "bulk/products"), ("POST", "bulk/products")):
        assert error(api.ask(method, f"v1/{path}", {})) == (403, "Permission denied.", [])


def test_a_job_is_finished_before_it_counts(api):
    ids = api.plytix.products([{"sku": "A-1", "attributes": {"pieces": 1, "colour": "Blue"}}, {"sku": "A-2"}])
    attributes = {"pieces": 2, "sizes": ["41"], "launch": "2026-05-01", "weight_kg": 0.33}

    job = submit(api, row("A-1", status="Completed", label="Shoe", attributes=attributes), {"id": ids["A-2"], "data": {"label": "Two"}})

    assert job == {"id": job["id"], "state": "CREATED", "external_process_id": job["id"], "display_name": "Edit products",
                   "by_user": "key", "created_at": job["created_at"], "modified": job["created_at"], "is_system": False,
                   "source": "API"}  # fmt: skip
    assert poll(api, job) == {"action": "Edited", "status": "Finished", "summary": {"ok": "0", "error": "0", "cancelled": "0"},
                              "products": [], "errors": []}  # fmt: skip
    changed = api.plytix.product("A-1")
    assert (changed["status"], changed["label"]) == ("Completed", "Shoe")
    assert changed["attributes"] == {"pieces": 2, "colour": "Blue", "sizes": ["41"], "launch": "2026-05-01T00:00:00", "weight_kg": 0.33}
    assert poll(api, job) == {"action": "Edited", "status": "Finished", "summary": {"ok": "2", "error": "0", "cancelled": "0"},
                              "products": [{"id": id, "sku": sku} for sku, id in ids.items()], "errors": []}  # fmt: skip


def test_a_job_runs_for_a_while_and_its_writes_land_when_it_is_finished(api):
    api.plytix.products([{"sku": "A-1"}])
    api.plytix.bulk(running_s=2, counters_s=3, late_polls=0)
    job = submit(api, row("A-1", label="New"))

    assert (poll(api, job)["status"], api.plytix.product("A-1")["label"]) == ("In progress", None)
    api.plytix.advance(2)
    assert (poll(api, job)["status"], poll(api, job)["summary"]["ok"], api.plytix.product("A-1")["label"]) == ("Finished", "0", "New")
    api.plytix.advance(3)
    assert poll(api, job)["summary"]["ok"] == "1"


def test_each_row_that_cannot_be_says_why_and_the_others_are_applied(api):
    ids = api.plytix.products([{"sku": f"A-{n}"} for n in range(4)])
    api.plytix.bulk(late_polls=0)

    job = submit(
        api, row("NOPE", label="x"), {"id": UNKNOWN, "data": {"label": "x"}}, row("a-0", label="x"), row("A-0", label="x"),
        row("A-1", label="x", attributes={"colour": "Teal", "pieces": "two", "nope": 1}), row("A-2", status="Done"),
        {"sku": "A-3", "data": None}, {"data": {}},
    )  # fmt: skip

    told = poll(api, job)
    assert told["summary"] == {"ok": "1", "error": "7", "cancelled": "0"}
    assert told["products"] == [{"id": ids["A-0"], "sku": "A-0"}]
    errors = {item.get("sku") or item.get("id"): item["errors"] for item in told["errors"]}
    assert errors["NOPE"] == errors["a-0"] == [{"sku": "sku does not exist"}]
    assert errors[UNKNOWN] == [{"id": "id does not exist"}]
    assert [next(iter(item)) for item in errors["A-1"]] == ["colour", "pieces", "nope"]
    assert errors["A-2"] == [{"status": "Value is not valid, valid values are [Draft, Completed, Archived]"}]
    assert api.plytix.product("A-1")["label"] is None
    assert api.plytix.product("NOPE") is None


def test_only_label_status_and_attributes_can_be_changed(api):
    api.plytix.products([{"sku": "A-1"}])

    submit(api, row("A-1", label="x", sku="B-1", gtin="4006381333931", categories=[{"id": UNKNOWN}]))

    product = api.plytix.product("A-1")
    assert (product["label"], product["gtin"], product["categories"]) == ("x", None, [])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"action": "create", "products": [{"sku": "A", "data": {}}]}, "action"),
        ({"action": "update"}, "products"),
        ({"action": "update", "products": []}, "products"),
        ({"action": "update", "products": [{"sku": f"A-{n}", "data": {}} for n in range(1_001)]}, "products"),
        ({"action": "update", "products": ["A-1"]}, "products"),
    ],
)
def test_a_job_that_cannot_be_is_refused_whole(api, body, field):
    status, _, ((named, _),) = error(api.ask("POST", "v1/bulk/products", body))

    assert (status, named) == (422, field)


def test_a_thousand_rows_are_one_request_and_the_same_again_changes_nothing(api):
    api.plytix.products([{"sku": f"A-{n}"} for n in range(1_000)])
    api.plytix.bulk(late_polls=0)
    api.plytix.clear_log()
    rows = [row(f"A-{n}", attributes={"pieces": n}) for n in range(1_000)]

    first = submit(api, *rows)
    modified = [product["modified"] for product in api.plytix.dump()]
    again = submit(api, *rows)

    assert poll(api, first)["summary"]["ok"] == poll(api, again)["summary"]["ok"] == "1000"
    assert [product["modified"] for product in api.plytix.dump()] == modified
    assert api.plytix.counts()["kinds"] == {"bulk.submit": 2, "bulk.poll": 2}
    assert api.plytix.counts()["changed"] == {"bulk.submit": 1}


def test_a_lost_answer_may_have_made_a_job(api):
    api.plytix.products([{"sku": "A-1"}])
    api.plytix.fault("mask", kind="bulk.submit", status=504)

    assert api.ask("POST", "v1/bulk/products", {"action": "update", "products": [row("A-1", label="x")]}).status_code == 504
    assert api.plytix.product("A-1")["label"] == "x"


def test_a_reset_ends_what_was_under_way_and_the_entitlement(api):
    api.plytix.products([{"sku": "A-1"}])
    api.plytix.bulk(running_s=5)
    job = submit(api, row("A-1", label="x"))

    api.plytix.reset()
    api.plytix.products([{"sku": "A-1"}])
    api.plytix.advance(5)

    assert api.ask("GET", f"v1/bulk/products/{job['id']}").status_code == 403
    assert api.plytix.product("A-1")["label"] is None
