"""Bad input, and what it gets: a receipt with line, column, value, code and remedy. Good rows still go; nothing is lost."""

import subprocess

import pytest

from bridge.adapters.partner_secrets import PartnerSecrets
from tests.actors import Told, a_feed, soon
from tests.clients import key_pair, uploading
from tests.faults.losses import unheard
from tests.unit.files import written

GOOD = "sku;Name;Price\nCH-1;Chair;9.90\n"
SHOP = {"Name": "label", "Price": {"to": "price", "type": "decimal"}}


@pytest.fixture
def shop(company):
    """The company takes products and their prices from its ERP."""
    company.works_with(a_feed(columns=SHOP))
    return company


def refused(shop, receipt):
    """The one issue of a drop of which nothing was taken."""
    assert (receipt.state, receipt.outcomes, shop.products(), shop.sent()) == ("refused", {}, {}, 0)
    [told] = receipt.told
    return told


# --- files that nobody takes -----------------------------------------------------------------------------------------

def test_a_file_in_a_folder_that_no_feed_knows_is_told_the_nearest(shop, erp):
    receipt = erp.drops("product/today.csv", GOOD)

    assert refused(shop, receipt) == Told("FOLDER-UNKNOWN", None, None, "product/today.csv")
    assert receipt.issues[0]["message"] == 'no feed looks into the folder "/inbox/product"'
    assert 'the nearest is "/inbox/products"' in receipt.issues[0]["remedy"]


def test_a_file_that_lies_straight_in_the_inbox_is_told_the_folder(shop, erp):
    assert refused(shop, erp.drops("today.csv", GOOD)) == Told("FOLDER-UNKNOWN", None, None, "today.csv")


def test_a_file_whose_name_was_not_agreed_is_told_so(shop, erp):
    receipt = erp.drops("products/today.xlsx", GOOD)

    assert refused(shop, receipt) == Told("FEED-NONE", None, None, "products/today.xlsx")
    assert "/inbox/products" in receipt.issues[0]["remedy"]


def test_a_partner_without_a_feed_is_told_that_nobody_takes_his_file(shop, supplier):
    assert refused(shop, supplier.drops("today.csv", GOOD)).code == "FEED-NONE"


def test_a_file_that_two_feeds_take_is_taken_by_neither(company, erp):
    company.works_with(a_feed(takes=["in/*.csv"]), a_feed("prices", takes=["in/PRICE_*.csv"]))
    receipt = erp.drops("in/PRICE_1.csv", GOOD)

    assert refused(company, receipt) == Told("FEED-SEVERAL", None, None, "in/PRICE_1.csv")
    assert receipt.issues[0]["message"].endswith(": prices, products")


def test_a_dry_run_is_not_offered_yet_and_changes_nothing(shop, erp):
    assert refused(shop, erp.drops("products/check/today.csv", GOOD)) == Told("FOLDER-CHECK", None, None, "products/check/today.csv")


# --- files that are not whole ----------------------------------------------------------------------------------------

@pytest.mark.parametrize(("name", "content", "code"), [
    ("today.csv", "", "FILE-EMPTY"), ("today.csv.part", GOOD, "FILE-HALF"), (".today.csv", GOOD, "FILE-HALF"),
    ("today.csv.filepart", GOOD, "FILE-HALF")])
def test_an_empty_or_half_file_is_left_alone_and_told_when_it_stays(twin, shop, erp, name, content, code):
    shop.works_with(a_feed(columns=SHOP), stays_s=8 if twin.is_rough else 1)  # there redrive comes by itself
    sent = erp.sends(f"products/{name}", content)
    twin.rest()
    assert (erp.receipts(), erp.inbox()) == ([], [f"products/{name}"])

    soon(lambda: twin.fire("redrive") and twin.rest() is None and erp.receipts(), "the receipt for what stays")
    assert refused(shop, erp.closed(sent)) == Told(code, None, None, name)


def test_an_empty_file_that_is_filled_in_time_is_a_drop_like_any_other(twin, shop, erp):
    shop.works_with(a_feed(columns=SHOP), stays_s=30)
    erp.sends("products/today.csv", "")
    twin.rest()

    assert erp.drops("products/today.csv", GOOD).outcomes == {"CREATED": 1}
    twin.fire("redrive")
    twin.rest()
    assert len(erp.receipts()) == 1


