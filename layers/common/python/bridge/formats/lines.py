"""A window on the physical lines of a text: enough of them in hand to read a broken record again, never the whole file."""

from __future__ import annotations

from io import StringIO, TextIOWrapper

CHARACTERS = 1_000_000
"""Of a record; a stray quotation mark must not swallow the file."""
BLOCK = 1 << 18


class Lines:
    """`window`: lines with their ends; `before`: how many physical lines stand before it; `heavy`: it holds more than a record may.

    `text` leaves line ends as they are: CR, LF and CRLF each end a line, as editors and spreadsheets count.
    """

    def __init__(self, text: TextIOWrapper) -> None:
        self.text = text
        self.window: list[str] = []
        self.before = 0
        self.heavy = False
        self.unended: int | None = None  # number of the file's last line, if it has no end; known when it is in the window
        self._rest = ""
        self._over = False

    def more(self, done: int) -> bool:
        """Let go of the first `done` lines and take in the next ones; False: there are none, and the window stays as it is."""
        while not self._over:
            block = self.text.read(BLOCK)
            self._over = not block
            if lines := self._split(block):
                self.before += done
                self.window = self.window[done:] + lines
                self.heavy = sum(map(len, self.window)) > CHARACTERS
                if lines[-1][-1] not in "\r\n":
                    self.unended = self.before + len(self.window)
                return True
        return False

    def _split(self, block: str) -> list[str]:
        """The whole lines up to here. What may go on in the next block (half a CRLF, too) waits; of a line without end not all is kept."""
        lines = list(StringIO(self._rest + block, newline=""))
        self._rest = lines.pop() if block and lines and lines[-1][-1] != "\n" else ""
        if len(self._rest) > CHARACTERS:
            self._rest = self._rest[:CHARACTERS] + self._rest[-1]
        return lines
