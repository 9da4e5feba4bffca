"""One receipt a run, which never knows less than before (DESIGN.md §4)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.heart.explore import Execution, Moment
from tests.heart.scenario import Scenario
from tests.heart.told import end_of, page_of, receipt_of
from tests.heart.world import Message

ONE_DROP = Scenario(settled=True, recreate=False, chunk_size=2, events=(("drop", "erp", {"A": {"price": "1"}}),))


@pytest.mark.parametrize(("kind", "word"), [("receive", "received"), ("prepare", "checked"), ("report", "closed")])
@pytest.mark.parametrize("file", ["json", "txt"])
def test_a_worker_who_is_late_takes_no_later_word_back(kind, word, file):
    x = Execution(ONE_DROP)
    x.event()
    late = None
    while late is None or not (late.label.startswith("tell") and f".{file} " in late.label):
        assert x.calm()
        late = next((worker for worker in x.workers if worker.name.startswith(kind)), late)

    x.workers.remove(late)
    x.timers += [Message({"timer": "redrive"})]  # somebody else does his work
    while x.calm():
        pass
    (run,) = x.w.ledger.runs.values()
    assert (receipt_of(x, run)["state"], "closed" in page_of(x, run)) == ("closed", True), word

    x.workers.append(late)
    while x.calm():
        pass
    assert (receipt_of(x, run)["state"], "closed" in page_of(x, run)) == ("closed", True), word


def test_wherever_a_worker_dies_the_partner_is_told_received_checked_closed():
    once, words = telling()
    assert words == {"json": ["received", "checked", "closed"], "txt": ["received", "checked", "closed"]}

    for moment in [Moment(call) for call in range(1, once.calls + 1)] + [Moment(call, after=True) for call in once.lasts]:
        _, after_death = telling(moment)
        assert after_death == words, moment


def telling(*dying):
    """Lives through one drop; gives what stood in its receipt, one word after the other."""
    x = Execution(ONE_DROP, dying=dying)
    words, tell = {"json": [], "txt": []}, x.w.exchange.tell

    def told(partner, path, content, kind, rank):
        tell(partner, path, content, kind, rank)
        stands = x.w.files[f"{partner}/{path}"].decode()
        word = next(word for word in ("received", "checked", "closed") if f'"state": "{word}"' in stands or f"— {word}" in stands)
        seen = words[path.rpartition(".")[2]]
        if seen[-1:] != [word]:
            seen.append(word)

    x.w.exchange.tell = told
    x.live()
    return x, words


# ---- a person's value that gives way to the owner's while no drop of his is there
PRICED = ("drop", "erp", {"A": {"price": "1"}})
PUT_BACK = Scenario(settled=True, recreate=False, chunk_size=2, events=(PRICED, ("edit", "A", "price", "3"), PRICED, PRICED))
OTHERS_COME_FIRST = replace(PUT_BACK, events=(*PUT_BACK.events[:2], ("drop", "sup", {"A": {"name": "n"}}), PRICED, PRICED))


def overruled(x):
    """Of each run of the feed, in order: which values its receipt says that it took the place of."""
    runs = sorted((run for run in x.w.ledger.runs.values() if run.feed == "acme/erp"), key=lambda run: run.drop.landed)
    return [[issue["message"] for issue in receipt_of(x, run)["issues"] if issue["code"] == "OVER-PERSON"] for run in runs]


@pytest.mark.parametrize("scenario", [PUT_BACK, OTHERS_COME_FIRST], ids=["his own drop comes next", "another feed's comes first"])
def test_what_refresh_puts_back_is_told_once_in_the_owners_next_receipt(scenario):
    x = Execution(scenario)
    x.live()

    first, second, third = overruled(x)
    assert (first, len(second), third) == ([], 1, [])
    assert "3" in second[0]


def test_wherever_a_worker_dies_it_is_told_once():
    once = Execution(PUT_BACK)
    once.live()
    in_one_go = end_of(once)

    for moment in [Moment(call) for call in range(1, once.calls + 1)] + [Moment(call, after=True) for call in once.lasts]:
        x = Execution(PUT_BACK, dying=[moment])
        x.live()
        assert end_of(x) == in_one_go, moment


def test_a_worker_who_is_late_with_closed_does_not_take_cut_off_back():
    x = Execution(ONE_DROP)
    x.event()
    late = None
    while late is None:
        x.calm()
        late = next((worker for worker in x.workers if worker.name.startswith("report")), None)
    while not late.label.startswith("tell"):
        x.advance(late)

    x.workers.remove(late)
    (id,) = x.w.ledger.runs
    x.w.ledger.cut(id)
    x.w.events.run_closed(x.w.ledger.runs[id])
    while x.calm():
        pass
    run = x.w.ledger.runs[id]
    receipt = receipt_of(x, run)
    assert receipt["state"] == "cut off"

    x.workers.append(late)
    while x.calm():
        pass
    assert receipt_of(x, run) == receipt
