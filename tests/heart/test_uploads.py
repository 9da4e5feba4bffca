"""Transfer's word on an upload, and which drop it means (DESIGN.md §4; aws-reference.md §4.1)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.domain.drop import Drop
from bridge.domain.upload import Upload, of_event

KEY = "acme/inbox/prices/today ü.csv"
DROP = Drop("exchange", KEY, "v1", 48_213, "b1946ac92492d2347c6235b4d2611184", 1_795_514_405_000)
DETAIL = {"status-code": "COMPLETED", "protocol": "SFTP", "bytes": 48_213, "client-ip": "203.0.113.7", "username": "acme",
          "start-timestamp": "2026-11-24T10:00:04.10Z", "end-timestamp": "2026-11-24T10:00:05.98Z", "file-path": f"/exchange/{KEY}",
          "session-id": "ee5a", "server-id": "s-0123456789abcdef0"}
SECOND, MINUTE = 1_000, 60_000


def event(kind="SFTP Server File Upload Completed", **detail):
    return {"source": "aws.transfer", "detail-type": kind, "detail": DETAIL | detail}


@pytest.mark.parametrize("protocol", ["SFTP", "FTPS", "FTP"])
@pytest.mark.parametrize(("outcome", "completed"), [("Completed", True), ("Failed", False)])
def test_an_upload_is_understood_in_all_protocols(protocol, outcome, completed):
    upload = of_event(event(f"{protocol} Server File Upload {outcome}"))

    assert (upload.key, upload.completed, upload.bytes) == (KEY, completed, 48_213)
    assert (upload.started, upload.ended) == (1_795_514_404_100, 1_795_514_405_980)


def test_a_file_that_gets_its_real_name_is_whole():
    renamed = {"original-file-path": f"/exchange/{KEY}.part", "renamed-file-path": f"/exchange/{KEY}"}
    detail = {name: value for name, value in DETAIL.items() if name not in ("bytes", "file-path")} | renamed

    upload = of_event({"source": "aws.transfer", "detail-type": "FTP Server File Rename Completed", "detail": detail})

    assert (upload.key, upload.completed, upload.means(DROP)) == (KEY, True, True)


@pytest.mark.parametrize("kind", ["SFTP Server File Download Completed", "SFTP Server File Delete Completed",
                                  "FTP Server File Rename Failed", "SFTP Server Directory Create Completed"])
def test_other_events_say_nothing_about_uploads(kind):
    assert of_event(event(kind)) is None


@pytest.mark.parametrize("etag", ["b1946ac92492d2347c6235b4d2611184", '"b1946ac92492d2347c6235b4d2611184"'])
def test_the_etag_alone_decides_where_there_is_one(etag):
    upload = of_event(event("FTP Server File Upload Failed", etag=etag, bytes=7))

    assert upload.means(DROP)
    assert upload.means(replace(DROP, landed=DROP.landed + 60 * MINUTE))
    assert not upload.means(replace(DROP, etag="another"))


@pytest.mark.parametrize(("drop", "meant"), [
    (DROP, True),
    (replace(DROP, landed=DROP.landed + 30 * SECOND), True),
    (replace(DROP, landed=DROP.landed - 30 * SECOND), True),
    (replace(DROP, size=48_214), False),
    (replace(DROP, landed=DROP.landed + 10 * MINUTE), False),
    (replace(DROP, landed=DROP.landed - 10 * MINUTE), False),
    (replace(DROP, key="acme/inbox/prices/tomorrow.csv"), False),
], ids=["the drop itself", "clocks that differ", "clocks that differ the other way", "another size", "the next upload", "the one before",
        "another file"])
@pytest.mark.parametrize("outcome", ["Completed", "Failed"])
def test_without_an_etag_bytes_and_times_decide_and_never_the_key_alone(drop, meant, outcome):
    assert of_event(event(f"SFTP Server File Upload {outcome}")).means(drop) is meant


@pytest.mark.parametrize(("detail", "heard"), [
    ({"failure-code": "PARTIAL_UPLOAD"}, True), ({"failure-code": "UNKNOWN_ERROR"}, False),
    ({"failure-code": "UNKNOWN_ERROR", "etag": "b1"}, True)])
def test_of_an_upload_that_wrote_nothing_nothing_is_heard_so_that_a_second_try_is_not_taken_for_it(detail, heard):
    assert (of_event(event("SFTP Server File Upload Failed", **detail)) is not None) is heard


def test_a_failure_that_tells_no_bytes_condemns_nothing():
    assert not Upload(KEY, False, None, None, DROP.landed - SECOND, DROP.landed).means(DROP)
