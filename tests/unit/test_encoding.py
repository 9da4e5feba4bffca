"""Which characters a file's bytes mean: told right, or not told at all."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.issue import Issue
from bridge.formats import encoding
from bridge.formats.encoding import detect
from tests.unit.files import codes_of, rows_of, sheet_of

TEXTS = {
    "German": "Gehäuse für Türöffner, weiß, Größe 20 mm, Übergröße – „Schön“",
    "French": "Pièce de rechange élégante à côté du modèle, ça plaît où l’été, œuf, déjà",
    "Spanish": "Tamaño pequeño, cámara de fotos, ¿qué? año, camión, más rápido",
    "Portuguese": "Máquina de lavar não é tão rápida, coração, lições, avô",
    "Italian": "Qualità è più città, perché così può già", "Danish": "Køleskab med frostboks, grøn æske, blå, øl, størrelse",
    "Swedish": "Kylskåp för små kök, grön låda, röd färg", "Estonian": "Külmkapp, jäähoidla, õhuke, öö, šokolaad",
    "Polish": "Zażółć gęślą jaźń, długość, śruba, łożysko, żółty",
    "Czech": "Příliš žluťoučký kůň úpěl ďábelské ódy, šroub, těsnění",
    "Hungarian": "Árvíztűrő tükörfúrógép, hűtőszekrény, csavar, szélesség",
    "Romanian": "maşină de spălat, lăţime, înălţime şi greutate, răcitor",
    "Croatian": "Širina, dužina, čelik, svjećica, đački, već, žica",
    "Russian": "Болт шестигранный, оцинкованный «М8» № 5, и другие; Ёлка",
    "Ukrainian": "Гвинт із шестигранною головкою, її розмір, Єдиний",
}
WRITTEN = {
    "cp1252": "German French Spanish Portuguese Italian Danish Swedish Estonian", "cp1250": "Polish Czech Hungarian Romanian Croatian",
    "cp1251": "Russian Ukrainian", "cp850": "German French Spanish Italian Danish Swedish",
    "mac_roman": "German French Spanish Italian Danish Swedish",
}
ASCII_ROWS = b"".join(b"A-%07d;plain;9.90\n" % n for n in range(150_000))  # 3 MB


def found(content, fixed=None):
    return detect(io.BytesIO(content), fixed)


@pytest.mark.parametrize(("page", "language"), [(page, language) for page, languages in WRITTEN.items() for language in languages.split()])
def test_the_code_pages_of_old_systems_are_told_apart_by_language(page, language):
    content = f"sku;name\n1;{TEXTS[language]}\n".encode(page, "ignore")

    told = found(content)

    assert content.decode(told.codec) == content.decode(page)


@pytest.mark.parametrize(("page", "languages"), [
    ("cp1252", "German French Spanish Danish Portuguese"), ("cp1252", "Spanish German"), ("cp1250", "Polish Czech Hungarian German"),
    ("cp850", "German Spanish Danish")])
def test_a_catalogue_in_many_languages_is_told_as_well(page, languages):
    content = "".join(f"{language};{TEXTS[language]}\n" for language in languages.split()).encode(page, "ignore")

    assert found(content).codec == page


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_is_known_in_every_language(codec, text):
    content = f"sku;name\n1;{text}\n".encode(codec)

    told = found(content)

    assert (content.decode(told.codec), told.whole) == (f"sku;name\n1;{text}\n", True)


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_western_text_in_utf_16_needs_no_bom(codec):
    assert found(f"sku;name\n1;{TEXTS['German']}\n".encode(codec)).codec == codec


@pytest.mark.parametrize("codec", ["utf-8", "cp1252"])
def test_an_umlaut_behind_three_megabytes_of_plain_letters_counts(codec):
    content = b"sku;name;price\n" + ASCII_ROWS + "X;Größe für Türen;1\n".encode(codec)

    assert found(content).name == codec


def test_a_letter_that_lies_across_two_blocks_is_whole():
    content = b"x" * (encoding.BLOCK - 1) + "ü\n".encode()

    assert found(content) == encoding.Encoding("utf-8", whole=True)


def test_plain_ascii_is_utf_8():
    assert found(b"sku;name\n1;plain\n") == encoding.Encoding("utf-8", whole=True)


def test_one_umlaut_is_enough_for_windows():
    assert found("sku;name\n1;Tür\n".encode("cp1252")).codec == "cp1252"


@pytest.mark.parametrize("sign", ["10 °C", "12,50 €", "5 × 7", "Lycra®", "Brand™", "10 – 20", "don’t", "soft—warm",
    "„neu“", "5 m²", "10\u00a0kg",
    "Ø 20 mm"])
def test_a_file_whose_only_special_character_is_a_sign_is_read_as_windows_writes_it(sign):
    assert found(f"sku;name\n1;{sign}\n".encode("cp1252")).codec == "cp1252"


@pytest.mark.parametrize(("page", "text"), [
    ("shift_jis", "品番ネジ六角ボルト日本語商品名 ステンレス鋼"), ("euc_jp", "六角ボルト ステンレス鋼 黒 白"),
    ("gb2312", "不锈钢螺丝 六角 螺栓 黑色 白色 包装"), ("cp949", "스테인리스 육각 볼트 검은색"),
    ("koi8-r", "Болт шестигранный оцинкованный и другие"),
    ("cp866", "Болт шестигранный оцинкованный и другие"),
    ("cp1253", "Βίδα εξάγωνη γαλβανισμένη και άλλα"), ("cp1254", "Altıgen başlı cıvata, çelik, gümüş, büyük ağ")])
def test_pages_that_are_not_in_the_ladder_are_refused_and_not_guessed(page, text):
    told = found(f"sku;name\n1;{text}\n".encode(page))

    assert isinstance(told, Issue)
    assert told.told("file.csv") == (
        "file.csv: the characters cannot be told (neither UTF-8 nor UTF-16 nor cp1252, cp1250, cp1251, cp850, mac_roman). "
        "Save the file as UTF-8, or have its encoding set in the feed. [FILE-ENCODING]")


@pytest.mark.parametrize(("content", "kind"), [
    (b"PK\x03\x04" + bytes(100), "a ZIP archive or an Excel workbook"),
    (b"\xd0\xcf\x11\xe0" + bytes(100), "an Excel workbook of the old kind"),
    (b"%PDF-1.7\n", "a PDF document"), (b"\x89PNG\r\n", "a picture"), (bytes(range(256)) * 8, "a file with binary data")])
def test_a_file_that_is_no_text_is_called_what_it_is(content, kind):
    told = found(content)

    assert isinstance(told, Issue)
    assert told.sentence == f"this is {kind}, not a text file with rows"


def test_a_workbook_under_a_csv_name_is_refused_before_it_is_read():
    sheet = sheet_of(b"PK\x03\x04" + bytes(1000))

    assert (codes_of(sheet.issues), sheet.refused, list(sheet.rows)) == (["FILE-NOT-TEXT"], True, [])


def test_an_encoding_that_the_feed_fixes_is_not_questioned():
    content = "sku;name\n1;Tür\n".encode("cp850")

    assert found(content, "cp850") == encoding.Encoding("cp850", whole=True)


def test_a_fixed_utf_8_may_have_its_bom():
    assert found("sku\n".encode("utf-8-sig"), "UTF-8").codec == "utf-8-sig"


def test_a_file_that_is_plainly_not_in_the_fixed_encoding_is_refused():
    content = ("sku;name\n" + "1;Türöffner für Büroräume\n" * 50).encode("cp1252")

    assert found(content, "utf-8").code.code == "FILE-ENCODING"


@pytest.mark.parametrize("fixed", [None, "utf-8"])
def test_one_bad_cell_in_a_right_file_costs_its_row_alone(a_feed, fixed):
    content = "sku;name\n" + "".join(f"{n};Größe {n}\n" for n in range(1, 20))
    bad = content.encode().replace("Größe 7".encode(), "Größe 7".encode("cp1252"))

    rows = rows_of(bad, a_feed(encoding=fixed))

    broken = [row for row in rows if hasattr(row, "issues")]
    assert len(rows) == 19
    assert [(row.number, row.line, row.issues[0].column, row.issues[0].value) for row in broken] == [(7, 8, "name", "Gr\\xf6\\xdfe 7")]
    assert codes_of(broken[0].issues) == ["CELL-ENCODING"]


def test_a_utf_8_cell_in_a_windows_file_is_told_with_what_it_means():
    content = "sku;name\n" + "".join(f"{n};Größe {n}\n" for n in range(1, 20))
    mixed = content.encode("cp1252").replace("Größe 7".encode("cp1252"), "Größe 7".encode())

    rows = rows_of(mixed)

    broken = [row for row in rows if hasattr(row, "issues")]
    assert [(row.line, codes_of(row.issues), row.issues[0].facts["meant"]) for row in broken] == [(8, ["CELL-ENCODING-MIXED"], "Größe 7")]
    assert rows[0].cells == ["1", "Größe 1"]


def test_polish_capitals_that_look_like_utf_8_are_left_alone():
    """STÓŁ in cp1250 ends in D3 A3, which is a letter in UTF-8 too, but none that anybody meant."""
    rows = rows_of(f"sku;name\n1;STÓŁ\n2;{TEXTS['Polish']}\n".encode("cp1250"))

    assert [row.cells[1] for row in rows] == ["STÓŁ", TEXTS["Polish"]]


def test_a_byte_that_a_code_page_does_not_know_costs_its_row_alone():
    content = f"sku;name\n1;{TEXTS['German']}\n2;x\n".encode("cp1252").replace(b"2;x", b"2;T\x81r")

    rows = rows_of(content)

    assert rows[0].cells[1] == TEXTS["German"]
    assert codes_of(rows[1].issues) == ["CELL-ENCODING"]


def test_a_file_cut_off_within_a_letter_loses_its_last_row_alone():
    content = "sku;name\n1;Größe\n2;Tür".encode()[:-2]

    rows = rows_of(content)

    assert [codes_of(getattr(row, "issues", ())) for row in rows] == [[], ["CELL-ENCODING"]]
    assert rows[1].unfinished


@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=["Cc", "Cs"]), max_size=200))
def test_what_is_written_as_utf_8_is_read_as_utf_8(text):
    told = found(("sku;name\n" + text).encode())

    assert (told.name, told.whole) == ("utf-8", True)


@given(st.binary(max_size=300))
def test_no_bytes_make_detection_fail(content):
    told = found(content)

    if not isinstance(told, Issue):
        content.decode(told.codec, encoding.ESCAPE)
