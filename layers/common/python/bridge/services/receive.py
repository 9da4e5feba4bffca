"""Take what S3 and Transfer announce: register each drop once, see whether it is whole and whose it is, queue its run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from ulid import ULID

from bridge.configuration import Bundle
from bridge.domain import codes
from bridge.domain.drop import Drop, agreed, folders, in_inbox, takers
from bridge.domain.issue import Issue
from bridge.domain.run import BEFORE_COMMIT, ENDED, OPEN, Run, State
from bridge.domain.sequence import landing
from bridge.domain.upload import SLACK_MS, Upload, meant, of_event
from bridge.ports import Clock, Events, Exchange, Ledger, Queues
from bridge.services.receipts import tell


@dataclass(frozen=True, slots=True)
class Intake:
    """What `receive` needs."""

    configuration: Bundle
    ledger: Ledger
    exchange: Exchange
    queues: Queues
    events: Events
    clock: Clock


def receive(message: dict[str, Any], intake: Intake) -> Run | None:
    """One message of the intake queue; gives the run that it is about, None where it is about none."""
    match message.get("kind"), message.get("source"):
        case "waited", _:
            return _waited(message["run"], intake)
        case "found", _:
            return take(Drop(**message["drop"]), intake, stays=True)
        case _, "aws.s3":
            return take(drop_of(message), intake)
        case _, "aws.transfer":
            upload = of_event(message)
            return hear(upload, intake) if upload and in_inbox(upload.key) else None
        case _:
            raise ValueError(f"the intake queue holds what is neither an event nor ours: {sorted(message)}")


def drop_of(event: dict[str, Any]) -> Drop:
    """The drop that an S3 `Object Created` event tells of (aws-reference.md §5.1; the key is plain)."""
    at, thing = datetime.fromisoformat(event["time"]), event["detail"]["object"]
    return Drop(event["detail"]["bucket"]["name"], thing["key"], thing["version-id"], thing["size"], thing["etag"],
                int(at.timestamp() * 1000), thing.get("sequencer", ""))


def take(drop: Drop, intake: Intake, *, stays: bool = False) -> Run | None:
    """Register the drop. `stays`: it was found lying there, so that also a half or empty file gets its answer."""
    if not in_inbox(drop.key) or drop.is_folder or ((drop.is_half or not drop.size) and not stays):
        return None
    feed, issue = _whose(drop, intake.configuration)
    now = intake.clock()
    run = Run(str(ULID.from_timestamp(now / 1000)), drop, feed, landing(drop.landed, drop.sequencer, drop.key), now, moved=now)
    if issue:
        run = replace(run, state=State.REFUSED, closed=now, issues=(issue.as_json(),))
    else:
        run = replace(run, lane=intake.configuration.feeds[feed].lane)
    run, _ = intake.ledger.register(run)
    if run.state is State.REFUSED and not run.reported:
        intake.events.run_closed(run)
    if run.state is State.RECEIVED:  # also the second time: the first may have died here
        tell(run, intake.exchange)
        _await_word(run, intake)
    return run


def _whose(drop: Drop, configuration: Bundle) -> tuple[str, Issue | None]:
    """The feed that takes it, or why none does."""
    if drop.is_half:
        return drop.partner, Issue(codes.FILE_HALF, value=drop.name)
    if not drop.size:
        return drop.partner, Issue(codes.FILE_EMPTY, value=drop.name)
    if "check" in drop.path.split("/")[:-1]:
        return drop.partner, Issue(codes.FOLDER_CHECK, value=drop.path)
    match takers(configuration, drop):
        case [feed]:
            return feed.id, None
        case []:
            return drop.partner, _nobodys(drop, configuration)
        case several:
            return drop.partner, Issue(codes.FEED_SEVERAL, value=drop.path, facts={"feeds": ", ".join(f.name for f in several)})


def _nobodys(drop: Drop, configuration: Bundle) -> Issue:
    """Neither the folder nor the name may be as agreed; the folder is what people get wrong first."""
    folder, known = drop.path.rpartition("/")[0], folders(configuration, drop.partner)
    nearest = get_close_matches(folder, known, 1, cutoff=0)
    if folder not in known and nearest:
        return Issue(codes.FOLDER_UNKNOWN, value=drop.path, facts={"folder": _shown(folder), "nearest": _shown(nearest[0])})
    return Issue(codes.FEED_NONE, value=drop.path, facts={"names": agreed(configuration, drop.partner)})


def _shown(folder: str) -> str:
    return f"/inbox/{folder}".rstrip("/")


def _await_word(run: Run, intake: Intake) -> None:
    """Transfer may have spoken before S3 did; else the run waits for it, but not for ever (server events are best effort)."""
    words = _words(run, intake)
    if any(not upload.completed for upload in words):
        stop(run, intake)
    elif words:
        _whole(run, intake)
    else:
        intake.queues.send_waited(run, intake.configuration.settings.upload_event_s)


def _words(run: Run, intake: Intake) -> list[Upload]:
    """What Transfer has said of this very drop."""
    words = [upload for upload in intake.ledger.uploads_of(run.drop.key) if upload.means(run.drop)]
    if words:
        drops = [other.drop for other in intake.ledger.runs_of(run.drop.key, _since(words))]
        words = [upload for upload in words if meant(upload, drops) == run.drop]
    return words


def _since(words: list[Upload]) -> int:
    """No drop that these words are about was registered before."""
    return min(upload.started for upload in words) - SLACK_MS


def hear(upload: Upload, intake: Intake) -> Run | None:
    """Transfer's word on an upload: whole, or cut off. It is kept, since S3's event may come after it."""
    intake.ledger.note_upload(upload)
    runs = intake.ledger.runs_of(upload.key, _since([upload]))
    drop = meant(upload, [run.drop for run in runs])
    run = next((run for run in runs if run.drop == drop), None)
    if run and upload.completed and run.state in OPEN:
        _whole(run, intake)
    elif run and not upload.completed and not run.whole:
        stop(run, intake)
    return run


def _whole(run: Run, intake: Intake) -> None:
    intake.ledger.prove(run.id)
    if run.state is State.RECEIVED:
        intake.queues.send_run(run)


def stop(run: Run, intake: Intake) -> None:
    """The drop is a fragment: its run is stopped where it is. What was committed by then counts, and the receipt tells both."""
    issue = Issue(codes.FILE_CUT_OFF, value=run.drop.name).as_json()
    stopped = intake.ledger.advance(run.id, BEFORE_COMMIT, State.CUT_OFF, closed=intake.clock(), issues=(issue,))
    if stopped or (intake.ledger.cut(run.id) and run.state in ENDED):
        intake.events.run_closed(run)


def _waited(id: str, intake: Intake) -> Run:
    run = intake.ledger.run(id)
    if run.state is State.RECEIVED:
        intake.queues.send_run(run)
    return run
