"""Who may do what: a function that is broken into, or simply wrong, reaches no further than its own work."""

from __future__ import annotations

import pytest

from infra.wiring import rights

EXCHANGE, WORK = "<bridge-storage/ExchangeBucket.Arn>", "<bridge-storage/WorkBucket.Arn>"
INBOX = f"{EXCHANGE}/acme/inbox/prices/prices.csv"
LEDGER, WANTED, MIRROR, HISTORY = (f"<bridge-storage/{noun}Table.Arn>" for noun in ("Ledger", "Wanted", "Mirror", "History"))
PARTNER_SECRET = "arn:aws:secretsmanager:us-east-1:000000000000:secret:bridge/partners/acme-AbCdEf"
INTAKE, RUNS, FAST, MAIN = "QueuesIntakeQueue", "QueuesRunsQueue", "QueuesFastQueue", "QueuesMainQueue"

EVERYBODY = {"receive", "prepare", "apply", "redrive", "refresh", "publish", "report", "authenticate"}
WHO = [
    ("s3:GetObjectVersion", INBOX, {"receive", "prepare", "report"}),
    ("s3:PutObject", INBOX, set()),
    ("s3:DeleteObjectVersion", INBOX, {"report"}),
    ("s3:PutObject", f"{EXCHANGE}/acme/receipts/prices.json", {"receive", "prepare", "report"}),
    ("s3:PutObject", f"{EXCHANGE}/acme/outbox/catalogue/items.csv", {"publish"}),
    ("s3:GetObject", f"{EXCHANGE}/acme/receipts/prices.json", {"receive", "prepare", "report"}),
    ("s3:ListBucket", EXCHANGE, {"receive", "prepare", "redrive", "report"}),  # who puts a receipt looks first whether one stands
    ("s3:ListBucketVersions", EXCHANGE, {"receive", "prepare", "redrive", "report"}),
    ("s3:GetObject", f"{WORK}/configuration/current.json", EVERYBODY),
    ("s3:PutObject", f"{WORK}/configuration/current.json", set()),
    ("s3:PutObject", f"{WORK}/stages/01J/0001", {"prepare", "report"}),
    ("s3:GetObject", f"{WORK}/stages/01J/0001", {"prepare", "apply", "report"}),
    ("s3:PutObject", f"{WORK}/archive/acme/prices.csv", {"report"}),
    ("s3:PutObject", f"{WORK}/snapshots/01J", {"publish"}),
    ("s3:PutObject", f"{WORK}/schema/current.json", {"prepare", "apply", "refresh"}),
    ("s3:GetObject", f"{WORK}/census/under-way.json.gz", {"refresh"}),
    ("s3:PutObject", f"{WORK}/census/under-way.json.gz", {"refresh"}),
    ("s3:PutObject", f"{WORK}/values/01J", {"prepare", "apply", "refresh"}),
    ("s3:GetObject", f"{WORK}/parts/01J/1", {"apply"}),
    ("s3:PutObject", f"{WORK}/parts/01J/1", {"apply"}),
    ("s3:DeleteObject", f"{WORK}/stages/01J/0001", set()),
    ("dynamodb:UpdateItem", LEDGER, EVERYBODY - {"authenticate"}),
    ("dynamodb:Query", f"{LEDGER}/index/open", {"redrive", "prepare"}),
    ("dynamodb:PutItem", WANTED, {"prepare", "apply"}),
    ("dynamodb:BatchGetItem", WANTED, {"prepare", "refresh"}),
    ("dynamodb:Query", f"{WANTED}/index/open", {"redrive", "refresh"}),
    ("s3:GetObject", f"{WORK}/values/01J", EVERYBODY - {"receive", "authenticate"}),
    ("dynamodb:PutItem", MIRROR, {"apply", "refresh"}),
    ("dynamodb:Query", f"{MIRROR}/index/plytix_id", {"apply", "refresh"}),
    ("dynamodb:Scan", MIRROR, {"refresh", "publish"}),
    ("dynamodb:PutItem", HISTORY, {"apply", "refresh"}),
    ("dynamodb:DeleteItem", MIRROR, {"apply"}),
    ("dynamodb:DeleteItem", LEDGER, {"apply"}),
    ("dynamodb:DeleteItem", WANTED, set()),
    ("dynamodb:DeleteItem", HISTORY, set()),
    ("sqs:SendMessage", INTAKE, {"receive", "redrive"}),
    ("sqs:SendMessage", RUNS, {"receive", "redrive"}),
    ("sqs:SendMessage", FAST, {"prepare", "redrive"}),
    ("sqs:SendMessage", MAIN, {"prepare", "redrive", "refresh"}),
    ("sqs:ChangeMessageVisibility", MAIN, {"apply"}),
    ("sqs:GetQueueAttributes", INTAKE, {"receive"}),
    ("sqs:GetQueueAttributes", RUNS, {"prepare", "redrive"}),
    ("sqs:GetQueueAttributes", FAST, {"apply", "redrive"}),
    ("sqs:GetQueueAttributes", MAIN, {"apply", "redrive"}),
    ("sqs:ReceiveMessage", MAIN, {"apply"}),
    ("secretsmanager:GetSecretValue", "<bridge-storage/PlytixSecret.Arn>", {"prepare", "apply", "refresh"}),
    ("secretsmanager:GetSecretValue", PARTNER_SECRET, {"authenticate"}),
    ("secretsmanager:PutSecretValue", PARTNER_SECRET, set()),
    ("events:PutEvents", "arn:aws:events:us-east-1:000000000000:event-bus/default", {"receive", "prepare", "apply", "redrive"}),
    ("kms:Decrypt", "<bridge-storage/Key.Arn>", EVERYBODY),
    ("kms:ScheduleKeyDeletion", "<bridge-storage/Key.Arn>", set()),
]


