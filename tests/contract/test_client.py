"""The client against the simulator: every operation, and everything that can go wrong on the way (plytix-api.md §2–§6)."""

import logging
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bridge.adapters.plytix.products import Products
from bridge.adapters.plytix.session import Limits, Session, Unlimited
from bridge.domain.row import Sku
from bridge.errors import Changed, Fate, Later, Refused, Stop
from local.plytix.server import Simulator
from tests.contract.connected import Kept, Leases

ATTRIBUTES = [
    {"name": "Colour", "type_class": "DropdownAttribute", "options": ["Blue", "Red"]},
    {"name": "Sizes", "type_class": "MultiSelectAttribute", "options": ["41", "42"]},
    {"name": "Weight", "type_class": "DecimalAttribute"},
    {"name": "Stock", "type_class": "IntAttribute"},
    {"name": "Vegan", "type_class": "BooleanAttribute"},
    {"name": "Launch", "type_class": "DateAttribute"},
    {"name": "Text", "type_class": "HtmlAttribute"},
    {"name": "Manual", "type_class": "UrlAttribute"},
]
SHOE = {
    "label": "Läufer", "status": "Completed", "gtin": "4006381333931", "colour": "Blue", "sizes": ["42", "41"], "weight": 5.0, "stock": 0,
    "vegan": False, "launch": "2026-05-01", "text": "<p>Größe & Gewicht</p>", "manual": "https://example.com/m.pdf",
}
A1 = Sku("A-1")


@pytest.fixture
def plytix():
    with Simulator() as simulator:
        simulator.attributes(ATTRIBUTES)
        yield simulator


@pytest.fixture
def client(plytix):
    """Makes clients of the simulator, and closes them."""
    made = []

    def a_client(kept=None, budget=None, total_s=10.0, clock=time.time):
        session = Session(kept or Kept(plytix.url), budget or Unlimited(), Limits(connect_s=1, total_s=total_s), clock)
        made.append(session)
        return Products(session)

    yield a_client
    for session in made:
        session.close()


def unaudited(product):
    """v1 does not tell who did it."""
    return replace(product, created_by_api=None, modified_by_api=None)


# ---- what each operation does


def test_a_product_written_through_v1_reads_back_equal_through_v2(client):
    products = client()
    written = products.create(A1, SHOE)

    assert written.values == SHOE
    read = products.read(written.id)
    assert read.created_by_api
    assert read.modified_by_api
    assert [unaudited(p) for p in (read, products.find(A1), *products.read_many([written.id]))] == [written] * 3


def test_pictures_categories_and_families_read_the_same_in_both_versions(plytix, client):
    asked = client()._session
    from bridge.adapters.plytix.session import Call, Kind

    def make(path, body):
        return asked.ask(Call(Kind.CREATE, "POST", f"/api/v1/{path}", body))[0]["id"]

    plytix.attributes([{"name": "Hero", "type_class": "MediaAttribute"}, {"name": "Gallery", "type_class": "MediaGalleryAttribute"}])
    hero, side = make("assets", {"url": "https://example.com/hero.jpg"}), make("assets", {"url": "https://example.com/side.jpg"})
    category, family = make("categories/product", {"name": "Boots"}), make("product_families", {"name": "Shoes"})
    media = {"hero": {"id": hero}, "gallery": [{"id": hero}, {"id": side}]}
    id = plytix.products([{"sku": "A-1", "categories": [{"id": category}], "attributes": media}])["A-1"]
    make(f"products/{id}/family", {"product_family_id": family})

    products = client()
    patched, read, (paged,) = products.patch(id, {"stock": 1}), products.read(id), products.read_many([id])

    assert patched.values["hero"] == [hero]
    assert sorted(patched.values["gallery"]) == sorted([hero, side])
    assert (patched.categories, patched.family, set(patched.assets)) == ((category,), family, {hero, side})
    assert unaudited(read) == unaudited(paged) == patched