CUT = "sku;Name;Price\n" + "".join(f"CH-{n};Chair;9.90\n" for n in range(40_000))  # 680 kB: longer on its way than we look
KILLED = {
    "curl over FTP": lambda his, file, key: his.curl_command("ftp", "/inbox/products/today.csv", "--limit-rate", "200k", "-T", file),
    "curl over FTPS": lambda his, file, key: his.curl_command("ftps", "/inbox/products/today.csv", "--limit-rate", "200k", "-T", file),
    "OpenSSH": lambda his, file, key: his.sftp_command(f"put {file} /inbox/products/today.csv", key=key, options=["-l", "1600"]),
}


def begun(command):
    """The program, once its beginning has come; None: it has ended before, as one does whose login was refused."""
    upload = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    soon(lambda: uploading(64_000) or upload.poll() is not None, "receiving the beginning")
    return upload if upload.poll() is None else None


@pytest.mark.parametrize("client", KILLED)
def test_of_an_upload_that_broke_off_nothing_is_taken_and_the_whole_file_is(twin, shop, erp, tmp_path, client):
    shop.works_with(a_feed(columns=SHOP), upload_event_s=8)  # longer than the word that it broke off may take
    (tmp_path / "cut.csv").write_text(CUT)
    key = key_pair(tmp_path)
    PartnerSecrets(twin.client("secretsmanager"), twin.outputs["PartnerSecretsPrefix"]).add_key("erp", key.with_suffix(".pub").read_text())
    soon(lambda: "inbox" in erp.programs.sftp("ls /", key=key, ok=False).stdout, "his own key")
    with soon(lambda: begun(KILLED[client](erp.programs, tmp_path / "cut.csv", key)), "receiving the beginning") as upload:
        upload.kill()
    cut_off = erp.closed("today.csv")
    twin.rest()

    assert (cut_off.state, cut_off.outcomes, shop.products()) == ("cut off", {}, {})
    assert cut_off.told == [Told("FILE-CUT-OFF", None, None, "today.csv")]
    assert cut_off.issues[0]["remedy"] == "Upload the file again."
    assert erp.drops("products/today.csv", GOOD).outcomes == {"CREATED": 1}


def test_where_nobody_says_that_an_upload_broke_off_its_last_row_waits_and_the_whole_file_mends_it(twin, shop, erp):
    """Transfer's events are of best effort. Without one the fragment counts as whole after a while, but a price of 12 may be one of 120."""
    with unheard(twin, "aws.transfer"):
        fragment = erp.closed(erp.breaks_off("products/today.csv", "sku;Name;Price\nCH-1;Chair;9.90\nCH-2;Bench;4.50\nCH-3;Sofa;12"))
    assert (fragment.state, fragment.outcomes) == ("closed", {"CREATED": 2, "HELD": 1})
    assert [(told.code, told.line) for told in fragment.told] == [("ROW-UNFINISHED", 4)]
    assert shop.products() == {"CH-1": {"label": "Chair", "price": 9.9}, "CH-2": {"label": "Bench", "price": 4.5}}

    whole = erp.drops("products/today.csv", "sku;Name;Price\nCH-1;Chair;9.90\nCH-2;Bench;4.50\nCH-3;Sofa;120\n")
    assert whole.outcomes == {"CREATED": 1, "UNCHANGED": 2}
    assert shop.products()["CH-3"] == {"label": "Sofa", "price": 120.0}


# --- files that cannot be read ---------------------------------------------------------------------------------------

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 4
UNREADABLE = {
    "a picture": (PNG, Told("FILE-NOT-TEXT", None, None, None)),
    "a workbook": (b"PK\x03\x04" + bytes(range(256)) * 4, Told("FILE-NOT-TEXT", None, None, None)),
    "a file in an alphabet that nobody set": ("sku;Name\nCH-1;椅子と机、価格表\n".encode("shift_jis"),
                                              Told("FILE-ENCODING", None, None, None)),
    "a file without the key": ("Name;Price\nChair;9.90\n", Told("COLUMN-KEY", 1, "sku", None)),
    "a file without a heading": ("CH-1;Chair;9.90\nCH-2;Bench;1\n", Told("FILE-NO-HEADER", 1, None, None)),
    "a heading with a column twice": ("sku;Price;price\nCH-1;1;2\n", Told("COLUMN-TWICE", 1, "Price", None)),
    "a heading whose quotation mark stays open": ('sku;"Name;Price\nCH-1;Chair;9.90\n', Told("FILE-QUOTES", 1, None, None)),
}


@pytest.mark.parametrize("file", UNREADABLE)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(shop, erp, file):
    content, expected = UNREADABLE[file]
    receipt = erp.drops("products/today.csv", content)

    assert expected in receipt.told
    assert (receipt.state, receipt.rows, shop.products()) == ("refused", 0, {})


