"""What a file costs of Plytix: looked up a hundred a request, changed a thousand a request, and told before it is spent."""

from __future__ import annotations

import json

import pytest

from tests.actors import Told, a_feed
from tests.faults.ending import comes_to_rest

PRICED = {"name": "label", "price": {"to": "price", "type": "decimal", "owner": "plytix"}}
SHOP = {"price": {"to": "price", "type": "decimal"}, "colour": {"to": "colour", "type": "option"}}
MANY = 24


def sheet(prices):
    return "sku;price\n" + "".join(f"A-{n};{price}\n" for n, price in prices.items())


# ---- the first contact


def test_before_the_mirror_is_loaded_products_are_looked_up_by_the_hundred(company, erp):
    company.has_not_loaded_the_mirror()
    company.works_with(a_feed(columns={"name": {"to": "label", "owner": "feed"}}))
    company.plytix.products([{"sku": "A-1", "label": "Chair"}, {"sku": "A-2", "label": "by hand"}])

    receipt = erp.drops("products/today.csv", "sku;name\nA-1;Chair\nA-2;Table\nA-3;Bed\nA-4;Lamp\n")

    assert receipt.outcomes == {"CREATED": 2, "UPDATED": 1, "UNCHANGED": 1}
    asked = company.requests()
    assert {kind: asked[kind] for kind in ("create", "patch")} == {"create": 2, "patch": 1}
    assert asked["search"] == 2 or company.twin.is_rough  # where a worker died another looks for what it did
    assert {sku: values["label"] for sku, values in company.products().items()} == {
        "A-1": "Chair", "A-2": "Table", "A-3": "Bed", "A-4": "Lamp"}


@pytest.mark.parametrize(("verify", "stands"), [("mirror", 12), ("live", 99)])
def test_a_feed_that_verifies_live_sees_what_a_person_has_done_since_the_last_refresh(company, erp, verify, stands):
    company.works_with(a_feed(columns=PRICED, verify=verify))
    erp.drops("products/monday.csv", "sku;name;price\nA-1;Chair;10\n")
    erp.drops("products/tuesday.csv", "sku;name;price\nA-1;Armchair;10\n")
    company.works_with(a_feed(columns=PRICED | {"price": PRICED["price"] | {"owner": "latest"}}, verify=verify))
    company.plytix.advance(60)
    company.plytix.edit("A-1", {"attributes": {"price": 99}})

    receipt = erp.drops("products/wednesday.csv", "sku;name;price\nA-1;Armchair;12\n")

    assert company.products()["A-1"]["price"] == stands
    assert receipt.outcomes == ({"UPDATED": 1} if stands == 12 else {"SKIPPED": 1})


def test_to_verify_live_costs_two_searches_a_chunk_of_what_the_file_says_anew_whether_or_not_plytix_has_it_already(company, erp):
    """And nothing for rows that repeat what their feed said last (operator guide, `verify`)."""
    company.works_with(a_feed(columns=SHOP | {"price": SHOP["price"] | {"owner": "feed"}}, verify="live"), chunk_size=10)
    erp.drops("products/monday.csv", sheet(dict.fromkeys(range(MANY), 1)))

    def costs(prices):
        company.plytix.clear_log()
        return erp.drops("products/later.csv", sheet(prices)).outcomes, company.spent()

    def searches(number):
        return {} if company.twin.is_rough else {"search": number}

    assert costs(dict.fromkeys(range(MANY), 1)) == ({"UNCHANGED": MANY}, {})
    for n in range(MANY):
        company.plytix.edit(f"A-{n}", {"attributes": {"price": 2}})
    assert costs(dict.fromkeys(range(MANY), 2)) == ({"UNCHANGED": MANY}, searches(6))
    assert costs({0: 3} | dict.fromkeys(range(1, MANY), 2)) == ({"UPDATED": 1, "UNCHANGED": MANY - 1}, searches(2) | {"patch": 1})


# ---- the bulk job


