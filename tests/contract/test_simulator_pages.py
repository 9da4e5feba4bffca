"""The pages of the simulated Plytix for people: products, their history, the budget."""

import base64
import re
from html.parser import HTMLParser

import pytest
import requests

from tests.contract.simulated import SHOE, signed_in

EVIL = "<script>alert('x')</script> & \"more\""
PNG = b"\x89PNG\r\n\x1a\n rest"


@pytest.fixture
def api():
    with signed_in() as api:
        yield api


class Read(HTMLParser):
    """What a page shows, and what it would load; complains of tags that do not match."""

    def __init__(self, text):
        super().__init__()
        self.words, self.loads, self.links, self.open, self.tags = [], [], [], [], set()
        self.feed(text)
        assert self.open == [], self.open

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        told = dict(attrs)
        self.loads += [told[key] for key in ("src", "data", "srcset") if key in told]
        self.loads += [told["href"]] if tag == "link" else []
        self.links += [told["href"]] if tag == "a" else []
        if tag not in ("meta", "img", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def look(api, path="/"):
    answer = requests.get(f"{api.plytix.url}{path}", timeout=10)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    page = Read(answer.text)
    assert not page.tags & {"script", "iframe", "object", "link"}
    assert all(load.startswith("/picture/") for load in page.loads)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    return page


def test_the_front_page_shows_products_with_their_pictures_and_who_changed_them(api):
    asset = api.one("POST", "v1/assets", {"filename": "hero.png", "content": base64.b64encode(PNG).decode()})["id"]
    family = api.one("POST", "v1/product_families", {"name": "Trail"})["id"]
    id = api.create("TR-9", label="Trail shoe", thumbnail={"id": asset}, status="Completed")["id"]
    api.one("POST", f"v1/products/{id}/family", {"product_family_id": family})
    api.plytix.create({"sku": "H-1"})

    page = look(api)

    assert page.loads == [f"/picture/{asset}"]
    assert f"/product/{id}" in page.links
    assert re.search(r"TR-9 Trail shoe Completed single Trail [\d: -]+ key \(API\)", page.text)
    assert re.search(r"H-1 Draft single [\d: -]+ Petra Lang \(USER\)", page.text)
    assert page.text.index("H-1") < page.text.index("TR-9")  # the newest change first
    picture = requests.get(f"{api.plytix.url}/picture/{asset}", timeout=10)
    assert (picture.headers["Content-Type"], picture.headers["X-Content-Type-Options"], picture.content) == ("image/png", "nosniff", PNG)


def test_a_picture_that_is_only_known_by_its_address_is_a_sheet(api):
    for body in ({"url": "https://example.com/a.tiff"}, {"filename": "a.svg", "content": base64.b64encode(b"<svg onload='x'/>").decode()}):
        asset = api.one("POST", "v1/assets", body)["id"]
        picture = requests.get(f"{api.plytix.url}/picture/{asset}", timeout=10)
        assert (picture.status_code, picture.headers["Content-Type"]) == (200, "image/svg+xml")
        assert "onload" not in picture.text
    assert requests.get(f"{api.plytix.url}/picture/nothing", timeout=10).status_code == 404


def test_products_are_searched_by_words_and_shown_page_by_page(api):
    api.plytix.products([{"sku": "HAT", "attributes": {"material": "Wool felt"}}])
    assert "1 of 1 product SKU" in look(api).text
    api.plytix.products([{"sku": f"S-{n:03}", "label": "Shoe"} for n in range(120)])

    assert "121 of 121 products" in look(api).text
    assert "HAT" in look(api, "/?q=felt+WOOL").text
    assert "1 of 121 products" in look(api, "/?q=felt+WOOL").text
    assert "0 of 121 products" in look(api, "/?q=felt+shoe").text
    second = look(api, "/?q=shoe&page=2")
    assert {"/?q=shoe&page=1", "/?q=shoe&page=3"} <= set(second.links)
    assert len([link for link in look(api, "/?q=shoe&page=3").links if link.startswith("/product/")]) == 20
    for page in ("0", "99", "x", "-1", "9" * 400):
        look(api, f"/?page={page}")


def test_a_product_shows_its_values_what_it_hangs_together_with_and_its_history(api):
    asset = api.one("POST", "v1/assets", {"url": "https://example.com/side.jpg"})
    root = api.one("POST", "v1/categories/product", {"name": "Shoes"})["id"]
    low = api.one("POST", f"v1/categories/product/{root}", {"name": "Low"})["id"]
    id = api.create("TR-9", attributes=SHOE | {"hero": {"id": asset["id"]}}, categories=[{"id": low}])["id"]
    variant = api.one("POST", f"v1/products/{id}/variants", {"variant": {"sku": "TR-9-41"}})["id"]
    api.plytix.edit("TR-9", {"label": "By hand", "attributes": {"pieces": 3}})
    api.ask("DELETE", f"v1/products/{id}/categories/{low}")

    page = look(api, f"/product/{id}")

    assert asset["thumbnail"] in page.links
    assert f"/product/{variant}" in page.links
    for words in ("Weight kg weight_kg Decimal 0.31", "Sizes sizes MultiSelect 41, 42", "Hero hero Media side.jpg", "Label By hand",
                  "Petra Lang (USER) label – → By hand", "Petra Lang (USER) pieces 2 → 3", "key (API) categories Low → –",
                  "key (API) variants – → TR-9-41", "key (API) created"):  # fmt: skip
        assert words in page.text, words
    assert "Categories" not in page.text
    assert f"/product/{id}" in look(api, f"/product/{variant}").links

    api.plytix.delete("TR-9")
    assert "no longer" in look(api, f"/product/{id}").text
    assert "Petra Lang (USER) deleted" in look(api, f"/product/{id}").text


def test_whatever_stands_in_the_account_is_shown_as_text(api):
    api.plytix.attributes([{"name": EVIL, "label": "evil", "type_class": "TextAttribute"}])
    asset = api.one("POST", "v1/assets", {"url": "https://example.com/x", "filename": f"{EVIL}.jpg"})["id"]
    family = api.one("POST", "v1/product_families", {"name": EVIL})["id"]
    id = api.create(EVIL, label=EVIL, attributes={"evil": EVIL, "story": EVIL}, thumbnail={"id": asset})["id"]
    api.one("POST", f"v1/products/{id}/family", {"product_family_id": family})
    api.one("PATCH", f"v1/products/{id}", {"label": EVIL + EVIL})
    api.ask("GET", f"v1/products/{EVIL}")

    for path in ("/", f"/product/{id}", "/changes", "/budget", "/?q=%3Cscript%3E%22", f"/product/{EVIL}"):
        look(api, path)
    assert EVIL in look(api).text
    assert look(api, f"/product/{id}").text.count(EVIL) > 5


def test_all_changes_are_listed_newest_first(api):
    api.plytix.products([{"sku": f"S-{n}"} for n in range(150)])
    api.plytix.edit("S-3", {"label": "x"})

    first = r"Before → after [\d: -]+ Petra Lang \(USER\) S-3 label – → x [\d: -]+ Petra Lang \(USER\) S-149 created"
    assert re.search(first, look(api, "/changes").text)
    assert "/changes?page=2" in look(api, "/changes").links
    assert "S-0" in look(api, "/changes?page=2").text


def test_the_budget_is_shown_as_the_server_counts_it(api):
    assert "may ask as often as it likes" in look(api, "/budget").text
    api.plytix.windows([[3, 10], [100, 3_600]])
    api.plytix.measure(kind="fixed", scale=0.5)
    for _ in range(4):
        api.ask("GET", "v1/filters/product")

    page = look(api, "/budget")

    assert "3 of 3 in 20 s" in page.text
    assert "3 of 100 in 2 h" in page.text
    assert re.search(r"20 s 3 3 0 [\d.]+ s", page.text)
    assert "2 h 100 3 97 0.0 s" in page.text
    assert "fixed windows on a clock that runs 0.5 times as fast" in page.text
    assert "Refused for the budget 1" in page.text
    assert "GET /api/v1/filters/product 429 schema" in page.text


def test_looking_costs_nothing_and_changes_nothing(api):
    api.plytix.windows([[1, 3_600]])
    api.plytix.clear_log()

    for path in ("/", "/changes", "/budget"):
        look(api, path)
        assert requests.post(f"{api.plytix.url}{path}", timeout=10).status_code == 405
        assert requests.head(f"{api.plytix.url}{path}", timeout=10).status_code == 200

    assert api.plytix.counts()["total"] == 0
    assert api.ask("GET", "v1/filters/product").status_code == 200
