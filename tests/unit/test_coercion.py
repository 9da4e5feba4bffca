"""Values as Plytix's types want them. The simulator is the judge: it shares no code with the bridge."""

from types import SimpleNamespace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridge.configuration import Column
from bridge.domain.cell import READINGS, Fault
from bridge.domain.coercion import SURE, NoOption, coercion, misfit
from bridge.domain.product import Attribute, Schema, Structure
from bridge.domain.values import canonical
from local.plytix.entities import Attribute as Theirs
from local.plytix.refusal import Invalid
from local.plytix.values import TYPES, stored
from tests.unit.files import a_feed

OPTIONS = ["Blue", "Light Blue", "Weiß", "red", "Red", "41", " 42 "]
ASSETS = ["64b0000000000000000000c1", "64b0000000000000000000c2"]
WRITABLE = [kind for kind in TYPES if kind != "CompletenessAttribute"]
SCHEMA = Schema("1", {kind.lower(): kind for kind in TYPES}, {"dropdownattribute": OPTIONS, "multiselectattribute": OPTIONS})
FEED = a_feed(decimal=",")

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1) | st.sampled_from(
    [*OPTIONS, *ASSETS, "blue", "RED", "weiss", "Blue|41", "12,5", "12.5", "1.299", "2026-05-01", "2026-05-01T00:00:00", "ja", "0", "https://x.y/z"])
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: not x.is_integer())
values = texts | numbers | st.booleans() | st.lists(texts, min_size=1, max_size=3)
kinds = st.sampled_from(WRITABLE)


def coerced(kind, value, type=None):
    """`type`: of the column, else one that gives such values."""
    usual = {str: "text", bool: "boolean", list: "options"}.get(value.__class__, "decimal")
    fit = coercion(SCHEMA, Column(to=kind.lower(), type=type or usual), FEED)
    return fit(value) if fit else value


def taken(kind, value):
    """What Plytix makes of a value, in our form; raises Invalid."""
    if kind in ("MediaAttribute", "MediaGalleryAttribute") and isinstance(value, list):
        linked = [{"id": id} for id in value]
        value = linked[0] if kind == "MediaAttribute" and len(linked) == 1 else linked
    store = SimpleNamespace(assets=dict.fromkeys(ASSETS))
    return canonical(stored(Theirs("1", kind, kind.lower(), kind, 0, options=OPTIONS), value, store))


@given(kinds, values)
def test_what_fits_plytix_takes_and_anything_else_is_told(kind, value):
    fits = coerced(kind, value)

    if isinstance(fits, Fault):
        assert fits.code.code.startswith("VALUE-")
    elif isinstance(fits, NoOption):
        with pytest.raises(Invalid):
            taken(kind, fits.value)
    elif not (kind.startswith("Media") and not set(fits) <= set(ASSETS)):  # whether an asset is there, only Plytix knows
        assert taken(kind, fits) in (canonical(fits), fits)


@given(kinds, values)
@example("MultiSelectAttribute", ["41", "Blue"])
@example("DecimalAttribute", 5)
def test_what_plytix_takes_as_it_is_is_left_as_it_is(kind, value):
    try:
        taken(kind, value)
    except Invalid:
        return
    if kind == "UrlAttribute":  # the feed's own reading of an address is the stricter one
        assert coerced(kind, value) == value or isinstance(coerced(kind, value), Fault)
    elif isinstance(value, list):
        assert coerced(kind, value) == list(dict.fromkeys(value))
    else:
        assert coerced(kind, value) == (value.strip() if kind == "DateAttribute" else value)


@given(kinds, values)
def test_what_fits_fits_again_as_it_is(kind, value):
    fits = coerced(kind, value)
    if isinstance(fits, NoOption):
        assert coerced(kind, fits.value).value == fits.value
    elif not isinstance(fits, Fault) and fits != []:
        assert coerced(kind, fits) == fits


@given(st.sampled_from([(kind, type) for kind, types in SURE.items() for type in types]), texts)
def test_where_nobody_looks_plytix_takes_all_that_the_column_says(pair, cell):
    kind, type = pair
    said = READINGS[type](Column(to=kind.lower(), type=type), FEED)(cell.strip())
    if not isinstance(said, Fault) and said not in ("", []):
        assert coercion(SCHEMA, Column(to=kind.lower(), type=type), FEED) is None
        assert taken(kind, said) == canonical(said)


@given(st.sampled_from(["Blue", "Light Blue", "Weiß"]), st.text(" \t\u00a0", max_size=2),
       st.sampled_from([str.upper, str.lower, str.title]))
def test_a_word_that_differs_in_case_or_blanks_around_it_is_the_option_itself(option, blanks, spell):
    spelled = blanks + spell(option) + blanks
    assert coerced("DropdownAttribute", spelled, "option") == option
    assert coerced("MultiSelectAttribute", [spelled, option], "options") == [option]


@pytest.mark.parametrize(("kind", "value", "fits"), [
    ("TextAttribute", 5, "5"), ("HtmlAttribute", 12.5, "12.5"), ("MultilineAttribute", 1e-7, "0.0000001"),
    ("DecimalAttribute", "1.299,5", 1299.5), ("DecimalAttribute", 5, 5), ("IntAttribute", "1.299", 1299), ("IntAttribute", 5, 5),
    ("BooleanAttribute", "Ja", True), ("BooleanAttribute", 0, False), ("DateAttribute", "2026-05-01", "2026-05-01"),
    ("DropdownAttribute", "red", "red"), ("DropdownAttribute", 41, "41"), ("DropdownAttribute", "42", " 42 "),
    ("DropdownAttribute", ["blue"], "Blue"), ("MultiSelectAttribute", "Blue|41", ["Blue", "41"]),
    ("MultiSelectAttribute", ["blue", "Blue"], ["Blue"]), ("MultiSelectAttribute", 41, ["41"]),
    ("MediaAttribute", ASSETS[0], [ASSETS[0]]), ("MediaGalleryAttribute", "|".join(ASSETS), ASSETS),
])
def test_a_value_takes_the_form_of_its_attribute(kind, value, fits):
    assert coerced(kind, value) == fits


