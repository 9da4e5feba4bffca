"""Queues as AWS has them, or kinder where a test would wait: local/ministack/inside/queues.py, and MiniStack without it."""

# Notes who it is, and answers whether the other group's function was running at the same time.
MEET = """
    import os, time
    import boto3

    s3, bucket = boto3.client("s3"), os.environ["BUCKET"]

    def handler(event, context):
        groups = [record["attributes"]["MessageGroupId"] for record in event["Records"]]
        me, other = groups[0], {"a": "b", "b": "a"}[groups[0]]
        s3.put_object(Bucket=bucket, Key=f"here/{me}", Body=b"")
        deadline, met = time.time() + float(os.environ["PATIENCE"]), False
        while not met and time.time() < deadline:
            met = f"here/{other}" in [found["Key"] for found in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
        s3.put_object(Bucket=bucket, Key=f"{'met' if met else 'alone'}/{me}", Body=b"")
"""
NOTE = """
    import os, time
    import boto3

    s3 = boto3.client("s3")

    def handler(event, context):
        for record in event["Records"]:
            group, began = record["attributes"]["MessageGroupId"], time.time_ns()
            s3.put_object(Bucket=os.environ["BUCKET"], Key=f"{group}/{began}/{record['body']}", Body=b"")
"""
# Dies by its own hand the first time, as if somebody had pulled the plug.
DIE_FIRST = """
    import os, signal
    import boto3

    def handler(event, context):
        count = int(event["Records"][0]["attributes"]["ApproximateReceiveCount"])
        if count == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        boto3.client("s3").put_object(Bucket=os.environ["BUCKET"], Key=f"received/{count}", Body=b"")
"""

# While it starts, looks whether another of its kind is starting too.
START = """
    import os, time
    import boto3

    s3, bucket, me = boto3.client("s3"), os.environ["BUCKET"], os.getpid()
    s3.put_object(Bucket=bucket, Key=f"starting/{me}", Body=b"")
    deadline, starting = time.time() + float(os.environ["PATIENCE"]), 1
    while starting < 2 and time.time() < deadline:
        starting = s3.list_objects_v2(Bucket=bucket, Prefix="starting/")["KeyCount"]
    s3.put_object(Bucket=bucket, Key=f"{'alone' if starting < 2 else 'met'}/{me}", Body=b"")
    s3.delete_object(Bucket=bucket, Key=f"starting/{me}")

    def handler(event, context):
        time.sleep(1)  # so that another worker is needed
"""


def test_groups_of_a_fifo_queue_do_not_wait_for_each_other(cloud):
    bucket = _meeting(cloud, patience_s=8)
    assert cloud.until(lambda: len(cloud.keys(bucket, "met/")) == 2)


def test_ministack_alone_still_takes_one_group_after_the_other(plain_cloud):
    bucket = _meeting(plain_cloud, patience_s=1)
    assert plain_cloud.until(lambda: plain_cloud.keys(bucket, "alone/"))


def test_workers_of_a_queue_are_started_one_by_one(cloud):
    bucket = _starting(cloud, patience_s=0.5)
    assert cloud.until(lambda: len(cloud.keys(bucket, "alone/")) >= 2)
    assert cloud.keys(bucket, "met/") == []


def test_ministack_alone_still_starts_them_all_at_once(plain_cloud):
    bucket = _starting(plain_cloud, patience_s=8)
    assert plain_cloud.until(lambda: plain_cloud.keys(bucket, "met/"))


def test_within_a_group_the_order_stands(cloud):
    cloud.bucket("order")
    cloud.function("note", NOTE, variables={"BUCKET": "order"})
    queue = cloud.queue("order.fifo", VisibilityTimeout="60")
    for number in range(6):
        cloud.sqs.send_message(QueueUrl=queue, MessageBody=str(number), MessageGroupId="ab"[number % 2])

    cloud.feeds(queue, "note", BatchSize=2)
    cloud.until(lambda: len(cloud.keys("order")) == 6)
    assert [key[-1] for key in cloud.keys("order")] == ["0", "2", "4", "1", "3", "5"]


def test_what_a_killed_worker_held_is_back_at_once(cloud):
    _die(cloud, "dies")
    assert cloud.until(lambda: cloud.keys("dies", "received/")) == ["received/2"]


def test_ministack_alone_still_lets_it_wait(plain_cloud):
    queue = _die(plain_cloud, "dies")
    plain_cloud.until(lambda: "failed processing SQS batch from dies" in plain_cloud.stack.log(200))
    assert plain_cloud.waiting(queue) == {"visible": 0, "in flight": 1}


def test_all_messages_can_be_made_visible(cloud):
    queue = cloud.queue("patient", VisibilityTimeout="600")
    cloud.sqs.send_message(QueueUrl=queue, MessageBody='"in flight"')
    cloud.sqs.send_message(QueueUrl=queue, MessageBody='"delayed"', DelaySeconds=600)
    assert cloud.received(queue) == ["in flight"]
    assert cloud.received(queue) == []

    assert cloud.ask("visible")["shown"] >= 2
    assert sorted(cloud.received(queue)) == ["delayed", "in flight"]


def _meeting(cloud, patience_s):
    bucket = f"meet-{patience_s}"
    cloud.bucket(bucket)
    cloud.function(bucket, MEET, variables={"BUCKET": bucket, "PATIENCE": str(patience_s)}, Timeout=30)
    queue = cloud.queue(f"{bucket}.fifo", VisibilityTimeout="60")
    for group in ("a", "b"):
        cloud.sqs.send_message(QueueUrl=queue, MessageBody=group, MessageGroupId=group)
    cloud.feeds(queue, bucket, BatchSize=1)
    return bucket


def _starting(cloud, patience_s):
    cloud.bucket("starts")
    cloud.function("start", START, variables={"BUCKET": "starts", "PATIENCE": str(patience_s)}, Timeout=30)
    queue = cloud.queue("starts", VisibilityTimeout="60")
    for number in range(8):
        cloud.sqs.send_message(QueueUrl=queue, MessageBody=str(number))
    cloud.feeds(queue, "start", BatchSize=1)
    return "starts"


def _die(cloud, name):
    cloud.bucket(name)
    cloud.function(name, DIE_FIRST, variables={"BUCKET": name})
    queue = cloud.queue(name, VisibilityTimeout="600")
    cloud.sqs.send_message(QueueUrl=queue, MessageBody="{}")
    cloud.feeds(queue, name)
    return queue