def test_a_patch_changes_what_it_names_and_none_clears(client):
    products = client()
    shoe = products.create(A1, SHOE)

    patched = products.patch(shoe.id, {"label": "Neu", "colour": None, "sizes": None, "stock": 7})

    assert patched.values == {k: v for k, v in SHOE.items() if k not in ("colour", "sizes")} | {"label": "Neu", "stock": 7}
    assert patched.modified > shoe.modified


def test_the_same_values_again_do_not_move_the_product(client):
    products = client()
    shoe = products.create(A1, SHOE)

    assert products.patch(shoe.id, SHOE).modified == shoe.modified


def test_a_create_leaves_out_what_has_no_value(client):
    assert client().create(A1, {"label": None, "colour": None, "stock": 1}).values == {"status": "Draft", "stock": 1}


def test_a_sku_that_is_taken_is_changed_and_found_by_its_exact_spelling(plytix, client):
    ids = plytix.products([{"sku": "a-1"}, {"sku": "A-1"}, {"sku": "A-10"}])
    products = client()

    with pytest.raises(Changed):
        products.create(A1, {"label": "Mine"})
    assert products.find(A1).id == ids["A-1"]
    assert products.find(Sku("a-10")) is None


def test_a_search_that_ignores_case_finds_only_the_exact_product(plytix, client):
    ids = plytix.products([{"sku": "a-1"}, {"sku": "A-1"}])
    products = client()

    plytix.refuse(200, kind="product.search", body={"data": [{"id": id, "sku": sku} for sku, id in ids.items()]})
    assert products.find(A1).id == ids["A-1"]
    plytix.refuse(200, kind="product.search", body={"data": [{"id": ids["a-1"], "sku": "a-1"}]})
    assert products.find(A1) is None


def test_a_product_that_is_gone_is_told_so(plytix, client):
    products = client()
    shoe = products.create(A1, SHOE)
    plytix.delete("A-1")

    with pytest.raises(Changed):
        products.patch(shoe.id, {"label": "x"})
    assert products.read(shoe.id) is None
    assert products.find(A1) is None
    assert products.read_many([shoe.id]) == []


def test_what_a_person_edits_is_not_the_apis_edit_and_no_name_is_kept(plytix, client):
    products = client()
    shoe = products.create(A1, SHOE)
    plytix.edit("A-1", {"label": "By hand"})

    read = products.read(shoe.id)

    assert (read.created_by_api, read.modified_by_api, products.read_many([shoe.id])[0].modified_by_api) == (True, False, False)
    assert "Petra" not in repr(read)


def test_all_refused_fields_are_named_at_once_and_nothing_is_written(plytix, client):
    products = client()

    with pytest.raises(Refused) as refused:
        products.create(A1, SHOE | {"colour": "Teal", "weight": "heavy", "unheard_of": "x", "status": "Done"})

    assert set(refused.value.fields) == {"colour", "weight", "unheard_of", "status"}
    assert refused.value.fields["unheard_of"] == "label does not exist"
    assert plytix.product("A-1") is None


def test_a_refusal_that_names_no_field_of_ours_is_the_products(plytix, client):
    body = {"error": {"msg": "product data validation failed", "errors": [{"field": "family", "msg": "is missing"}]}}
    plytix.refuse(422, kind="product.create", body=body)

    with pytest.raises(Refused) as refused:
        client().create(A1, SHOE)

    assert refused.value.fields == {"*": "family: is missing"}


@pytest.mark.parametrize(("count", "requests"), [(0, 1), (99, 1), (100, 2), (250, 3)])
def test_a_listing_goes_on_until_a_page_is_not_full(plytix, client, count, requests):
    ids = plytix.products([{"sku": f"A-{n}"} for n in range(count)])
    products = client()

    rows = list(products.listed(None))

    assert {row.sku: row.id for row in rows} == ids
    assert products.requests["search"] == requests


