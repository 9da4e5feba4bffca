"""What passes by itself: full windows, hiccups, outages, lost and half answers, gateways (plytix-api.md §3, §4)."""

from contextlib import suppress

import pytest

from bridge.adapters.plytix.session import Unlimited
from bridge.errors import BridgeError, Changed, Fate, Later, Stop
from local.plytix.server import Simulator
from tests.contract.connected import A1, SHOE, Kept, Leases


@pytest.mark.parametrize(("told", "least_s", "most_s"), [("nothing", 10, 10), ("ttl", 0.1, 10), ("retry-after", 1, 10)])
def test_a_full_window_is_told_with_the_wait_and_not_tried_again(plytix, client, told, least_s, most_s):
    products = client()
    products.schema()
    plytix.windows([[1, 10]], told=told)
    products.schema()

    with pytest.raises(Later) as later:
        products.create(A1, SHOE)

    assert least_s <= later.value.after_s <= most_s
    assert later.value.fate is Fate.NOT_DONE
    assert products.requests["create"] == 1
    assert plytix.product("A-1") is None


def test_the_budget_hears_of_every_answer_and_says_when_to_come_again_after_a_429(plytix, client):
    leases = Leases()
    products = client(budget=leases)
    shoe = products.create(A1, SHOE)
    plytix.refuse(500, kind="product.read")
    plytix.windows([[1, 10]], told="nothing")

    with pytest.raises(Later):
        products.read(shoe.id)
    products.schema()
    with pytest.raises(Later) as later:
        products.schema()

    assert leases.answers == ["well", "well", (None, 10.0)]
    assert later.value.after_s == 77.0


def test_the_budget_learns_the_limits_from_each_token(plytix, client):
    leases = Leases()
    products = client(budget=leases)
    for plan in ("free", "paid", "off"):
        plytix.plan(plan)
        plytix.expire_tokens()
        products.schema()

    told = [[(window.limit, window.size) for window in windows] for windows in leases.learned]
    assert told == [[(20, 10_000), (2_000, 3_600_000)], [(50, 10_000), (5_000, 3_600_000)], []]


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_read_gets_over_a_hiccup_of_the_gateway(plytix, client, status):
    leases = Leases()
    products = client(budget=leases)
    shoe = products.create(A1, SHOE)
    plytix.refuse(status, times=2, kind="product.*", body="<html>bad gateway</html>")

    assert products.read(shoe.id).sku == A1
    assert products.requests["read"] == 3
    assert leases.granted == 4


def test_a_search_is_a_read_and_gets_over_a_hiccup_too(plytix, client):
    products = client()
    plytix.refuse(503, kind="product.search")

    assert list(products.listed(None)) == []
    assert products.requests["search"] == 2


def test_a_gateway_that_asks_for_a_moment_is_given_it(plytix, client):
    products = client()
    products.schema()
    plytix.fault("refuse", status=503, kind="product.search", headers={"Retry-After": "1"})

    assert list(products.listed(None)) == []
    refused, answered = (entry["time"] for entry in plytix.log() if entry["kind"] == "product.search")
    assert answered - refused >= 1


@pytest.mark.parametrize(("kind", "ask", "total_s"), [
    ("product.search", lambda products: list(products.listed(None)), 10),
    ("product.search", lambda products: list(products.listed(None)), 1),
    ("product.create", lambda products: products.create(A1, SHOE), 10),
    ("token", lambda products: products.schema(), 10),
], ids=["a read", "a read without so much time", "a write", "a login"])
@pytest.mark.parametrize("status", [503, 504])
def test_a_gateway_that_asks_for_longer_is_asked_once_and_the_wait_is_told(plytix, client, kind, ask, total_s, status):
    products = client(total_s=total_s)
    if kind != "token":
        products.schema()
    plytix.clear_log()
    wait_s = 120 if total_s == 10 else 3
    plytix.fault("refuse", status=status, times=None, kind=kind, headers={"Retry-After": str(wait_s)}, body="<html>in maintenance</html>")

    with pytest.raises(Later) as later:
        ask(products)

    assert later.value.after_s == wait_s
    assert [entry["status"] for entry in plytix.log()] == [status]


