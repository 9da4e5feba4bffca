"""What the stage gives back is what was put into it, also what was put there by the code before."""

import gzip
import io

import orjson
import pytest

from bridge.adapters.stage import Stage
from bridge.errors import Unreadable
from bridge.ports import StagedRow


class S3:
    def __init__(self):
        self.objects = {}

    def upload_fileobj(self, file, bucket, key):
        self.objects[bucket, key] = file.read()

    def download_fileobj(self, bucket, key, file):
        file.write(self.objects[bucket, key])


def written(*lines):
    """A chunk by hand."""
    s3 = S3()
    content = gzip.compress(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    s3.upload_fileobj(io.BytesIO(content), "work", "stages/run/attempt/000000")
    return Stage(s3, "work")


def test_rows_come_back_as_they_were_with_what_is_known_to_be_refused():
    rows = [StagedRow("A-1", 1, 2, {"price": 9.5, "materials": ["wool"]}), StagedRow("A-2", 2, 3, {"price": None}, True),
            StagedRow("A-3", 3, 4, {"colour": "mauve"}, False, {"colour": "its options are red"})]
    stage = Stage(S3(), "work")
    stage.write_chunk("run", "attempt", 0, rows)

    assert stage.chunk("run", "attempt", 0) == rows


def test_a_row_of_the_code_before_has_nothing_refused():
    stage = written({"format": 1}, ["A-1", 1, 2, {"price": 9.5}, False])

    assert stage.chunk("run", "attempt", 0) == [StagedRow("A-1", 1, 2, {"price": 9.5})]


def test_a_stage_of_a_later_format_is_left_in_place_with_a_word():
    with pytest.raises(Unreadable, match="format 9"):
        written({"format": 9}).chunk("run", "attempt", 0)
