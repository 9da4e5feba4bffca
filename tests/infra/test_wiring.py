"""The wiring check finds each thing that is taken away, and finds nothing in what we deploy."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable

import pytest

from infra.wiring.__main__ import main
from infra.wiring.assembly import Assembly, TemplateError
from infra.wiring.check import findings

STORAGE = "bridge-storage"


def found_after(templates: dict, change: Callable[[dict], None]) -> list[str]:
    """What the check says once `change` was made."""
    broken = copy.deepcopy(templates)
    change(broken)
    return [str(finding) for finding in findings(Assembly(broken))]


def one(templates: dict, type: str, beginning: str) -> dict:
    """The properties of the one resource of a type whose id begins so."""
    return named(templates, type, beginning)[1]


def named(templates: dict, type: str, beginning: str) -> tuple[str, dict]:
    [found] = [
        (id, resource["Properties"])
        for template in templates.values()
        for id, resource in template["Resources"].items()
        if resource["Type"] == type and id.startswith(beginning)
    ]
    return found


def remove(templates: dict, type: str, beginning: str) -> None:
    id, _ = named(templates, type, beginning)
    for template in templates.values():
        template["Resources"].pop(id, None)


def withdraw(policy: dict, action: str) -> None:
    """Take one action out of a policy, and statements that are left with none."""
    statements = policy["PolicyDocument"]["Statement"]
    for statement in statements:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        statement["Action"] = [other for other in actions if other != action]
    policy["PolicyDocument"]["Statement"] = [statement for statement in statements if statement["Action"]]


def keep_out(policy: dict, rule: str) -> None:
    """Take out of a queue's policy what it says of one rule."""
    document = policy["PolicyDocument"]
    document["Statement"] = [statement for statement in document["Statement"] if rule not in json.dumps(statement)]


@pytest.mark.parametrize("whose", ["templates", "newcomer"])
def test_what_we_deploy_is_wired(request, whose):
    assert findings(Assembly(request.getfixturevalue(whose))) == []


@pytest.mark.parametrize(
    ("role", "action", "sentence"),
    [
        ("IngestReceiveRole", "sqs:ReceiveMessage", "gets nothing: its role"),
        ("IngestPrepareRole", "sqs:DeleteMessage", "gets nothing: its role"),
        ("IngestApplyRole", "sqs:GetQueueAttributes", "gets nothing: its role"),
        ("ClockRedriveRole", "lambda:InvokeFunction", "has no lambda:InvokeFunction"),
        ("ClockRefreshRole", "sqs:SendMessage", "what it cannot deliver is lost"),
        ("ClockChannelsRole", "lambda:InvokeFunction", "is for schedules, and has lambda:InvokeFunction on no function"),
        ("RemediateReportRole", "sqs:SendMessage", "a failed call is lost"),
        ("ExportPublishRole", "sqs:SendMessage", "a failed call is lost"),
        ("IngestRedriveRole", "logs:PutLogEvents", "what it logs is lost"),
    ],
)
def test_a_right_that_is_withdrawn_is_missed(templates, role, action, sentence):
    found = found_after(templates, lambda t: withdraw(one(t, "AWS::IAM::Policy", f"{role}DefaultPolicy"), action))
    assert any(sentence in finding for finding in found), found


@pytest.mark.parametrize(
    "role",
    [
        *(f"Ingest{verb}Role" for verb in ("Receive", "Prepare", "Apply", "Redrive")),
        *("ExportRefreshRole", "ExportPublishRole", "RemediateReportRole", "IdentityAuthenticateRole", "IdentityPartner"),
    ],
)
def test_everyone_who_uses_what_is_encrypted_is_missed_without_the_key(templates, role):
    found = found_after(templates, lambda t: withdraw(one(t, "AWS::IAM::Policy", f"{role}DefaultPolicy"), "kms:Decrypt"))
    assert found
    assert all(f"/{role}" in finding and "kms:Decrypt on" in finding for finding in found)


def test_reading_alone_does_not_need_the_right_to_make_data_keys(templates):
    authenticate, prepare = (f"{role}DefaultPolicy" for role in ("IdentityAuthenticateRole", "IngestPrepareRole"))
    assert not found_after(templates, lambda t: withdraw(one(t, "AWS::IAM::Policy", authenticate), "kms:GenerateDataKey"))
    assert found_after(templates, lambda t: withdraw(one(t, "AWS::IAM::Policy", prepare), "kms:GenerateDataKey"))


@pytest.mark.parametrize("rule", ["LandingLanded", "LandingUploaded", "LandingRenamed"])
def test_a_rule_that_the_intake_queue_does_not_let_in_is_missed(templates, rule):
    found = found_after(templates, lambda t: keep_out(one(t, "AWS::SQS::QueuePolicy", "QueuesIntakeQueue"), rule))
    assert [rule in finding and "cannot send" in finding for finding in found] == [True]


@pytest.mark.parametrize("rule", ["LandingLanded", "LandingUploaded", "LandingRenamed", "RemediateRunClosed"])
def test_dead_letters_of_a_rule_that_their_queue_does_not_let_in_are_missed(templates, rule):
    found = found_after(templates, lambda t: keep_out(one(t, "AWS::SQS::QueuePolicy", "QueuesUndelivered"), rule))
    assert [rule in finding and "is lost: the policy of" in finding for finding in found] == [True]


@pytest.mark.parametrize("queue", ["Intake", "Runs", "Fast", "Main"])
def test_a_queue_without_dead_letters_is_missed(templates, queue):
    found = found_after(templates, lambda t: one(t, "AWS::SQS::Queue", f"Queues{queue}Queue").pop("RedrivePolicy"))
    assert any(f"/Queues{queue}Queue" in finding and "no dead letters" in finding for finding in found), found


