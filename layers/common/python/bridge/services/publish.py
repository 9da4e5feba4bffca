"""Publish a channel: from the mirror to a snapshot, from the snapshot to one file, and that whole to each recipient (DESIGN.md §7).

    snapshot ── file ── set aside ──┬─ recipient: file ── held report ── manifest ─┐
                                    └─ recipient: file ── held report ── manifest ─┴── published
    A death anywhere is repaired by doing it again: the snapshot stands, so the bytes are the same, and each step may be done twice.
"""

from __future__ import annotations

import gzip
import hashlib
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from tempfile import TemporaryFile
from typing import BinaryIO, Protocol
from zoneinfo import ZoneInfo

import orjson

from bridge.configuration import Bundle, Channel
from bridge.domain import channel as contract
from bridge.domain import snapshot
from bridge.domain.delivery import Delivery, DeliveryState
from bridge.domain.mirror import Mirror
from bridge.domain.product import Product
from bridge.domain.row import Sku
from bridge.domain.snapshot import Head
from bridge.errors import Stop
from bridge.formats import delimited_writer
from bridge.ports import Clock, MirrorState

MANIFEST_FORMAT = 1


class Freshness(Protocol):
    def state(self) -> MirrorState: ...


class WholeMirror(Protocol):
    def all_mirrors(self) -> Iterator[tuple[Sku, Mirror]]: ...


class Snapshots(Protocol):
    """In the work bucket, by id; never changed once there."""

    def lines(self, id: str) -> Iterator[bytes] | None:
        """None: it has not been taken."""

    def put(self, id: str, content: BinaryIO) -> bool:
        """False: another was first; his counts."""


class Outbox(Protocol):
    """Where files are set aside, and the recipients' outboxes."""

    def set_aside(self, run: str, name: str, content: BinaryIO) -> None: ...
    def deliver(self, run: str, name: str, partner: str, channel: str) -> None:
        """What was set aside under `name`, in one step: it is never seen half."""

    def write(self, partner: str, channel: str, name: str, content: bytes) -> None: ...


class Deliveries(Protocol):
    """In the ledger, one a channel and due time."""

    def begin(self, channel: str, due: int, now: int) -> Delivery:
        """A new one, or the one that was begun for this time before, as it stands."""

    def finish(self, delivery: Delivery) -> None:
        """Note how it ended; what is published stays published."""


@dataclass(frozen=True, slots=True)
class Publish:
    """What `publish` needs."""

    configuration: Bundle
    freshness: Freshness
    mirror: WholeMirror
    snapshots: Snapshots
    outbox: Outbox
    deliveries: Deliveries
    clock: Clock
    paused: str = ""  # why nothing is to be published now, if that is so


def publish(name: str, due: int, needs: Publish) -> Delivery:
    """The delivery as it ended; asked for the same due time again, it is done only if it was not. Raises Stop for an unknown channel."""
    channel = needs.configuration.channels.get(name)
    if channel is None:
        raise Stop(f'there is no channel "{name}" in the configuration')
    delivery = needs.deliveries.begin(name, due, needs.clock())
    if delivery.state is DeliveryState.PUBLISHED:
        return delivery
    delivery = replace(delivery, configuration=needs.configuration.version, recipients=channel.recipients)
    if why := needs.paused or unfit(needs.freshness.state(), channel, needs.clock()):
        ended = replace(delivery, state=DeliveryState.LATE, why=why)
    else:
        ended = replace(_publish(channel, delivery, needs), state=DeliveryState.PUBLISHED, why="")
    ended = replace(ended, closed=needs.clock())
    needs.deliveries.finish(ended)
    return ended


def unfit(state: MirrorState, channel: Channel, now: int) -> str | None:
    """Why the mirror must not be published now: what it does not hold would look deleted, what is old would look true."""
    if not state.loaded:
        return "the mirror's first full load is not complete yet"
    age_s = (now - state.refreshed) // 1000
    if age_s > channel.max_age_s:
        return f"the mirror's last complete refresh is {age_s} s old; this channel takes {channel.max_age_s:g} s"
    return None


