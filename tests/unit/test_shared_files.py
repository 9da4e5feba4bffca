"""Files that real systems wrote, read as golden.json and MANIFEST.csv say."""

import csv
import json

import pytest

from bridge.domain.row import Row
from bridge.formats.delimited import read
from tests.unit.files import a_feed, codes_of

DELIMITERS = {"comma": ",", "semicolon": ";"}
FILES = {  # file → the column taken as key, where the manifest says more than a name
    "shopify-packt/Product-data.csv": "Handle", "woocommerce-sample/sample_products.csv": "SKU", "prestashop-14/products_import.csv": "id",
    "prestashop-14/combinations_import.csv": "Product ID*", "magento2-sample/products.csv": "sku", "akeneo-icecat/products.csv": "sku",
    "akeneo-icecat/product_models.csv": "code", "unopim/products.csv": "sku", "unopim/product-variants.csv": "sku",
    "vendure/products.csv": "sku"}


@pytest.fixture(scope="session")
def manifest(shared_data):
    with (shared_data / "MANIFEST.csv").open(encoding="utf-8", newline="") as file:
        return {line["file"]: line for line in csv.DictReader(file)}


def sheet_and_rows(path, key):
    with path.open("rb") as file:
        sheet = read(file, a_feed(key=key))
        return sheet, list(sheet.rows)


@pytest.mark.parametrize("name", FILES)
def test_encoding_delimiter_rows_and_columns_are_those_of_the_manifest(shared_data, manifest, name):
    sheet, rows = sheet_and_rows(shared_data / name, FILES[name])

    line = manifest[name]
    assert sheet.encoding == line["encoding"].replace("us-ascii", "utf-8")
    assert sheet.delimiter == DELIMITERS[line["delimiter"]]
    assert (len(rows), len(sheet.header)) == (int(line["rows"]), int(line["columns"].split()[0]))
    assert all(isinstance(row, Row) for row in rows)


@pytest.mark.parametrize("name", ["akeneo-icecat/products.csv", "magento2-sample/products.csv", "vendure/products.csv"])
def test_rows_keys_and_samples_are_those_of_golden_json(shared_data, name):
    (case,) = [c for c in json.loads((shared_data / "golden.json").read_text(encoding="utf-8"))["cases"] if c["file"] == name]

    sheet, rows = sheet_and_rows(shared_data / name, case["key_column"])
    header = [cell.strip() for cell in sheet.header]
    key = header.index(case["key_column"])
    by_key = {}
    for row in rows:
        by_key.setdefault(row.cells[key].strip(), []).append({head: cell.strip() for head, cell in zip(header, row.cells,
            strict=True)} | {"": row.line})

    assert (len(rows), len(by_key), len(header)) == (case["data_rows"], case["distinct_keys"], case["columns"])
    assert sheet.delimiter == case["delimiter"]
    for sample in case["samples"]:
        found = [fields for fields in by_key[sample["key"]] if "row" not in sample or fields[""] == sample["row"]]
        assert len(found) == 1
        assert {head: found[0][head] for head in sample["fields"]} == {head: cell.strip() for head, cell in sample["fields"].items()}


@pytest.mark.parametrize("name", ["akeneo-icecat/products.csv", "magento2-sample/products.csv"])
def test_the_last_row_of_a_file_with_line_ends_in_cells_begins_where_an_editor_shows_it(shared_data, name):
    _, rows = sheet_and_rows(shared_data / name, "sku")

    assert rows[-1].line + sum(cell.count("\n") for cell in rows[-1].cells) == (shared_data / name).read_bytes().count(b"\n")


def test_a_file_that_a_spreadsheet_has_spoilt_is_refused_row_by_row_and_not_half_read(shared_data):
    _, rows = sheet_and_rows(shared_data / "magmi/multilang.csv", "sku")

    assert [codes_of(row.issues) for row in rows] == [["ROW-QUOTE"], ["ROW-QUOTE"]]


@pytest.mark.parametrize(("name", "encoding", "word"), [("datanorm_test.001", "cp850", "mögl"),
    ("datanorm_test.WRG", "cp1252", "Installationsgeräte")])
def test_two_encodings_in_one_delivery_are_each_told_right(shared_data, name, encoding, word):
    """DATANORM has no heading, so only its characters are looked at here."""
    with (shared_data / "datanorm4" / name).open("rb") as file:
        sheet = read(file, a_feed(delimiter=";", key="V"))

    assert sheet.encoding == encoding
    assert word in (shared_data / "datanorm4" / name).read_bytes().decode(encoding)


@pytest.mark.parametrize("page", ["cp1252", "cp850", "mac_roman", "utf-16"])
def test_the_same_catalogue_from_an_old_system_has_the_same_cells(shared_data, tmp_path, page):
    """Akeneo's file, German and French, as other programs would have written it."""
    text = (shared_data / "akeneo-icecat/products.csv").read_text(encoding="utf-8").encode(page, "ignore").decode(page)
    (tmp_path / "products.csv").write_bytes(text.encode(page))
    (tmp_path / "again.csv").write_bytes(text.encode())

    sheet, rows = sheet_and_rows(tmp_path / "products.csv", "sku")

    assert sheet.encoding == page
    assert [row.cells for row in rows] == [row.cells for row in sheet_and_rows(tmp_path / "again.csv", "sku")[1]]
