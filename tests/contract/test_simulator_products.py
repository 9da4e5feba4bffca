"""Products written, read and deleted in both versions' shapes (plytix-api.md §6.1 to §6.3)."""

import re

import pytest

from tests.contract.simulated import SHOE, error, signed_in

V1_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00")
V2_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}000")
READ = SHOE | {"launch": "2026-05-01T00:00:00"}  # dates read back with a midnight
NOWHERE = "64b000000000000000000001"


@pytest.fixture
def api():
    with signed_in() as api:
        yield api


def test_v1_answers_a_create_with_the_whole_product_and_its_address(api):
    answer = api.ask("POST", "v1/products", {"sku": "TR-9", "label": "Trail shoe", "attributes": SHOE})

    assert answer.status_code == 201
    assert answer.headers["Content-Type"] == "application/json"
    (product,) = answer.json()["data"]
    assert re.fullmatch(r"[0-9a-f]{24}", product["id"])
    assert answer.headers["Location"] == f"{api.plytix.url}/api/v1/products/{product['id']}"
    assert V1_TIME.fullmatch(product["created"])
    assert product["modified"] == product["created"]
    assert product == {
        "id": product["id"], "created": product["created"], "modified": product["modified"],
        "sku": "TR-9", "label": "Trail shoe", "gtin": None, "status": "Draft", "thumbnail": None, "attributes": READ,
        "assets": [], "categories": [], "relationships": [], "num_variations": 0, "product_type": "SINGLE",
        "product_family_id": None, "product_family_model_id": None, "overwritten_attributes": [],
    }  # fmt: skip


def test_v2_answers_writes_without_any_value(api):
    created = api.ask("POST", "v2/products", {"sku": "TR-9", "attributes": SHOE})
    id = created.json()["data"][0]["id"]
    patched = api.ask("PATCH", f"v2/products/{id}", {"label": "Other"})

    assert (created.status_code, patched.status_code) == (201, 200)
    assert "Location" not in created.headers
    for (product,) in (created.json()["data"], patched.json()["data"]):
        assert set(product) == {"id", "created", "modified", "created_user_audit", "modified_user_audit"}
        assert V2_TIME.fullmatch(product["modified"])
        audit = product["modified_user_audit"]
        assert {key: audit[key] for key in ("type", "user_name", "user_email")} == {
            "type": "API", "user_name": "key", "user_email": "key"}  # fmt: skip


def test_v2_reads_ids_audits_and_times_without_zone(api):
    id = api.create("TR-9", attributes=SHOE)["id"]

    product = api.read(id, version=2)

    written = {key: product[key] for key in ("account_id", "created", "modified", "created_user_audit", "modified_user_audit")}
    assert V2_TIME.fullmatch(product["created"])
    assert product == written | {
        "id": id, "sku": "TR-9", "label": None, "status": "Draft", "product_type": "SINGLE", "product_level": 0,
        "num_variations": 0, "mark_as_deleted": False, "overwritten_attributes": [], "static_list_ids": [],
        "attributes": READ, "assets": [], "categories": [], "thumbnail": None, "relationships": [],
    }  # fmt: skip


def test_v1_reads_back_what_it_answered_and_all_attributes_on_request(api):
    created = api.create("TR-9", attributes={"colour": "Red"})

    assert api.read(created["id"]) == created
    every = api.one("GET", f"v1/products/{created['id']}?all_attributes=true")
    assert every["attributes"] == dict.fromkeys([*SHOE, "hero", "gallery"]) | {"colour": "Red"}


def test_a_patch_merges_attributes_and_null_takes_one_away(api):
    id = api.create("TR-9", label="Trail shoe", attributes=SHOE)["id"]

    patched = api.one("PATCH", f"v1/products/{id}", {"attributes": {"pieces": 3, "colour": None, "notes": ""}})

    rest = {label: value for label, value in READ.items() if label not in ("colour", "notes")}
    assert patched["attributes"] == rest | {"pieces": 3}
    assert patched["label"] == "Trail shoe"


