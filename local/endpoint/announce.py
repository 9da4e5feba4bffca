"""Transfer Family's own events: what was uploaded, downloaded, renamed or deleted, and what failed (aws-reference.md §4.1)."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from local.endpoint.cloud import Cloud
from local.endpoint.login import Location, Visit
from local.endpoint.servers import Protocol

Bus = Callable[[dict[str, Any]], None]
"""Takes one entry of PutEvents."""


class Act(StrEnum):
    UPLOAD = "File Upload"
    DOWNLOAD = "File Download"
    DELETE = "File Delete"
    RENAME = "File Rename"
    MAKE_FOLDER = "Directory Create"
    REMOVE_FOLDER = "Directory Delete"


class Failure(StrEnum):
    PARTIAL_UPLOAD = "PARTIAL_UPLOAD"
    PARTIAL_DOWNLOAD = "PARTIAL_DOWNLOAD"
    UNKNOWN_ERROR = "UNKNOWN_ERROR"


class Lost(Exception):
    """The bus did not take an event."""


def default_bus(cloud: Cloud) -> Bus:
    """The account's default bus. (AWS lets nobody else say `aws.transfer`, and neither does MiniStack as shipped.)"""
    events: Any = cloud.client("events")

    def put(entry: dict[str, Any]) -> None:
        for answer in events.put_events(Entries=[entry])["Entries"]:
            if "ErrorCode" in answer:
                raise Lost(answer["ErrorCode"])
    return put


def best_effort(bus: Bus, logger: logging.Logger) -> Bus:
    """Never raises: also on AWS these events may go missing, and no upload may suffer from it."""
    def put(entry: dict[str, Any]) -> None:
        try:
            bus(entry)
        except Exception as error:  # noqa: BLE001  whatever the bus is made of
            logger.warning("%s is lost: %s: %s", entry["DetailType"], type(error).__name__, error)
    return put


class Announcer:
    """Tells the bus what happened in one visit. `account` and region are those of the server."""

    def __init__(self, bus: Bus, visit: Visit, account: str, region: str) -> None:
        self._bus, self._visit = bus, visit
        self._resource = f"arn:aws:transfer:{region}:{account}:server/{visit.server.id}"

    def completed(self, act: Act, started: datetime, path: Location, *, to: Location | None = None, bytes: int | None = None,
                  etag: str | None = None) -> None:
        facts = {"status-code": "COMPLETED", **_paths(act, path, to), "bytes": bytes}
        if self._visit.protocol is Protocol.FTP:  # in the schema of SFTP and FTPS there is none
            facts["etag"] = etag
        self._put(f"{act} Completed", started, facts)

    def failed(self, act: Act, started: datetime, path: Location, failure: Failure, message: str, *, to: Location | None = None,
               bytes: int | None = None, etag: str | None = None) -> None:
        self._put(f"{act} Failed", started, {
            "status-code": "FAILED", "failure-code": str(failure), "failure-message": message, **_paths(act, path, to),
            "bytes": bytes, "etag": etag})

    def _put(self, kind: str, started: datetime, facts: dict[str, Any]) -> None:
        visit = self._visit
        detail = {"protocol": str(visit.protocol), "server-id": visit.server.id, "username": visit.username,
                  "session-id": visit.id, "client-ip": visit.address, "start-timestamp": _stamp(started),
                  "end-timestamp": _stamp(now()), **{name: fact for name, fact in facts.items() if fact is not None}}
        self._bus({"Source": "aws.transfer", "DetailType": f"{visit.protocol} Server {kind}", "Time": now(),
                   "Resources": [self._resource], "Detail": json.dumps(detail, ensure_ascii=False)})


def _paths(act: Act, path: Location, to: Location | None) -> dict[str, str]:
    match act:
        case Act.RENAME:
            return {"original-file-path": str(path), "renamed-file-path": str(to)}
        case Act.MAKE_FOLDER | Act.REMOVE_FOLDER:
            return {"directory-path": str(path)}
        case _:
            return {"file-path": str(path)}


def now() -> datetime:
    return datetime.now(UTC)


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
