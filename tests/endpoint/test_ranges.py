"""A download costs a request for each block, whatever pieces the client asks for, and is of one version."""

import io

import pytest
from botocore.exceptions import ClientError

from local.endpoint.login import Location
from local.endpoint.ranges import BLOCK, Ranges
from local.endpoint.refusal import Failed

PIECE = 32_768


class S3:
    """One object behind ranged, conditional GETs; counts them."""

    def __init__(self, body: bytes) -> None:
        self.body, self.etag, self.asked = body, '"1"', 0

    def get_object(self, Bucket, Key, Range, IfMatch=None):
        self.asked += 1
        start, end = map(int, Range.removeprefix("bytes=").split("-"))
        if start >= len(self.body):
            raise ClientError({"Error": {"Code": "InvalidRange", "Message": ""}}, "GetObject")
        if IfMatch not in (None, self.etag):
            raise ClientError({"Error": {"Code": "PreconditionFailed", "Message": ""}}, "GetObject")
        part = self.body[start:end + 1]
        return {"Body": io.BytesIO(part), "ETag": self.etag, "ContentRange": f"bytes {start}-{start + len(part) - 1}/{len(self.body)}"}


def whole(ranges):
    offset, data = 0, b""
    while piece := ranges.read(offset, PIECE):
        offset, data = offset + len(piece), data + piece
    return data


@pytest.mark.parametrize(("size", "requests"), [(1, 1), (BLOCK, 1), (BLOCK + 1, 2), (3 * BLOCK - 5, 3)])
def test_a_file_costs_a_request_a_block(size, requests):
    s3 = S3(bytes(range(256)) * (size // 256 + 1))
    s3.body = s3.body[:size]

    assert whole(Ranges(s3, Location("exchange", "a"))) == s3.body
    assert s3.asked == requests


def test_an_empty_file_is_empty():
    assert whole(Ranges(S3(b""), Location("exchange", "a"))) == b""


def test_reads_to_and_fro_across_a_border_ask_once_for_each_side():
    s3 = S3(bytes(2 * BLOCK))
    ranges = Ranges(s3, Location("exchange", "a"))
    for _ in range(5):
        ranges.read(BLOCK - 10, 10)
        ranges.read(BLOCK, 10)

    assert s3.asked == 2


def test_two_versions_are_never_mixed():
    s3 = S3(bytes(2 * BLOCK))
    ranges = Ranges(s3, Location("exchange", "a"))
    ranges.read(0, PIECE)
    s3.body, s3.etag = b"\x01" * (2 * BLOCK), '"2"'

    with pytest.raises(Failed, match="replaced while it was read"):
        ranges.read(BLOCK, PIECE)
