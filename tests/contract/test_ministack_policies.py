"""What policies hear of AWS's own services and of folders: local/ministack/inside/policies.py, and MiniStack without it."""

import json

import pytest
from botocore.exceptions import ClientError

ONLY_OVER_TLS = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"},
    {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}


def test_a_queue_that_insists_on_tls_hears_of_topics(cloud):
    queue = _topic_on_schedule(cloud)
    assert cloud.until(lambda: cloud.received(queue))


def test_ministack_alone_still_refuses_such_a_delivery(plain_cloud):
    queue = _topic_on_schedule(plain_cloud)
    plain_cloud.until(lambda: "denies delivery" in plain_cloud.stack.log(100))
    assert plain_cloud.received(queue) == []


def test_the_endpoint_takes_on_a_role_that_trusts_transfers_users_alone(cloud):
    assert _assumed(cloud, "arn:aws:transfer:eu-central-1:000000000000:user/*")


@pytest.mark.parametrize("trusted", [
    "arn:aws:transfer:eu-central-1:000000000000:server/*", "arn:aws:transfer:eu-west-1:000000000000:user/*"])
def test_a_role_that_transfer_could_not_take_on_is_refused_here_too(cloud, trusted):
    with pytest.raises(ClientError, match="not authorized to perform: sts:AssumeRole"):
        _assumed(cloud, trusted)


def test_ministack_alone_still_does_not_say_for_whom(plain_cloud):
    with pytest.raises(ClientError, match="not authorized to perform: sts:AssumeRole"):
        _assumed(plain_cloud, "arn:aws:transfer:eu-central-1:000000000000:user/*")


def test_a_policy_that_denies_folders_is_asked_about_folders(cloud):
    _without_folders(cloud).put_object(Bucket="places", Key="inbox/a.csv")
    with pytest.raises(ClientError, match="AccessDenied"):
        _without_folders(cloud).put_object(Bucket="places", Key="inbox/mine/")


def test_ministack_alone_still_asks_about_a_file_instead(plain_cloud):
    _without_folders(plain_cloud).put_object(Bucket="places", Key="inbox/mine/")


def _without_folders(cloud):
    """S3 as one who may write anything but folders."""
    if "places" not in [bucket["Name"] for bucket in cloud.s3.list_buckets()["Buckets"]]:
        cloud.bucket("places")
    rights = [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"},
              {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::places/*/"}]
    cloud.iam.create_user(UserName=(name := f"writer-{len(cloud.iam.list_users()['Users'])}"))
    cloud.iam.put_user_policy(UserName=name, PolicyName="rights", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": rights}))
    key = cloud.iam.create_access_key(UserName=name)["AccessKey"]
    return cloud.stack.client("s3", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])


def _assumed(cloud, trusted):
    conditions = {"StringEquals": {"aws:SourceAccount": "000000000000"}, "ArnLike": {"aws:SourceArn": trusted}}
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "transfer.amazonaws.com"},
                                                     "Action": "sts:AssumeRole", "Condition": conditions}]}
    name = f"partner-{abs(hash(trusted))}"
    role = cloud.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    session = "northwind.0123456789abcdef@s-0123456789abcdef0"
    return cloud.sts.assume_role(RoleArn=role, RoleSessionName=session)["Credentials"]["SessionToken"]


def _topic_on_schedule(cloud):
    """A schedule fires in a thread that came by no TLS connection: the case in which MiniStack's check goes wrong."""
    topic = cloud.sns.create_topic(Name="notices")["TopicArn"]
    queue = cloud.queue("notices", Policy=json.dumps(ONLY_OVER_TLS))
    arn = cloud.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    cloud.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    cloud.scheduler.create_schedule(Name="notice", ScheduleExpression="rate(30 days)", FlexibleTimeWindow={"Mode": "OFF"},
                                    Target={"Arn": topic, "RoleArn": cloud.role("all"), "Input": "{}"})
    cloud.ask("fire", name="notice")
    return queue
