"""Five cron fields, read field by field, and the same as EventBridge Scheduler wants to hear it (aws-reference.md §8.1)."""

from __future__ import annotations

from dataclasses import dataclass

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    first: int
    last: int
    words: tuple[str, ...] = ()

    def values(self, text: str) -> frozenset[int]:
        """`*`, `5`, `1-5`, `*/15`, `8-18/2` and lists of these; names where the field has any."""
        return frozenset().union(*(self._part(part) for part in text.split(",")))

    def _part(self, part: str) -> range:
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        if span == "*":
            low, high = self.first, self.last
        else:
            low = self._number(first)
            high = self._number(last) if dash else low
        if self.words == WEEKDAYS and dash and high == 0:
            high = 7  # FRI-SUN
        if slash and (not step.isdecimal() or int(step) == 0):
            raise ValueError(f'{self.name}: expected a step of 1 or more after "/", found "{part}"')
        if slash and span != "*" and not dash:
            raise ValueError(f'{self.name}: expected "*/{step}" or a range before the step, found "{part}"')
        if low > high:
            raise ValueError(f'{self.name}: expected a range that rises, found "{part}"')
        return range(low, high + 1, int(step or 1))

    def _number(self, text: str) -> int:
        if text.upper() in self.words:
            return self.words.index(text.upper()) + (self.words == MONTHS)
        if not text.isascii() or not text.isdecimal() or not self.first <= int(text) <= self.last:
            names = f" or {self.words[0]} to {self.words[-1]}" if self.words else ""
            raise ValueError(f'{self.name}: expected {self.first} to {self.last}{names}, found "{text}"')
        return int(text)


FIELDS = (Field("minute", 0, 59), Field("hour", 0, 23), Field("day of month", 1, 31), Field("month", 1, 12, MONTHS),
          Field("day of week", 0, 7, WEEKDAYS))


def checked(cron: str) -> str:
    """The expression itself, if it is one that comes round. Raises ValueError with what was expected."""
    expression(cron)
    return cron


def expression(cron: str) -> str:
    """For Scheduler: six fields, one `?`, Sunday is 1 (cron: 0 or 7), steps written out."""
    texts = cron.split()
    if len(texts) != len(FIELDS):
        raise ValueError(f"expected five fields (minute, hour, day of month, month, day of week), found {len(texts)}")
    minute, hour, day, month, weekday = (field.values(text) for field, text in zip(FIELDS, texts, strict=True))
    if min(day) > max(LONGEST[m - 1] for m in month):
        raise ValueError(f"expected a day that the month has, found day {min(day)} of month {texts[3]}")
    days = _spoken(day, 1, 31)
    weekdays = _spoken(frozenset(d % 7 + 1 for d in weekday), 1, 7)
    if "*" not in (days, weekdays):
        raise ValueError("expected a day of month or a day of week, not both")  # cron says "or" here, Scheduler nothing
    if weekdays == "*":
        weekdays = "?"
    else:
        days = "?"
    return f"cron({_spoken(minute, 0, 59)} {_spoken(hour, 0, 23)} {days} {_spoken(month, 1, 12)} {weekdays} *)"


def _spoken(values: frozenset[int], first: int, last: int) -> str:
    """`1-5,30` for what the set holds; `*` for all."""
    if len(values) == last - first + 1:
        return "*"
    spans: list[list[int]] = []
    for value in sorted(values):
        if spans and spans[-1][-1] == value - 1:
            spans[-1].append(value)
        else:
            spans.append([value])
    return ",".join(f"{s[0]}-{s[-1]}" if len(s) > 2 else ",".join(map(str, s)) for s in spans)
