"""The way of a drop, from each real client to the products in Plytix, and what partner and operator are shown of it."""

import json

import pytest

from bridge.adapters.partner_secrets import PartnerSecrets
from tests.actors import a_feed, a_partner, soon
from tests.clients import key_pair

SHOP = {"Name": "label", "Price": {"to": "price", "type": "decimal"}, "Text": {"to": "description", "type": "html"},
        "Colour": {"to": "colour", "type": "option"}}
SHEET = """sku;Name;Price;Text;Colour
CH-3;Stühlchen „Öre“;12.50;"<p>Three legs,
and one ""spare""</p>";red
CH-1;Chair;free;;blue
CH-2;Bench;99;<p>Long</p>;green
"""
PRODUCTS = {
    "CH-3": {"label": "Stühlchen „Öre“", "price": 12.5, "description": '<p>Three legs,\nand one "spare"</p>', "colour": "red"},
    "CH-2": {"label": "Bench", "price": 99, "description": "<p>Long</p>", "colour": "green"}}
CLIENTS = {  # how each uploads a file, and how it fetches one
    "OpenSSH with a password": (lambda his, file, path: his.sftp(f"put {file} {path}"),
                                lambda his, path, file: his.sftp(f"get {path} {file}")),
    "lftp over FTPS": (lambda his, file, path: his.lftp(f"put {file} -o {path}"),
                       lambda his, path, file: his.lftp(f"get {path} -o {file}")),
    "curl over FTP": (lambda his, file, path: his.curl("ftp", path, "-T", file),
                      lambda his, path, file: his.curl("ftp", path, "-o", file)),
    "curl over FTPS": (lambda his, file, path: his.curl("ftps", path, "-T", file),
                       lambda his, path, file: his.curl("ftps", path, "-o", file)),
    "rclone over SFTP": (lambda his, file, path: his.rclone("copyto", file, f"bridge:{path}"),
                         lambda his, path, file: his.rclone("copyto", f"bridge:{path}", file)),
}


@pytest.fixture
def shop(company):
    """The company takes products from its ERP."""
    company.works_with(a_feed(columns=SHOP))
    return company


@pytest.mark.parametrize("client", CLIENTS)
def test_one_csv_becomes_products_and_its_receipt_is_fetched_by_the_same_client(shop, erp, tmp_path, client):
    upload, fetch = CLIENTS[client]
    (tmp_path / "sheet.csv").write_text(SHEET)
    sent = erp.about_to_send("products/today.csv")
    upload(erp.programs, tmp_path / "sheet.csv", "/inbox/products/today.csv")
    receipt = erp.closed(sent)

    assert shop.products() == PRODUCTS
    fetch(erp.programs, f"{receipt.at.removeprefix('erp')}.json", tmp_path / "receipt.json")
    told = json.loads((tmp_path / "receipt.json").read_text())
    assert (told["state"], told["rows"], told["outcomes"]) == ("closed", 3, {"CREATED": 2, "REJECTED": 1})


def test_one_who_logs_in_with_a_key_walks_the_same_way(twin, shop, erp, tmp_path):
    key = key_pair(tmp_path)
    PartnerSecrets(twin.client("secretsmanager"), twin.outputs["PartnerSecretsPrefix"]).add_key("erp", key.with_suffix(".pub").read_text())
    soon(lambda: "inbox" in erp.programs.sftp("ls /", key=key, ok=False).stdout, "his own key")
    (tmp_path / "sheet.csv").write_text(SHEET)
    erp.programs.sftp(f"put {tmp_path}/sheet.csv /inbox/products/today.csv", key=key)

    assert erp.closed("today.csv").outcomes == {"CREATED": 2, "REJECTED": 1}
    assert shop.products() == PRODUCTS


def test_a_file_that_grows_under_another_name_is_taken_when_it_gets_its_own(shop, erp, tmp_path):
    (tmp_path / "sheet.csv").write_text(SHEET)
    erp.programs.sftp(f"put {tmp_path}/sheet.csv /inbox/products/today.csv.part")
    shop.twin.rest()
    assert (shop.products(), erp.receipts()) == ({}, [])
    erp.programs.sftp("rename /inbox/products/today.csv.part /inbox/products/today.csv")

    assert erp.closed("today.csv").outcomes == {"CREATED": 2, "REJECTED": 1}
    assert len(erp.receipts()) == 1


