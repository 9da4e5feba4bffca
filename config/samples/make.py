"""Writes the sample drops beside it, the same each time: python config/samples/make.py. Products, people and prices are invented.

Each file has a few rows that are wrong on purpose; FAULTS says which and how.
"""

import csv
from collections.abc import Callable, Iterable
from pathlib import Path

COLOURS = ["Schwarz", "Weiß", "Moosgrün", "Nachtblau", "Rostrot", "Sandbeige", "Anthrazit", "Ocker"]
LINES = """
Trekkingrucksack Höhenweg|28 L,52 L|Nordhang|Nylon/Leder|1.15|139.9|62|5|trägt sich auch nach acht Stunden noch leicht
Tagesrucksack Dünenläufer|18 L,24 L|Nordhang|Polyester|0.62|79.95|48|3|für kurze Wege & lange Tage
Kuppelzelt Nebelmoor|2 Personen,4 Personen|Nordhang|Polyester/Aluminium|3.4|289|58|3|steht in fünf Minuten, auch bei Böen
Tarp Windfänger|3 × 3 m,4 × 4 m|Nordhang|Nylon|0.78|119|34|3|mit 8 verstärkten Ösen
Schlafsack Frostgrenze|Komfort 0 °C,Komfort -8 °C|Nordhang|Nylon/Polyester|1.6|199.5|41|5|gemütlich bis zum Morgengrauen
Isomatte Moosbett|183 cm,198 cm|Nordhang|Polyester|0.49|89.9|30|2|bläst sich fast von selbst auf
Wolldecke Hüttenzauber|130 × 180 cm,150 × 200 cm|Seeblick|Wolle|1.3|99|40|2|gewebt aus Schurwolle; läuft nicht ein
Kissen Federgras|40 × 40 cm,50 × 50 cm|Seeblick|Leinen/Baumwolle|0.55|34.5|42|2|Bezug abnehmbar, bei 30 °C waschbar
Gaskocher Glühwurm|1 Flamme,2 Flammen|Alpwerk|Aluminium/Edelstahl|0.38|64.9|22|2|kocht 1 l Wasser in 3½ Minuten
Topfset Großküche|2-teilig,4-teilig|Alpwerk|Edelstahl|1.05|74|24|10|stapelbar, Deckel mit Sieb
Bräter Sonntagsruh|4,5 L,6,7 L|Birkfeuer|Gusseisen|5.2|129|33|25|für Ofen, Herd und offenes Feuer
Pfanne Röstmeister|24 cm,28 cm|Birkfeuer|Gusseisen/Leder|2.15|59.9|46|25|eingebrannt mit Leinöl
Feuerschale Sternwarte|55 cm,80 cm|Birkfeuer|Edelstahl|8.9|799|80|5|mit Funkenschutz & Ascheblech
Klappspaten Wühlmaus|kurz,lang|Nordhang|Edelstahl|0.74|32.9|27|10|Säge und Hacke sind schon dran
Taschenmesser Spänling|7 cm,9 cm|Nordhang|Edelstahl/Kork|0.11|44|12|10|liegt gut in nassen Händen
Trinkflasche Quellwasser|0,5 L,0,75 L|Alpwerk|Edelstahl/Bambus|0.29|24.95|27|3|hält 24 h kalt und 12 h heiß
Becher Frühaufsteher|0,3 L,0,4 L|Alpwerk|Keramik/Kork|0.34|18.5|13|1|spülmaschinenfest, größter Griff seiner Klasse
Campingstuhl Bärensitz|niedrig,hoch|Nordhang|Aluminium/Polyester|2.7|69|71|3|bis 140 kg; Becherhalter rechts & links
Hängematte Lindenschatten|270 cm,300 cm|Seeblick|Baumwolle|1.45|84.9|36|2|samt Gurten, die keinem Baum wehtun
Picknickdecke Wiesengrund|150 × 135 cm,200 × 180 cm|Seeblick|Polyester/Baumwolle|0.92|39.9|38|2|Rückseite wasserdicht
Kühltasche Polarnacht|15 L,26 L|Alpwerk|Polyester/Aluminium|0.81|49.9|39|2|36 h kühl (mit 4 Akkus)
Gießkanne Regentropfen|5 L,9 L|Seeblick|Aluminium|0.98|42|44|5|Brause aus Messing
Gartenschere Dornröschen|Rechtshänder,Linkshänder|Seeblick|Edelstahl/Leder|0.24|37.9|22|25|jedes Teil einzeln zu haben
Laterne Nachtwächter|24 cm,38 cm|Seeblick|Edelstahl|1.7|54.9|38|3|für Kerzen bis 8 cm Ø
Hocker Kleine Pause|30 cm,45 cm|Seeblick|Bambus|2.2|58|45|5|trägt 120 kg
Schneidbrett Brotzeit|35 × 22 cm,45 × 30 cm|Seeblick|Bambus/Kork|1.1|29.9|45|5|Saftrille außen, Griff innen
Regenponcho Wolkenbruch|M/L,XL/XXL|Nordhang|Nylon|0.33|59.95|21|2|passt über den Rucksack
Mütze Eiszapfen|S/M,L/XL|Nordhang|Wolle|0.09|29.9|20|1|kratzt nicht; ehrlich
Stirnlampe Fuchsbau|300 lm,600 lm|Nordhang|Aluminium|0.088|48.5|9|3|rotes Licht für die Karte
Trekkingstöcke Gämse|110–130 cm,115–140 cm|Nordhang|Aluminium/Kork|0.46|94|65|5|Paar, Griff "Ergo" 12°
""".strip().splitlines()
"""Name, two sizes (in 0,5 L the comma belongs to the size), brand, materials, kg, EUR, cm, years, text."""
ENGLISH = {"Gaskocher": "Gas stove", "Topfset": "Pot set", "Trinkflasche": "Drinking bottle", "Becher": "Mug", "Kühltasche": "Cool bag"}
ERP_HEAD = ["Artikelnummer", "Bezeichnung", "EAN", "Marke", "Farbe", "Material", "Gewicht (kg)", "Packlänge (cm)", "Kurztext",
            "Beschreibung", "Verkaufsstart", "Garantie (Jahre)", "Nachhaltig", "Produktseite"]
