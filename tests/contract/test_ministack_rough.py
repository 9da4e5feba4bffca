"""A rough MiniStack delivers late, twice and in any order, loses what AWS may lose, throttles, and lets workers die; each is counted.

And a smooth one does nothing of the kind (the other tests of this folder are the proof of that).
"""

import json
from collections import Counter

import boto3
import pytest
from botocore.config import Config

from tests.contract.test_ministack_deliveries import rule

NOTE = """
    import os, time
    import boto3

    s3 = boto3.client("s3")

    def handler(event, context):
        for record in event["Records"]:
            s3.put_object(Bucket=os.environ["BUCKET"], Key=f"{time.time_ns()}/{record['body']}", Body=b"")
"""
# Answers what became of many calls to DynamoDB, each tried once.
COUNT = """
    import json
    import boto3
    from botocore.config import Config
    from botocore.exceptions import ClientError

    dynamodb = boto3.client("dynamodb", config=Config(retries={"total_max_attempts": 1}))

    def handler(event, context):
        told = []
        for call in event["calls"]:
            try:
                answer = getattr(dynamodb, call["do"])(**call["with"])
                told.append({name: answer[name] for name in ("UnprocessedKeys", "UnprocessedItems", "Responses") if name in answer})
            except ClientError as error:
                told.append({"code": error.response["Error"]["Code"], "reasons": error.response.get("CancellationReasons")})
        return told
"""
CALLS = 150
THROTTLES = {"ThrottlingException", "ProvisionedThroughputExceededException"}


@pytest.fixture(scope="module")
def rough(new_cloud):
    return new_cloud(rough=7)


@pytest.fixture(scope="module")
def strained(new_cloud):
    """In which nobody dies while his calls are counted."""
    return new_cloud(rough=15, without=("rough_workers",))


def happened(rough):
    return Counter(rough.ask("rough")["happened"])


def test_events_come_late_and_twice_and_those_of_best_effort_not_always(rough):
    queue = rough.queue("told")
    rule(rough, "told", {"source": ["bridge", "aws.transfer"]}, queue_arn(rough, queue))
    for number in range(60):
        for source in ("bridge", "aws.transfer"):
            rough.ask("events", Entries=[{"Source": source, "DetailType": "x", "Detail": json.dumps({"number": number})}])
    rough.until(lambda: not rough.ask("running")["waiting"].get("events"))

    told = []
    while received := rough.received(queue):
        told += [(event["source"], event["detail"]["number"]) for event in received]
    ours, transfers = ([number for source, number in told if source == wanted] for wanted in ("bridge", "aws.transfer"))
    assert set(ours) == set(range(60)), "nothing is lost that AWS does not lose"
    assert len(ours) > 60
    assert ours != sorted(ours)
    assert 30 < len(set(transfers)) < 60
    assert min(happened(rough)[kind] for kind in ("events doubled", "events delayed", "events dropped")) > 0


def test_a_standard_queue_hands_out_late_twice_and_in_another_order_and_loses_nothing(rough):
    got = _noted(rough, rough.queue("standard", VisibilityTimeout="60"), "standard")

    assert set(got) == set(range(40))
    assert len(got) > 40
    assert list(dict.fromkeys(got)) != sorted(set(got))
    assert min(happened(rough)[kind] for kind in ("messages doubled", "messages delayed", "messages shuffled")) > 0


def test_a_fifo_queue_keeps_its_order_though_it_may_hand_out_again_what_is_done(rough):
    got = _noted(rough, rough.queue("ordered.fifo", VisibilityTimeout="60"), "ordered", MessageGroupId="a")

    assert got == sorted(got)
    assert set(got) == set(range(40))
    assert len(got) > 40


def test_functions_are_throttled_and_meet_conflicts_and_leave_batches_unfinished(strained):
    table(strained, "strained")
    strained.function("count", COUNT, Timeout=120)
    item = {"pk": {"S": "a"}}
    puts = [{"Put": {"TableName": "strained", "Item": {"pk": {"S": str(n)}}}} for n in range(3)]
    calls = [{"do": "put_item", "with": {"TableName": "strained", "Item": item}},
             {"do": "transact_write_items", "with": {"TransactItems": puts}},
             {"do": "batch_get_item", "with": {"RequestItems": {"strained": {"Keys": [{"pk": {"S": str(n)}} for n in range(3)]}}}},
             {"do": "batch_write_item", "with": {"RequestItems": {"strained": [{"PutRequest": {"Item": {"pk": {"S": str(n)}}}}
                                                                               for n in range(3)]}}}]
    told = strained.call("count", calls=calls * CALLS)
    assert {answer.get("code") for answer in told} >= {None} | THROTTLES | {"TransactionCanceledException", "TransactionConflictException"}
    assert [{"TransactionConflict", "None"}] == list({frozenset(reason["Code"] for reason in answer["reasons"])
                                                      for answer in told if answer.get("reasons")})

    left = [answer for answer in told if answer.get("UnprocessedKeys") or answer.get("UnprocessedItems")]
    assert left
    for answer in left:
        for name, things in {**answer.get("UnprocessedKeys", {}), **answer.get("UnprocessedItems", {})}.items():
            unfinished = things["Keys"] if isinstance(things, dict) else things
            assert name == "strained"
            assert len(answer.get("Responses", {}).get(name, [])) + len(unfinished) in (1, 2, 3)


