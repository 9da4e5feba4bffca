"""Which values the simulated Plytix takes, and how it refuses the others (plytix-api.md §6.4, §9.1)."""

import pytest

from tests.contract.simulated import SHOE, error, signed_in

FAILED = "product data validation failed"


@pytest.fixture
def api():
    with signed_in() as api:
        yield api


def refused(api, **values):
    """What a create of these values is refused with; nothing may be left of it."""
    answer = api.ask("POST", "v1/products", {"sku": "TR-9", **values})
    assert api.plytix.dump() == []
    return error(answer)


@pytest.mark.parametrize(
    ("label", "value", "message"),
    [
        ("colour", "Teal", "Teal is not a valid value for Colour attribute."),
        ("colour", "blue", "blue is not a valid value for Colour attribute."),
        ("sizes", ["41", "99"], "[u'99'] are not a valid values for Sizes attribute."),
        ("sizes", ["98", "99"], "[u'98', u'99'] are not a valid values for Sizes attribute."),
        ("sizes", "41", "Not a valid list."),
        ("weight_kg", "schwer", "Not a valid decimal value. Format must be: 1234.56"),
        ("weight_kg", "0.31", "Not a valid decimal value. Format must be: 1234.56"),
        ("weight_kg", True, "Not a valid decimal value. Format must be: 1234.56"),
        ("pieces", 1.5, "Not a valid integer."),
        ("pieces", "2", "Not a valid integer."),
        ("pieces", 10**16, "Not a valid integer."),
        ("launch", "2026-05-01T00:00:00", "Not a valid date. Format must be: YYYY-MM-DD"),
        ("launch", "01.05.2026", "Not a valid date. Format must be: YYYY-MM-DD"),
        ("launch", "2026-02-30", "Not a valid date. Format must be: YYYY-MM-DD"),
        ("launch", 20260501, "Not a valid date. Format must be: YYYY-MM-DD"),
        ("manual", "m.pdf", "Not a valid URL."),
        ("vegan", "yes", "Not a valid boolean."),
        ("vegan", 1, "Not a valid boolean."),
        ("material", 5, "Not a valid string."),
        ("story", ["<p>"], "Not a valid string."),
        ("hero", "64b000000000000000000001", "Invalid input type."),
        ("hero", {"id": "64b000000000000000000001"}, "asset does not exist"),
        ("attributes.material", "rubber", "label does not exist"),
        ("Material", "rubber", "label does not exist"),
        ("nowhere", "x", "label does not exist"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_attribute(api, label, value, message):
    assert refused(api, attributes={label: value}) == (422, FAILED, [(label, message)])


@pytest.mark.parametrize("value", [None, "", []])
@pytest.mark.parametrize("label", [*SHOE, "hero", "gallery"])
def test_nothing_is_a_value_of_any_type_and_leaves_nothing(api, label, value):
    assert api.create("TR-9", attributes={label: value})["attributes"] == {}


def test_some_accounts_may_keep_empty_values_and_judge_them_by_their_type(api):
    assert api.plytix.manners(empties="values")["empties"] == "values"
    assert refused(api, attributes={"pieces": ""}) == (422, FAILED, [("pieces", "Not a valid integer.")])

    kept = api.create("TR-9", attributes={"material": "", "sizes": [], "gallery": [], "colour": None})
    assert kept["attributes"] == {"material": "", "sizes": [], "gallery": []}
    assert [row["sku"] for row in api.found(filters=[[{"field": "attributes.material", "operator": "!exists"}]])] == ["TR-9"]
    patched = api.one("PATCH", f"v1/products/{kept['id']}", {"attributes": {"material": None}})
    assert patched["attributes"] == {"sizes": [], "gallery": []}


@pytest.mark.parametrize(
    ("label", "value"), [("pieces", -3), ("pieces", 0), ("weight_kg", 5), ("weight_kg", 1e-3), ("vegan", False), ("material", " x ")]
)
def test_a_value_is_kept_as_it_was_sent(api, label, value):
    kept = api.create("TR-9", attributes={label: value})["attributes"][label]

    assert (kept, type(kept)) == (value, type(value))


def test_all_faults_are_told_at_once(api):
    faults = refused(api, status="Ready", attributes={"colour": "Teal", "nowhere": 1, "pieces": 2})

    statuses = "Value is not valid, valid values are [Draft, Completed, Archived]"
    colour = "Teal is not a valid value for Colour attribute."
    assert faults == (422, FAILED, [("status", statuses), ("colour", colour), ("nowhere", "label does not exist")])


def test_a_refused_patch_changes_nothing_at_all(api):
    before = api.create("TR-9", label="A", attributes=SHOE)

    answer = api.ask("PATCH", f"v1/products/{before['id']}", {"label": "B", "attributes": {"pieces": 9, "colour": "Teal"}})

    assert answer.status_code == 422
    assert api.read(before["id"]) == before


def test_a_product_needs_a_sku_of_at_most_a_hundred_characters(api):
    missing = api.ask("POST", "v2/products", {"label": "A"})
    assert error(missing) == (422, FAILED, [("sku", "Missing data for required field.")])
    for wrong in ("", "x" * 101, None, 5):
        assert error(api.ask("POST", "v1/products", {"sku": wrong}))[2][0][0] == "sku"
    assert api.create("x" * 100)["sku"] == "x" * 100


@pytest.mark.parametrize("gtin", ["4006381333932", "123", "400638133393a", 4006381333931, None, "123456789012345"])
def test_a_gtin_must_be_digits_with_a_right_check_digit(api, gtin):
    status, message, ((field, _),) = refused(api, gtin=gtin)

    assert (status, message, field) == (422, FAILED, "gtin")


@pytest.mark.parametrize("gtin", ["4006381333931", "96385074", "036000291452", "00012345600012"])
def test_a_good_gtin_belongs_to_one_product_only(api, gtin):
    first = api.create("TR-9", gtin=gtin)

    assert first["gtin"] == api.read(first["id"], version=2)["gtin"] == gtin
    answer = api.ask("POST", "v1/products", {"sku": "TR-10", "gtin": gtin})
    assert (answer.status_code, error(answer)[2][0][0]) == (409, "gtin")
    assert api.one("PATCH", f"v1/products/{first['id']}", {"gtin": gtin})["modified"] == first["modified"]


@pytest.mark.parametrize("body", ["text", [1], None])
def test_attributes_must_be_an_object(api, body):
    assert refused(api, attributes=body) == (422, FAILED, [("attributes", "Not a valid mapping type.")])


def test_an_option_counts_from_the_moment_it_exists(api):
    id = api.create("TR-9")["id"]
    assert api.ask("PATCH", f"v1/products/{id}", {"attributes": {"colour": "Teal"}}).status_code == 422

    api.plytix.add_option("colour", "Teal")

    assert api.one("PATCH", f"v1/products/{id}", {"attributes": {"colour": "Teal"}})["attributes"] == {"colour": "Teal"}