def test_a_required_column_that_is_missing_is_named_and_the_file_refused(company, erp):
    company.works_with(a_feed(columns={"Name": "label", "Price": {"to": "price", "type": "decimal", "required": True}}))
    receipt = erp.drops("products/today.csv", "sku;Name;Prise\nCH-1;Chair;9.90\n")

    assert Told("COLUMN-MISSING", 1, "Price", None) in receipt.told
    assert 'The nearest in the file is "Prise".' in receipt.issues[0]["remedy"]
    assert (receipt.state, company.products()) == ("refused", {})


def test_a_column_that_nobody_knows_is_told_and_the_rows_go(shop, erp):
    receipt = erp.drops("products/today.csv", "sku;Name;Weight\nCH-1;Chair;3\n")

    assert set(receipt.codes) == {"COLUMN-UNKNOWN", "COLUMN-ABSENT"}
    assert ["Weight" in issue["message"] for issue in receipt.issues if issue["code"] == "COLUMN-UNKNOWN"] == [True]
    assert (receipt.outcomes, shop.products()) == ({"CREATED": 1}, {"CH-1": {"label": "Chair"}})


def test_a_heading_without_rows_is_closed_with_a_word(shop, erp):
    receipt = erp.drops("products/today.csv", "sku;Name;Price\n")

    assert (receipt.state, receipt.rows, receipt.codes) == ("closed", 0, ["FILE-NO-ROWS"])


# --- rows -------------------------------------------------------------------------------------------------------------

def test_rows_that_are_broken_or_doubled_come_back_and_the_others_go(shop, erp):
    receipt = erp.drops("products/today.csv", b"""sku;Name;Price
CH-1;Chair;9.90
CH-2;Bench
CH-3;Stool;1.50;red
;Sofa;3
CH-5;Table;12
CH-6;St\xc3\xbchle;1
CH-7;Sch\xc3\xb6n b\xffld;2
CH-5;Desk;13
CH-8;"Bed" and more;3
CH-9;M\xc3\xb6bel;7
""")

    assert receipt.told == [
        Told("ROW-FEWER-CELLS", 3, None, "CH-2;Bench"), Told("ROW-MORE-CELLS", 4, None, "CH-3;Stool;1.50;red"),
        Told("KEY-EMPTY", 5, "sku", ""), Told("KEY-TWICE", 6, "sku", "CH-5"), Told("CELL-ENCODING", 8, "Name", "Sch\xf6n b\\xffld"),
        Told("KEY-TWICE", 9, "sku", "CH-5"), Told("ROW-QUOTE", 10, None, 'CH-8;"Bed" and more;3')]
    assert [issue["message"] for issue in receipt.issues if issue["code"] == "KEY-TWICE"] == [
        '"CH-5" also stands in line 9; none of these rows was taken', '"CH-5" also stands in line 6; none of these rows was taken']
    assert (receipt.rows, receipt.outcomes) == (10, {"CREATED": 3, "REJECTED": 7})
    assert sorted(shop.products()) == ["CH-1", "CH-6", "CH-9"]
    results = erp.results(receipt)
    assert [row["_result"] for row in results] == [
        "CREATED", "REJECTED", "REJECTED", "REJECTED", "REJECTED", "CREATED", "REJECTED", "REJECTED", "REJECTED", "CREATED"]
    assert all(row["_comment"] for row in results if row["_result"] == "REJECTED")


TYPES = {
    "Price": ({"to": "price", "type": "decimal", "min": 0},
              {"9,90 EUR": "VALUE-NUMBER", "-1": "VALUE-MINIMUM", "1.5E+12": "VALUE-EXPONENT"}),
    "Stock": ({"to": "stock", "type": "integer"}, {"3.5": "VALUE-WHOLE"}),
    "Colour": ({"to": "colour", "type": "option", "values": {"rot": "red"}}, {"lila": "VALUE-OPTION"}),
    "From": ({"to": "launch_date", "type": "date", "date": "%d.%m.%Y"}, {"31.02.2026": "VALUE-DATE"}),
    "Link": ({"to": "url", "type": "url"}, {"www.example.com": "VALUE-URL"}),
    "EAN": ({"to": "gtin", "type": "gtin"}, {"4006381333932": "VALUE-GTIN-CHECK", "40063813": "VALUE-GTIN-CHECK", "4006": "VALUE-GTIN"}),
    "Name": ({"to": "label", "required": True, "max": 10}, {"": "VALUE-REQUIRED", "A far too long name": "VALUE-LENGTH"}),
    "Text": ({"to": "description", "type": "html"}, {"a\x07bell": "VALUE-CHARACTERS"}),
}
FINE = {"Price": "9.90", "Stock": "3", "Colour": "rot", "From": "24.12.2026", "Link": "https://example.com/a", "EAN": "4006381333931",
        "Name": "Chair", "Text": "<b>x</b>"}