def test_a_call_may_be_throttled_until_botocore_gives_up(strained):
    table(strained, "stubborn")
    strained.bucket("gave-up")
    strained.function("give-up", """
        import boto3
        from botocore.config import Config

        # as the product has it, but for the waits
        dynamodb = boto3.client("dynamodb", config=Config(retries={"mode": "standard", "max_attempts": 4}))

        def handler(event, context):
            for number in range(5000):
                try:
                    dynamodb.get_item(TableName="stubborn", Key={"pk": {"S": str(number)}})
                except dynamodb.exceptions.ClientError as error:
                    boto3.client("s3").put_object(Bucket="gave-up", Key=error.response["Error"]["Code"], Body=b"")
                    return
    """, Timeout=120)
    strained.lambda_.invoke(FunctionName="give-up", InvocationType="Event", Payload="{}")
    assert set(strained.until(lambda: strained.keys("gave-up"), within_s=110)) <= THROTTLES
    assert happened(strained)["calls throttled for long"] > 0


def test_whoever_is_no_function_is_not_throttled(rough):
    table(rough, "quiet")
    alone = boto3.client("dynamodb", endpoint_url=rough.stack.endpoint, region_name=rough.stack.region,
                         verify=str(rough.stack.certificate.certificate), aws_access_key_id="000000000000", aws_secret_access_key="twin",
                         config=Config(retries={"total_max_attempts": 1}))
    for number in range(2 * CALLS):
        alone.put_item(TableName="quiet", Item={"pk": {"S": str(number)}})


FRAIL = """
    import os
    import boto3

    s3 = boto3.client("s3")

    def handler(event, context):
        for number in range(event["calls"]):
            s3.put_object(Bucket=os.environ["BUCKET"], Key=f"{os.getpid()}/{number}", Body=b"")
        return os.getpid()
"""


def test_workers_die_between_calls_and_what_is_delivered_comes_again(rough):
    rough.bucket("deaths")
    rough.function("frail", FRAIL, variables={"BUCKET": "deaths"}, Timeout=120)
    before = happened(rough)["workers killed"]

    rough.lambda_.invoke(FunctionName="frail", InvocationType="Event", Payload=json.dumps({"calls": 6000}))
    rough.until(lambda: happened(rough)["workers killed"] > before, within_s=60)
    rough.until(lambda: len({key.partition("/")[0] for key in rough.keys("deaths")}) > 1, within_s=60)


def test_a_worker_dies_too_while_somebody_waits_for_it_who_is_told_and_may_call_again(rough):
    rough.bucket("told-deaths")
    rough.function("awaited", FRAIL, variables={"BUCKET": "told-deaths"}, Timeout=120)
    before = happened(rough)["workers killed"]

    told = rough.until(lambda: isinstance(answer := rough.call("awaited", calls=600), dict) and answer, within_s=60)
    assert (told["errorType"], happened(rough)["workers killed"] > before) == ("Runtime.ExitError", True)
    rough.until(lambda: isinstance(rough.call("awaited", calls=100), int), within_s=60)


def test_the_same_seed_throws_the_same_for_each_test_whatever_ran_before_it():
    from local.ministack.inside.dice import Dice

    def thrown(seed, *tests):
        dice = Dice(seed)
        for test in tests:
            dice.begin(test)
            throws = [dice.falls(kind, 0.3) for kind in ("a", "b") for _ in range(50)] + [dice.between("a", 0, 1)]
        return throws

    assert thrown(1, "this") == thrown(1, "another", "this")
    assert thrown(1, "this") != thrown(2, "this")
    assert thrown(1, "this") != thrown(1, "another")


def table(cloud, name):
    cloud.dynamodb.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
                                AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}])


def queue_arn(cloud, queue):
    return cloud.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def _noted(rough, queue, name, **group):
    """The numbers of forty messages as a function got them, one after the other."""
    rough.bucket(f"noted-{name}")
    rough.function(f"note-{name}", NOTE, variables={"BUCKET": f"noted-{name}"})
    for number in range(40):
        more = {**group, "MessageDeduplicationId": str(number)} if group else {}
        rough.sqs.send_message(QueueUrl=queue, MessageBody=str(number), **more)
    rough.feeds(queue, f"note-{name}", BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})
    rough.until(lambda: not any(rough.ask("running")["waiting"].values()), within_s=60)  # visible, in flight or delayed
    return [int(key.partition("/")[2]) for key in rough.keys(f"noted-{name}")]