@pytest.mark.parametrize("version", [1, 2])
def test_modified_moves_with_a_change_and_only_then(api, version):
    id = api.create("TR-9", label="A", attributes=SHOE)["id"]
    before = api.read(id, version)

    same = api.one("PATCH", f"v{version}/products/{id}", {"label": "A", "attributes": SHOE})
    assert same["modified"] == before["modified"]

    other = api.one("PATCH", f"v{version}/products/{id}", {"attributes": {"weight_kg": 0.32}})
    assert other["modified"] > before["modified"]
    assert other["created"] == before["created"]


def test_times_are_distinct_even_while_the_clock_stands_still(api, monkeypatch):
    now = api.plytix.clock.now()
    monkeypatch.setattr(api.plytix.clock, "now", lambda: now)

    times = [api.create(f"S-{n}")["modified"] for n in range(20)]
    assert times == sorted(set(times))
    id = api.create("TR-9")["id"]
    moves = [api.one("PATCH", f"v2/products/{id}", {"label": str(n)})["modified"] for n in range(20)]
    assert moves == sorted(set(moves))  # v2 shows milliseconds, and each change is to be seen in it too


def test_unknown_and_read_only_keys_are_passed_over(api):
    product = api.create("TR-9", id=NOWHERE, created="1999-01-01", product_type="PARENT", colour="Blue", nonsense={"a": 1})

    assert product["id"] != NOWHERE
    assert product["product_type"] == "SINGLE"
    assert product["attributes"] == {}
    assert api.one("PATCH", f"v1/products/{product['id']}", {"nonsense": 1})["modified"] == product["modified"]


def test_a_sku_is_one_product_only_and_case_counts(api):
    first = api.create("TR-9")
    taken = (409, "product data validation failed", [("sku", "A product with the same SKU already exists")])

    assert error(api.ask("POST", "v1/products", {"sku": "TR-9"})) == taken
    assert error(api.ask("POST", "v2/products", {"sku": "TR-9"})) == taken
    other = api.create("tr-9")
    assert error(api.ask("PATCH", f"v1/products/{other['id']}", {"sku": "TR-9"})) == taken
    assert api.one("PATCH", f"v1/products/{first['id']}", {"sku": "TR-10"})["sku"] == "TR-10"
    assert api.one("PATCH", f"v1/products/{other['id']}", {"sku": "TR-9"})["sku"] == "TR-9"


def test_a_deleted_product_is_gone_and_its_sku_free(api):
    id = api.create("TR-9")["id"]

    answer = api.ask("DELETE", f"v2/products/{id}")

    assert (answer.status_code, answer.content) == (204, b"")
    assert api.ask("GET", f"v1/products/{id}").status_code == 404
    assert api.create("TR-9")["id"] != id


@pytest.mark.parametrize("id", [NOWHERE, "not-existing", "bulk"])
def test_an_unknown_or_malformed_id_is_a_404_in_the_recorded_words(api, id):
    gone = (404, f" No results found for {id}", [("id", "product does not exist")])

    for version in (1, 2):
        assert error(api.ask("GET", f"v{version}/products/{id}")) == gone
        assert error(api.ask("DELETE", f"v{version}/products/{id}")) == gone
    assert error(api.ask("PATCH", f"v1/products/{id}", {})) == gone
    assert error(api.ask("PATCH", f"v2/products/{id}", {})) == (404, "No results found for None", [("id", "does not exist")])


def test_completeness_is_reckoned_from_what_is_filled_and_cannot_be_written(api):
    counts = [{"label": label} for label in ("colour", "material", "pieces")]
    api.plytix.attributes([{"name": "Score", "type_class": "CompletenessAttribute", "attributes": counts}])
    product = api.create("TR-9", attributes={"colour": "Blue"})

    assert product["attributes"] == {"colour": "Blue", "score": 33.33}
    patched = api.one("PATCH", f"v1/products/{product['id']}", {"attributes": {"pieces": 1}})
    assert patched["attributes"]["score"] == 66.67
    assert error(api.ask("PATCH", f"v1/products/{product['id']}", {"attributes": {"score": 100}}))[0] == 422
