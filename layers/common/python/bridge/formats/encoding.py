"""Which characters the bytes of a file mean: told by a ladder over the whole file, never by its first megabyte alone.

BOM → the NULs of UTF-16 → strict UTF-8 → UTF-8 with a few bad places → the code page whose reading looks like language
(`bridge.formats.alphabets`; measured against the libraries in performance.md §6). What is not sure is refused, not guessed.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from bridge.domain import codes
from bridge.domain.issue import Issue
from bridge.formats import alphabets

BLOCK = 1 << 20
HEAD = 1 << 16
SAMPLE = 8 << 20  # bytes of lines with high bytes that are looked at
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
         (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
KINDS = ((b"PK\x03\x04", "a ZIP archive or an Excel workbook"), (b"\xd0\xcf\x11\xe0", "an Excel workbook of the old kind"),
         (b"%PDF", "a PDF document"), (b"\x1f\x8b", "a compressed file"), (b"\xff\xd8\xff", "a picture"), (b"\x89PNG", "a picture"))
CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x1a"))

ESCAPE = "bridge.escape"
"""Error handler: each byte that is no character becomes a lone surrogate, so that its cell can be named."""
ESCAPED = re.compile("[\udc00-\udcff]")


def _escape(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start:error.end]), error.end


codecs.register_error(ESCAPE, _escape)


def shown(text: str) -> str:
    """What was read with ESCAPE, as people and JSON may have it: bad bytes as \\xNN."""
    return ESCAPED.sub(lambda bad: f"\\x{ord(bad[0]) & 255:02x}", text)


@dataclass(frozen=True, slots=True)
class Encoding:
    """`codec`: for Python, a BOM being its business; `whole`: each byte was seen to be right; `guessed`: no mark, no proof."""

    codec: str
    whole: bool
    guessed: bool = False

    @property
    def name(self) -> str:
        return self.codec.removesuffix("-sig")

    def suspect(self) -> re.Pattern[str] | None:
        """Finds rows whose cells are worth a look; None: there are none in this file."""
        if self.guessed:
            return re.compile(f"[\udc00-\udcff]|{alphabets.mistaken(self.codec)}")
        return None if self.whole else ESCAPED

    def fault(self, cell: str) -> Issue | None:
        """What is wrong with the characters of one cell; line and column are for the reader to add."""
        if self.guessed and (meant := alphabets.meant(cell, self.codec)):
            return Issue(codes.CELL_ENCODING_MIXED, value=shown(cell), facts={"encoding": self.name, "meant": meant})
        if ESCAPED.search(cell):
            return Issue(codes.CELL_ENCODING, value=shown(cell), facts={"encoding": self.name})
        return None


def detect(file: BinaryIO, fixed: str | None = None) -> Encoding | Issue:
    """`file` is seekable and read once or twice, in blocks; `fixed`: what the feed says, of which only bad places are looked for."""
    head = _from_start(file).read(HEAD)
    if kind := next((kind for mark, kind in KINDS if head.startswith(mark)), None):
        return Issue(codes.FILE_NOT_TEXT, facts={"kind": kind})
    if fixed:
        codec = codecs.lookup(fixed).name
        return _declared(file, "utf-8-sig" if codec == "utf-8" else codec)
    if marked := next((codec for mark, codec in MARKS if head.startswith(mark)), None) or _by_nuls(head):
        return _declared(file, marked)
    controls = len(head) - len(head.translate(None, CONTROLS))
    if controls > 8 and controls * 20 > len(head):
        return Issue(codes.FILE_NOT_TEXT, facts={"kind": "a file with binary data"})
    return Encoding("utf-8", whole=True) if _decodes(file, "utf-8") else _by_language(file)


def _from_start(file: BinaryIO) -> BinaryIO:
    file.seek(0)
    return file


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    return iter(lambda: file.read(BLOCK), b"")


def _by_nuls(head: bytes) -> str | None:
    """UTF-16 without a BOM: nearly every second byte of Western text is NUL."""
    even, odd, half = head[::2].count(0), head[1::2].count(0), len(head) // 2
    if odd * 2 > half and even * 20 < half:
        return "utf-16-le"
    return "utf-16-be" if even * 2 > half and odd * 20 < half else None


def _decodes(file: BinaryIO, codec: str) -> bool:
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        for block in _blocks(_from_start(file)):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeError:  # not only UnicodeDecodeError: UTF-16 wants its BOM
        return False
    return True


def _declared(file: BinaryIO, codec: str) -> Encoding | Issue:
    """An encoding that the file or the feed declares: right throughout, or bad in places, or plainly another one."""
    if _decodes(file, codec):
        return Encoding(codec, whole=True)
    refused = Issue(codes.FILE_ENCODING, facts={"tried": f"they are not {codec.removesuffix('-sig')}"})
    decoder = codecs.getincrementaldecoder(codec)(ESCAPE)
    good = bad = 0
    try:
        for block in _blocks(_from_start(file)):
            text = decoder.decode(block)
            if not text.isascii():
                wrong = len(ESCAPED.findall(text))
                bad += wrong
                good += len(text) - wrong - len(text.encode("ascii", "ignore"))
    except UnicodeError:  # a codec that cannot go on after what it cannot read, as UTF-16 without its BOM
        return refused
    return refused if bad > max(good, 3) else Encoding(codec, whole=False)


def _by_language(file: BinaryIO) -> Encoding | Issue:
    seen = alphabets.neighbourhoods(_high_lines(file))
    if alphabets.of_utf8(seen) > 0.75:
        return Encoding("utf-8", whole=False)
    if codec := alphabets.likeliest(seen):
        return Encoding(codec, whole=False, guessed=True)
    return Issue(codes.FILE_ENCODING, facts={"tried": f"neither UTF-8 nor UTF-16 nor {', '.join(alphabets.CODE_PAGES)}"})


def _high_lines(file: BinaryIO) -> bytes:
    """The lines that have bytes above 127, from all over the file, up to SAMPLE."""
    found: list[bytes] = []
    size = 0
    for block in _blocks(_from_start(file)):
        if not block.isascii():
            lines = [line for line in block.splitlines() if not line.isascii()]
            found += lines
            size += sum(map(len, lines))
            if size > SAMPLE:
                break
    return b"\n".join(found)
