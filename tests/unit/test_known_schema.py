"""When Plytix is asked what its products may say: by `refresh` seldom, by `prepare` before anything is held against a value."""

from dataclasses import replace

import pytest

from bridge.domain.header import match
from bridge.domain.product import Schema, Structure
from bridge.domain.record import Bad, shape
from bridge.errors import Later, Stop
from bridge.formats.delimited import read
from bridge.services.schema import Known, current
from tests.unit.files import a_feed, a_file, codes_of

DAY = 86_400
LISTED = Schema("1", {"colour": "DropdownAttribute", "price": "DecimalAttribute"}, {"colour": ["Blue", "Red"]})


class Kept:
    def __init__(self, schema=None):
        self.schema, self.writes = schema, 0

    def stored(self):
        return self.schema

    def store(self, schema):
        self.schema, self.writes = schema, self.writes + 1


class Account:
    """Plytix, as far as it is asked for its schema; `trouble` is raised instead."""

    def __init__(self, schema=LISTED, trouble=None, closed=None):
        self.listed, self.trouble, self.closed, self.asked = schema, trouble, closed, []

    def schema(self):
        self.asked.append("schema")
        if self.trouble:
            raise self.trouble
        return self.listed

    def structure(self, now_ms):
        self.asked.append("structure")
        if self.closed:
            raise self.closed
        return Structure(now_ms, categories={("Boots",): "1"})


def with_option(option):
    return replace(LISTED, version="2", options={"colour": [*LISTED.options["colour"], option]})


# ---- refresh


def test_the_structure_is_read_once_a_day_and_the_list_of_attributes_each_time():
    account, kept = Account(), Kept()
    for at_s in (0, 300, 600, DAY, DAY + 300):
        schema = current(account, kept, kept.stored(), DAY, at_s * 1000)

    assert account.asked == ["schema", "structure", "schema", "schema", "schema", "structure", "schema"]
    assert (kept.writes, kept.schema, schema.structure.read) == (2, schema, DAY * 1000)


def test_an_option_more_is_stored_without_reading_the_structure_again_an_attribute_more_is_not():
    account, kept = Account(), Kept()
    current(account, kept, kept.stored(), DAY, 0)
    account.listed = with_option("Teal")
    assert current(account, kept, kept.stored(), DAY, 1).options["colour"] == ["Blue", "Red", "Teal"]
    assert (account.asked.count("structure"), kept.schema.version) == (1, "2")

    account.listed = replace(LISTED, version="3", types=LISTED.types | {"size": "TextAttribute"})
    assert current(account, kept, kept.stored(), DAY, 2).structure.read == 2
    assert account.asked.count("structure") == 2


def test_a_key_that_may_not_read_families_does_not_keep_products_from_being_read():
    account, kept = Account(closed=Stop("Permission denied")), Kept()

    assert current(account, kept, kept.stored(), DAY, 5).structure == Structure(5)
    account.closed = None
    assert current(account, kept, kept.stored(), DAY, DAY * 1000 + 5).structure.categories
    account.closed = Stop("Permission denied")
    assert current(account, kept, kept.stored(), DAY, 2 * DAY * 1000 + 5).structure.categories, "what was known stays known"


def test_a_budget_that_is_spent_lets_refresh_come_again():
    with pytest.raises(Later):
        current(Account(closed=Later("the hour is spent", 60)), Kept(), None, DAY, 0)


# ---- prepare


def rows(content, feed, account, kept):
    """Records of the file, issues of the file."""
    known = Known(kept, lambda: account)
    sheet = read(a_file(content), feed)
    header, issues = known.fitting(match(sheet.header, feed))
    return list(shape(sheet.rows, feed, header, known.coercions(header, feed))), issues


def a_shop(**columns):
    return a_feed({"Colour": {"to": "colour", "type": "option"}, "Price": {"to": "price", "type": "decimal"}} | columns)


def test_values_that_fit_cost_no_question():
    account = Account()
    records, issues = rows("sku;Colour;Price\nA-1;blue;5\nA-2;RED;6\nA-3;;7\n", a_shop(), account, Kept(LISTED))

    assert [record.values for record in records] == [
        {"colour": "Blue", "price": 5}, {"colour": "Red", "price": 6}, {"price": 7}]
    assert (issues, account.asked) == ([], [])


def test_a_value_that_does_not_fit_is_told_like_any_other_fault_of_its_row():
    account = Account()
    (bad, good), _ = rows("sku;Colour;Price\nA-1;mauve;dear\nA-2;Blue;1\n", a_shop(), account, Kept(LISTED))

    assert isinstance(bad, Bad)
    assert [(i.code.code, i.line, i.column, i.value) for i in bad.issues] == [
        ("VALUE-OPTION-UNKNOWN", 2, "Colour", "mauve"), ("VALUE-NUMBER", 2, "Price", "dear")]
    assert good.values == {"colour": "Blue", "price": 1}