@pytest.fixture
def entitled(company, erp):
    """An account with bulk jobs, and products that a first drop has made."""
    company.has_not_loaded_the_mirror()
    company.plytix.bulk()
    company.works_with(a_feed(columns=SHOP), chunk_size=10)
    company.refreshes()
    assert erp.drops("products/monday.csv", sheet(dict.fromkeys(range(MANY), 1))).outcomes == {"CREATED": MANY}
    company.plytix.clear_log()
    return company


def test_changes_go_in_one_bulk_job_where_the_account_has_them(entitled, erp):
    receipt = erp.drops("products/tuesday.csv", sheet({n: n + 2 for n in range(MANY)}))

    assert receipt.outcomes == {"UPDATED": MANY}
    assert {sku: values["price"] for sku, values in entitled.products().items()} == {f"A-{n}": n + 2 for n in range(MANY)}
    asked = entitled.plytix.counts()["kinds"]
    assert (asked["bulk.submit"], asked["product.search"], entitled.sent()) == (1, 1, 0)
    comes_to_rest(entitled.twin)
    assert erp.drops("products/wednesday.csv", sheet({n: n + 2 for n in range(MANY)})).outcomes == {"UNCHANGED": MANY}


def test_what_plytix_refuses_in_a_job_costs_only_itself(entitled, erp):
    rows = [f"A-{n};{n + 2};{'teal' if n == 3 else 'red'}" for n in range(MANY)]

    receipt = erp.drops("products/tuesday.csv", "\n".join(["sku;price;colour", *rows, ""]))

    assert receipt.outcomes == {"UPDATED": MANY}
    assert receipt.told == [Told("PLYTIX-REFUSED", 5, "colour", "teal")]
    held = entitled.products()
    assert (held["A-3"]["price"], held["A-3"].get("colour"), held["A-4"]["colour"]) == (5, None, "red")


def test_an_account_that_has_lost_its_bulk_jobs_is_asked_for_one_once_and_not_planned_for(entitled, erp):
    entitled.plytix.bulk(False)

    first = erp.drops("products/tuesday.csv", sheet({n: n + 2 for n in range(MANY)}))
    second = erp.drops("products/wednesday.csv", sheet({n: n + 3 for n in range(MANY)}))

    assert [receipt.outcomes for receipt in (first, second)] == [{"UPDATED": MANY}] * 2
    assert {sku: values["price"] for sku, values in entitled.products().items()} == {f"A-{n}": n + 3 for n in range(MANY)}
    assert entitled.plytix.counts()["kinds"]["bulk.submit"] == 1
    assert second.whole["plytix"]["planned"] == {"patch": MANY}


def test_a_job_whose_answer_is_lost_is_found_done_and_not_done_again(entitled, erp):
    entitled.works_with(a_feed(columns=SHOP), chunk_size=10, claim_s=1, job_s=2, client_timeout_s=0.8)
    entitled.plytix.lose(kind="bulk.submit")

    receipt = erp.drops("products/tuesday.csv", sheet({n: n + 2 for n in range(MANY)}), within_s=60)

    assert receipt.outcomes == {"UPDATED": MANY}


# ---- the plan


def test_a_run_tells_before_its_first_write_what_it_will_ask_and_afterwards_what_it_did(company, erp):
    company.works_with(a_feed())
    erp.drops("products/monday.csv", "sku;name\nA-1;Chair\nA-2;Table\n")

    receipt = erp.drops("products/tuesday.csv", "sku;name\nA-1;Armchair\nA-2;Table\nA-3;Bed\n")

    said = [json.loads(version) for version in company.versions(f"{receipt.at}.json")]
    checked = [told for told in said if told["state"] == "checked"]
    planned = {"create": 1, "patch": 1}
    assert [told["plytix"]["planned"] for told in checked] == [planned]
    assert receipt.whole["plytix"] == checked[0]["plytix"] | {"spent": planned}
    assert checked[0]["plytix"]["done_by"] >= receipt.whole["received"]
    assert b"2 requests to Plytix, 2 were planned" in company.body(f"{receipt.at}.txt")
