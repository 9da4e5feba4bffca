"""The catalogue of issues: every code with its sentence and its remedy. `python -m bridge.domain.codes` prints docs/issues.md.

A code never changes its meaning. Sentences continue after "file line 3, column "Price": " and end without a full stop.
Slots: value, column, line and the facts that whoever raises the issue gives.
"""

from __future__ import annotations

from bridge.domain.issue import Code, Severity

ERROR, WARNING = Severity.ERROR, Severity.WARNING

# The file as a whole
FOLDER_UNKNOWN = Code("FOLDER-UNKNOWN", ERROR,
    'no feed looks into the folder "{folder}"',
    'Put the file into one of your folders; the nearest is "{nearest}".')
FOLDER_CHECK = Code("FOLDER-CHECK", ERROR,
    'dry runs in folders called "check" are not offered yet; nothing was changed',
    "Put the file into the folder above it to have it processed.")
FEED_NONE = Code("FEED-NONE", ERROR,
    'no feed takes "{value}"',
    "Upload it under a name that was agreed, where * stands for anything: {names}.")
FEED_SEVERAL = Code("FEED-SEVERAL", ERROR,
    'more than one feed takes "{value}": {feeds}',
    "Rename the file so that only one of them fits, or have the patterns of these feeds changed.")
FILE_EMPTY = Code("FILE-EMPTY", ERROR,
    '"{value}" is empty and has stayed so',
    "Export the file again, look at its size, and upload it again.")
FILE_HALF = Code("FILE-HALF", ERROR,
    '"{value}" has the name of an unfinished upload and has stayed so',
    "Upload the file again, and rename it when it is whole, or upload it under its own name at once.")
FILE_CUT_OFF = Code("FILE-CUT-OFF", ERROR,
    'the upload of "{value}" broke off; what arrived is a fragment and was not taken',
    "Upload the file again.")
FILE_CUT_LATE = Code("FILE-CUT-LATE", WARNING,
    'the upload of "{value}" broke off, which was known only when rows of it had been taken; those count, each as its result says',
    "Upload the whole file again: rows that are as they should be change nothing.")
FILE_FAILED = Code("FILE-FAILED", ERROR,
    "the bridge could not read this file, again and again; that is its own fault, and its people find it in their alarms",
    "Wait to hear from them, or save the file anew as CSV (UTF-8) and upload it.")
FILE_NOT_TEXT = Code("FILE-NOT-TEXT", ERROR,
    "this is {kind}, not a text file with rows",
    "Save it as CSV (UTF-8) and upload that.")
FILE_ENCODING = Code("FILE-ENCODING", ERROR,
    "the characters cannot be told ({tried})",
    "Save the file as UTF-8, or have its encoding set in the feed.")
FILE_QUOTES = Code("FILE-QUOTES", ERROR,
    "a quotation mark in the heading is not closed, or something follows it",
    'Close it; a quotation mark inside a quoted cell is written twice ("").')
FILE_NO_HEADER = Code("FILE-NO-HEADER", ERROR,
    "the first line names none of the columns that were agreed: {found}",
    "Put one line with the names of the columns before the data, such as: {expected}.")
FILE_NO_ROWS = Code("FILE-NO-ROWS", WARNING,
    "there is a heading but no row below it",
    "Nothing to do, if that was meant. Otherwise export the file again.")
FILE_ON_ERROR = Code("FILE-ON-ERROR", ERROR,
    "this feed takes a file whole or not at all, and this one has {rows}",
    "Mend the rows that are named and upload the whole file again.")
COLUMN_KEY = Code("COLUMN-KEY", ERROR,
    'the column "{column}", which names the product, is missing; found: {found}',
    "Add it, or have the name that you use set as an alias in the feed.{nearest}")
COLUMN_MISSING = Code("COLUMN-MISSING", ERROR,
    'the column "{column}" is required and missing; found: {found}',
    "Add it, or have the name that you use set as an alias in the feed.{nearest}")
COLUMN_TWICE = Code("COLUMN-TWICE", ERROR,
    "more than one column gives this value: {columns}",
    "Keep one of them, or give the others different names.")