def test_an_option_that_plytix_lacks_keeps_nothing_of_its_row_out_and_says_why_it_waits():
    account, kept = Account(with_option("Teal")), Kept(LISTED)
    (record,), issues = rows("sku;Colour;Price\nA-1;mauve;5\n", a_shop(), account, kept)

    assert record.values == {"colour": "mauve", "price": 5}
    assert list(record.refused) == ["colour"]
    assert record.refused["colour"].startswith("its options are Blue, Red, Teal; once they include \"mauve\"")
    assert (issues, account.asked) == ([], ["schema"])


def test_an_option_that_is_not_among_those_of_the_feed_is_its_rows_fault():
    feed = a_shop(Colour={"to": "colour", "type": "option", "values": {"blau": "Blue", "grün": "Green"}})
    (bad, waits), _ = rows("sku;Colour\nA-1;mauve\nA-2;grün\n", feed, Account(), Kept(LISTED))

    assert codes_of(bad.issues) == ["VALUE-OPTION"]
    assert (waits.values, list(waits.refused)) == ({"colour": "Green"}, ["colour"])


def test_an_option_that_is_new_in_plytix_is_taken_after_one_question_and_kept():
    account, kept = Account(with_option("Teal")), Kept(LISTED)
    records, _ = rows("sku;Colour\nA-1;Teal\nA-2;teal\nA-3;Mauve\n", a_shop(), account, kept)

    assert [(record.values, list(record.refused)) for record in records] == [
        ({"colour": "Teal"}, []), ({"colour": "Teal"}, []), ({"colour": "Mauve"}, ["colour"])]
    assert (account.asked, kept.schema.version) == (["schema"], "2")


def test_an_option_that_was_renamed_is_told_with_its_new_name():
    renamed = replace(LISTED, version="2", options={"colour": ["Navy Blue", "Red"]})
    kept = Kept(LISTED)
    (record,), _ = rows("sku;Colour\nA-1;Navy\n", a_shop(), Account(renamed), kept)

    assert 'the nearest: "Navy Blue"' in record.refused["colour"]
    assert kept.schema == renamed


@pytest.mark.parametrize("trouble", [Later("the hour is spent"), Stop("the key is revoked")])
def test_where_plytix_cannot_be_asked_nothing_is_held_against_a_value(trouble):
    account = Account(trouble=trouble)
    feed = a_shop(Size={"to": "size"})
    records, issues = rows("sku;Colour;Size\nA-1;mauve;XL\nA-2;pink;S\n", feed, account, Kept(LISTED))

    assert [record.values for record in records] == [{"colour": "mauve", "size": "XL"}, {"colour": "pink", "size": "S"}]
    assert (issues, account.asked) == ([], ["schema"])


def test_where_there_is_no_schema_yet_nothing_is_checked_and_nobody_asked():
    account = Account()
    records, issues = rows("sku;Colour\nA-1;mauve\n", a_shop(), account, Kept())

    assert ([record.values for record in records], issues, account.asked) == ([{"colour": "mauve"}], [], [])


def test_an_attribute_that_plytix_lacks_is_told_once_and_its_column_left_out():
    account = Account()
    feed = a_shop(Size={"to": "size"})
    records, issues = rows("sku;Colour;Size\nA-1;Blue;XL\nA-2;Red;S\n", feed, account, Kept(LISTED))

    assert [record.values for record in records] == [{"colour": "Blue"}, {"colour": "Red"}]
    assert (codes_of(issues), [issue.column for issue in issues], account.asked) == (["COLUMN-ATTRIBUTE"], ["Size"], ["schema"])


def test_an_attribute_that_is_new_in_plytix_is_filled_after_one_question():
    account = Account(replace(LISTED, version="2", types=LISTED.types | {"size": "TextAttribute"}))
    records, issues = rows("sku;Size\nA-1;XL\nA-2;S\n", a_shop(Size={"to": "size"}), account, Kept(LISTED))

    assert ([record.values for record in records], issues) == ([{"size": "XL"}, {"size": "S"}], [])


def test_refresh_reads_the_structure_of_attributes_that_prepare_has_met_first():
    account, kept = Account(), Kept()
    current(account, kept, kept.stored(), DAY, DAY * 1000)
    account.listed = replace(LISTED, version="2", types=LISTED.types | {"size": "TextAttribute"})
    rows("sku;Size\nA-1;XL\n", a_shop(Size={"to": "size"}), account, kept)
    assert kept.schema.structure.categories, "until then what is known is kept"

    assert current(account, kept, kept.stored(), DAY, DAY * 1000 + 300).structure.read == DAY * 1000 + 300


def test_the_attribute_that_vanished_while_the_file_was_read_is_plytixs_to_judge():
    feed = a_shop()
    (record,), _ = rows("sku;Colour\nA-1;mauve\n", feed, Account(replace(LISTED, version="2", types={}, options={})), Kept(LISTED))

    assert record.values == {"colour": "mauve"}
