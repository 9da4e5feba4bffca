"""Plytix down, full, slow, forgetful: the run stays open, nothing is doubled, nobody is blamed, and it is closed afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.actors import Company, Operator, Visitor, a_feed, soon
from tests.faults.ending import comes_to_rest

COLUMNS = {"name": "label", "price": {"to": "price", "type": "decimal"}}
ROWS = "sku;name;price\nA-1;Chair;9.90\nA-2;Table;19\nA-3;Bed;199\n"
DEARER = "sku;name;price\nA-1;Chair;8.80\nA-2;Table;20\nA-3;Bed;209\n"
PRODUCTS = {"A-1": {"label": "Chair", "price": 9.9}, "A-2": {"label": "Table", "price": 19}, "A-3": {"label": "Bed", "price": 199}}
THEN = {"A-1": {"label": "Chair", "price": 8.8}, "A-2": {"label": "Table", "price": 20}, "A-3": {"label": "Bed", "price": 209}}


@pytest.fixture
def company(company: Company) -> Iterator[Company]:
    company.works_with(a_feed(columns=COLUMNS), upload_event_s=0, redrive_s=0, retry_s=1, client_timeout_s=1, claim_s=1.5)
    yield company
    company.plytix.credentials("key", "password")


def drops(company: Company, rows: str = ROWS, name: str = "today") -> str:
    company.puts(f"erp/inbox/products/{name}.csv", rows.encode())
    return f"products/{name}.csv"


def has_tried(company: Company, requests: int) -> None:
    """So often Plytix was asked in vain by now."""
    soon(lambda: company.plytix.counts()["total"] >= requests, f"{requests} requests")


def is_open(erp: Visitor, sent: str) -> None:
    receipt = erp.receipt(sent)
    assert (receipt.state, receipt.whole["waiting"], receipt.issues) == ("checked", 3, [])


def made(company: Company) -> int:
    return len(company.plytix.dump())


# ---- for a while
TROUBLES = {
    "an outage": lambda plytix: plytix.outage("503"),
    "an outage with a page for people": lambda plytix: plytix.outage("html"),
    "an outage without a word": lambda plytix: plytix.outage("drop"),
    "full windows": lambda plytix: plytix.fault("refuse", path="/api/*", times=None, status=429, body={
        "message": "API rate limit exceeded", "limit": 50, "window_size": 10, "ttl": 600}),
    "slowness beyond patience": lambda plytix: plytix.latency(5),
    "errors of its own": lambda plytix: plytix.refuse(500, times=None, kind="product.*"),
    "refused logins": lambda plytix: plytix.credentials("key", "another password"),
}
PATIENCE = {"slowness beyond patience": 2, "refused logins": 1}
WORKERS = 7  # five of `main`, `prepare`, `refresh`
COMES_LATE = {"slowness beyond patience"}  # what nobody waited for is done all the same


@pytest.mark.parametrize("trouble", TROUBLES)
def test_as_long_as_it_lasts_the_run_is_open_and_afterwards_all_is_done_once(company, erp, trouble):
    TROUBLES[trouble](company.plytix)
    sent = drops(company)
    has_tried(company, PATIENCE.get(trouble, 4))
    is_open(erp, sent)
    assert made(company) == 0 or trouble in COMES_LATE

    company.plytix.clear_faults()
    company.plytix.credentials("key", "password")
    company.twin.show_messages()
    comes_to_rest(company.twin)

    receipt = erp.receipt(sent)
    assert (receipt.state, receipt.outcomes, receipt.issues) == ("closed", {"CREATED": 3}, [])
    assert company.products() == PRODUCTS
    assert made(company) == 3


# ---- one request
MISHAPS = {
    "the answer is lost": {"effect": "lose"},
    "half an answer comes": {"effect": "cut"},
    "it was done, but the answer is an error": {"effect": "mask", "status": 502},
    "it was done, but a gateway gives up": {"effect": "mask", "status": 504},
    "it is done after the client has given up": {"effect": "slow", "delay_s": 1.3},
    "the answer comes after the client has given up": {"effect": "late", "delay_s": 1.3},
    "it is never done": {"effect": "drop"},
    "it was done, but a page for people comes": {"effect": "mask", "status": 200, "body": "<html>Welcome</html>"},
}


@pytest.mark.parametrize("mishap", MISHAPS)
def test_a_create_of_which_nobody_knows_how_it_went_is_looked_for_and_not_made_twice(company, erp, mishap):
    company.plytix.fault(kind="product.create", **MISHAPS[mishap])

    sent = drops(company)
    comes_to_rest(company.twin)

    receipt = erp.receipt(sent)
    assert (receipt.state, receipt.outcomes, receipt.issues) == ("closed", {"CREATED": 3}, [])
    assert company.products() == PRODUCTS
    assert company.plytix.counts()["changed"]["product.create"] == made(company) == 3


@pytest.mark.parametrize("mishap", [
    "the answer is lost", "it is done after the client has given up", "it is never done", "it was done, but a page for people comes"])
def test_a_change_of_which_nobody_knows_how_it_went_is_made_once_and_credited(company, erp, mishap):
    drops(company, name="first")
    comes_to_rest(company.twin)
    company.plytix.clear_log()
    company.plytix.fault(kind="product.patch", **MISHAPS[mishap])

    sent = drops(company, DEARER)
    comes_to_rest(company.twin)

    receipt = erp.receipt(sent)
    assert (receipt.state, receipt.outcomes, receipt.issues) == ("closed", {"UPDATED": 3}, [])
    assert company.products() == THEN
    assert company.plytix.counts()["changed"]["product.patch"] == 3


# ---- a bulk job
MANY = 12
"""Enough for one."""


def sheet(price: int) -> str:
    return "sku;name;price\n" + "".join(f"A-{n};Chair;{price}\n" for n in range(MANY))


@pytest.fixture
def entitled(company: Company) -> Company:
    """An account with bulk jobs, and products that a first drop has made."""
    company.works_with(a_feed(columns=COLUMNS), upload_event_s=0, redrive_s=0, retry_s=0, client_timeout_s=1, claim_s=1.5, job_s=4)
    company.has_not_loaded_the_mirror()
    company.plytix.bulk()
    company.refreshes()
    drops(company, sheet(10), "first")
    comes_to_rest(company.twin)
    company.plytix.clear_log()
    return company


@pytest.mark.parametrize("times", [1, None], ids=["once", "for ever"])
@pytest.mark.parametrize("request_", ["bulk.submit", "bulk.poll"])
def test_a_job_that_was_done_but_is_answered_with_pages_for_people_is_known_by_what_stands_in_plytix(entitled, erp, request_, times):
    entitled.plytix.fault("mask", kind=request_, status=200, body="<html>Welcome</html>", times=times)

    sent = drops(entitled, sheet(20))
    comes_to_rest(entitled.twin)

    receipt = erp.receipt(sent)
    assert (receipt.state, receipt.outcomes, receipt.issues) == ("closed", {"UPDATED": MANY}, [])
    assert entitled.products() == {f"A-{n}": {"label": "Chair", "price": 20} for n in range(MANY)}
    assert entitled.plytix.counts()["changed"]["bulk.submit"] == 1, "it is not done again"
    assert entitled.sent() == 0


# ---- one request in so many
def test_a_drop_arrives_once_though_one_request_in_four_goes_wrong(company, erp):
    company.works_with(a_feed(columns=COLUMNS), upload_event_s=0, redrive_s=0, retry_s=0, client_timeout_s=1, claim_s=1.5, chunk_size=10)
    for effect, status in (("refuse", 500), ("refuse", 502), ("mask", 502), ("lose", 0), ("drop", 0)):
        company.plytix.fault(effect, kind="product.*", status=status, rate=0.05)
    rows = {f"A-{n}": {"label": f"Chair {n}", "price": n} for n in range(1, 41)}

    sent = drops(company, "sku;name;price\n" + "".join(f"{sku};{row['label']};{row['price']}\n" for sku, row in rows.items()))
    comes_to_rest(company.twin)

    receipt = erp.receipt(sent)
    assert (receipt.state, receipt.outcomes, receipt.issues) == ("closed", {"CREATED": len(rows)}, [])
    assert company.products() == rows
    assert company.plytix.counts()["changed"] == {"product.create": len(rows)}
    assert any(entry["fault"] for entry in company.plytix.log()), "something did go wrong"


# ---- the token
def test_a_token_that_ends_in_the_middle_of_a_run_is_renewed_and_nobody_notices(company, erp):
    company.plytix.meanwhile("expire_tokens", {}, kind="product.create", when="first", times=2)

    sent = drops(company)
    comes_to_rest(company.twin)

    receipt = erp.receipt(sent)
    assert (receipt.state, receipt.outcomes, receipt.issues) == ("closed", {"CREATED": 3}, [])
    assert company.products() == PRODUCTS
    assert company.plytix.counts()["statuses"]["401"] >= 2


@pytest.fixture
def gives_the_password(company: Company, operator: Operator):
    """The operator stores what the account's settings show; afterwards it is as it was."""

    def give(password: str) -> None:
        ended = operator.types("secret", "set", "plytix", "--key", "key", "--auth-url", company.plytix.url,
                               "--pim-url", company.plytix.url, typed=f"{password}\n")
        assert ended.returncode == 0, ended.stderr

    yield give
    company.plytix.credentials("key", "password")
    give("password")


