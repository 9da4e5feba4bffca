"""How far a census has come, in S3."""

import gzip

import orjson
import pytest

from bridge.adapters.censuses import KEY, Censuses
from bridge.domain.census import Census
from bridge.errors import Unreadable

NOW = 1_800_000_000_000


@pytest.fixture
def bucket(cloud):
    name = cloud.bucket("work-censuses")
    yield name
    cloud.s3.delete_object(Bucket=name, Key=KEY)
    cloud.s3.delete_bucket(Bucket=name)


def test_a_census_is_known_as_it_was_noted_last(cloud, bucket):
    censuses = Censuses(cloud.s3, bucket)
    assert censuses.last() is None

    censuses.note(Census(NOW, page=7))
    living = {f"{n:024x}": f"Größe {n}" for n in range(5_000)}
    noted = Census(NOW, NOW + 5, 0, living, "A-1", {"listed": 3, "read": 2, "deleted": 1, "sent": 0})
    censuses.note(noted)

    assert Censuses(cloud.s3, bucket).last() == noted


def test_one_of_a_newer_format_is_left_in_place(cloud, bucket):
    newer = gzip.compress(orjson.dumps({"format": 2}))
    cloud.s3.put_object(Bucket=bucket, Key=KEY, Body=newer)

    with pytest.raises(Unreadable, match="format 2"):
        Censuses(cloud.s3, bucket).last()
    assert cloud.s3.get_object(Bucket=bucket, Key=KEY)["Body"].read() == newer