def test_the_receipt_says_received_then_checked_then_closed(shop, erp):
    receipt = erp.drops("products/today.csv", SHEET)

    told = [json.loads(version) for version in shop.versions(f"{receipt.at}.json")]
    said = [(t["state"], t["rows"], t["waiting"]) for t in told]
    assert once(shop, said) == [("received", 0, 0), ("checked", 3, 2), ("closed", 3, 0)]
    checked = told[said.index(("checked", 3, 2))]
    assert [issue["code"] for issue in checked["issues"]] == ["VALUE-NUMBER"], "what needs no Plytix is told before anything is sent"
    pages = [version.decode().splitlines()[0] for version in shop.versions(f"{receipt.at}.txt")]
    assert once(shop, pages) == [f"products/today.csv — {said}" for said in (
        "received: it will be read as soon as it is known to be whole", "checked: its values are on their way to Plytix",
        "closed: every row has its result")]


def once(shop, said):
    """In a rough twin a thing may be said again: whoever died after saying it leaves a successor who cannot know."""
    return list(dict.fromkeys(said)) if shop.twin.is_rough else said


def test_the_readable_receipt_says_what_is_to_be_done(shop, erp):
    page = erp.page(erp.drops("products/today.csv", SHEET))

    assert "3 rows: 2 created, 1 rejected" in page
    assert ('line 4, column "Price": "free" is not a number. Write digits with a point as the decimal mark, e.g. 1299.00. '
            "[VALUE-NUMBER]") in page


def test_the_result_file_has_the_partners_own_rows_in_his_own_order(shop, erp):
    results = erp.results(erp.drops("products/today.csv", SHEET))

    assert list(results[0]) == ["sku", "Name", "Price", "Text", "Colour", "_result", "_comment"]
    assert [(row["sku"], row["_result"]) for row in results] == [("CH-3", "CREATED"), ("CH-1", "REJECTED"), ("CH-2", "CREATED")]
    assert results[0]["Text"] == '<p>Three legs,\nand one "spare"</p>'
    assert results[1]["_comment"].startswith('column "Price": "free" is not a number.')


def test_the_drop_lies_whole_in_the_archive_and_the_inbox_lists_only_what_is_still_to_do(shop, erp):
    erp.drops("products/today.csv", SHEET)

    [archived] = shop.archive()
    assert archived.startswith("archive/erp/")
    assert archived.endswith("/products/today.csv")
    assert shop.kept(archived) == SHEET.encode()
    assert erp.inbox() == []
    assert erp.client().names("/inbox/products") == []
    assert shop.files("erp/inbox/") == []


def test_the_operator_is_shown_runs_a_run_and_a_product(shop, erp, operator):
    receipt = erp.drops("products/today.csv", SHEET)

    [run] = operator.asks("runs")
    assert (run["run"], run["what"], run["state"], run["rows"]) == (receipt.run, "feed erp/products", "reported", 3)
    told = operator.asks("run", receipt.run)
    assert told["outcomes"] == {"CREATED": 2, "REJECTED": 1}
    assert [(issue["code"], issue["line"], issue["column"]) for issue in told["issues"]] == [("VALUE-NUMBER", 4, "Price")]
    traced = operator.asks("trace", "CH-3")
    assert (traced["plytix"]["existence"], traced["plytix"]["values"]["price"]) == ("living", 12.5)
    assert traced["wanted"]["erp/products"]["values"]["price"] == {"value": 12.5, "run": receipt.run, "line": 2}
    assert [(entry["act"], entry["changes"]["colour"]["after"]) for entry in traced["history"]] == [("create", "red")]


def test_the_operator_reads_the_same_as_text(shop, erp, operator):
    receipt = erp.drops("products/today.csv", SHEET)

    assert receipt.run[-6:] in operator.reads("runs")
    assert 'line 4, column "Price": "free" is not a number.' in operator.reads("run", receipt.run)
    assert f"label: None → 'Bench', erp/products line 5, run {receipt.run[-6:]}" in operator.reads("trace", "CH-2")


def test_a_window_of_80_columns_cuts_nothing_and_what_it_shows_of_an_id_leads_to_the_run(shop, erp, operator):
    name = "products/Preisliste Frühjahr und Sommer für alle Filialen.csv"
    receipt = erp.drops(name, SHEET.replace("Bench", "A bench for the garden, of oak, on which three may sit, and four who like them"))

    runs, traced = operator.reads("runs", columns=80), operator.reads("trace", "CH-2", columns=80)
    short = next(line.split()[0] for line in runs.splitlines() if "reported" in line)
    told = operator.reads("run", short, columns=80)
    for shown in (runs, traced, told):
        assert max(map(len, shown.splitlines())) <= 80
        assert "…" not in shown
    said = " ".join(runs.split())
    assert all(word in said for word in (*name.split("/")[1].split(), "feed", "erp/products,", "2 created,", "1 rejected"))
    assert all(word in " ".join(traced.split()) for word in ("garden,", "four", "who", "like", f"run {short}"))
    assert "Write digits with a point as the decimal mark" in " ".join(told.split())
    assert receipt.run in told
    assert operator.asks("run", receipt.run[-8:].lower())["run"] == receipt.run