def test_a_wrong_password_makes_no_storm_of_logins_and_once_it_is_right_all_is_done_once(company, erp, operator, gives_the_password):
    company.works_with(a_feed(columns=COLUMNS), upload_event_s=0, redrive_s=0, retry_s=1, client_timeout_s=1, claim_s=1.5, login_s=3_600,
                       chunk_size=2)
    company.plytix.credentials("key", "another password")
    many = [f"B-{n}" for n in range(40)]
    sent = drops(company, "sku;name;price\n" + "".join(f"{sku};Chair;9.90\n" for sku in many))
    soon(lambda: sum("STOP-LOGIN" in line for line in company.twin.log("apply")) >= 20, "every chunk has been told")
    for _ in range(2):
        assert "does not accept the API key" in company.twin.invoke("refresh", {"now": True})["stopped"]
        assert not any(company.twin.invoke("redrive", {}).values())
        company.twin.show_messages()

    assert company.plytix.counts()["kinds"]["token"] <= WORKERS  # who came first, all at once; nobody since
    receipt = erp.receipt(sent)
    assert (receipt.state, receipt.whole["waiting"], receipt.issues, made(company)) == ("checked", 40, [], 0)
    assert not any(company.twin.running()["left"].values())
    assert any('"Stopped"' in line and '"STOP-LOGIN"' in line for line in company.twin.log("apply"))
    for asked in ("switch", "runs"):
        assert "does not accept the API key" in " ".join(operator.types(asked).stdout.split())

    gives_the_password("another password")
    company.twin.show_messages()
    comes_to_rest(company.twin)

    assert erp.receipt(sent).outcomes == {"CREATED": 40}
    assert sorted(company.products()) == sorted(many)
    assert company.plytix.counts()["changed"]["product.create"] == 40
    assert "does not accept" not in operator.types("switch").stdout