def test_a_listing_since_a_time_holds_what_was_modified_then_or_later(plytix, client):
    plytix.products([{"sku": "A-1"}, {"sku": "A-2"}, {"sku": "A-3"}])
    products = client()
    plytix.advance(1)  # v2 tells milliseconds
    plytix.edit("A-2", {"label": "new"})
    edited = products.find(Sku("A-2")).modified

    assert [(row.sku, row.modified) for row in products.listed(edited)] == [("A-2", edited)]
    assert [row.sku for row in products.listed(edited + 1)] == []


def test_a_product_that_moves_to_another_page_is_listed_once(plytix, client):
    ids = plytix.products([{"sku": f"A-{n:03}"} for n in range(150)])
    plytix.meanwhile("delete", {"sku": "A-000"}, "product.search", when="then")
    plytix.meanwhile("create", {"values": {"sku": "A-150"}}, "product.search", when="then")

    listed = [row.id for row in client().listed(None)]

    assert len(listed) == len(set(listed))
    assert len(set(listed) & set(ids.values())) >= 149  # the one that slipped between two pages comes with the next listing


def test_more_columns_than_one_search_may_ask_for_are_read_in_several(plytix, client):
    plytix.attributes([{"name": f"Extra {n}", "type_class": "TextAttribute"} for n in range(120)])
    extras = {f"extra_{n}": f"value {n}" for n in range(120)}
    ids = plytix.products([{"sku": f"A-{n}", "attributes": extras | {"stock": n}} for n in range(3)])
    products = client()

    read = products.read_many(list(ids.values()))

    assert [(p.sku, p.values["stock"], len(p.values)) for p in read] == [(f"A-{n}", n, 122) for n in range(3)]
    assert products.requests["search"] == 3  # 135 columns
    assert [unaudited(p) for p in read] == [unaudited(products.read(id)) for id in ids.values()]


def test_more_than_a_hundred_products_are_read_by_the_hundred(plytix, client):
    ids = list(plytix.products([{"sku": f"A-{n}"} for n in range(130)]).values())
    products = client()

    assert [p.id for p in products.read_many([*ids, ids[0], "64b000000000000000000000"])] == ids
    assert products.requests["search"] == 2


def test_a_product_edited_between_two_searches_is_read_by_itself_and_never_mixed(plytix, client):
    plytix.attributes([{"name": f"Extra {n}", "type_class": "TextAttribute"} for n in range(60)])
    ids = plytix.products([{"sku": sku, "label": "old", "attributes": {"extra_59": "old"}} for sku in ("A-1", "A-2")])
    plytix.meanwhile("edit", {"sku": "A-1", "values": {"label": "new", "attributes": {"extra_59": "new"}}}, "product.search", when="then")
    products = client()

    first, second = products.read_many(list(ids.values()))

    assert (first.values["label"], first.values["extra_59"]) == ("new", "new")
    assert (second.values["label"], second.values["extra_59"]) == ("old", "old")
    assert products.requests["read"] == 1


def test_a_product_deleted_between_two_searches_is_left_out(plytix, client):
    plytix.attributes([{"name": f"Extra {n}", "type_class": "TextAttribute"} for n in range(60)])
    ids = plytix.products([{"sku": "A-1"}, {"sku": "A-2"}])
    plytix.meanwhile("delete", {"sku": "A-1"}, "product.search", when="then")

    assert [p.sku for p in client().read_many(list(ids.values()))] == ["A-2"]


def test_the_schema_names_types_and_options_and_changes_its_version_with_them(plytix, client):
    products = client()
    schema = products.schema()

    assert schema.types["colour"] == "DropdownAttribute"
    assert schema.options == {"colour": ["Blue", "Red"], "sizes": ["41", "42"]}
    assert products.schema().version == schema.version
    plytix.add_option("colour", "Teal")
    assert products.schema().version != schema.version


def test_an_attribute_that_vanished_costs_one_look_at_the_schema(plytix, client):
    products = client()
    shoe = products.create(A1, SHOE)
    products.schema()
    plytix.remove_attribute("weight")

    (read,) = products.read_many([shoe.id])

    assert "weight" not in read.values
    assert read.values["colour"] == "Blue"
    assert products.requests["schema"] == 2


