"""Bulk jobs by the client, against the simulator (plytix-api.md §1.4, §6.5): an answer for each product, as a patch would have given it."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest

from bridge.adapters.plytix.products import Products
from bridge.adapters.plytix.session import Limits, Session, Unlimited
from bridge.domain.product import Product
from bridge.domain.row import Sku
from bridge.errors import Changed, Denied, Endless, Fate, Later, LoginRefused, Refused, Stop
from bridge.ports import Edit
from local.plytix.server import Simulator
from tests.contract.connected import Kept

ATTRIBUTES = [{"name": "Colour", "type_class": "DropdownAttribute", "options": ["Blue", "Red"]},
              {"name": "Weight", "type_class": "DecimalAttribute"}]


@pytest.fixture
def plytix():
    with Simulator() as simulator:
        simulator.attributes(ATTRIBUTES)
        simulator.bulk()
        yield simulator


@pytest.fixture
def client(plytix):
    """Waits for a job as long as it says, but in no time."""
    waited, began = [], time.monotonic()
    session = Session(Kept(plytix.url), Unlimited(), Limits(connect_s=1, total_s=10))
    products = Products(session, sleep=waited.append)
    products.waited = waited
    products._jobs._clock = lambda: began + sum(waited)
    yield products
    session.close()


def edits(ids, **values):
    return [Edit(id, Sku(sku), dict(values)) for sku, id in ids.items()]


@pytest.mark.parametrize("entitled", [True, False])
def test_whether_the_account_has_bulk_jobs_is_asked_of_plytix(plytix, client, entitled):
    plytix.bulk(entitled)

    assert client.may_edit_many() is entitled


@pytest.mark.parametrize("status", [400, 401, 405, 422])
def test_whoever_answers_in_another_way_than_an_entitled_account_is_none(plytix, client, status):
    plytix.refuse(status, None, path="/api/v1/bulk/*", body={"error": {"msg": "no"}})

    assert client.may_edit_many() is False


def test_whether_there_are_jobs_nobody_can_tell_while_the_key_is_refused(plytix, client):
    plytix.credentials("key", "another password")

    with pytest.raises(LoginRefused):
        client.may_edit_many()


def test_a_job_gives_each_product_as_it_is_afterwards(plytix, client):
    ids = plytix.products([{"sku": f"A-{n}", "label": "old", "attributes": {"weight": n}} for n in range(250)])

    answers = client.patch_many(edits(ids, label="new", colour="Red"))

    assert {id: (a.sku, a.values) for id, a in answers.items()} == {
        id: (sku, {"label": "new", "colour": "Red", "status": "Draft", "weight": int(sku[2:])}) for sku, id in ids.items()}
    assert {"bulk": 1, "search": 3}.items() <= client.requests.items()


def test_what_a_job_wrote_into_an_attribute_that_is_newer_than_the_clients_schema_is_read_back_too(plytix, client):
    ids = plytix.products([{"sku": f"A-{n}"} for n in range(3)])
    client.patch_many(edits(ids, colour="Red"))
    plytix.attributes([{"name": "Size", "type_class": "TextAttribute"}])

    answers = client.patch_many(edits(ids, size="XL"))
    client.patch_many(edits(ids, size="XXL"))

    assert [answer.values.get("size") for answer in answers.values()] == ["XL"] * 3
    assert client.requests["schema"] == 2, "asked anew once"


def test_more_than_a_thousand_products_are_several_jobs(plytix, client):
    ids = plytix.products([{"sku": f"A-{n}"} for n in range(1_001)])

    answers = client.patch_many(edits(ids, label="new"))

    assert all(isinstance(answer, Product) for answer in answers.values())
    assert (len(answers), client.requests["bulk"]) == (1_001, 2)


def test_what_is_wrong_with_one_product_is_told_of_it_alone(plytix, client):
    ids = plytix.products([{"sku": "A-1"}, {"sku": "A-2"}, {"sku": "A-3"}])
    plytix.delete("A-3")

    said = {"A-1": {"label": "new"}, "A-2": {"colour": "teal", "label": "x"}, "A-3": {"label": "new"}}
    answers = client.patch_many([Edit(ids[sku], Sku(sku), values) for sku, values in said.items()])

    assert answers[ids["A-1"]].values["label"] == "new"
    assert isinstance(answers[ids["A-2"]], Refused)
    assert list(answers[ids["A-2"]].fields) == ["colour"]
    assert isinstance(answers[ids["A-3"]], Changed)
    assert "label" not in plytix.product("A-2") or plytix.product("A-2")["label"] != "x"


def test_a_job_that_says_finished_before_it_counts_is_waited_for(plytix, client):
    plytix.bulk(late_polls=4)
    ids = plytix.products([{"sku": "A-1"}])

    answers = client.patch_many(edits(ids, label="new"))

    assert answers[ids["A-1"]].values["label"] == "new"
    assert client.waited == [0.5, 1, 2, 4, 8]


def test_what_a_job_never_counts_is_known_by_what_stands_in_plytix(plytix, client):
    plytix.bulk(late_polls=10_000)
    ids = plytix.products([{"sku": "A-1"}, {"sku": "A-2", "label": "new"}])

    answers = client.patch_many(edits(ids, label="new"))

    assert [answers[id].values["label"] for id in ids.values()] == ["new", "new"]
    assert 150 <= sum(client.waited) < 170


def test_a_job_that_does_not_end_leaves_its_products_in_flight(plytix, client):
    plytix.bulk(running_s=100_000)
    ids = plytix.products([{"sku": "A-1"}])

    answer = client.patch_many(edits(ids, label="new"))[ids["A-1"]]

    assert isinstance(answer, Later)
    assert answer.fate is Fate.IN_FLIGHT


def texts(ids, length):
    return [Edit(id, Sku(sku), {"label": f"{sku} {'x' * length}"}) for sku, id in ids.items()]


def test_a_job_that_is_too_large_is_halved_until_it_is_taken(plytix, client):
    ids = plytix.products([{"sku": f"A-{n:02}"} for n in range(16)])
    plytix.most_bytes(120_000)

    answers = client.patch_many(texts(ids, 20_000))

    assert all(answers[id].values["label"].startswith(f"{sku} x") for sku, id in ids.items())
    assert [len(b) for b in (jobs(plytix, 413), jobs(plytix, 200))] == [2, 4]  # 16 and 8; the second 8 are not tried
    assert "patch" not in client.requests


def test_of_the_same_account_later_jobs_are_small_enough_at_once(plytix, client):
    ids = plytix.products([{"sku": f"A-{n:02}"} for n in range(16)])
    plytix.most_bytes(120_000)
    client.patch_many(texts(ids, 20_000))
    plytix.clear_log()

    client.patch_many(texts(ids, 20_001))

    assert jobs(plytix, 413) == []


def test_where_not_even_small_jobs_are_taken_it_is_not_their_size_and_each_product_is_patched(plytix, client):
    ids, denied = plytix.products([{"sku": f"A-{n:02}"} for n in range(16)]), []
    client._no_jobs = lambda: denied.append(1)
    plytix.refuse(413, None, path="/api/v1/bulk/products")

    answers = client.patch_many(texts(ids, 4_000))

    assert all(answers[id].values["label"].startswith(f"{sku} x") for sku, id in ids.items())
    assert (len(jobs(plytix, 413)), client.requests["patch"], len(denied)) == (2, 16, 1)  # 64 kB, and half of it


def test_and_nothing_is_learnt_of_it(plytix, client):
    ids = plytix.products([{"sku": f"A-{n:02}"} for n in range(16)])
    plytix.refuse(413, 2, path="/api/v1/bulk/products")
    client.patch_many(texts(ids, 4_000))

    client.patch_many(texts(ids, 4_001))

    assert len(jobs(plytix, 200)) == 1


def test_a_job_that_is_denied_after_another_was_taken_is_remembered_too(plytix, client):
    ids, denied = plytix.products([{"sku": f"A-{n:04}"} for n in range(1_001)]), []
    client._no_jobs = lambda: denied.append(1)
    plytix.meanwhile("refuse", {"status": 403, "times": None, "path": "/api/v1/bulk/products", "body": {"error": {"msg": "no"}}},
                     "bulk.submit", "then")

    answers = client.patch_many(edits(ids, label="new"))

    assert all(isinstance(answer, Product) for answer in answers.values())
    assert (len(jobs(plytix, 200)), client.requests["patch"], len(denied)) == (1, 1, 1)


def test_a_product_that_no_job_takes_goes_alone_and_its_neighbours_by_job(plytix, client):
    ids = plytix.products([{"sku": f"A-{n}"} for n in range(4)])
    edits = texts(ids, 100)
    edits[2] = Edit(edits[2].id, edits[2].sku, {"label": "y" * 87_000})
    plytix.most_bytes(87_050)  # as a patch it is just small enough

    answers = client.patch_many(edits)

    assert [len(answers[id].values["label"]) for id in ids.values()] == [104, 104, 87_000, 104]
    assert client.requests["patch"] == 1


def test_a_product_that_is_too_large_even_alone_is_refused_and_its_neighbours_are_taken(plytix, client):
    ids = plytix.products([{"sku": "A-1"}, {"sku": "A-2"}])
    plytix.most_bytes(2_000)

    answers = client.patch_many([*edits({"A-1": ids["A-1"]}, label="y" * 3_000), *edits({"A-2": ids["A-2"]}, label="new")])

    assert answers[ids["A-2"]].values["label"] == "new"
    assert type(answers[ids["A-1"]]) is Refused
    assert "larger than Plytix takes" in str(answers[ids["A-1"]])


def jobs(plytix, status):
    return [entry for entry in plytix.log() if entry["method"] == "POST" and "/bulk/" in entry["path"] and entry["status"] == status]


RUNS = {"status": "In progress", "summary": {"ok": "0", "error": "0", "cancelled": "0"}}
LEFT_OUT = {"status": "Finished", "summary": {"ok": "1", "error": "0", "cancelled": "0"}, "products": [], "errors": []}


@pytest.mark.parametrize(("status", "body", "error"), [
    (200, {"data": [RUNS]}, Endless), (200, {"data": [LEFT_OUT]}, Endless),
    (503, None, Later), (429, {"message": "API rate limit exceeded"}, Later), (404, {"error": {"msg": "Not found"}}, Endless)],
    ids=["it never counts", "it counts and does not tell of the row", "down", "the window is full", "not to be seen"])
def test_who_answers_and_does_not_tell_fails_and_who_does_not_answer_is_waited_for(plytix, client, status, body, error):
    plytix.bulk(running_s=100_000)
    ids = plytix.products([{"sku": "A-1"}])
    plytix.refuse(status, None, path="/api/v1/bulk/products/*", body=body)

    assert type(client.patch_many(edits(ids, label="new"))[ids["A-1"]]) is error


@pytest.mark.parametrize("fault", [{"effect": "drop"}, {"effect": "cut"}, {"effect": "refuse", "status": 503}], ids=str)
def test_a_submission_without_an_answer_may_have_been_heard(plytix, client, fault):
    ids = plytix.products([{"sku": "A-1"}])
    plytix.fault(**fault, path="/api/v1/bulk/products")

    answer = client.patch_many(edits(ids, label="new"))[ids["A-1"]]

    assert isinstance(answer, Later)
    assert answer.fate is Fate.IN_FLIGHT


@pytest.mark.parametrize("told", [{}, {"id": None}, {"id": ""}], ids=str)
def test_a_job_that_nobody_can_find_again_may_run_all_the_same(plytix, client, told):
    ids = plytix.products([{"sku": "A-1"}])
    plytix.refuse(200, path="/api/v1/bulk/products", body={"data": [told]})

    answer = client.patch_many(edits(ids, label="new"))[ids["A-1"]]

    assert type(answer) is Endless
    assert answer.fate is Fate.IN_FLIGHT


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_a_job_goes_on_though_plytix_tells_nothing_of_it(plytix, client, status):
    plytix.bulk(running_s=100_000)
    ids = plytix.products([{"sku": "A-1"}])
    plytix.refuse(status, None, path="/api/v1/bulk/products/*", body={"error": {"msg": "no"}})

    answer = client.patch_many(edits(ids, label="new"))[ids["A-1"]]

    assert isinstance(answer, Later)
    assert answer.fate is Fate.IN_FLIGHT
    assert client.requests["bulk"] == 1
    assert "patch" not in client.requests


def test_a_job_that_is_not_to_be_seen_at_once_is_looked_for_again(plytix, client):
    ids = plytix.products([{"sku": "A-1"}, {"sku": "A-2"}])
    plytix.refuse(404, path="/api/v1/bulk/products/*", body={"error": {"msg": "Not found"}})

    answers = client.patch_many([*edits({"A-1": ids["A-1"]}, label="new"), *edits({"A-2": ids["A-2"]}, colour="teal")])

    assert answers[ids["A-1"]].values["label"] == "new"
    assert list(answers[ids["A-2"]].fields) == ["colour"]


@pytest.mark.parametrize("running", [False, True], ids=["over", "running"])
@pytest.mark.parametrize("status", [401, 403, 404, 422, 503])
def test_what_cannot_be_read_back_is_unknown_and_still_under_way_while_its_job_runs(plytix, client, status, running):
    plytix.bulk(running_s=100_000 if running else 0)
    ids = plytix.products([{"sku": "A-1"}])
    plytix.refuse(status, None, path="/api/v2/products/search", body={"error": {"msg": "no"}})

    answer = client.patch_many(edits(ids, label="new"))[ids["A-1"]]

    assert isinstance(answer, Later)
    assert answer.fate is (Fate.IN_FLIGHT if running else Fate.UNKNOWN)


def test_what_was_read_back_counts_though_the_window_is_full_before_the_rest(plytix, client):
    ids = plytix.products([{"sku": f"A-{n:03d}"} for n in range(250)])
    full = {"status": 429, "times": None, "path": "/api/v2/products/search", "body": {"message": "API rate limit exceeded"}}
    plytix.meanwhile("refuse", full, "product.search", "then")

    answers = client.patch_many(edits(ids, label="new"))

    assert [isinstance(answers[id], Product) for id in ids.values()] == [True] * 100 + [False] * 150
    assert {answer.fate for answer in answers.values() if isinstance(answer, Later)} == {Fate.UNKNOWN}


@pytest.mark.parametrize("errors", [["no"], "no", {"label": "no"}, [{"attributes.label": "no"}]], ids=str)
def test_faults_are_understood_in_whatever_way_they_are_told(plytix, client, errors):
    ids = plytix.products([{"sku": "A-1"}, {"sku": "A-2", "label": "new"}])
    summary = {"ok": "1", "error": "1", "cancelled": "0"}
    plytix.refuse(200, path="/api/v1/bulk/products/*", body={"data": [
        {"status": "Finished", "summary": summary, "products": [{"id": ids["A-2"]}], "errors": [{"sku": "A-1", "errors": errors}]}]})

    answers = client.patch_many(edits(ids, label="new"))

    assert isinstance(answers[ids["A-1"]], Refused)
    assert answers[ids["A-2"]].values["label"] == "new"


@pytest.mark.parametrize("more", [
    {"errors": None}, {"status": None}, {"summary": {"ok": "1", "error": 0, "skipped": None, "note": "done"}}], ids=str)
def test_what_else_a_poll_tells_does_not_matter(plytix, client, more):
    ids = plytix.products([{"sku": "A-1", "label": "new"}])
    told = {"status": "Finished", "summary": {"ok": "1"}, "products": [{"id": ids["A-1"]}], **more}
    plytix.refuse(200, None, path="/api/v1/bulk/products/*", body={"data": [told]})

    answers = client.patch_many(edits(ids, label="new"))

    assert answers[ids["A-1"]].values["label"] == "new"
    assert client.waited == [0.5]


def test_who_is_not_heard_does_not_ask_for_each_product(plytix, client):
    ids = plytix.products([{"sku": "A-1"}, {"sku": "A-2"}])
    plytix.refuse(403, None, path="/api/v1/*", body={"error": {"msg": "Permission denied."}})

    answers = client.patch_many(edits(ids, label="new"))

    assert all(isinstance(answer, Denied) for answer in answers.values())
    assert client.requests["patch"] == 1


@pytest.mark.parametrize(("status", "error"), [
    (403, {"msg": "Permission denied."}), (404, {"msg": "Not found"}),
    (422, {"msg": "Bad schema", "errors": [{"field": "products", "msg": "no"}]})],
    ids=["no longer entitled", "no such thing", "not as Plytix wants it"])
def test_where_plytix_takes_no_job_each_product_is_patched_after_all(plytix, client, status, error):
    ids = plytix.products([{"sku": "A-1"}, {"sku": "A-2"}])
    plytix.refuse(status, path="/api/v1/bulk/products", body={"error": error})

    answers = client.patch_many([*edits({"A-1": ids["A-1"]}, label="new"), *edits({"A-2": ids["A-2"]}, colour="teal")])

    assert answers[ids["A-1"]].values["label"] == "new"
    assert isinstance(answers[ids["A-2"]], Refused)
    assert client.requests["patch"] == 2


@pytest.mark.parametrize(("status", "told"), [(403, 1), (404, 0), (422, 0), (401, 0)])
def test_only_a_job_that_is_denied_says_that_the_account_has_none(plytix, status, told):
    ids = plytix.products([{"sku": "A-1"}])
    plytix.refuse(status, None, path="/api/v1/bulk/products", body={"error": {"msg": "no"}})
    session, denied = Session(Kept(plytix.url), Unlimited(), Limits(connect_s=1, total_s=10)), []

    with suppress(Stop):
        Products(session, no_jobs=lambda: denied.append(1)).patch_many(edits(ids, label="new"))

    session.close()
    assert len(denied) == told


def test_products_are_found_by_their_skus_a_hundred_a_request(plytix, client):
    plytix.products([{"sku": "A-1", "label": "there"}, {"sku": "a-2", "label": "not this one"}])

    found = client.find_many([Sku(f"A-{n}") for n in range(1, 151)])

    assert [(product.sku, product.values["label"]) for product in found] == [("A-1", "there")]
    assert client.requests["search"] == 3  # two pages of SKUs, one of products
    assert client.find_many([Sku("B-1")]) == []
