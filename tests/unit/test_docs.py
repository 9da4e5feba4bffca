"""What the README and the guides say is so: commands, keys with their defaults, targets of make, issues, links, samples."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic.fields import FieldInfo
from typer.core import TyperGroup
from typer.main import get_command

from bridge import configuration
from bridge.domain import codes
from cli.main import app

ROOT = Path(__file__).resolve().parents[2]
README, PARTNER, OPERATOR = ROOT / "README.md", ROOT / "docs/partner-guide.md", ROOT / "docs/operator-guide.md"
GUIDES = [README, PARTNER, OPERATOR]
DECISIONS = sorted((ROOT / "docs/decisions").glob("*.md"))
PAGES = [*GUIDES, *DECISIONS, ROOT / "CHANGELOG.md"]
MODELS = {  # the heading over the table, the model, and what the file's place tells instead of a key
    "partners/NAME.yaml": (configuration.Partner, set()),
    "feeds/PARTNER/NAME.yaml": (configuration.Feed, {"partner", "name"}),
    "key, of a feed": (configuration.Key, set()),
    "columns, of a feed": (configuration.Column, set()),
    "channels/NAME.yaml": (configuration.Channel, {"name"}),
    "when, of a channel": (configuration.When, set()),
    "columns, of a channel": (configuration.ChannelColumn, set()),
    "settings.yaml": (configuration.Settings, set()),
}


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def commands(command: Any = None, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Each command that does something, by its words behind `bridge`."""
    command = command or get_command(app)
    if not isinstance(command, TyperGroup):
        yield words
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, (*words, name))


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_a_command_stands_where_its_reader_looks(words):
    said = re.compile(rf"\bbridge {' '.join(words)}\b")
    assert [page.name for page in GUIDES if said.search(text(page))], "in neither the README nor a guide"


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.name)
def test_a_page_names_no_command_that_is_not_there(page):
    there = set(commands())
    for line in re.findall(r"(?:`|\$ )bridge (?:--twin |--name \w+ )?([a-z][^`\n]*)", text(page)):
        words = tuple(line.split())
        assert any(words[:length] in there for length in (1, 2, 3)), f"bridge {line}"


def keys_told(heading: str) -> dict[str, str]:
    """key → default, as the operator guide's table below this heading has them."""
    section = text(OPERATOR).split(f"\n### {heading}\n", 1)[1].split("\n### ", 1)[0].split("\n## ", 1)[0]
    rows = re.findall(r"^\| `([^`]+)` \| ((?:[^|\\]|\\.)*) \|", section, re.MULTILINE)
    return {key: default.replace("\\|", "|").strip("`") for key, default in rows}


def keys_known(heading: str) -> dict[str, str]:
    model, elsewhere = MODELS[heading]
    return {field.alias or name: default(field) for name, field in model.model_fields.items() if name not in elsewhere}


def default(field: FieldInfo) -> str:
    """As the guide writes it."""
    if field.is_required():
        return "required"
    match field.default:
        case bool():
            return "yes" if field.default else "no"
        case None | ():
            return "none"
        case int() | float():
            return f"{field.default:g}"
        case tuple():
            return ", ".join(field.default)
        case dict():
            return ", ".join(f"{key}: {value}" for key, value in field.default.items()) or "none"
        case _:
            return str(field.default)


@pytest.mark.parametrize("heading", MODELS)
def test_an_operator_finds_each_key_with_its_default_and_none_that_is_not_there(heading):
    assert keys_told(heading) == keys_known(heading)


def test_make_and_the_readme_know_the_same_targets():
    made = set(re.findall(r"^([a-z]+):.*##", text(ROOT / "Makefile"), re.MULTILINE))
    told = {target for page in GUIDES for target in re.findall(r"(?:`|\$ )make ([a-z]+)", text(page))}

    assert told - made == set(), "there is no such target"
    assert made - set(re.findall(r"`make ([a-z]+)", text(README))) == set(), "not in the README"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_code_that_is_named_is_one_that_a_receipt_may_show(page):
    named = re.findall(r"`((?:FILE|FOLDER|FEED|COLUMN|ROW|KEY|CELL|VALUE|PLYTIX|SKIPPED|OVER|HELD)-[A-Z-]*)`", text(page))
    assert [code for code in named if not any(known.startswith(code) for known in codes.CATALOGUE)] == []


def test_a_partner_finds_the_beginning_of_every_code():
    families = {re.match("[A-Z]+-", code)[0] for code in codes.CATALOGUE}
    assert {family for family in families if f"`{family}`" not in text(PARTNER)} == set()


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    heads = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text(page), flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_leads_somewhere(page):
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", text(page)):
        place = (page.parent / target) if target else page
        assert place.exists(), target
        assert not anchor or anchor in anchors(place), f"{target}#{anchor}"


def test_the_yaml_of_the_readme_is_that_of_the_sample_company():
    blocks = re.findall(r"^```yaml\n# (config/\S+)\n(.*?)^```", text(README), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2
    for file, block in blocks:
        assert block in text(ROOT / file), file


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_is_of_no_machine(page):
    assert re.findall(r"(?<![\w.])/(?:root|home|work|tmp|Users|private)/\S*", text(page)) == []


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.name)
def test_a_decision_is_one_page_that_says_what_would_prove_it_wrong(page):
    said = text(page)
    assert len(said.splitlines()) <= 50
    assert re.match(rf"# {int(page.name[:4])}\. ", said), "its number is that of its file"
    for part in ("Date: ", "Status: ", "## Context", "## Decision", "## Consequences", "Wrong if"):
        assert part in said, part


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.name)
def test_what_a_decision_names_is_there(page):
    for place in re.findall(r"`((?:tests|infra|local|layers|benchmarks|functions|cli)/[\w/.]+)(?:::(\w+))?`", text(page)):
        file, test = place
        assert (ROOT / file).exists(), file
        assert not test or f"def {test}(" in text(ROOT / file), f"{file}::{test}"
