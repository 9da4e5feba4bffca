"""What services hand to each other: local/ministack/inside/deliveries.py, and MiniStack without it."""

import json

import pytest

FAIL_TWICE = """
    import os
    import boto3

    s3, bucket = boto3.client("s3"), os.environ["BUCKET"]

    def handler(event, context):
        tries = s3.list_objects_v2(Bucket=bucket, Prefix="tries/")["KeyCount"] + 1
        s3.put_object(Bucket=bucket, Key=f"tries/{tries}", Body=b"")
        if tries < 3:
            raise ValueError(f"try {tries}")
"""


def test_an_event_names_the_version_of_each_way_to_write(cloud):
    queue = _told_of_objects(cloud, "versions")
    put = cloud.s3.put_object(Bucket="versions", Key="a/inbox/put.csv", Body=b"1")["VersionId"]
    copied = cloud.s3.copy_object(Bucket="versions", Key="a/inbox/copied.csv", CopySource="versions/a/inbox/put.csv")["VersionId"]
    upload = cloud.s3.create_multipart_upload(Bucket="versions", Key="a/inbox/parts.csv")["UploadId"]
    part = cloud.s3.upload_part(Bucket="versions", Key="a/inbox/parts.csv", UploadId=upload, PartNumber=1, Body=b"1")
    whole = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    done = cloud.s3.complete_multipart_upload(Bucket="versions", Key="a/inbox/parts.csv", UploadId=upload, MultipartUpload=whole)

    told: dict[str, str] = {}
    cloud.until(lambda: told.update(_versions(cloud, queue)) or len(told) == 3)
    assert told == {"a/inbox/put.csv": put, "a/inbox/copied.csv": copied, "a/inbox/parts.csv": done["VersionId"]}


def test_ministack_alone_still_names_no_version(plain_cloud):
    queue = _told_of_objects(plain_cloud, "versions")
    plain_cloud.s3.put_object(Bucket="versions", Key="a/inbox/put.csv", Body=b"1")

    assert plain_cloud.until(lambda: _versions(plain_cloud, queue)) == {"a/inbox/put.csv": None}


def test_a_rules_function_gets_three_tries(cloud):
    _tell(cloud, _failing_twice(cloud))
    assert cloud.until(lambda: len(cloud.keys("tries")) == 3)


def test_ministack_alone_still_gives_it_one(plain_cloud, asked_of_ministack):
    assert asked_of_ministack("""
        import inspect
        from ministack.services import eventbridge
        print("retry" in inspect.getsource(eventbridge._dispatch_to_lambda))
    """) == "False"


def test_events_of_awss_own_services_can_be_put_by_the_twin_alone(cloud):
    queue = cloud.queue("uploads")
    rule(cloud, "uploads", {"source": ["aws.transfer"]}, _arn(cloud, queue))
    entry = {"Source": "aws.transfer", "DetailType": "SFTP Server File Upload Completed", "Detail": json.dumps({"username": "erp"})}

    assert cloud.events.put_events(Entries=[entry])["Entries"][0]["ErrorCode"] == "NotAuthorizedForSourceException"
    assert cloud.ask("events", Entries=[entry])["FailedEntryCount"] == 0
    assert [told["detail"] for told in cloud.until(lambda: cloud.received(queue))] == [{"username": "erp"}]


@pytest.mark.parametrize("size", [0, 1, 1 << 20, (3 << 20) + 7])
def test_a_big_answer_arrives_whole(cloud, size):
    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    if "big" not in [bucket["Name"] for bucket in cloud.s3.list_buckets()["Buckets"]]:
        cloud.bucket("big")
    cloud.s3.put_object(Bucket="big", Key=str(size), Body=body)

    assert cloud.s3.get_object(Bucket="big", Key=str(size))["Body"].read() == body


def rule(cloud, name, pattern, target):
    cloud.events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    cloud.events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": target}])


def _arn(cloud, queue):
    return cloud.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def _told_of_objects(cloud, name):
    cloud.bucket(name, versioned=True, events=True)
    queue = cloud.queue(name)
    rule(cloud, name, {"source": ["aws.s3"], "detail": {"object": {"key": [{"wildcard": "*/inbox/*"}]}}}, _arn(cloud, queue))
    return queue


def _versions(cloud, queue):
    return {told["detail"]["object"]["key"]: told["detail"]["object"].get("version-id") for told in cloud.received(queue)}


def _failing_twice(cloud):
    cloud.bucket("tries")
    return cloud.function("fail-twice", FAIL_TWICE, variables={"BUCKET": "tries"})


def _tell(cloud, function):
    rule(cloud, "fails", {"source": ["bridge"]}, function)
    cloud.events.put_events(Entries=[{"Source": "bridge", "DetailType": "Run Closed", "Detail": "{}"}])