def test_a_password_that_was_changed_is_taken_as_soon_as_the_operator_has_given_it(company, erp, gives_the_password):
    drops(company, name="first")
    comes_to_rest(company.twin)
    company.plytix.credentials("key", "another password")
    sent = drops(company, DEARER)
    soon(lambda: company.plytix.counts()["statuses"].get("401", 0) > 1, "a refused login")
    is_open(erp, sent)

    gives_the_password("another password")
    company.twin.show_messages()
    comes_to_rest(company.twin)

    assert erp.receipt(sent).outcomes == {"UPDATED": 3}
    assert company.products() == THEN


def test_a_key_that_is_revoked_in_the_middle_of_a_drop_of_several_chunks_makes_nothing_twice_once_there_is_a_new_one(
        company, erp, gives_the_password):
    company.works_with(a_feed(columns=COLUMNS), upload_event_s=0, redrive_s=0, retry_s=0, client_timeout_s=1, claim_s=1.5, chunk_size=3)
    rows = {f"A-{n}": {"label": "Chair", "price": n} for n in range(1, 13)}
    company.plytix.meanwhile("credentials", {"key": "key", "password": "another password"}, kind="product.create", when="then")

    sent = drops(company, "sku;name;price\n" + "".join(f"{sku};Chair;{row['price']}\n" for sku, row in rows.items()))
    soon(lambda: company.plytix.counts()["statuses"].get("401", 0) > 1, "a refused login")
    receipt = erp.receipt(sent, lambda told: told.state == "checked")
    assert (receipt.issues, receipt.whole["closed"]) == ([], None)
    assert made(company) == 1

    gives_the_password("another password")
    company.twin.kill("apply")  # a worker may remember for a while that its login was refused; others may not know yet
    comes_to_rest(company.twin)

    receipt = erp.receipt(sent)
    assert (receipt.state, receipt.outcomes, receipt.issues) == ("closed", {"CREATED": len(rows)}, [])
    assert company.products() == rows
    assert company.plytix.counts()["changed"]["product.create"] == made(company) == len(rows)