@pytest.mark.parametrize(("headers", "body", "after_s"), [
    ({"Retry-After": "30"}, None, 30), ({}, {"message": "API rate limit exceeded", "limit": 5, "window_size": 60}, 60), ({}, None, None)])
def test_a_login_that_is_one_too_many_waits_and_closes_no_window_of_the_account(plytix, client, headers, body, after_s):
    leases = Leases()
    products = client(budget=leases)
    plytix.fault("refuse", status=429, times=None, kind="token", headers=headers, body=body)

    with pytest.raises(Later) as later:
        products.create(A1, SHOE)

    assert (later.value.after_s, later.value.fate) == (after_s, Fate.NOT_DONE)
    assert products.requests == {"token": 1}
    assert (leases.answers, leases.granted) == ([], 0)


def test_a_login_gets_over_a_hiccup_too(plytix, client):
    plytix.refuse(502, kind="token", body="<html>bad gateway</html>")

    assert client().schema()


@pytest.mark.parametrize("mode", ["503", "html"])
def test_an_outage_is_later_and_nothing_was_done(plytix, client, mode):
    plytix.outage(mode)

    with pytest.raises(Later) as later:
        client().create(A1, SHOE)

    assert later.value.fate is Fate.NOT_DONE  # it did not get beyond the login


@pytest.mark.parametrize(("status", "fate"), [(500, Fate.UNKNOWN), (502, Fate.UNKNOWN), (503, Fate.UNKNOWN), (504, Fate.IN_FLIGHT)])
def test_a_write_whose_answer_a_gateway_ate_is_not_sent_again_here(plytix, client, status, fate):
    products = client()
    products.schema()
    plytix.fault("mask", status=status, kind="product.create", body="<html>")

    with pytest.raises(Later) as later:
        products.create(A1, SHOE)

    assert later.value.fate is fate
    assert products.requests["create"] == 1
    with pytest.raises(Changed):  # whoever repeats it finds what he did
        products.create(A1, SHOE)
    assert products.find(A1).values == SHOE


@pytest.mark.parametrize(("effect", "fate"), [("lose", Fate.IN_FLIGHT), ("drop", Fate.IN_FLIGHT), ("cut", Fate.IN_FLIGHT)])
def test_a_write_whose_answer_was_lost_or_half_is_later_and_can_be_repeated(plytix, client, effect, fate):
    products = client()
    shoe = products.create(A1, SHOE)
    plytix.fault(effect, kind="product.patch")

    with pytest.raises(Later) as later:
        products.patch(shoe.id, {"stock": 5})

    assert later.value.fate is fate
    assert products.patch(shoe.id, {"stock": 5}).values["stock"] == 5


def test_plytix_that_is_too_slow_is_later(plytix, client):
    products = client(total_s=0.3)
    products.schema()
    plytix.fault("late", delay_s=3, kind="product.create")

    with pytest.raises(Later) as later:
        products.create(A1, SHOE)

    assert later.value.fate is Fate.IN_FLIGHT


def test_a_plytix_that_cannot_be_reached_is_later_and_nothing_was_done(client):
    with Simulator() as gone:
        url = gone.url
    products = client(Kept(url))

    with pytest.raises(Later, match=r"cannot be reached .NewConnectionError") as later:
        products.create(A1, SHOE)

    assert later.value.fate is Fate.NOT_DONE
    assert products.requests == {"token": 3}


@pytest.mark.parametrize("body", ["<html>welcome</html>", {"data": {}}, {"data": []}, {"data": [{"id": "64b0"}]}, {"message": "hello"}])
def test_a_success_that_is_no_answer_of_plytix_is_later(plytix, client, body):
    plytix.refuse(200, kind="product.*", times=None, body=body)
    products = client()

    with pytest.raises(Later) as later:
        products.create(A1, SHOE)
    assert later.value.fate is Fate.UNKNOWN
    with pytest.raises(Later):
        products.read("64b000000000000000000000")