def _no_dead_letters_of_a_rule(t):
    del one(t, "AWS::Events::Rule", "RemediateRunClosed")["Targets"][0]["DeadLetterConfig"]


def _no_dead_letters_of_a_schedule(t):
    del one(t, "AWS::Scheduler::Schedule", "ClockRefresh")["Target"]["DeadLetterConfig"]


def _dead_letters_in_a_fifo_queue(t):
    dead, _ = named(t, "AWS::SQS::Queue", "QueuesRunsDead")
    one(t, "AWS::Events::Rule", "LandingLanded")["Targets"][0]["DeadLetterConfig"]["Arn"] = {"Fn::GetAtt": [dead, "Arn"]}


def _a_fifo_target_without_a_group(t):
    runs, _ = named(t, "AWS::SQS::Queue", "QueuesRunsQueue")
    one(t, "AWS::Events::Rule", "LandingLanded")["Targets"][0]["Arn"] = {"Fn::GetAtt": [runs, "Arn"]}


def _a_fifo_queue_whose_dead_letters_are_not(t):
    dead, _ = named(t, "AWS::SQS::Queue", "QueuesMainDead")
    one(t, "AWS::SQS::Queue", "QueuesRunsQueue")["RedrivePolicy"]["deadLetterTargetArn"] = {"Fn::GetAtt": [dead, "Arn"]}


def _a_queue_with_a_key_that_events_may_not_use(t):
    exported = [k for k, o in t[STORAGE]["Outputs"].items() if k.startswith("ExportsOutputFnGetAttKeyArn")]
    key = {"Fn::ImportValue": f"{STORAGE}:{exported[0]}"}
    one(t, "AWS::SQS::Queue", "QueuesIntakeQueue")["KmsMasterKeyId"] = key


def _a_distrustful_role(service, beginning):
    def change(t):
        document = one(t, "AWS::IAM::Role", beginning)["AssumeRolePolicyDocument"]
        assert document["Statement"][0]["Principal"] == {"Service": service}
        document["Statement"][0]["Principal"] = {"Service": "ec2.amazonaws.com"}

    return change


BROKEN = {
    "nobody may be asked who logs in": (
        lambda t: remove(t, "AWS::Lambda::Permission", "IdentityAuthenticateFunctionTransfer"),
        "bridge-endpoint/Public: nobody can log in",
    ),
    "the closing of a run calls nobody": (
        lambda t: remove(t, "AWS::Lambda::Permission", "RemediateRunClosed"),
        "RemediateRunClosed79D5569B: cannot call",
    ),
    "the bucket tells nothing": (
        lambda t: one(t, "AWS::S3::Bucket", "ExchangeBucket").pop("NotificationConfiguration"),
        "hears nothing",
    ),
    "one bad message brings back its batch": (
        lambda t: one(t, "AWS::Lambda::EventSourceMapping", "IngestReceive").pop("FunctionResponseTypes"),
        "ReportBatchItemFailures",
    ),
    "a function logs for ever": (
        lambda t: one(t, "AWS::Lambda::Function", "IngestApply").pop("LoggingConfig"),
        "has no log group",
    ),
    "a rule loses what it cannot deliver": (_no_dead_letters_of_a_rule, "is lost: no dead letters"),
    "a schedule loses what it cannot deliver": (_no_dead_letters_of_a_schedule, "is lost: no dead letters"),
    "a rule's dead letters are FIFO": (_dead_letters_in_a_fifo_queue, "which is FIFO"),
    "a rule sends to FIFO without a group": (_a_fifo_target_without_a_group, "names no message group"),
    "a FIFO queue's dead letters are not FIFO": (_a_fifo_queue_whose_dead_letters_are_not, "one of the two is FIFO"),
    "a rule sends to a queue with a key": (_a_queue_with_a_key_that_events_may_not_use, "does not give events.amazonaws.com"),
    "a schedule's role is another's": (
        _a_distrustful_role("scheduler.amazonaws.com", "ClockRefreshRole"),
        "does not trust scheduler.amazonaws.com",
    ),
    "a function's role is another's": (
        _a_distrustful_role("lambda.amazonaws.com", "IngestReceiveRole"),
        "cannot start",
    ),
    "the partners' role is another's": (
        _a_distrustful_role("transfer.amazonaws.com", "IdentityPartner"),
        "no role trusts transfer.amazonaws.com",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_told(templates, name):
    change, sentence = BROKEN[name]
    found = found_after(templates, change)
    assert any(sentence in finding for finding in found), found


def test_a_function_of_templates_that_the_check_does_not_know_is_not_passed_over(templates):
    def change(t):
        one(t, "AWS::SQS::Queue", "QueuesMainQueue")["VisibilityTimeout"] = {"Fn::If": ["Big", 900, 300]}

    with pytest.raises(TemplateError, match=r"Fn::If .* not understood"):
        found_after(templates, change)


def test_the_command_says_nothing_of_what_is_wired_and_ends_well(templates, cdk_out, capsys):
    assert main([str(cdk_out)]) == 0
    assert capsys.readouterr().out == ""


def test_the_command_says_what_is_missing_and_ends_badly(templates, tmp_path, capsys):
    broken = copy.deepcopy(templates)
    remove(broken, "AWS::Lambda::Permission", "RemediateRunClosed")
    for stack, template in broken.items():
        (tmp_path / f"{stack}.template.json").write_text(json.dumps(template))

    assert main([str(tmp_path)]) == 1
    assert "cannot call" in capsys.readouterr().out


def test_the_command_says_where_templates_come_from_when_there_are_none(tmp_path, capsys):
    assert main([str(tmp_path)]) == 2
    assert "make synth" in capsys.readouterr().err