COLUMN_ABSENT = Code("COLUMN-ABSENT", WARNING,
    "agreed columns are not in this file: {columns}",
    "Nothing to do, if that was meant: what the file does not have is left as it is.")
COLUMN_UNKNOWN = Code("COLUMN-UNKNOWN", WARNING,
    "columns that the feed does not know were left out: {columns}",
    "Nothing to do, if that was meant. Otherwise have them added to the feed.")
COLUMN_REFUSED = Code("COLUMN-REFUSED", ERROR,
    "there are columns that the feed does not know: {columns}",
    "Take them out, or have them added to the feed.")
COLUMN_ATTRIBUTE = Code("COLUMN-ATTRIBUTE", ERROR,
    "Plytix has no attribute {attribute}, which this column is meant to fill; the column was left out, all others were taken",
    "Nothing that you could mend: the feed or Plytix is set up wrongly. Send the file again once its people have seen to it.")
COLUMN_COMPUTED = Code("COLUMN-COMPUTED", ERROR,
    "Plytix works out {attribute} by itself; this column was left out, all others were taken",
    "Nothing that you could mend: the people who set up the feed should take the column out of it.")

# Rows
ROW_MORE_CELLS = Code("ROW-MORE-CELLS", ERROR,
    "the row has {found}, the heading {expected}",
    'A cell that holds a {delimiter} must stand in quotation marks: "like this".')
ROW_FEWER_CELLS = Code("ROW-FEWER-CELLS", ERROR,
    "the row has {found}, the heading {expected}",
    "Give each column its cell, also where it is empty.")
ROW_QUOTE = Code("ROW-QUOTE", ERROR,
    "a quotation mark is not closed, or something follows it within its cell{lines}",
    'Close it; a quotation mark inside a quoted cell is written twice, as in "a 5"" screen".')
ROW_DOUBT = Code("ROW-DOUBT", ERROR,
    "the quotation mark that is broken in line {opened} may reach into this row, so it was not taken",
    "Mend line {opened}; this row then counts.")
ROW_TOO_LONG = Code("ROW-TOO-LONG", ERROR,
    "the row is longer than a row may be ({lines_most} lines, {characters_most} characters)",
    "Look for a quotation mark that is not closed, or shorten the row.")
ROW_HEADER = Code("ROW-HEADER", ERROR,
    "the heading stands here again",
    "Take this line out; it looks as if two files were joined.")
ROW_UNFINISHED = Code("ROW-UNFINISHED", WARNING,
    "the last row has no line end, though all others have one, so the file may have been cut off",
    "Upload the whole file again; end its last row with a line end.")
ROW_ON_ERROR = Code("ROW-ON-ERROR", ERROR,
    "the row is right, but this feed takes a file whole or not at all",
    "Mend the other rows and upload the whole file again.")
KEY_EMPTY = Code("KEY-EMPTY", ERROR,
    "the cell that names the product is empty",
    "Fill in the product's number.")
KEY_TWICE = Code("KEY-TWICE", ERROR,
    '"{value}" also stands in {lines}; none of these rows was taken',
    "Keep the one that is right and take out the others.")
KEY_LENGTH = Code("KEY-LENGTH", ERROR,
    '"{value}" has {found} characters; a product\'s number has {most} at most',
    "Use a shorter number.")
KEY_CHARACTERS = Code("KEY-CHARACTERS", ERROR,
    '"{value}" holds a line end or characters that cannot be seen ({characters})',
    "Type the number anew.")
KEY_EXPONENT = Code("KEY-EXPONENT", ERROR,
    '"{value}" is a number that a spreadsheet has shortened; its digits are lost',
    "Format the column as text, fill in the numbers again, and save.")

# Cells
CELL_ENCODING = Code("CELL-ENCODING", ERROR,
    '"{value}" holds bytes that are not {encoding} (shown as \\x…)',
    "Save the whole file in one encoding, best UTF-8.")
CELL_ENCODING_MIXED = Code("CELL-ENCODING-MIXED", ERROR,
    '"{value}" is UTF-8 in a file that otherwise is {encoding}; it means "{meant}"',
    "Save the whole file in one encoding, best UTF-8.")