def test_requests_are_counted_by_kind_and_each_takes_a_lease_but_not_the_login(plytix, client):
    leases = Leases()
    products = client(budget=leases)
    shoe = products.create(A1, SHOE)
    products.patch(shoe.id, {"stock": 2})
    products.find(A1)
    products.schema()

    assert products.requests == {"token": 1, "create": 1, "patch": 1, "search": 1, "read": 1, "schema": 1}
    assert leases.granted == 5
    assert plytix.counts()["total"] == 6


# ---- the token


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


def test_a_key_that_was_replaced_in_the_secret_is_taken_up(plytix, client):
    kept = Kept(plytix.url)
    products = client(kept)
    products.schema()
    plytix.credentials("key", "new password")
    kept.newer = replace(kept.now, api_password="new password")

    assert products.schema()
    assert kept.looked == 1


def test_a_second_401_after_a_fresh_token_stops(plytix, client):
    plytix.refuse(401, times=None, path="/api/*", body={"error": {"msg": "Token has expired"}})
    products = client()

    with pytest.raises(Stop):
        products.schema()

    assert products.requests == {"token": 2, "schema": 2}


def test_a_key_without_the_right_stops(plytix, client):
    plytix.refuse(403, kind="product.create", body={"error": {"msg": "Permission denied."}})

    with pytest.raises(Stop, match="Permission denied"):
        client().create(A1, SHOE)


# ---- what passes by itself


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

    with pytest.raises(Later, match="cannot be reached") as later:
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


# ---- the wire


class Wire(ThreadingHTTPServer):
    """Counts connections; answers with `data: []`, or drips without end where `drip` is set."""

    daemon_threads = True
    connections = dripped = 0
    drip = False

    def process_request(self, request, client_address):
        self.connections += 1
        super().process_request(request, client_address)


class Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        token = self.path.startswith("/auth")
        body = b'{"data": [{"access_token": "opaque"}]}' if token else b'{"data": []}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body) if token or not self.server.drip else 10_000))
        self.end_headers()
        try:
            self.wfile.write(body)
            while not token and self.server.drip and self.server.dripped < 10_000:
                self.wfile.write(b" ")
                self.server.dripped += 1
                time.sleep(0.01)
        except OSError:
            pass

    def log_message(self, *_):
        pass


@pytest.fixture
def wire():
    server = Wire(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_one_connection_serves_many_requests(client, wire):
    products = client(Kept(f"http://127.0.0.1:{wire.server_port}"))
    for _ in range(5):
        products.find(A1)

    assert wire.connections == 1


def test_an_answer_that_drips_is_cut_off(client, wire):
    wire.drip = True
    products = client(Kept(f"http://127.0.0.1:{wire.server_port}"), total_s=0.5)

    with pytest.raises(Later, match="no answer"):
        products.find(A1)

    assert wire.dripped < 10_000


def test_what_is_logged_of_a_call_holds_no_key_no_token_no_value_and_no_name(plytix, client, caplog):
    caplog.set_level(logging.INFO)
    products = client()
    shoe = products.create(A1, SHOE)
    products.read(shoe.id)
    with pytest.raises(Refused):
        products.patch(shoe.id, {"weight": "heavy"})

    told = [record.__dict__ for record in caplog.records if record.getMessage() == "Plytix called"]
    assert [(t["method"], t["path"], t["status"]) for t in told] == [
        ("POST", "/auth/api/get-token", 200), ("POST", "/api/v1/products", 201), ("GET", f"/api/v2/products/{shoe.id}", 200),
        ("PATCH", f"/api/v1/products/{shoe.id}", 422)]
    assert all(t["request_id"] and t["duration_ms"] >= 0 and t["got_bytes"] > 0 for t in told)
    assert "Not a valid decimal value" in told[-1]["error"]
    for secret in ("password", "eyJ", "Läufer", "Petra", "etl"):
        assert secret not in str(told)
