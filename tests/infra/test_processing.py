"""Queues keep what they must as long as they must, functions run where and as long as they should."""

from __future__ import annotations

import pytest

OUTPUTS = {
    "bridge-storage": "ExchangeBucket WorkBucket LedgerTable WantedTable MirrorTable HistoryTable KeyArn",
    "bridge-processing": (
        "IntakeQueueUrl RunsQueueUrl FastQueueUrl MainQueueUrl UndeliveredQueueArn ReceiveFunction PrepareFunction"
        " ApplyFunction RedriveFunction RefreshFunction PublishFunction ReportFunction AuthenticateFunction"
        " ScheduleGroup ScheduleRoleArn PublishFunctionArn PlytixSecretArn PartnerSecretsPrefix PartnerRoleArn"
    ),
    "bridge-endpoint": "PublicServerId InternalServerId",
}
ALL_FUNCTIONS = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "WORK_BUCKET"}
KNOWS = {
    "receive": "INTAKE_QUEUE_URL RUNS_QUEUE_URL LEDGER_TABLE EXCHANGE_BUCKET",
    "prepare": "RUNS_QUEUE_URL FAST_QUEUE_URL MAIN_QUEUE_URL LEDGER_TABLE WANTED_TABLE MIRROR_TABLE EXCHANGE_BUCKET PLYTIX_SECRET_ARN",
    "apply": "FAST_QUEUE_URL MAIN_QUEUE_URL LEDGER_TABLE WANTED_TABLE MIRROR_TABLE HISTORY_TABLE PLYTIX_SECRET_ARN",
    "redrive": (
        "INTAKE_QUEUE_URL RUNS_QUEUE_URL FAST_QUEUE_URL MAIN_QUEUE_URL LEDGER_TABLE WANTED_TABLE EXCHANGE_BUCKET"
    ),
    "refresh": "MAIN_QUEUE_URL LEDGER_TABLE WANTED_TABLE MIRROR_TABLE HISTORY_TABLE PLYTIX_SECRET_ARN",
    "publish": "LEDGER_TABLE MIRROR_TABLE EXCHANGE_BUCKET",
    "report": "LEDGER_TABLE EXCHANGE_BUCKET",
    "authenticate": "PARTNER_SECRETS_PREFIX EXCHANGE_BUCKET PARTNER_ROLE_ARN KEY_ARN",
}


@pytest.fixture(scope="session")
def functions(assembly):
    """By the verb in their handler."""
    found = assembly.of("AWS::Lambda::Function")
    return {function.properties["Handler"].removesuffix(".handler"): function for function in found}


@pytest.fixture(scope="session")
def queues(assembly, templates):
    """By the word before QueueUrl in their output."""
    outputs = templates["bridge-processing"]["Outputs"]
    by_id = {queue.id: queue for queue in assembly.of("AWS::SQS::Queue")}
    return {
        key.removesuffix("QueueUrl").lower(): by_id[output["Value"]["Ref"]]
        for key, output in outputs.items()
        if key.endswith("QueueUrl")
    }


@pytest.mark.parametrize("stack", OUTPUTS)
def test_the_bridge_command_finds_everything_by_the_outputs(templates, stack):
    told = {key for key, output in templates[stack]["Outputs"].items() if "Export" not in output}
    assert told == set(OUTPUTS[stack].split())


@pytest.mark.parametrize("verb", KNOWS)
def test_a_function_knows_what_it_uses_and_nothing_else(functions, verb):
    assert set(functions[verb].properties["Environment"]["Variables"]) == ALL_FUNCTIONS | set(KNOWS[verb].split())


@pytest.mark.parametrize("verb", KNOWS)
def test_a_function_runs_on_both_layers_is_traced_and_its_log_does_not_stay_for_ever(assembly, functions, verb):
    properties = functions[verb].properties
    group = assembly.referred(properties["LoggingConfig"]["LogGroup"])
    layers = [assembly.referred(layer).id for layer in properties["Layers"]]
    assert (properties["Runtime"], properties["Architectures"]) == ("python3.13", ["arm64"])
    assert [layer.startswith(name) for layer, name in zip(layers, ["LayersCommon", "LayersDeps"], strict=True)]
    assert properties["TracingConfig"] == {"Mode": "Active"}
    assert group.properties["RetentionInDays"] == 90