@pytest.mark.parametrize(("kind", "value", "code"), [
    ("TextAttribute", True, "VALUE-KIND"), ("TextAttribute", ["a"], "VALUE-KIND"), ("DateAttribute", True, "VALUE-KIND"),
    ("DecimalAttribute", "12,5 kg", "VALUE-NUMBER"), ("DecimalAttribute", True, "VALUE-KIND"),
    ("IntAttribute", 12.5, "VALUE-WHOLE"), ("IntAttribute", "12,5", "VALUE-WHOLE"), ("IntAttribute", 10**16, "VALUE-DIGITS"),
    ("IntAttribute", "12345678901234567", "VALUE-DIGITS"), ("BooleanAttribute", "maybe", "VALUE-BOOLEAN"),
    ("BooleanAttribute", 2, "VALUE-BOOLEAN"), ("DateAttribute", "01.05.2026", "VALUE-DATE"),
    ("DateAttribute", "2026-05-01T10:00:00", "VALUE-DATE"), ("UrlAttribute", "x.y", "VALUE-URL"),
    ("DropdownAttribute", ["Blue", "41"], "VALUE-SEVERAL"), ("DropdownAttribute", True, "VALUE-KIND"),
    ("MultiSelectAttribute", True, "VALUE-KIND"),
    ("MediaAttribute", "hero.jpg", "VALUE-ASSET"), ("MediaAttribute", "|".join(ASSETS), "VALUE-SEVERAL"),
])
def test_what_does_not_fit_is_told_by_its_own_code(kind, value, code):
    assert coerced(kind, value).code.code == code


@pytest.mark.parametrize(("kind", "value", "sent", "names"), [
    ("DropdownAttribute", "Mauve", "Mauve", '"Mauve"'), ("DropdownAttribute", ["Mauve"], "Mauve", '"Mauve"'),
    ("DropdownAttribute", "RED", "RED", '"RED"'), ("DropdownAttribute", 43.0, "43.0", '"43.0"'),
    ("MultiSelectAttribute", ["blue", "Mauve", "Blue", "Teal"], ["Blue", "Mauve", "Teal"], '"Mauve", "Teal"'),
    ("MultiSelectAttribute", "41|Mauve", ["41", "Mauve"], '"Mauve"'),
])
def test_a_value_with_an_option_that_plytix_lacks_is_as_it_would_be_sent_and_says_what_it_waits_for(kind, value, sent, names):
    waits = coerced(kind, value)

    assert waits.value == sent
    assert f"; once they include {names}, the value goes by itself" in waits.message


def test_a_word_that_is_endless_is_named_by_its_beginning():
    assert len(coerced("DropdownAttribute", "no " * 1000, "option").message) < 300


def test_the_nearest_options_are_named_and_not_looked_for_without_end():
    fit = coercion(SCHEMA, Column(to="dropdownattribute", type="option"), FEED)
    assert '(the nearest: "Blue"' in fit("Bleu").message
    assert fit("Bleu").fault.facts["nearest"].startswith(' The nearest: "Blue"')
    assert fit("Bleu").fault.value == "Bleu"
    assert "nearest" not in fit("???").message
    assert '"red", "Red"' in fit("rex").message
    for n in range(300):
        fit(f"no such thing {n}")
    assert "nearest" not in fit("Bleu").message


def test_a_list_of_many_options_is_cut():
    schema = Schema("1", {"size": "DropdownAttribute"}, {"size": [str(n) for n in range(500)]})
    waits = coercion(schema, Column(to="size", type="option"), FEED)("x")

    assert waits.fault.facts["options"].endswith("11 … (500 in all)")
    assert "11 … (500 in all);" in waits.message


@pytest.mark.parametrize("schema", [
    Schema("1", {}), Schema("1", {"a1": "AttributeOfNextYear"}), Schema("1", {"a1": "DropdownAttribute"}),
    Schema("1", {"a1": "MultiSelectAttribute"})])
def test_where_type_or_options_are_not_known_plytix_is_the_judge(schema):
    assert coercion(schema, Column(to="a1"), FEED) is None


def test_the_fields_of_every_product_have_types_too():
    assert coercion(SCHEMA, Column(to="label"), FEED) is None
    assert coercion(SCHEMA, Column(to="gtin", type="integer"), FEED)(4006381333931) == "4006381333931"
    assert coercion(SCHEMA, Column(to="status"), FEED)("completed") == "Completed"
    assert coercion(SCHEMA, Column(to="status"), FEED)("Done").code.code == "VALUE-OPTION-UNKNOWN"


def test_an_attribute_that_is_not_there_or_works_itself_out_takes_nothing():
    listed = Schema("1", {"score": "DecimalAttribute", "price": "DecimalAttribute"})
    known = Schema("1", listed.types, structure=Structure(0, {"score": Attribute("1", "Score", "CompletenessAttribute")}))

    assert misfit(listed, "size").code == "COLUMN-ATTRIBUTE"
    assert misfit(known, "score").code == "COLUMN-COMPUTED"
    assert [misfit(known, "price"), misfit(listed, "score"), misfit(known, "label")] == [None] * 3