def test_a_value_of_the_wrong_type_is_named_by_line_column_and_value(company, erp):
    company.works_with(a_feed(columns={head: column for head, (column, _) in TYPES.items()}))
    wrong = [(head, value, code) for head, (_, values) in TYPES.items() for value, code in values.items()]
    bad = [[f"bad-{n}", *(FINE | {"EAN": "", head: value}).values()] for n, (head, value, _) in enumerate(wrong)]
    receipt = erp.drops("products/today.csv", "".join(";".join(row) + "\n" for row in [["sku", *FINE], ["good", *FINE.values()], *bad]))

    assert receipt.told == [Told(code, line, head, value) for line, (head, value, code) in enumerate(wrong, 3)]
    assert receipt.outcomes == {"CREATED": 1, "REJECTED": len(wrong)}
    assert company.products() == {"good": {
        "label": "Chair", "gtin": "4006381333931", "price": 9.9, "stock": 3, "colour": "red", "launch_date": "2026-12-24",
        "url": "https://example.com/a", "description": "<b>x</b>"}}


def test_all_that_is_wrong_with_a_row_is_told_at_once(company, erp):
    company.works_with(a_feed(columns={head: column for head, (column, _) in TYPES.items()}))
    receipt = erp.drops("products/today.csv", "sku;Name;Price;Stock\nCH-1;;dear;many\n")

    assert [told[:3] for told in receipt.told if told.line == 2] == [
        ("VALUE-NUMBER", 2, "Price"), ("VALUE-WHOLE", 2, "Stock"), ("VALUE-REQUIRED", 2, "Name")]


def test_a_feed_that_takes_a_file_whole_or_not_at_all_takes_nothing_of_a_faulty_one(company, erp):
    company.works_with(a_feed(columns=SHOP, on_error="file"))
    receipt = erp.drops("products/today.csv", "sku;Name;Price\nCH-1;Chair;9.90\nCH-2;Bench;free\n")

    assert (receipt.state, receipt.outcomes, company.products()) == ("refused", {"REJECTED": 2}, {})
    assert receipt.told == [Told("FILE-ON-ERROR", None, None, None), Told("VALUE-NUMBER", 3, "Price", "free")]
    assert [row["_comment"].rpartition("[")[2] for row in erp.results(receipt)] == ["ROW-ON-ERROR]", "VALUE-NUMBER]"]


# --- what Plytix does not take ----------------------------------------------------------------------------------------

def test_a_value_that_plytix_refuses_comes_back_and_blocks_nothing_else(company, erp):
    company.works_with(a_feed(columns={"Name": "label", "Colour": {"to": "colour", "type": "option"}, "EAN": {"to": "gtin", "type": "gtin"},
                                       "Size": "size"}))
    receipt = erp.drops("products/today.csv", "sku;Name;Colour;EAN;Size\nCH-1;Chair;purple;;\nCH-2;Bench;red;4006381333931;\n"
                                              "CH-3;Stool;red;4006381333931;\nCH-4;Sofa;blue;;XL\n")

    refusals = [told for told in receipt.told if told.code == "PLYTIX-REFUSED"]
    assert Told("PLYTIX-REFUSED", 2, "Colour", "purple") in refusals
    assert Told("PLYTIX-ATTRIBUTE", 5, "Size", "XL") in receipt.told, "no other value would help"
    assert len([told for told in refusals if told.column == "EAN"]) == 1, "one of two products with one GTIN gets it"
    assert "purple is not a valid value" in next(issue["message"] for issue in receipt.issues if issue["column"] == "Colour")
    assert (receipt.rows, receipt.outcomes) == (4, {"CREATED": 4})
    held = company.products()
    assert held["CH-1"] == {"label": "Chair"}
    assert held["CH-4"] == {"label": "Sofa", "colour": "blue"}
    assert [sku for sku in held if "gtin" in held[sku]] in (["CH-2"], ["CH-3"])


