"""The catalogue of issues: complete, rendered, and the source of its page."""

import subprocess
import sys
from pathlib import Path
from string import Formatter

import pytest

from bridge.domain import codes
from bridge.domain.issue import Issue

ROOT = Path(__file__).resolve().parents[2]


def slots(code):
    return {name for text in (code.sentence, code.remedy) for _, name, _, _ in Formatter().parse(text) if name}


def test_the_page_is_made_from_the_catalogue():
    printed = subprocess.run([sys.executable, "-m", "bridge.domain.codes"], capture_output=True, text=True, check=True).stdout

    assert (ROOT / "docs" / "issues.md").read_text(encoding="utf-8") == printed, "python -m bridge.domain.codes > docs/issues.md"


def test_every_code_stands_on_the_page():
    page = codes.page()

    assert [code for code in codes.CATALOGUE if f"| `{code}` |" not in page] == []


@pytest.mark.parametrize("code", codes.CATALOGUE.values(), ids=lambda code: code.code)
def test_every_code_says_what_is_wrong_and_what_to_do(code):
    issue = Issue(code, 3, "Preis", "9,9O", dict.fromkeys(slots(code) - {"value", "column", "line"}, "…"))

    told = issue.told("prices.csv")

    assert told.startswith('prices.csv line 3, column "Preis": ')
    assert told.endswith(f"[{code.code}]")
    assert not code.sentence.endswith(".")
    assert code.remedy.endswith((".", "{nearest}"))


@pytest.mark.parametrize("name", [name for name in vars(codes) if name.isupper() and isinstance(vars(codes)[name], codes.Code)])
def test_a_code_has_the_name_by_which_the_code_calls_it(name):
    assert vars(codes)[name].code == name.replace("_", "-")


def test_a_partner_reads_what_where_and_how_to_mend_it():
    issue = Issue(codes.VALUE_NUMBER, 214, "Preis", "1.299,0O", {"mark": "comma", "example": "1299,00"})

    assert issue.told("prices.csv") == (
        'prices.csv line 214, column "Preis": "1.299,0O" is not a number. '
        "Write digits with a comma as the decimal mark, e.g. 1299,00. [VALUE-NUMBER]")
