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


@pytest.mark.parametrize("mishap", ["the answer is lost", "it is done after the client has given up", "it is never done"])
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
    give("password")


def test_a_wrong_password_makes_no_storm_of_logins_and_once_it_is_right_all_is_done_once(company, erp, operator, gives_the_password):
    company.works_with(a_feed(columns=COLUMNS), upload_event_s=0, redrive_s=0, retry_s=1, client_timeout_s=1, claim_s=1.5, login_s=3_600,
                       chunk_size=2)
    company.plytix.credentials("key", "another password")
    many = [f"B-{n}" for n in range(40)]
    sent = drops(company, "sku;name;price\n" + "".join(f"{sku};Chair;9.90\n" for sku in many))
    soon(lambda: sum("STOP-LOGIN" in line for line in company.twin.log("apply")) >= 20, "every chunk has been told")
    for _ in range(2):
        assert company.twin.invoke("refresh", {"now": True}) == {}
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