def test_a_product_that_plytix_refuses_altogether_is_rejected_and_the_others_go(company, erp):
    company.works_with(a_feed(columns=SHOP))
    company.plytix.create({"sku": "CH-2"})
    company.refreshes()
    company.plytix.fault("refuse", kind="product.create", status=422, body={"error": {"msg": "Invalid product data", "errors": [
        {"field": "sku", "msg": "reserved"}]}}, times=None)
    receipt = erp.drops("products/today.csv", "sku;Name;Price\nCH-1;Chair;9.90\nCH-2;Bench;3\n")

    assert [told[:2] for told in receipt.told] == [("PLYTIX-REFUSED-PRODUCT", 2)]
    assert receipt.issues[0]["message"] == "Plytix does not take this product: sku: reserved"
    assert (receipt.outcomes, sorted(company.products())) == ({"UPDATED": 1, "REJECTED": 1}, ["CH-2"])


def test_a_refused_value_is_not_sent_again_until_its_feed_says_another(company, erp):
    company.works_with(a_feed(columns={"Name": "label", "Colour": {"to": "colour", "type": "option"}}))
    erp.drops("products/today.csv", "sku;Name;Colour\nCH-1;Chair;purple\n")
    company.plytix.clear_log()
    again = erp.drops("products/today.csv", "sku;Name;Colour\nCH-1;Chair;purple\n")
    assert (company.sent(), again.codes) == (0, ["PLYTIX-REFUSED"])

    assert erp.drops("products/today.csv", "sku;Name;Colour\nCH-1;Chair;blue\n").outcomes == {"UPDATED": 1}
    assert company.products() == {"CH-1": {"label": "Chair", "colour": "blue"}}


# --- hostile --------------------------------------------------------------------------------------------------------

NAMES = ["Preisliste März 2026.csv", "a+b&c%20d.csv", "100% neu.csv", "x..%2f..%2f..%2fretailer%2fx.csv", "x\\..\\..\\..\\x.csv",
         "=cmd|'calc'!A1.csv", "-rf *.csv", "価格.csv", "it's \"quoted\";x,y.csv", "${jndi}{date:%Y}#[neu].csv"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_a_name_whatever_stands_in_it(shop, erp, name):
    receipt = erp.drops(f"products/{name}", GOOD)

    assert (receipt.whole["file"], receipt.outcomes) == (f"products/{name}", {"CREATED": 1})
    assert f"{name}.{receipt.run}.json" in erp.client().names("/receipts")
    assert [key.endswith(f"/products/{name}") for key in shop.archive()] == [True]
    assert {key.split("/")[0] for key in shop.files()} == {"erp"}
    assert erp.results(receipt)[0]["_result"] == "CREATED"


def test_a_name_as_long_as_they_get_has_its_receipt_and_its_place_in_the_archive(shop, erp):
    name = "ü" * 500 + ".csv"  # with its folders nearly the 1,024 bytes of a key
    receipt = erp.drops(f"products/{name}", GOOD)

    assert (receipt.whole["file"], receipt.outcomes) == (f"products/{name}", {"CREATED": 1})
    assert all(len(key.encode()) <= 1_024 for key in [*shop.archive(), *shop.files()])
    assert erp.results(receipt)[0]["_result"] == "CREATED"


def test_what_a_spreadsheet_would_run_as_a_formula_is_only_text_in_the_result_file(shop, erp):
    evil = ['=HYPERLINK("http://evil.example";"x")', "+1+cmd|' /C calc'!A0", "@SUM(1)", "-2+3", "\t=1+1"]
    prices = ["-5", "=1", "1", "1", "1"]
    receipt = erp.drops("products/today.csv", written([["sku", "Name", "Price"], *zip("ABCDE", evil, prices, strict=True)]))

    results = erp.results(receipt)
    assert not [cell for row in results for cell in row.values() if cell.startswith(("=", "+", "@", "\t"))]
    assert results[0]["Name"] == "'" + evil[0]
    assert results[0]["Price"] == "-5", "a number stays one"
    assert results[1]["_comment"].startswith('column "Price": "=1" is not a number')
    assert shop.products()["A"]["label"] == evil[0], "Plytix gets what the partner wrote"


def test_what_would_steer_a_terminal_is_shown_and_not_done(shop, erp, operator):
    receipt = erp.drops("products/to\x1b[2Jday.csv", "sku;Name;Price\nCH-1;Chair;\x1b[31m9\nCH-2;Be\x9bnch;1\n")

    assert receipt.codes == ["VALUE-NUMBER", "VALUE-CHARACTERS"]
    for shown in (erp.page(receipt), operator.reads("run", receipt.run), operator.reads("runs")):
        assert "\x1b" not in shown
        assert "\x9b" not in shown