@pytest.fixture(scope="session")
def roles(assembly):
    """Each function's role by the function's verb."""
    found = assembly.of("AWS::Lambda::Function")
    return {f.properties["Handler"].removesuffix(".handler"): assembly.referred(f.properties["Role"]) for f in found}


@pytest.fixture(scope="session")
def partner(assembly):
    return next(role for role in assembly.of("AWS::IAM::Role") if rights.trusts(role, "transfer.amazonaws.com"))


@pytest.mark.parametrize(("action", "resource", "who"), WHO, ids=[f"{action} {resource}" for action, resource, _ in WHO])
def test_these_may_and_no_other(assembly, roles, action, resource, who):
    queue = next((q.arn for q in assembly.of("AWS::SQS::Queue") if q.id.startswith(resource)), resource)
    assert {verb for verb, role in roles.items() if rights.may(assembly, role, action, queue)} == who


def test_no_right_is_wider_than_its_words(assembly):
    for role in assembly.of("AWS::IAM::Role"):
        for statement in rights.of_role(assembly, role):
            assert not [action for action in statement.actions if "*" in action]
            assert "*" not in statement.resources or all(action.startswith("xray:") for action in statement.actions)


@pytest.mark.parametrize(
    ("action", "resource", "may"),
    [
        ("s3:PutObject", INBOX, True),
        ("s3:DeleteObject", f"{EXCHANGE}/acme/outbox/catalogue/items.csv", True),
        ("s3:GetObject", f"{EXCHANGE}/acme/receipts/prices.json", True),
        ("s3:PutObject", f"{EXCHANGE}/acme/receipts/prices.json", False),
        ("s3:PutObject", f"{EXCHANGE}/acme/templates/prices.xlsx", False),
        ("s3:DeleteObjectVersion", INBOX, False),
        ("s3:GetObject", f"{WORK}/configuration/current.json", False),
        ("kms:GenerateDataKey", "<bridge-storage/Key.Arn>", True),
    ],
)
def test_a_partner_at_most_writes_in_boxes_and_reads_the_exchange(assembly, partner, action, resource, may):
    assert rights.may(assembly, partner, action, resource) is may


def test_nobody_elses_endpoint_can_act_as_our_partners(partner):
    [statement] = partner.properties["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "000000000000"},
        "ArnLike": {"aws:SourceArn": "arn:aws:transfer:us-east-1:000000000000:user/*"},
    }


def test_nobody_elses_endpoint_can_ask_who_our_partners_are(assembly):
    asks = [p.properties for p in assembly.of("AWS::Lambda::Permission") if p.properties["Principal"] == "transfer.amazonaws.com"]
    assert [(p["SourceAccount"], p["SourceArn"]) for p in asks] == [
        ("000000000000", "arn:aws:transfer:us-east-1:000000000000:server/*")
    ]
