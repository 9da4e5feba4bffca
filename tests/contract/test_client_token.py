"""The client logs in: one token for all, renewed before it ends, and keys that are no longer good (plytix-api.md §2)."""

import threading
from dataclasses import replace

import pytest

from bridge.errors import LoginRefused, Stop
from tests.contract.connected import A1, SHOE, Kept


def test_a_token_is_renewed_before_it_ends(plytix, client):
    now = [1_000_000.0]
    products = client(clock=lambda: now[0])
    shoe = products.create(A1, SHOE)
    now[0] += 839
    products.read(shoe.id)
    assert products.requests["token"] == 1

    now[0] += 2  # 59 s before its end
    products.read(shoe.id)

    assert products.requests["token"] == 2
    assert "401" not in plytix.counts()["statuses"]


def test_a_token_that_ends_on_the_way_is_renewed_and_the_write_is_done_once(plytix, client):
    products = client()
    shoe = products.create(A1, SHOE)
    plytix.expire_tokens()

    assert products.patch(shoe.id, {"stock": 9}).values["stock"] == 9
    assert plytix.counts()["changed"]["product.patch"] == 1
    assert products.requests["token"] == 2


def test_eight_threads_whose_token_ended_renew_it_once(plytix, client):
    products = client()
    shoe = products.create(A1, SHOE)
    plytix.expire_tokens()
    plytix.latency(0.05)
    start, read = threading.Barrier(8), []

    def work():
        start.wait()
        read.append(products.read(shoe.id).sku)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert read == [A1] * 8
    assert products.requests["token"] == 2


def test_a_revoked_key_stops_without_a_storm_of_logins(plytix, client):
    products = client()
    products.schema()
    plytix.credentials("another", "pair")

    with pytest.raises(Stop, match="API key"):
        products.read("64b000000000000000000000")

    assert products.requests["token"] == 2


def test_eight_threads_with_a_wrong_password_log_in_once_and_are_all_told(plytix, client):
    plytix.credentials("key", "another password")
    plytix.latency(0.05)
    products, start, told = client(), threading.Barrier(8), []

    def work():
        start.wait()
        with pytest.raises(LoginRefused) as refused:
            products.read("64b000000000000000000000")
        told.append(refused.value.code)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert told == ["STOP-LOGIN"] * 8
    assert products.requests == {"token": 1}


def test_a_key_that_was_replaced_in_the_secret_is_taken_up(plytix, client):
    kept = Kept(plytix.url)
    products = client(kept)
    products.schema()
    plytix.credentials("key", "new password")
    kept.newer = replace(kept.now, api_password="new password", version="2")

    assert products.schema()
    assert plytix.counts()["statuses"]["401"] == 1  # of the old token


def test_a_second_401_after_a_fresh_token_stops(plytix, client):
    plytix.refuse(401, times=None, path="/api/*", body={"error": {"msg": "Token has expired"}})
    products = client()

    with pytest.raises(Stop):
        products.schema()

    assert products.requests == {"token": 2, "schema": 2}
    for _ in range(3):
        with pytest.raises(Stop):
            products.schema()
    assert products.requests["token"] == 2


def test_a_key_without_the_right_stops(plytix, client):
    plytix.refuse(403, kind="product.create", body={"error": {"msg": "Permission denied."}})

    with pytest.raises(Stop, match="Permission denied"):
        client().create(A1, SHOE)
