"""Where a function's process was killed cannot be seen afterwards: the same products, receipts and tables as without (kill -9).

A worker dies after each request to Plytix and after each write that it makes, and before the first of them. Before a write is
the same moment as after the one before it: between the two it only reads. (In process, `tests/heart/test_deaths.py` also dies
at every read.)
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest

from local.ministack.rehearsal import Death, Rehearsal
from tests.actors import Company, a_feed
from tests.faults.ending import comes_to_rest, ending

COLUMNS = {"name": "label", "price": {"to": "price", "type": "decimal", "owner": "feed"}, "colour": {"to": "colour", "type": "option"}}
ROWS = b"sku;name;price;colour\nA-1;Chair;9,90;teal\nB-2;Table;19;red\nC-3;Bed;cheap;red\n"
"""One is made, once its unknown colour has been refused; one was made by a person, and is patched; one is faulty."""
READS = re.compile(r"dynamodb\.(Get|BatchGet|Query)|s3\.(Get|Head)|secretsmanager\.Get")
QUICK = {"upload_event_s": 0, "redrive_s": 0, "retry_s": 0, "client_timeout_s": 0.8, "claim_s": 1.2}


@pytest.fixture
def drop(company: Company):
    """Drops the file into an empty twin, and waits until all is at rest."""
    company.works_with(a_feed(columns=COLUMNS, decimal=","), chunk_size=2, **QUICK)

    def again() -> None:
        company.twin.reset(configuration=True)
        company.has_loaded_the_mirror()
        company.plytix.create({"sku": "B-2", "label": "by hand"})
        company.puts("erp/inbox/products/today.csv", ROWS)
        comes_to_rest(company.twin)

    return again


def moments(rehearsal: Rehearsal, function: str) -> Iterator[Death]:
    """After each write and each request, and before the first."""
    passed = [re.sub(r"/[0-9a-f]{24}", "/*", line.partition(" ")[2]) for line in rehearsal.passed()]
    seen: Counter[str] = Counter()
    first = True
    for point in passed:
        seen[point] += 1
        if READS.match(point) or (point.endswith(":before") and not first):
            continue
        first = False
        yield Death(function, point, seen[point])


@pytest.mark.parametrize("function", ["receive", "prepare", "apply", "report"])
def test_where_it_was_killed_cannot_be_seen_afterwards(company: Company, drop, function):
    drop()
    without = ending(company)
    with company.twin.dying(Death(function)) as rehearsal:
        drop()
        deaths = list(moments(rehearsal, function))
    assert len({death.point.partition(":")[0] for death in deaths}) > 2, deaths

    for death in deaths:
        with company.twin.dying(death) as rehearsal:
            drop()
            assert rehearsal.died(), f"nobody came to {death}"
        assert ending(company) == without, death