def test_no_two_functions_share_a_role(functions):
    roles = [function.properties["Role"] for function in functions.values()]
    assert len(set(roles)) == len(roles) == len(KNOWS)


@pytest.mark.parametrize(
    ("name", "fifo", "receives"), [("intake", False, 20), ("runs", True, 500), ("fast", False, 500), ("main", False, 500)]
)
def test_a_message_waits_for_the_hour_as_often_as_it_must(assembly, queues, name, fifo, receives):
    properties = queues[name].properties
    dead = assembly.referred(properties["RedrivePolicy"]["deadLetterTargetArn"])
    assert properties["RedrivePolicy"]["maxReceiveCount"] == receives
    assert properties["MessageRetentionPeriod"] == dead.properties["MessageRetentionPeriod"] == 14 * 86_400
    assert properties.get("FifoQueue", False) == dead.properties.get("FifoQueue", False) == fifo
    assert not properties.get("ContentBasedDeduplication")


def test_a_killed_workers_message_is_back_at_once_and_a_living_ones_is_not(assembly):
    for mapping in assembly.of("AWS::Lambda::EventSourceMapping"):
        queue = assembly.referred(mapping.properties["EventSourceArn"])
        function = assembly.referred(mapping.properties["FunctionName"])
        assert 0 < queue.properties["VisibilityTimeout"] - function.properties["Timeout"] <= 30


def test_waiting_for_plytix_holds_up_no_other_message_of_its_batch(assembly, functions):
    mappings = list(assembly.of("AWS::Lambda::EventSourceMapping"))
    taken = {verb: [m for m in mappings if assembly.referred(m.properties["FunctionName"]) == functions[verb]] for verb in KNOWS}
    assert [m.properties["BatchSize"] for m in taken["receive"]] == [10]
    assert [m.properties["BatchSize"] for m in taken["prepare"] + taken["apply"]] == [1, 1, 1]
    assert all(m.properties["ScalingConfig"]["MaximumConcurrency"] >= 2 for m in mappings)


def test_only_receive_may_send_to_itself_without_end(functions):
    assert [verb for verb, f in functions.items() if f.properties.get("RecursiveLoop") == "Allow"] == ["receive"]


def test_redrive_and_refresh_are_called_each_minute(assembly, functions):
    called = {
        assembly.referred(schedule.properties["Target"]["Arn"]): schedule.properties["ScheduleExpression"]
        for schedule in assembly.of("AWS::Scheduler::Schedule")
    }
    assert called == {functions["redrive"]: "rate(1 minute)", functions["refresh"]: "rate(1 minute)"}


def test_what_happens_at_the_endpoint_reaches_the_intake_queue(assembly, queues):
    patterns = [
        rule.properties["EventPattern"]
        for rule in assembly.of("AWS::Events::Rule")
        if assembly.referred(rule.properties["Targets"][0]["Arn"]) == queues["intake"]
    ]
    path = [{"wildcard": "/<bridge-storage/ExchangeBucket.Ref>/*/inbox/*"}]
    landed = {"bucket": {"name": ["<bridge-storage/ExchangeBucket.Ref>"]}, "object": {"key": [{"wildcard": "*/inbox/*"}]}}
    expected = {
        ("aws.s3", "Object Created"): landed,
        **{("aws.transfer", f"{p} Server File Upload Completed"): {"file-path": path} for p in ("SFTP", "FTPS", "FTP")},
        **{("aws.transfer", f"{p} Server File Upload Failed"): {"file-path": path} for p in ("SFTP", "FTPS", "FTP")},
        **{("aws.transfer", f"{p} Server File Rename Completed"): {"renamed-file-path": path} for p in ("SFTP", "FTPS", "FTP")},
    }
    assert {(p["source"][0], kind): p["detail"] for p in patterns for kind in p["detail-type"]} == expected


def test_nothing_but_what_is_written_here_runs_in_the_account(templates):
    types = {r["Type"] for template in templates.values() for r in template["Resources"].values()}
    assert not {kind for kind in types if kind.startswith(("Custom::", "AWS::CloudFormation::"))}


def test_two_companies_in_one_account_do_not_meet(newcomer):
    assert newcomer.keys() == {"acme-storage", "acme-processing", "acme-endpoint"}
    outputs = newcomer["acme-processing"]["Outputs"]
    assert outputs["PartnerSecretsPrefix"]["Value"] == "acme/partners/"
    assert outputs["ScheduleGroup"]["Value"] == "acme-channels"