VALUE_REQUIRED = Code("VALUE-REQUIRED", ERROR,
    "the cell is empty, but this column is required",
    "Fill it in.")
VALUE_NUMBER = Code("VALUE-NUMBER", ERROR,
    '"{value}" is not a number',
    "Write digits with a {mark} as the decimal mark, e.g. {example}.")
VALUE_WHOLE = Code("VALUE-WHOLE", ERROR,
    '"{value}" is not a whole number',
    "Write it without a decimal mark, e.g. 1299.")
VALUE_DIGITS = Code("VALUE-DIGITS", ERROR,
    '"{value}" has more digits than can be kept ({most})',
    "Round it.")
VALUE_EXPONENT = Code("VALUE-EXPONENT", ERROR,
    '"{value}" is a number that a spreadsheet has shortened; its digits may be lost',
    "Format the column as text (numbers: with all digits), fill in the values again, and save.")
VALUE_MINIMUM = Code("VALUE-MINIMUM", ERROR,
    '"{value}" is below {least}',
    "Write {least} or more.")
VALUE_BOOLEAN = Code("VALUE-BOOLEAN", ERROR,
    '"{value}" is neither yes nor no',
    "Write one of {true} for yes, one of {false} for no.")
VALUE_DATE = Code("VALUE-DATE", ERROR,
    '"{value}" is not a date of the form {form}',
    "Write it like {example}.")
VALUE_OPTION = Code("VALUE-OPTION", ERROR,
    '"{value}" is not one of the options',
    "Write one of: {options}.")
VALUE_OPTION_UNKNOWN = Code("VALUE-OPTION-UNKNOWN", ERROR,
    '"{value}" is not one of the options that {attribute} has in Plytix',
    "Write one of them, or have this one added in Plytix and send the row again: {options}.{nearest}")
VALUE_SEVERAL = Code("VALUE-SEVERAL", ERROR,
    '"{value}" is more than one, and {attribute} takes only one',
    "Keep the one that is right.")
VALUE_KIND = Code("VALUE-KIND", ERROR,
    '"{value}" cannot be {kind}, as {attribute} is in Plytix',
    "Nothing that you could mend: the feed says another type than Plytix has for this column, and its people must see to it.")
VALUE_ASSET = Code("VALUE-ASSET", ERROR,
    '"{value}" is not the id of an asset in Plytix',
    "Write its 24 characters (0-9, a-f), or leave the cell empty.")
VALUE_LENGTH = Code("VALUE-LENGTH", ERROR,
    '"{value}" has {found} characters; allowed: {most}',
    "Shorten it.")
VALUE_CHARACTERS = Code("VALUE-CHARACTERS", ERROR,
    '"{value}" holds control characters ({characters})',
    "Take them out; they often come from copying out of another program.")
VALUE_URL = Code("VALUE-URL", ERROR,
    '"{value}" is not a web address',
    "Write it with http:// or https:// and without blanks.")
VALUE_GTIN = Code("VALUE-GTIN", ERROR,
    '"{value}" is not a GTIN: it has 8, 12, 13 or 14 digits and nothing else',
    "Write all its digits, with leading zeros and without blanks or hyphens (column formatted as text).")
VALUE_GTIN_CHECK = Code("VALUE-GTIN-CHECK", ERROR,
    '"{value}" is not a GTIN: its last digit should be {check}',
    "Compare it with the one on the pack; a digit is wrong or two are swapped.")

# What Plytix says
PLYTIX_REFUSED = Code("PLYTIX-REFUSED", ERROR,
    'Plytix does not take "{value}" for {attribute}: {said}',
    "Correct the value, or have Plytix' people see to it; the others of this row are taken without it.")
PLYTIX_ATTRIBUTE = Code("PLYTIX-ATTRIBUTE", ERROR,
    "Plytix has no attribute {attribute}, which this column is meant to fill",
    "Nothing that you could mend: the feed or Plytix is set up wrongly, and its people must see to it.")
PLYTIX_REFUSED_PRODUCT = Code("PLYTIX-REFUSED-PRODUCT", ERROR,
    "Plytix does not take this product: {said}",
    "Correct what Plytix names and send the row again.")

