"""How quick `read` and `shape` are, as a share of what bare csv.reader does on the same file (performance.md §1, §2).

    python benchmarks/prepare_read.py [ROWS] [ROUNDS]

Goal (DESIGN.md §12): 40,000 rows/s a core with 25 columns. Rounds are interleaved, medians compared; run it pinned to one core.
"""

from __future__ import annotations

import csv
import io
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

from bridge.configuration import Feed
from bridge.domain.duplicates import Keys
from bridge.domain.gtin import check_digit
from bridge.domain.header import match
from bridge.domain.record import Bad, shape
from bridge.formats.delimited import read

GOAL = 40_000
COLUMNS = {
    "EAN": {"to": "gtin", "type": "gtin"}, "Bezeichnung": {"to": "label", "max": 200, "required": True},
    "Beschreibung": {"to": "description", "type": "html"}, "Preis": {"to": "price", "type": "decimal", "min": 0},
    "UVP": {"to": "rrp", "type": "decimal", "min": 0}, "Gewicht": {"to": "weight", "type": "decimal"},
    "Bestand": {"to": "stock", "type": "integer", "min": 0}, "VPE": {"to": "pack", "type": "integer", "min": 1},
    "Breite": {"to": "width", "type": "integer"}, "Höhe": {"to": "height", "type": "integer"}, "Tiefe": {"to": "depth", "type": "integer"},
    "Mindestmenge": {"to": "least", "type": "integer"},
    "Farbe": {"to": "colour", "type": "option", "values": {"rot": "Red", "grün": "Green", "weiß": "White"}},
    "Größe": {"to": "size", "type": "option"}, "Material": {"to": "material", "max": 40}, "Marke": {"to": "brand"},
    "Aktiv": {"to": "active", "type": "boolean"}, "Lieferbar ab": {"to": "from_day", "type": "date", "date": "%d.%m.%Y"},
    "Gruppen": {"to": "groups", "type": "options"}, "Bild": {"to": "picture", "type": "url"}, "Land": {"to": "origin", "max": 2},
    "Zolltarif": {"to": "tariff"}, "Garantie": {"to": "warranty"}, "Hinweis": {"to": "note", "empty": "clear"},
}
FEED = Feed.model_validate({
    "partner": "erp", "name": "products", "takes": ["*.csv"], "decimal": ",", "key": {"column": "ArtNr"}, "columns": COLUMNS})


def main(rows: int, rounds: int) -> None:
    with tempfile.TemporaryFile() as file:
        _write(file, rows)
        size = file.tell()
        took: dict[str, list[float]] = {}
        for _ in range(rounds):
            for name, way in WAYS.items():
                file.seek(0)
                began = time.process_time()
                assert way(cast(BinaryIO, file)) == rows, name
                took.setdefault(name, []).append(time.process_time() - began)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{rows:,} rows, 25 columns, {size / 1e6:.0f} MB; CPU seconds, median of {rounds}; peak {peak} MB")
    floor = statistics.median(took["csv.reader"])
    for name, seconds in took.items():
        median = statistics.median(seconds)
        print(f"{name:32} {rows / median:>9,.0f} rows/s   {floor / median:.2f} of csv.reader")
    print(f"goal {GOAL:,} rows/s")


def _write(file: BinaryIO, rows: int) -> None:
    text = io.TextIOWrapper(file, "utf-8", newline="")
    writer = csv.writer(text, delimiter=";")
    writer.writerow(["ArtNr", *COLUMNS])
    writer.writerows(_rows(rows))
    text.flush()
    text.detach()


def _rows(rows: int) -> Iterator[list[str]]:
    chance = random.Random(8)
    pick, number = chance.choice, chance.randrange
    for n in range(rows):
        gtin = f"{400638100000 + n}0"
        price = f"{number(1, 2000)},{number(100):02}"
        html = f'<p>Für schwere Türen, Nr. {n}.</p>\n<ul><li>aus "Edelstahl", {number(999)} mm</li>\r\n<li>Brandschutz geprüft</li></ul>'
        yield [
            f"A-{n:07}", gtin[:-1] + str(check_digit(gtin)), f"Türdrücker Größe {n % 97} Ausführung {number(10**6)}", html,
            price, price, f"{number(1, 90)},{number(10)}", f"{number(5000)}", "10",
            f"{number(900)}", f"{number(900)}", f"{number(900)}", "1", pick(["rot", "grün", "weiß"]), pick("SMLX"),
            pick(["Edelstahl", "Aluminium", "Messing poliert"]), pick(["Höfner", "Brandt", "Sölle"]), pick(["ja", "nein"]),
            f"{number(1, 29):02}.{number(1, 13):02}.2027", "Türen|Beschläge|Neuheiten",
            f"https://example.com/bilder/{n}.jpg", "DE", "83024110", "24 Monate", "" if n % 3 else "nur auf Bestellung"]


def _bare(file: BinaryIO) -> int:
    text = io.TextIOWrapper(file, "utf-8", newline="")
    rows = sum(1 for _ in csv.reader(text, delimiter=";")) - 1
    text.detach()
    return rows


def _read(file: BinaryIO) -> int:
    return sum(1 for _ in read(file, FEED).rows)


def _shaped(file: BinaryIO) -> int:
    sheet, keys, count = read(file, FEED), Keys(), 0
    for record in shape(sheet.rows, FEED, match(sheet.header, FEED)):
        assert not isinstance(record, Bad), record.issues[0].told("file")
        keys.add(record.sku, record.line)
        count += 1
    assert not keys.doubled()
    return count


WAYS: dict[str, Callable[[BinaryIO], int]] = {"csv.reader": _bare, "read": _read, "read + shape + duplicates": _shaped}

if __name__ == "__main__":
    main(int([*sys.argv, "100000"][1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5)