def test_a_404_page_of_a_gateway_buries_no_product(plytix, client):
    products = client()
    shoe = products.create(A1, SHOE)
    plytix.refuse(404, times=2, kind="product.*", body="<html>not found</html>")

    with pytest.raises(Later):
        products.read(shoe.id)
    with pytest.raises(Later):
        products.patch(shoe.id, {"stock": 1})


def test_an_address_that_moved_is_not_followed_with_the_key_in_hand(plytix, client):
    plytix.fault("refuse", status=308, headers={"Location": "http://127.0.0.1:9/elsewhere"}, kind="product.read")

    with pytest.raises(Stop, match="308"):
        client().read("64b000000000000000000000")


class Listens(Unlimited):
    def __init__(self):
        self.told = []

    def heard(self, instead, *, login=False):
        self.told.append(instead)


@pytest.mark.parametrize(("fault", "told"), [
    ({"effect": "refuse", "status": 500}, "500"), ({"effect": "refuse", "status": 503}, "503"),
    ({"effect": "drop"}, "no answer (ConnectionError)"),
    ({"effect": "refuse", "status": 200, "body": "<html>soon</html>"}, "200, and no JSON"),
    ({"effect": "refuse", "status": 404, "body": "<html>gone</html>"}, "404, and no JSON"),
    ({"effect": "refuse", "status": 422, "body": {"error": {"msg": "no"}}}, ""),
    ({"effect": "refuse", "status": 429, "body": {"message": "API rate limit exceeded"}}, "")], ids=str)
def test_the_budget_hears_whether_plytix_itself_has_answered_however_often_it_was_asked(plytix, client, fault, told):
    budget = Listens()
    products = client(budget=budget)
    products.schema()
    plytix.fault(**fault, kind="product.*", times=None)
    budget.told.clear()

    with suppress(BridgeError):
        products.read("64b000000000000000000000")

    assert budget.told == [told]


def test_what_stands_before_plytix_opens_no_budget(plytix, client):
    leases = Leases()
    products = client(budget=leases)
    products.schema()
    leases.answers.clear()
    plytix.refuse(200, kind="product.*", times=None, body="<html>soon</html>")

    with pytest.raises(Later):
        products.read("64b000000000000000000000")
    assert leases.answers == []


def test_that_one_may_log_in_says_nothing_of_an_outage_and_that_one_may_not_does(plytix, client):
    budget = Listens()
    client(budget=budget).schema()
    assert budget.told == [""]

    plytix.refuse(503, kind="token", times=None)
    budget.told.clear()
    with pytest.raises(Later):
        client(budget=budget).schema()
    assert budget.told == ["503"]


@pytest.mark.parametrize("gone", [False, True], ids=["503", "nobody is there"])
def test_a_probe_that_may_not_be_repeated_at_once_is_told_of(plytix, client, gone):
    class Probes(Listens):
        left = 2

        def lease(self):
            self.left -= 1
            if not self.left:
                raise Later("Plytix does not answer", 10)

    budget = Probes()
    products = client(budget=budget)
    products.schema()  # logs in
    budget.told.clear()
    budget.left = 2
    if gone:
        plytix.stop()
    else:
        plytix.refuse(503, kind="product.*", times=None)

    with pytest.raises(Later, match="does not answer"):
        products.read("64b000000000000000000000")

    assert len(budget.told) == 1
    assert budget.told[0].startswith("it cannot be reached" if gone else "503")


def test_what_became_of_a_write_is_told_also_where_the_outage_cannot_be_noted(plytix, client):
    class Throttled(Unlimited):
        def heard(self, instead, *, login=False):
            raise Later("the ledger is busy", fate=Fate.NOT_DONE)

    products = client(budget=Throttled())
    products.schema()
    plytix.fault("drop", kind="product.create")

    with pytest.raises(Later, match="no answer") as later:
        products.create(A1, SHOE)
    assert later.value.fate is Fate.IN_FLIGHT
