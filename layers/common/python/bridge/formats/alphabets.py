"""Which code page makes high bytes look like language: letters of one language beside letters, signs where signs stand.

Single bytes prove nothing (é in one page is Ú in another); what decides is the neighbourhood. German cp1252 must never become
cp1250, so equal readings go to the first of CODE_PAGES.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice

CODE_PAGES = ("cp1252", "cp1250", "cp1251", "cp850", "mac_roman")
WESTERN = ("äöüßéèàâæçêëîïôœùûÿìòñ", "áéíóúüñçàâãêôõïòªº", "åäöæøéüèà", "áðéíóúýþæö", "äöüõšž", "ëéïèöüáóç")
# de fr it · es pt · da sv no · is · et · nl
CENTRAL = ("ąćęłńóśźżäöüß", "áčďéěíňóřšťúůýžľĺôäöüß", "áéíóöőúüűä", "ăâîşţșț", "čćđšžäöüß")  # pl · cs sk · hu · ro · hr sl
CYRILLIC = ("абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґўђјљњћџѓќѕ",)
ALPHABETS = {"cp1252": WESTERN, "cp1250": CENTRAL, "cp1251": CYRILLIC, "cp850": WESTERN, "mac_roman": WESTERN}
MIXED = {page: set("".join(alphabets)) - set("ðþý") for page, alphabets in ALPHABETS.items()}  # with ðþý Turkish would pass for Western
LESS = 0.8  # what a mixture of languages counts, against one
SIGNS = frozenset("°®™©€£§±²³×·•…–—„“”‘’‚‹›«»½¼¾µ¿¡¹´¨¸№\u00a0\u00ad")
BEFORE_LETTERS = frozenset("„“‘«‚‹–—•·×±§€£¿¡№°½¼¾µ\u00a0\u00ad")  # signs that a word may follow at once
ALONE = frozenset("Øøµ")  # Latin letters that stand alone: a diameter, a unit
ENOUGH = 200_000  # high bytes; more say nothing new
UNSURE = {"cp1252": 0.3}  # per high byte, of 1; the page that most files are in needs less to be believed
UNSURE_ELSE = 0.5
COMMON_CYRILLIC = "оеаинтсрвл"  # in every language written with it most letters are of these
FEW = 20


def neighbourhoods(lines: bytes) -> Counter[bytes]:
    """How often each high byte stands between which two others; a line end for the lack of one."""
    padded = b"\n" + lines + b"\n"
    places = (high.start() for high in islice(re.finditer(rb"[\x80-\xff]", padded), ENOUGH))
    return Counter(padded[at - 1:at + 2] for at in places)


def of_utf8(seen: Counter[bytes]) -> float:
    """Which share of the high bytes belongs to letters of UTF-8."""
    proper = sum(count * length for (_, high, after), count in seen.items() if 0x80 <= after < 0xC0
                 for first, end, length in ((0xC2, 0xE0, 2), (0xE0, 0xF0, 3), (0xF0, 0xF5, 4)) if first <= high < end)
    return proper / max(1, seen.total())


def likeliest(seen: Counter[bytes]) -> str | None:
    """The code page under which they look most like a language; None: under none of them."""
    total = max(1, seen.total())
    scores = {page: _score(seen, page) / total for page in CODE_PAGES}
    best = max(CODE_PAGES, key=lambda page: round(scores[page], 9))
    return best if scores[best] >= UNSURE.get(best, UNSURE_ELSE) else None


def _score(seen: Counter[bytes], page: str) -> float:
    """Signs and misfits count for themselves, letters by the language that explains most of them, or by a mixture of languages."""
    score = explained = 0.0
    letters: Counter[str] = Counter()
    for three, count in seen.items():
        before, character, after = (three[i:i + 1].decode(page, "replace") for i in range(3))
        if character == "\ufffd":
            score -= 4 * count
        elif character.isalpha() and character not in "ªº":
            fits = _fits(before, character, after)
            score += fits * count
            if fits > -1:
                letters[character.lower()] += count
        else:
            score += _sign(before, character, after) * count
    explained = max(sum(letters[letter] for letter in alphabet) for alphabet in ALPHABETS[page])
    explained = max(explained, LESS * sum(letters[letter] for letter in MIXED[page]))
    if page == "cp1251" and explained > FEW and sum(letters[letter] for letter in COMMON_CYRILLIC) < 0.4 * explained:
        explained = 0  # Greek, or another Cyrillic page
    return score + 2 * explained - letters.total()


def _fits(before: str, letter: str, after: str) -> float:
    """0: a letter where one may stand, for its language to explain; -0.5: it stands alone; below: no word looks like this."""
    cyrillic = "\u0400" <= letter <= "\u04ff"
    if any(other.isascii() and other.isalpha() for other in (before, after)) and cyrillic:
        return -2
    if letter.isupper() and before.islower():
        return -2
    if letter.islower() and before.isupper() and after.isupper():
        return -1
    if not cyrillic and all(other.isalpha() and not other.isascii() for other in (before, after)):
        return -1
    if not (before.isalpha() or after.isalpha() or letter in ALONE):
        return -0.5
    return 0


def _sign(before: str, sign: str, after: str) -> float:
    if sign not in SIGNS:
        return -2
    if before.isalpha() and after.isalpha():
        return 1 if sign in "’·…–—\u00ad\u00a0" else -2
    return 1 if not after.isalpha() or sign in BEFORE_LETTERS else -1


def mistaken(page: str) -> str:
    """A pattern for what the first two bytes of a UTF-8 letter look like under `page`."""
    lead = b"\xc2\xc3\xc4\xc5\xe2" + (b"\xd0\xd1" if page == "cp1251" else b"")
    follow = bytes(range(0x80, 0xC0)).decode(page, "ignore")
    return f"[{re.escape(lead.decode(page))}][{re.escape(follow)}\udc80-\udcbf]"


def meant(cell: str, page: str) -> str | None:
    """The cell as UTF-8, if it is that and makes letters one would expect; else None."""
    try:
        text = cell.encode(page, "surrogateescape").decode("utf-8")
    except UnicodeError:
        return None
    expected = r"[\x00-\x7f\u00a0-\u017f\u2010-\u203a\u20ac\u2122" + (r"\u0401-\u045f" if page == "cp1251" else "") + "]*"
    return text if not text.isascii() and re.fullmatch(expected, text) else None