def test_the_end_of_an_id_that_several_runs_have_says_which(shop, erp, operator):
    runs = {erp.drops("products/today.csv", SHEET).run for _ in range(2)}

    ended = operator.types("run", "")

    assert (ended.returncode, [run in ended.stderr for run in runs]) == (1, [True, True])


def test_the_operator_is_told_what_is_not_there_and_what_looks_like_it(shop, erp, operator):
    run = erp.drops("products/today.csv", SHEET).run
    nearly = run[:-1] + ("0" if run[-1] != "0" else "1")
    for words, told in ((("run", "01KAXW3E5T7QJ9V2M4N6P8R0SB"), "There is no run"), (("trace", "NOBODY-1"), "knows no product"),
                        (("run", nearly), f"Did you mean {run}"), (("trace", "ch-2"), "Did you mean CH-2?"),
                        (("publish", "katalog"), 'There is no channel "katalog"; there is none at all')):
        ended = operator.types(*words)
        assert (ended.returncode, told in ended.stderr) == (1, True), ended.stderr


AS_WRITTEN_BY = {
    "a shop that knows no umlauts but cp1252": SHEET.replace("Ö", "Ä").encode("cp1252"),
    "Excel, which puts a mark before UTF-8": SHEET.encode("utf-8-sig").replace(b"\n", b"\r\n"),
    "a spreadsheet saved as Unicode text": SHEET.replace(";", "\t").encode("utf-16"),
    "a database with pipes": SHEET.replace(";", "|").encode(),
    "an American with commas": SHEET.replace("legs,", "legs;").replace(";", ",").encode(),
}


@pytest.mark.parametrize("writer", AS_WRITTEN_BY)
def test_encoding_and_dialect_are_told_from_the_file(shop, erp, writer):
    assert erp.drops("products/today.csv", AS_WRITTEN_BY[writer]).outcomes == {"CREATED": 2, "REJECTED": 1}

    held = shop.products()
    assert held["CH-2"] == PRODUCTS["CH-2"]
    assert held["CH-3"]["label"] in ("Stühlchen „Öre“", "Stühlchen „Äre“")


def test_what_an_old_system_puts_under_its_old_path_is_told_apart_by_name(company, erp):
    company.works_with(a_feed(takes=["ART_*.txt"], columns={"Name": "label"}),
                       a_feed("prices", takes=["PRICE_*.txt"], columns={"Price": {"to": "price", "type": "decimal"}}),
                       partners={"erp": a_partner(paths={"/SAP/OUT": "inbox"})})
    articles, prices = erp.about_to_send("ART_1.txt"), erp.about_to_send("PRICE_1.txt")
    erp.programs.curl("ftp", "/SAP/OUT/", "-T", _file(erp, "ART_1.txt", "sku;Name\nCH-1;Chair\n"))
    assert erp.closed(articles).outcomes == {"CREATED": 1}
    erp.programs.curl("ftp", "/SAP/OUT/", "-T", _file(erp, "PRICE_1.txt", "sku;Price\nCH-1;9.90\n"))
    assert erp.closed(prices).outcomes == {"UPDATED": 1}

    assert company.products() == {"CH-1": {"label": "Chair", "price": 9.9}}


def _file(partner, name, text):
    file = partner.programs.folder / name
    file.write_text(text)
    return file


def test_a_file_larger_than_one_range_is_read_once(shop, erp):
    """A drop is read by ranges of 8 MiB; this one has a bit more, nearly all of it in rows that need no look at Plytix."""
    rows = [f"CH-1;{number:07d} {'x' * 80};free;;blue\n" for number in range(80_000)]
    content = "sku;Name;Price;Text;Colour\n" + "".join(rows) + "CH-2;Bench;99;;green\n"
    assert len(content) > 8 * 1024 * 1024

    receipt = erp.drops("products/large.csv", content, within_s=120)

    assert (receipt.rows, receipt.outcomes) == (80_001, {"CREATED": 1, "REJECTED": 80_000})
    assert list(shop.products()) == ["CH-2"]
