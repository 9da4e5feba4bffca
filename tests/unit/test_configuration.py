"""What a customer's folder says is read as he means it, and what is wrong in it is told with its place and what was expected."""

from __future__ import annotations

import re
import shutil
from datetime import datetime
from pathlib import Path

import pytest

from bridge.configuration import Bundle, Channel, ChannelColumn, Column, Feed, Key, Lane, Owner, Partner, Settings, When
from bridge.domain import drop
from cli.configuration import WrongConfiguration, read

SAMPLE = Path(__file__).parents[2] / "config"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The sample company, to be spoiled."""
    for part in ("partners", "feeds", "channels"):
        shutil.copytree(SAMPLE / part, tmp_path / part)
    return tmp_path


def told(folder: Path, *, columns: bool = False) -> list[str]:
    """What is wrong, with paths below the folder; without the column in which it stands, unless that is asked for."""
    with pytest.raises(WrongConfiguration) as wrong:
        read(folder)
    lines = str(wrong.value).replace(f"{folder}/", "").splitlines()
    return lines if columns else [re.sub(r"^(\S+:\d+):\d+: ", r"\1: ", line) for line in lines]


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def a_channel(**said: object) -> Channel:
    return Channel.model_validate({"name": "c1", "recipients": ["bergkauf"], "file": "x.csv", "columns": {"A": "sku"}} | said)


def test_the_sample_company_is_right():
    bundle = read(SAMPLE).bundle

    assert sorted(bundle.partners) == ["alpwerk", "bergkauf", "lager-sued", "nordhang-erp"]
    assert sorted(bundle.feeds) == ["alpwerk/sheet", "lager-sued/stock", "nordhang-erp/prices", "nordhang-erp/products"]
    prices = bundle.feeds["nordhang-erp/prices"]
    assert (prices.lane, prices.creates, prices.columns["VK netto"].owner) == (Lane.FAST, False, Owner.FEED)
    assert bundle.channels["retailer-catalogue"].when == When(cron="30 2 * * *", zone="Europe/Berlin")


@pytest.mark.parametrize(("file", "feed"), [
    ("ARTIKEL_20261124.csv", "nordhang-erp/products"), ("PREISE_20261124.csv", "nordhang-erp/prices"),
    ("sheets/alpwerk_2026-11.csv", "alpwerk/sheet"), ("BESTAND.TXT", "lager-sued/stock"),
    ("products/ARTIKEL_20261124.csv", "nordhang-erp/products"),
])
def test_each_sample_file_is_taken_by_one_feed(file, feed):
    bundle = read(SAMPLE).bundle
    landed = drop.Drop("exchange", f"{feed.split('/')[0]}/inbox/{file}", "v1", 1, "e", 0)

    assert [taker.id for taker in drop.takers(bundle, landed)] == [feed]


def test_each_fault_is_told_with_file_line_column_and_what_was_expected(folder):
    change(folder / "feeds/nordhang-erp/prices.yaml", "lane: fast", "lane: quick")
    change(folder / "feeds/nordhang-erp/prices.yaml", "required: yes", "requred: yes")
    change(folder / "channels/retailer-catalogue.yaml", "30 2 * * *", "61 2 * * *")

    assert told(folder, columns=True) == [
        """channels/retailer-catalogue.yaml:3:8: when.cron: minute: expected 0 to 59, found "61" (read: '61 2 * * *')""",
        "feeds/nordhang-erp/prices.yaml:3:1: lane: expected 'fast' or 'main' (read: 'quick')",
        "feeds/nordhang-erp/prices.yaml:7:61: columns.VK netto.requred: is not known here; did you mean required? Else one of "
        "aliases, date, empty, false, max, min, owner, required, split, to, true, type, values",
    ]


@pytest.mark.parametrize(("file", "old", "new", "expected"), [
    ("partners/bergkauf.yaml", "[sftp]", "[sftp]\nallow: [203.0.113.7/24]",
     "4: allow.0: expected an address or a network: write 203.0.113.0/24 for the network, 203.0.113.7 for this one address"),
    ("partners/bergkauf.yaml", "[sftp]", "[sftp]\nallow: [bergkauf.example]",
     "4: allow.0: expected an address or a network such as 203.0.113.0/24 (read: 'bergkauf.example')"),
    ("partners/bergkauf.yaml", "[sftp]", "[scp]", "3: protocols.0: expected 'sftp', 'ftps' or 'ftp' (read: 'scp')"),
    ("partners/bergkauf.yaml", "[sftp]", "[]", "3: protocols: expected at least one, but there is none"),
    ("partners/lager-sued.yaml", "/EXPORT/BESTAND", "/inbox/old", "4: paths./inbox/old: expected a path outside /inbox"),
    ("partners/lager-sued.yaml", "/EXPORT/BESTAND: inbox", "/A/B: inbox, /A: outbox",
     "4: paths./A: expected a path that neither holds /A/B"),
    ("partners/lager-sued.yaml", "/EXPORT/BESTAND", "/EXPORT/../x", "4: paths./EXPORT/../x: expected names joined by single"),
    ("feeds/alpwerk/sheet.yaml", "sheets/*.csv", "/sheets/*.csv", "2: takes.0: expected names joined by single"),
    ("feeds/alpwerk/sheet.yaml", "sheets/*.csv", "sheets/check/*.csv", "2: takes.0: expected a folder that is not called"),
    ("feeds/alpwerk/sheet.yaml", "aliases: [Weight, Weight kg]", "aliases: [care]",
     '10: columns.Net weight (kg): "care" also names the column "Care"'),
    ("feeds/alpwerk/sheet.yaml", "to: name_en", "to: description_en", '5: columns.Product name.to: two columns fill "description_en"'),
    ("feeds/alpwerk/sheet.yaml", "to: name_en", "to: sku", '5: columns.Product name.to: "sku" is filled by key'),
    ("feeds/alpwerk/sheet.yaml", "to: name_en", "to: Name EN", "5: columns.Product name.to: expected the label that Plytix made"),
    ("feeds/alpwerk/sheet.yaml", "max: 120", "max: 0", "5: columns.Product name.max: expected 1 or more (read: 0)"),
    ("feeds/alpwerk/sheet.yaml", "{to: name_en", "{min: 1, to: name_en",
     "5: columns.Product name.min: expected only where type is integer or decimal"),
    ("feeds/lager-sued/stock.yaml", "cp850", "cp8500", "3: encoding: expected an encoding that Python knows"),
    *(("feeds/lager-sued/stock.yaml", "cp850", name, "3: encoding: expected an encoding of text files") for name in (
        "rot13", "base64", "idna", "punycode", "utf-7", "unicode_escape", "raw_unicode_escape", "undefined", "cp500")),
    ("feeds/lager-sued/stock.yaml", "cp850", '"a\\0b"', "3: encoding: expected an encoding that Python knows"),
    ("feeds/lager-sued/stock.yaml", 'takes: ["BESTAND*.TXT"]', "takes: []", "2: takes: expected at least one, but there is none"),
    ("feeds/lager-sued/stock.yaml", 'takes: ["BESTAND*.TXT"]', "takes:", "2: takes: expected a value, but nothing stands here"),
    ("feeds/lager-sued/stock.yaml", '["BESTAND*.TXT"]', '["B*", "B*"]', '2: takes: expected each pattern once, found "B*" 2 times'),
    ("feeds/lager-sued/stock.yaml", "BESTAND*.TXT", "B" * 201, "2: takes.0: expected at most 200 characters, found 201"),
    ("partners/bergkauf.yaml", "[sftp]", "[sftp, sftp]", '3: protocols: expected each protocol once, found "sftp" 2 times'),
    ("channels/retailer-catalogue.yaml", "katalog_", "\\ud800", "6: file: expected whole characters, found half of one"),
    ("channels/retailer-catalogue.yaml", "Artikelnummer:", '"\\ud800":', "8: columns: expected whole characters, found half of one"),
    ("feeds/lager-sued/stock.yaml", "%Y%m%d", "%Y%m", "10: columns.WIEDER_AB.date: expected a form with day, month and year"),
    ("feeds/lager-sued/stock.yaml", "creates: no", "creates: nein", "11: creates: expected yes or no (read: 'nein')"),
    ("feeds/lager-sued/stock.yaml", "creates: no", "creates: no\nlane: main", "12: lane: stands twice, first on line 5"),
    ("feeds/lager-sued/stock.yaml", "creates: no", "name: stock", "11: name: is told by the file's place and name"),
    ("feeds/lager-sued/stock.yaml", "key:", "keys:", "1: key: expected, but missing"),
    ("feeds/lager-sued/stock.yaml", "key: {column: ARTNR, as: sku}", "key: {", "6: expected YAML: a bracket that opens here"),
    ("feeds/lager-sued/stock.yaml", "key: {column: ARTNR, as: sku}", "key: &all {column: ARTNR}",
     "6: key: expected the value itself, without & and *"),
    ("channels/retailer-catalogue.yaml", "Europe/Berlin", "Europe/Bielefeld", "3: when.zone: expected a time zone such as Europe/Berlin"),
    ("channels/retailer-catalogue.yaml", "[bergkauf]", "[bergkauf, talkauf]", '2: recipients: there is no partner "talkauf"'),
    ("channels/retailer-catalogue.yaml", "{date:%Y%m%d}", "{day}", "6: file: expected a file name whose only slot is the date"),
    ("channels/retailer-catalogue.yaml", "katalog_", "../katalog_", "6: file: expected a plain file name"),
    ("channels/retailer-catalogue.yaml", "status: Completed", "status: complete",
     "4: select.status: expected one of Draft, Completed, Archived"),
    ("channels/retailer-catalogue.yaml", '"0,00"', '"0.000"', "14: columns.Gewicht (kg).style: expected '0.00' or '0,00'"),
])
def test_a_wrong_value_is_refused_where_it_stands(folder, file, old, new, expected):
    change(folder / file, old, new)

    assert told(folder)[0].startswith(f"{file}:{expected}")


@pytest.mark.parametrize(("put", "expected"), [
    ("partners/Talkauf.yaml", "partners/Talkauf.yaml:1: the file's name: expected 2 to 63 of a-z, 0-9 and -"),
    ("partners/tk.yaml", "partners/tk.yaml:1: the file's name: expected at least 3 characters"),
    ("channels/inbox.yaml", "channels/inbox.yaml:1: the file's name: expected a name that is not one of our folders"),
    ("partners/talkauf.yml", "partners/talkauf.yml:1: expected to lie at partners/<name>.yaml"),
    ("feeds/prices.yaml", "feeds/prices.yaml:1: expected to lie at feeds/<partner>/<name>.yaml"),
    ("feeds/talkauf/prices.yaml", 'feeds/talkauf/prices.yaml:1: there is no partner "talkauf"'),
    ("settings.yml", "settings.yml:1: expected the name settings.yaml"),
])
def test_a_file_in_the_wrong_place_or_under_a_wrong_name_is_told(folder, put, expected):
    (folder / put).parent.mkdir(exist_ok=True)
    (folder / put).write_text("name: Talkauf\n")

    assert [line for line in told(folder) if line.startswith(expected)]


@pytest.mark.parametrize(("columns", "expected"), [
    ("columns: {}", "columns: expected at least one, but there is none"),
    ("columns:", "columns: expected a value, but nothing stands here")])
def test_a_feed_that_fills_nothing_is_refused(folder, columns, expected):
    (folder / "feeds/alpwerk/sheet.yaml").write_text(f"takes: [x.csv]\nkey: {{column: SKU}}\n{columns}\n")

    assert told(folder) == [f"feeds/alpwerk/sheet.yaml:3: {expected}"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "UTF-16", "utf-32-le", "cp1252", "cp850", "mac_roman", "shift_jis", "gb18030"])
def test_encodings_of_files_are_taken(folder, encoding):
    change(folder / "feeds/lager-sued/stock.yaml", "cp850", encoding)

    assert read(folder).bundle.feeds["lager-sued/stock"].encoding == encoding


def test_a_folder_that_is_called_as_a_file_is_told(folder):
    (folder / "partners/foo.yaml").mkdir()

    assert told(folder) == ["partners/foo.yaml:1: expected a file, found a folder"]


@pytest.mark.parametrize("nested", ["{a: " * 3_000 + "}" * 3_000, "[" * 3_000 + "]" * 3_000])
def test_what_is_nested_without_end_is_told(folder, nested):
    (folder / "partners/bergkauf.yaml").write_text(f"name: {nested}\n")

    assert told(folder) == ["partners/bergkauf.yaml:1: is nested too deep to be read; expected a few levels"]


@pytest.mark.parametrize(("said", "most"), [("retry_s: 3601", 3600), ("client_timeout_s: 121", 120), ("claim_s: 901", 900)])
def test_a_wait_that_would_never_end_is_refused(folder, said, most):
    (folder / "settings.yaml").write_text(f"{said}\n")

    assert told(folder)[0].startswith(f"settings.yaml:1: {said.split(':')[0]}: expected {most} or less")


WRONG = ["", "[]", "{}", "[a, b]", "{a: b}", "7", "-1", "1.5", "1e999", ".nan", "1" + "0" * 5_000, "yes", "true", "text", '""',
         "2026-11-24", "[[a]]", "[{a: b}]", "{a: {b: c}}", "[1, yes, null]", "!!binary x", "\"\\0\""]
RAW = re.compile(r"[Ii]nput should|Extra inputs|Field required|Unable to|valid (?:tuple|dict|string|integer|number|list)|instance of|type=|"
                 r"should have|Value error|Assertion|has host bits|while (?:parsing|scanning)|<block|<scalar|start any token|None|"
                 r"tag:yaml|did not find|ctx|pydantic|ruamel|Errno|Traceback")
PLACES = {
    "partners/bergkauf.yaml": (Partner, ""), "feeds/lager-sued/stock.yaml": (Feed, ""), "channels/retailer-catalogue.yaml": (Channel, ""),
    "settings.yaml": (Settings, ""), "feeds/alpwerk/sheet.yaml": (Key, "key"), "channels/other.yaml": (When, "when"),
    "feeds/nordhang-erp/prices.yaml": (Column, "columns.X"), "channels/third.yaml": (ChannelColumn, "columns.X"),
}
"""A file for each model, and below which keys it stands there."""


@pytest.mark.parametrize("value", WRONG, ids=lambda value: value[:20] or "nothing")
@pytest.mark.parametrize(("file", "model", "below"), [(file, *place) for file, place in PLACES.items()], ids=PLACES)
def test_whatever_is_written_somewhere_is_answered_in_plain_words(folder, file, model, below, value):
    keys = [field.alias or name for name, field in model.model_fields.items()]
    outer = below.split(".") if below else []
    text = "".join(f"{' ' * depth}{key}:\n" for depth, key in enumerate(outer))
    text += "".join(f"{' ' * len(outer)}{key}: {value}\n" for key in [*keys, "nonsense"])
    (folder / file).write_text(text)

    faults = [line for line in told(folder, columns=True) if line.startswith(file)]

    assert faults
    for fault in faults:
        where, sentence = fault.split(": ", 1)
        assert re.fullmatch(r"[\w/.-]+:\d+:\d+", where)
        assert not RAW.search(sentence), fault
        assert re.search("expected|cannot|write|one of|there is no|stands twice|is told by|also names|fill", sentence), fault


@pytest.mark.parametrize(("text", "place", "remedy"), [
    ("name: x\nprotocols: sftp\n", "2:1", "protocols: expected a list, such as [sftp] (read: 'sftp')"),
    ("name: x\nprotocols: {sftp: ftp}\n", "2:1", "protocols: expected a list, such as [one, other] (read: keys with values)"),
    ("name: 123\n", "1:1", 'name: expected a text; put a number, a day or true and false in "quotation marks" (read: 123)'),
    ("name: [x]\n", "1:1", 'name: expected a text; put a number, a day or true and false in "quotation marks" (read: a list)'),
    ("name: x\npaths: [/a]\n", "2:1", "paths: expected keys with values, such as {key: value} (read: a list)"),
    ("name: x\nprotocol: [ftp]\n", "2:1", "protocol: is not known here; did you mean protocols? Else one of allow, name, paths, protocols"),
    ("name: x\n\tallow: []\n", "2:1", "expected YAML: a tab stands here; set lines in with blanks (read: 'allow: []')"),
    ("name: Bergkauf: Handel\n", "1:15", 'expected YAML: a second ":" in one line, or'),
    ("name: x\nallow: [203.0.113.0/24\n", "2:8", "expected YAML: a bracket that opens here is not closed"),
    ("name: 'x\nallow: []\n", "1:7", "expected YAML: a quotation mark that opens here is never closed (read: \"name: 'x\")"),
    ("name: x\n  allow: []\n", "2:8", 'expected YAML: a second ":" in one line, or a line that is set in too far'),
    ("paths:\n  /a: inbox\n /b: outbox\n", "3:2", "expected YAML: this line is set in otherwise than the lines that it belongs to"),
    ("name: x\nsftp\nallow: []\n", "2:1", 'expected YAML: a line without ":"; expected a key'),
    ("name: @x\n", "1:7", "expected YAML: a word cannot begin with this character; put it in quotation marks (read: 'name: @x')"),
    ("name: *x\n", "1:7", "expected YAML: a word cannot begin with this character; put it in quotation marks"),
    ('name: "C:\\new"\nallow: "\\q"\n', "2:10", 'expected YAML: a backslash in "quotation marks" begins an escape'),
    ("name: x\n---\nname: y\n", "2:1", "expected YAML: expected one document; take out the lines"),
    ('name: "x" y\n', "1:11", "expected YAML: something stands behind a closing quotation mark"),
    ("name: }\n", "1:7", "expected YAML: a value is missing here, or a bracket or a comma is too many"),
    ("name: a\x01b\n", "1:8", "expected no control characters; take this one out (read: '\\x01')"),
    ("- x\n", "1:1", "expected keys with values at the top of the file"),
])
def test_a_mistake_in_a_file_is_told_with_its_place_what_stands_there_and_a_remedy(folder, text, place, remedy):
    (folder / "partners/bergkauf.yaml").write_text(text)

    assert [line for line in told(folder, columns=True) if line.startswith(f"partners/bergkauf.yaml:{place}: {remedy}")], told(folder)
    assert not [line for line in told(folder) if RAW.search(line)]


def test_what_is_no_part_of_the_configuration_is_told_and_left_alone(folder):
    (folder / "notes.txt").write_text("call Bergkauf")

    assert read(folder).unread == [folder / "notes.txt"]


def test_a_claim_must_outlive_a_request(folder):
    (folder / "settings.yaml").write_text("client_timeout_s: 30\nclaim_s: 30\n")

    assert told(folder) == ["settings.yaml:2: claim_s: expected more than client_timeout_s, which is 30"]


def test_two_feeds_of_a_partner_cannot_take_the_same_files(folder):
    change(folder / "feeds/nordhang-erp/products.yaml", "ARTIKEL_*.csv", "PREISE_*.csv")

    assert told(folder) == ['feeds/nordhang-erp/products.yaml:2: takes: "PREISE_*.csv" is taken by the feed nordhang-erp/prices as well']


def test_yes_and_no_are_words_and_keys_are_taken_as_written(folder):
    change(folder / "feeds/nordhang-erp/products.yaml", "type: boolean", "type: boolean, true: [ja], false: [nein], required: no")

    column = read(folder).bundle.feeds["nordhang-erp/products"].columns["Nachhaltig"]
    assert (column.true, column.false, column.required) == (("ja",), ("nein",), False)


def test_the_same_content_has_the_same_version_and_any_other_another(folder):
    before = read(folder).bundle
    (folder / "partners/bergkauf.yaml").write_text("# said otherwise\nprotocols:\n- sftp\nname: \"Bergkauf Handels GmbH\"\n")
    same = read(folder).bundle
    change(folder / "channels/retailer-catalogue.yaml", "  EAN: gtin\n", "")
    change(folder / "channels/retailer-catalogue.yaml", "  Artikelnummer: sku\n", "  Artikelnummer: sku\n  GTIN: gtin\n")

    assert same.version == before.version
    assert read(folder).bundle.version != before.version


def test_the_order_of_a_channels_columns_is_part_of_what_it_says(folder):
    before = read(folder).bundle
    change(folder / "channels/retailer-catalogue.yaml", "  Artikelnummer: sku\n  EAN: gtin\n", "  EAN: gtin\n  Artikelnummer: sku\n")

    after = read(folder).bundle
    assert list(after.channels["retailer-catalogue"].columns)[:2] == ["EAN", "Artikelnummer"]
    assert after.version != before.version


def test_a_bundle_is_read_back_as_it_was_written():
    bundle = read(SAMPLE).bundle

    assert Bundle.model_validate_json(bundle.to_json()) == bundle


@pytest.mark.parametrize(("cron", "expression"), [
    ("30 2 * * *", "cron(30 2 * * ? *)"),
    ("*/15 8-18/2 * * *", "cron(0,15,30,45 8,10,12,14,16,18 * * ? *)"),
    ("0 6 1,15 JAN-MAR *", "cron(0 6 1,15 1-3 ? *)"),
    ("0 6 * * 1-5", "cron(0 6 ? * 2-6 *)"),
    ("0 6 * * FRI-SUN", "cron(0 6 ? * 1,6,7 *)"),
    ("0 6 * * 7", "cron(0 6 ? * 1 *)"),
])
def test_a_schedule_means_the_same_to_cron_and_to_scheduler(cron, expression):
    assert When(cron=cron).expression == expression


@pytest.mark.parametrize(("cron", "expected"), [
    ("30 2 * *", "expected five fields"), ("60 2 * * *", "minute: expected 0 to 59"), ("0 24 * * *", "hour: expected 0 to 23"),
    ("0 0 0 * *", "day of month: expected 1 to 31"), ("0 0 * 13 *", "month: expected 1 to 12 or JAN to DEC"),
    ("0 0 * * 8", "day of week: expected 0 to 7"),
    ("0 0 1 * 1", "a day of month or a day of week, not both"), ("0 0 31 2 *", "a day that the month has"),
    ("5-1 0 * * *", "a range that rises"),
    ("*/0 0 * * *", "a step of 1 or more"), ("5/10 0 * * *", 'expected "\\*/10" or a range'),
    ("? 0 * * *", "minute: expected"), ("1,,2 0 * * *", "minute: expected"),
])
def test_a_schedule_that_never_comes_or_means_two_things_is_refused(cron, expected):
    with pytest.raises(ValueError, match=expected):
        When(cron=cron)


def test_a_channel_is_of_completed_products_unless_told_otherwise():
    assert a_channel().select == {"status": "Completed"}
    assert a_channel(select={"brand": "Birkfeuer"}).select == {"status": "Completed", "brand": "Birkfeuer"}
    assert a_channel(select={"status": "Draft"}).select == {"status": "Draft"}


def test_a_channels_file_carries_the_day():
    assert a_channel(file="katalog_{date:%Y%m%d}.csv").file_on(datetime(2026, 11, 24)) == "katalog_20261124.csv"


@pytest.mark.parametrize("template", ["x_{date.__class__}.csv", "{0}.csv", "{}.csv", "{date", "a/b.csv", ".csv", "", "{date:%Y/%m}.csv",
                                      "a\nb.csv", "x{date!r:999999999999}.csv", "x{date:999999999999d}{date}.csv", "{{x}}.csv",
                                      "{date:%Y{date:%m}}.csv", "x\ud800.csv", "x{date:\ud800}.csv", "{date:" + "%Y" * 33 + "}.csv"])
def test_a_channels_file_cannot_lie_elsewhere_or_hold_anything_else(template):
    with pytest.raises(ValueError, match="expected a"):
        a_channel(file=template)
