"""A report reads the drop as its run read it, whatever the feed has become since; what cannot be read is given up at last."""

from __future__ import annotations

import csv
import io

from bridge.configuration import Bundle, Column, Feed, Key, Partner
from bridge.domain.budget import Budget
from bridge.domain.duplicates import Keys, issue
from bridge.domain.row import sku
from bridge.domain.run import State
from bridge.domain.switch import Switch
from bridge.domain.waiting import Waiting
from bridge.services.apply import Apply, apply_chunk
from bridge.services.heart import Heart
from bridge.services.prepare import Prepare, give_up, prepare
from bridge.services.receive import Intake, receive
from bridge.services.report import Report, report
from tests.heart.world import World

CONTENT = "Nr;Name;Price\nA-1;Tür;1\nA-2;Tor;2\n"


def bundle(**feed: object) -> Bundle:
    columns = {"Name": Column(to="name"), "Price": Column(to="price")}
    shape = {"takes": ("items/*.csv",), "key": Key(column="Nr"), "columns": columns} | feed
    partners = {"acme": Partner(name="Acme")}
    return Bundle(version=str(sorted(feed)), partners=partners, feeds={"acme/items": Feed(partner="acme", name="items", **shape)})


def registered(world: World) -> str:
    world.land("acme/inbox/items/1.csv", CONTENT.encode("cp1252"))
    w = world
    run = receive(w.intake.pop().body, Intake(w.configuration, w.ledger, w.exchange, w.queues, w.events, w.clock))
    assert run
    return run.id


def prepared(world: World) -> str:
    id = registered(world)
    prepare(id, needs(world))
    return id


def needs(w: World) -> Prepare:
    waiting = Waiting(Switch(writes=True), Budget(), w.now)
    return Prepare(w.configuration, w.ledger, w.tables, w.stage, w.exchange, w.queues, w.events, w.clock, w.schemas.opened(),
                   lambda: w.plytix, w.ledger.state(), waiting)


def applied(w: World, id: str) -> None:
    heart = Heart(w.configuration, w.claims, w.tables, w.plytix, w.schemas.opened(), w.clock)
    needs = Apply(heart, w.ledger, w.stage, w.events, w.ledger.state())
    for message in w.changes:
        apply_chunk(id, message.body["chunk"], needs)
    report(id, Report(w.configuration, w.ledger, w.stage, w.exchange, w.clock))


def results(world: World) -> list[list[str]]:
    file = next(content for name, content in world.files.items() if name.endswith(".result.csv"))
    return list(csv.reader(io.StringIO(file.decode("utf-8-sig")), delimiter=";"))


def test_another_encoding_delimiter_and_heading_of_the_feed_since_change_nothing_of_the_result_file() -> None:
    world = World(bundle(), set())
    id = prepared(world)
    world.configuration = bundle(encoding="utf-16", delimiter=",", key=Key(column="SKU"))

    applied(world, id)

    assert results(world) == [["Nr", "Name", "Price", "_result", "_comment"],
                              ["A-1", "Tür", "1", "CREATED", ""], ["A-2", "Tor", "2", "CREATED", ""]]


def test_rows_of_a_feed_that_was_taken_out_say_so() -> None:
    world = World(bundle(), set())
    id = prepared(world)
    world.configuration = Bundle(version="none", partners={"acme": Partner(name="Acme")}, feeds={})

    applied(world, id)

    assert [row[3] for row in results(world)[1:]] == ["SKIPPED", "SKIPPED"]
    assert all("SKIPPED-RETIRED" in row[4] for row in results(world)[1:])


def test_a_drop_that_is_given_up_ends_with_a_word_and_only_before_anything_was_changed() -> None:
    world = World(bundle(), set())
    id = registered(world)

    assert give_up(id, needs(world))
    report(id, Report(world.configuration, world.ledger, world.stage, world.exchange, world.clock))
    assert (world.ledger.runs[id].state, world.ledger.runs[id].reported > 0) == (State.FAILED, True)
    assert any(b"FILE-FAILED" in content for content in world.files.values())

    assert not give_up(id, needs(world)), "it has ended"


def test_a_key_that_stands_in_every_row_does_not_take_for_ever() -> None:
    keys = Keys()
    for line in range(2, 100_002):
        keys.add(sku("n/a"), line)
    lines = keys.doubled()[sku("n/a")]

    told = [issue(sku("n/a"), line, lines, "Nr").sentence for line in lines]

    assert "2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 99989 more" in told[-1]