# Why a row was skipped or is held
SKIPPED_NEWER = Code("SKIPPED-NEWER", WARNING,
    '{attribute}: a later file of this feed says "{stands}"; "{value}" was not used',
    "Nothing to do.")
SKIPPED_FEED = Code("SKIPPED-FEED", WARNING,
    '{attribute}: the value of another source stands; "{value}" was not used',
    "Ask which source this attribute belongs to, if yours should stand.")
SKIPPED_PERSON = Code("SKIPPED-PERSON", WARNING,
    '{attribute}: somebody changed it in Plytix, and that stands ("{stands}"); "{value}" was not used',
    "Have the value changed in Plytix, or send a new one, if it should not stand.")
SKIPPED_DELETED = Code("SKIPPED-DELETED", WARNING,
    "somebody deleted this product in Plytix; it was not created again",
    "Take the row out, or ask for the product to be created again.")
SKIPPED_RETIRED = Code("SKIPPED-RETIRED", WARNING,
    "this feed was taken out of the configuration while the file was on its way, so nothing of the row was sent",
    "Ask which feed takes these rows now, and send them there.")
OVER_PERSON = Code("OVER-PERSON", WARNING,
    '{attribute}: somebody had changed it in Plytix to "{stands}"; it was set to "{value}" again',
    "Nothing to do; change it at its source if it should be otherwise.")
HELD_FAILED = Code("HELD-FAILED", WARNING,
    "the bridge failed at this row, again and again; that is its own fault, and its people find it in their alarms",
    "Nothing to do: it is tried again until it is done. If it is urgent, name the run to the bridge's people.")
HELD_ENDLESS = Code("HELD-ENDLESS", WARNING,
    "Plytix answers, but what this row asks of it comes to no end: {said}",
    "Nothing to do: it is tried again until it is done. If it is urgent, ask the bridge's people to look at this product in Plytix.")
HELD_PRODUCT = Code("HELD-PRODUCT", WARNING,
    "there is no such product yet, and this feed creates none; the row waits for it",
    "Nothing to do, if it will come from another source. Otherwise check the product's number.")
HELD_RENAMED = Code("HELD-RENAMED", WARNING,
    "this product has another number in Plytix now",
    "Send it under its new number.")

CATALOGUE: dict[str, Code] = {entry.code: entry for entry in list(globals().values()) if isinstance(entry, Code)}
"""By code, in the order of this page: stored issues are read back by it."""
HOLDING = frozenset(entry.code for entry in (ROW_UNFINISHED, HELD_FAILED, HELD_ENDLESS, HELD_PRODUCT, HELD_RENAMED))
"""Warnings whose row waits; after any other it counts, or was skipped."""

GROUPS = {"FOLDER FEED FILE COLUMN": "The file", "ROW KEY": "Rows", "CELL VALUE": "Cells", "PLYTIX": "What Plytix says",
          "SKIPPED OVER HELD": "Why a row was skipped or is held"}
HEAD = """# Issues

What a receipt may say, by code. An **error** keeps the file, row or value out; after a **warning** it counts all the same,
or the row tells why it was skipped or waits. `{…}` stands for what the receipt fills in. A code never changes its meaning.

This page is made by `python -m bridge.domain.codes`.
"""


def page() -> str:
    """docs/issues.md."""
    parts = [HEAD]
    for prefixes, title in GROUPS.items():
        entries = [code for code in CATALOGUE.values() if code.code.split("-")[0] in prefixes.split()]
        rows = [f"| `{c.code}` | {c.severity.value} | {_cell(c.sentence)} | {_cell(c.remedy)} |" for c in entries]
        parts.append(f"\n## {title}\n\n| code | severity | what is said | what to do |\n|---|---|---|---|\n" + "\n".join(rows) + "\n")
    return "".join(parts)


def _cell(text: str) -> str:
    return text[0].upper() + text[1:].replace("|", "\\|") if not text.startswith("{") else text.replace("|", "\\|")


if __name__ == "__main__":
    print(page(), end="")
