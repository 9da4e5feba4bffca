"""The sample company's files are as they are said to be, and what is expected of them adds up."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from bridge.domain.coercion import coercion
from bridge.domain.header import match
from bridge.domain.product import Schema
from bridge.domain.record import Bad, shape
from bridge.formats import delimited
from cli.configuration import read
from local.expectation import CONFIG, SAMPLES, SOURCES, catalogue, expect, options_of_attributes

ORDER = ["erp", "sheet", "prices", "stock"]
FEEDS = {"erp": "nordhang-erp/products", "prices": "nordhang-erp/prices", "sheet": "alpwerk/sheet", "stock": "lager-sued/stock"}


def test_the_sample_files_are_those_that_the_script_writes(tmp_path):
    spec = spec_from_file_location("make", SAMPLES / "make.py")
    make = module_from_spec(spec)
    spec.loader.exec_module(make)
    make.make(tmp_path)

    kept = {f.name: f.read_bytes() for f in SAMPLES.iterdir() if f.suffix in (".csv", ".TXT")}
    assert {f.name: f.read_bytes() for f in tmp_path.iterdir()} == kept


def test_each_row_has_one_outcome():
    for drop in expect([*ORDER, "prices"]).drops.values():
        assert drop.outcomes.total() == drop.rows
        assert drop.outcomes["REJECTED"] == len(drop.faulty)


def test_what_is_expected_of_the_sample_drops():
    expected = expect([*ORDER, "prices"])

    assert {name: dict(drop.outcomes) for name, drop in expected.drops.items()} == {
        "erp": {"CREATED": 231, "REJECTED": 9},
        "sheet": {"UPDATED": 34, "CREATED": 9, "REJECTED": 3},
        "prices": {"UPDATED": 114, "HELD": 4, "REJECTED": 2},
        "stock": {"UPDATED": 54, "HELD": 4, "REJECTED": 2},
        "prices:4": {"UNCHANGED": 114, "HELD": 4, "REJECTED": 2},
    }
    assert len(expected.products) == 240
    assert expected.drops["erp"].refused == {116: "colour"}


@pytest.mark.parametrize("name", FEEDS)
def test_the_bridge_reads_the_sample_as_it_is_expected_without_it(name):
    """Two readings of one file that share nothing: whoever is wrong, it shows here before it shows in the demo."""
    feed = read(CONFIG).bundle.feeds[FEEDS[name]]
    expected = expect([name])
    with SOURCES[name].path.open("rb") as file:
        sheet = delimited.read(file, feed)
        header = match(sheet.header, feed)
        fits = {place.column.to: coercion(_schema(), place.column, feed) for place in header.places}
        records = list(shape(sheet.rows, feed, header, {attribute: fit for attribute, fit in fits.items() if fit}))

    assert (sheet.encoding, sheet.delimiter) == (SOURCES[name].encoding.removesuffix("-sig"), SOURCES[name].delimiter)
    faulty = {record.line for record in records if isinstance(record, Bad)}
    assert faulty <= set(expected.drops[name].faulty)
    twice = sorted(set(expected.drops[name].faulty) - faulty)
    assert [r.sku for r in records if r.line in twice] == (["0010904"] * 2 if name == "erp" else [])
    good = [record for record in records if record.line not in expected.drops[name].faulty]
    assert {record.line: a for record in good for a in record.refused} == expected.drops[name].refused
    taken = {r.sku: {a: v for a, v in r.values.items() if v is not None and a not in r.refused} for r in good}
    waiting = {sku: {a: v for a, v in values.items() if v is not None} for sku, values in expected.waiting.items()}
    assert taken == expected.products | waiting


def test_of_two_feeds_the_later_gives_the_weight():
    assert expect(["erp"]).products["0010801"]["weight_kg"] == 0.38
    assert expect(["erp", "sheet"]).products["0010801"]["weight_kg"] == 0.4
    assert expect(["sheet", "erp"]).products["0010801"]["weight_kg"] == 0.38


def test_prices_that_waited_come_to_the_product_that_appears():
    expected = expect(["prices", "erp"])

    assert expected.drops["prices"].outcomes["HELD"] == 118
    assert expected.products["0010001"]["price"] == 86.74


def test_the_catalogue_is_written_as_the_retailer_reads_it():
    [row] = catalogue(expect(ORDER).products, ["0010003"])

    assert (row["Artikelnummer"], row["EAN"], row["Gewicht (kg)"], row["Preis (EUR)"]) == ("0010003", "0410000000748", "1,15", "86,74")
    assert list(row) == list(read(CONFIG).bundle.channels["retailer-catalogue"].columns)


@pytest.mark.parametrize("feed", FEEDS.values())
def test_plytix_has_each_attribute_that_a_feed_fills(feed):
    attributes = {"label", "gtin"} | {a["label"] for a in _attributes()}

    assert {column.to for column in read(CONFIG).bundle.feeds[feed].columns.values()} <= attributes


def test_a_label_is_what_plytix_makes_of_the_name():
    assert [a["label"] for a in _attributes()] == [a["name"].lower().replace(" ", "_") for a in _attributes()]
    assert all(options_of_attributes().values())


def test_each_source_is_a_partner_who_may_put_it_there():
    partners = read(CONFIG).bundle.partners
    for source in SOURCES.values():
        old_paths = [path.strip("/") for path in partners[source.partner].paths]
        assert source.folder in old_paths or source.folder.startswith("inbox/")


def _schema():
    options = {a["label"]: a["options"] for a in _attributes() if "options" in a}
    return Schema("1", {a["label"]: a["type_class"] for a in _attributes()}, options)


def _attributes():
    from ruamel.yaml import YAML
    return YAML(typ="safe").load(Path(CONFIG / "plytix-attributes.yaml"))