SHEET_HEAD = ["Item No.", "Name", "EAN/GTIN", "Long description", "Care", "Origin", "Weight", "Available from", "Remarks"]
Product = dict[str, str]
Faults = dict[int, Callable[[list[str]], list[str]]]


def gtin(digits: str) -> str:
    """With its check digit: from the right, threes and ones by turns."""
    weighed = sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(reversed(digits)))
    return digits + str(-weighed % 10)


def comma(number: float, places: int) -> str:
    """1299.0 → 1.299,00"""
    return f"{number:,.{places}f}".translate(str.maketrans(",.", ".,"))


def sizes(text: str) -> list[str]:
    parts = text.split(",")
    return [",".join(parts[:len(parts) // 2]), ",".join(parts[len(parts) // 2:])]


def products() -> Iterable[Product]:
    """Thirty lines of eight: two sizes, four colours."""
    for line, text in enumerate(LINES):
        name, both, brand, material, kg, eur, cm, years, says = text.split("|")
        for n in range(8):
            size, colour = sizes(both)[n // 4], COLOURS[(line + 3 * (n % 4)) % 8]
            factor = 1 if n < 4 else 1.35
            number = line * 8 + n
            # leading zeros: seven digits, and the 04… and 2… that GS1 leaves to a company's own use
            yield {"sku": f"{10_000 + line * 100 + n + 1:07d}", "name": f"{name} {size}", "brand": brand, "colour": colour,
                   "gtin": gtin(f"04{number * 37 + 1_000_000_000:010d}" if line % 3 == 0 else f"2{number * 91 + 40_000_000_000:011d}"),
                   "material": material, "kg": f"{float(kg) * factor:.3f}",
                   "eur": f"{float(eur) if n < 4 else round(float(eur) * factor) - 0.1:.2f}", "cm": cm,
                   "years": years, "says": says, "day": f"{1 + number % 28:02d}", "month": f"{1 + line % 12:02d}"}


def erp(p: Product, n: int) -> list[str]:
    text = f"<p><strong>{p['name']}</strong> in {p['colour']}: {p['says'].replace('&', '&amp;')}.</p>"
    if n % 5 == 0:
        text += "\n<ul>\n<li>Maß: 12\" × 8\"</li>\n<li>Größe &amp; Gewicht: siehe oben; ±2 %</li>\n</ul>"
    short = p["says"] + ("" if n % 7 else "\nNur solange der Vorrat reicht")
    return [p["sku"], f"{p['name']}, {p['colour']}", p["gtin"], p["brand"], p["colour"], p["material"], comma(float(p["kg"]), 3),
            comma(float(p["cm"]), 1), short, text, f"{p['day']}.{p['month']}.2026" if n % 9 else "", p["years"], "ja" if n % 3 else "nein",
            f"https://www.nordhang.example/p/{p['sku']}"]


def sheet(p: Product, n: int) -> list[str]:
    thing = ENGLISH[p["name"].split()[0]]
    about = f"<p>A {thing.lower()} made to be dropped, dented, and used again.</p>"
    if n % 4 == 0:
        about += "\n<p>\"Best before\": never. Bring your own fuel, please.</p>"
    name = f"{thing}, {'large' if n % 8 > 3 else 'small'}, {p['sku'][-3:]}"
    return [p["sku"], name, p["gtin"] if n % 2 else "", about,
            "Hand wash only\nDo not bleach" if n % 6 == 0 else "Wipe clean", ["DE", "AT", "IT", "Portugal"][n % 4],
            f"{float(p['kg']) + 0.02:.2f}", f"2026-{p['month']}-{p['day']}" if n % 3 else "", "new carton" if n % 10 == 0 else ""]


def price(p: Product, n: int) -> list[str]:
    return [p["sku"], comma(float(p["eur"]) * 0.62, 2), comma(float(p["eur"]), 2), "01.12.2026" if n % 4 else ""]


def stock(p: Product, n: int) -> list[str]:
    pieces = n * 13 % 240
    again = f"2026{12 if n % 2 else 11}24" if pieces < 20 else ""
    return [p["sku"], f"HALLE {'SÜD' if n % 2 else 'NORD'} {n % 17:02d}", str(pieces), again]


def put(column: int, text: str) -> Callable[[list[str]], list[str]]:
    return lambda row: [*row[:column], text, *row[column + 1:]]


FAULTS: dict[str, Faults] = {
    "ARTIKEL_20261124.csv": {
        17: put(6, "1,2O"),  # the letter O
        42: put(10, "31.02.2026"),  # no such day
        58: put(4, "Koralle"),  # a colour that Plytix does not have
        77: put(0, "0010904"),  # the number of the row before: one key, two rows
        101: lambda row: row[:9],  # cut off by hand
        133: put(2, "2040000012110"),  # check digit
        150: put(1, ""),  # no name
        171: put(0, ""),  # no number
        190: put(12, "vielleicht"),
    },
    "alpwerk_2026-11.csv": {
        7: put(6, "0.52 kg"),
        19: put(5, "Czechoslovakia"),  # none of the countries that the feed knows
        33: put(7, "2026-13-01"),
    },
    "PREISE_20261124.csv": {
        11: put(1, "12,9O"),
        40: put(1, "-4,00"),
        66: put(0, "0099001"),  # a product that nobody knows
    },
    "BESTAND.TXT": {
        5: put(2, "n/a"),
        22: put(2, "-3"),
        50: put(0, "0099002"),
    },
}
"""File → number of the data row (1 for the first) → what is done to it."""


def write(path: Path, head: list[str], rows: Iterable[list[str]], encoding: str, delimiter: str) -> None:
    faults = FAULTS[path.name]
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\r\n")
        writer.writerow(head)
        writer.writerows(faults.get(number, list)(row) for number, row in enumerate(rows, 1))


def make(folder: Path) -> None:
    every = list(products())
    alpwerk = [p for p in every if p["brand"] == "Alpwerk"]
    new = [p | {"sku": f"{70_000 + n:07d}", "gtin": gtin(f"2{99_000_000_000 + n * 7:011d}")} for n, p in enumerate(alpwerk[:6], 1)]
    write(folder / "ARTIKEL_20261124.csv", ERP_HEAD, (erp(p, n) for n, p in enumerate(every)), "cp1252", ";")
    write(folder / "alpwerk_2026-11.csv", SHEET_HEAD, (sheet(p, n) for n, p in enumerate(alpwerk + new)), "utf-8-sig", ",")
    write(folder / "PREISE_20261124.csv", ["ArtNr", "VK netto", "UVP", "gültig ab"],
          (price(p, n) for n, p in enumerate(every[::2])), "utf-8", ";")
    write(folder / "BESTAND.TXT", ["ARTNR", "LAGERORT", "BESTAND", "WIEDER_AB"],
          (stock(p, n) for n, p in enumerate(every[1::4])), "cp850", "\t")


if __name__ == "__main__":
    make(Path(__file__).parent)
