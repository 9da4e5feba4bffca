"""Between two tests: the data goes, stack and workers stay (local/ministack/inside/reset.py)."""

import json

import pytest

COUNT = """
    import os
    import boto3

    s3 = boto3.client("s3")

    def handler(event, context):
        s3.put_object(Bucket="work", Key=f"seen/{os.getpid()}", Body=b"")
        return os.getpid()
"""
KEYS = {"AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}


@pytest.fixture(scope="module")
def own(new_cloud):
    """One to itself: a reset would empty the others' buckets under their hands."""
    cloud = new_cloud()
    cloud.bucket("work", versioned=True, events=True)
    cloud.dynamodb.create_table(TableName="ledger", BillingMode="PAY_PER_REQUEST", **KEYS)
    cloud.function("count", COUNT)
    return cloud


def test_all_data_goes_and_the_worker_stays(own):
    worker = own.call("count")
    own.s3.put_object(Bucket="work", Key="a", Body=b"1")
    own.s3.put_object(Bucket="work", Key="a", Body=b"2")
    own.s3.put_object_tagging(Bucket="work", Key="a", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    upload = own.s3.create_multipart_upload(Bucket="work", Key="b")["UploadId"]
    own.dynamodb.put_item(TableName="ledger", Item={"pk": {"S": "run"}})
    queue = own.queue("kept.fifo")
    own.sqs.send_message(QueueUrl=queue, MessageBody="1", MessageGroupId="g")

    own.ask("reset")

    assert own.s3.list_object_versions(Bucket="work").get("Versions", []) == []
    assert own.s3.list_multipart_uploads(Bucket="work").get("Uploads", []) == [], upload
    assert own.dynamodb.scan(TableName="ledger")["Items"] == []
    assert own.waiting(queue) == {"visible": 0, "in flight": 0}
    assert own.call("count") == worker


def test_a_message_may_be_sent_again_that_was_sent_before(own):
    queue = own.queue("again.fifo")
    for _ in range(2):
        own.sqs.send_message(QueueUrl=queue, MessageBody='"once"', MessageGroupId="g")
        assert own.received(queue) == ["once"]
        own.ask("reset")


def test_the_configuration_may_stay_and_then_looks_new(own):
    before = own.s3.put_object(Bucket="work", Key="configuration/current.json", Body=b"{}")["ETag"]
    own.s3.put_object(Bucket="work", Key="erp/inbox/", Body=b"")
    own.s3.put_object(Bucket="work", Key="stages/1", Body=b"x")
    own.secretsmanager.create_secret(Name="bridge/partners/erp", SecretString="{}")

    own.ask("reset", configuration=True)

    assert own.keys("work") == ["configuration/current.json", "erp/inbox/"]
    assert own.s3.get_object(Bucket="work", Key="configuration/current.json", IfNoneMatch=before)["ETag"] != before
    assert own.secretsmanager.get_secret_value(SecretId="bridge/partners/erp")["SecretString"] == "{}"

    own.ask("reset")
    assert own.keys("work") == []
    assert own.secretsmanager.list_secrets()["SecretList"] == []


def test_channels_schedules_go_and_the_templates_stay(own):
    for group in ("bridge-channels", "bridge-own"):
        own.scheduler.create_schedule_group(Name=group)
        own.scheduler.create_schedule(Name="s", GroupName=group, ScheduleExpression="rate(30 days)", FlexibleTimeWindow={"Mode": "OFF"},
                                      Target={"Arn": "arn:aws:sqs:eu-central-1:000000000000:q", "RoleArn": own.role("all")})

    own.ask("reset", schedule_group="bridge-channels")
    assert [schedule["GroupName"] for schedule in own.scheduler.list_schedules()["Schedules"]] == ["bridge-own"]


def test_who_still_works_is_ended_and_writes_nothing_afterwards(own):
    own.function("stubborn", """
        import time
        import boto3

        s3 = boto3.client("s3")

        def handler(event, context):
            for number in range(10_000):
                s3.put_object(Bucket="work", Key=f"stubborn/{number}", Body=b"")
    """, Timeout=60)
    queue = own.queue("stubborn", VisibilityTimeout="60")
    own.sqs.send_message(QueueUrl=queue, MessageBody="{}")
    own.feeds(queue, "stubborn")
    own.until(lambda: own.keys("work", "stubborn/"))

    own.ask("reset")
    assert own.ask("running")["running"] == {}
    assert own.keys("work") == []
    assert own.waiting(queue) == {"visible": 0, "in flight": 0}


def test_an_event_of_the_time_before_reaches_nobody(own):
    queue = own.queue("told")
    arn = own.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    own.function("fails", "def handler(event, context):\n    raise ValueError('again')\n")
    own.events.put_rule(Name="told", EventPattern=json.dumps({"source": ["aws.s3"]}))
    own.events.put_targets(Rule="told", Targets=[
        {"Id": "1", "Arn": arn}, {"Id": "2", "Arn": own.lambda_.get_function(FunctionName="fails")["Configuration"]["FunctionArn"]}])
    own.s3.put_object(Bucket="work", Key="x", Body=b"")
    own.until(lambda: own.waiting(queue)["visible"] and "again" in own.stack.log(50))

    epoch = own.ask("reset")["epoch"]
    log = own.stack.log(10_000).count("async output")
    own.until(lambda: own.call("count"))
    assert own.waiting(queue)["visible"] <= 1  # the one that `count` itself caused
    assert own.ask("ping")["epoch"] == epoch
    assert own.stack.log(10_000).count("async output") <= log + 1
