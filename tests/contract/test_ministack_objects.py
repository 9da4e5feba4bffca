"""Objects are read by version and range, as the product reads a drop."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError


def _put(cloud, bucket: str) -> str:
    cloud.bucket(bucket, versioned=True)
    version = cloud.s3.put_object(Bucket=bucket, Key="drop", Body=b"0123456789")["VersionId"]
    cloud.s3.put_object(Bucket=bucket, Key="drop", Body=b"newer")
    return version


def test_a_range_of_a_version_is_that_range(cloud):
    version = _put(cloud, "ranges")

    answer = cloud.s3.get_object(Bucket="ranges", Key="drop", VersionId=version, Range="bytes=2-4")
    assert (answer["Body"].read(), answer["ContentRange"], answer["ContentLength"]) == (b"234", "bytes 2-4/10", 3)
    with pytest.raises(ClientError, match="InvalidRange"):
        cloud.s3.get_object(Bucket="ranges", Key="drop", VersionId=version, Range="bytes=20-30")


def test_ministack_alone_still_sends_the_whole_version(plain_cloud):
    version = _put(plain_cloud, "whole")

    assert plain_cloud.s3.get_object(Bucket="whole", Key="drop", VersionId=version, Range="bytes=2-4")["Body"].read() == b"0123456789"