def _publish(channel: Channel, delivery: Delivery, needs: Publish) -> Delivery:
    head, products = snapshot.read(_snapshot(delivery.due, needs))
    made = replace(delivery, snapshot=head.id, file=file_name(channel, delivery.due))
    with TemporaryFile() as file:
        rows, held = _write(channel, products, file)
        made = replace(made, rows=rows, held=held, size_bytes=file.seek(0, io.SEEK_END), sha256=_sha256(file))
        file.seek(0)
        needs.outbox.set_aside(made.run, made.file, file)
    names = [made.file]
    if held:  # seldom: then the snapshot is read once more, so that memory stays flat however many they are
        names.append(_report(channel, made, needs))
    for recipient in channel.recipients:
        for name in names:
            needs.outbox.deliver(made.run, name, recipient, channel.name)
        needs.outbox.write(recipient, channel.name, f"{made.file}.manifest.json", manifest(channel, made, head))
    return made


def _snapshot(due: int, needs: Publish) -> Iterator[bytes]:
    """The wave's: taken now if this channel is its first, else the one that is there; of two takers the first counts."""
    id = snapshot_id(due)
    if lines := needs.snapshots.lines(id):
        return lines
    head = Head(id, needs.clock(), needs.freshness.state().refreshed)
    with TemporaryFile() as file:
        with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=1) as packed:  # 8 times quicker than 9 (performance.md §5)
            for line in snapshot.lines(head, needs.mirror.all_mirrors()):
                packed.write(line)
        file.seek(0)
        needs.snapshots.put(id, file)
    return _lines(id, needs)


def _lines(id: str, needs: Publish) -> Iterator[bytes]:
    lines = needs.snapshots.lines(id)
    if lines is None:
        raise Stop(f"snapshot {id} cannot be read, though it was written")
    return lines


def _write(channel: Channel, products: Iterator[Product], file: BinaryIO) -> tuple[int, int]:
    """Rows written and products held back."""
    held: Counter[str] = Counter()
    cells = contract.row(channel)

    def rows() -> Iterator[Sequence[str]]:
        yield list(channel.columns)
        for product in filter(contract.selects(channel), products):
            texts, faults = cells(product)
            if faults:
                held["products"] += 1
            else:
                yield texts

    written = delimited_writer.write(rows(), file, delimiter=channel.delimiter, encoding=channel.encoding)
    return written.rows - 1, held["products"]


def _report(channel: Channel, made: Delivery, needs: Publish) -> str:
    """What was held back and why, for people: set aside beside the file, under the name that this gives."""
    _, products = snapshot.read(_lines(made.snapshot, needs))
    cells = contract.row(channel)
    faults = (fault for product in filter(contract.selects(channel), products) for fault in cells(product)[1])
    rows = chain([("sku", "column", "reason")], ((fault.sku, fault.column, fault.reason) for fault in faults))
    name = f"{made.file}.held.csv"
    with TemporaryFile() as report:
        delimited_writer.write(rows, report, delimiter=channel.delimiter, encoding="utf-8-sig", guard=True)
        report.seek(0)
        needs.outbox.set_aside(made.run, name, report)
    return name


def _sha256(file: BinaryIO) -> str:
    file.seek(0)
    hashed = hashlib.sha256()
    while piece := file.read(1 << 20):
        hashed.update(piece)
    return hashed.hexdigest()


def file_name(channel: Channel, due: int) -> str:
    """The day is that of the channel's zone: at 00:30 in Berlin it is still yesterday in UTC."""
    zone = ZoneInfo(channel.when.zone if channel.when else "UTC")
    return channel.file_on(datetime.fromtimestamp(due / 1000, zone))


def snapshot_id(due: int) -> str:
    """By the due time, so that all channels of a wave share one."""
    return datetime.fromtimestamp(due / 1000, UTC).strftime("%Y%m%dT%H%M%S.%fZ")


def manifest(channel: Channel, delivery: Delivery, head: Head) -> bytes:
    """What a recipient checks the file by. `made` is when its snapshot was taken: what was true then is what the file says."""
    return orjson.dumps({
        "format": MANIFEST_FORMAT, "file": delivery.file, "sha256": delivery.sha256, "bytes": delivery.size_bytes, "rows": delivery.rows,
        "snapshot": delivery.snapshot, "run": delivery.run, "channel": channel.name, "columns": list(channel.columns),
        "made": datetime.fromtimestamp(head.taken / 1000, UTC).isoformat(timespec="milliseconds"),
    }, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
