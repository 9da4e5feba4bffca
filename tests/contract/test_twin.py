"""The twin as a whole: what runs in it, how it starts and ends, what a test may do to it (local/twin.py)."""

import json
import os
import signal
import socket
import subprocess
import sys

import paramiko
import pytest

from local.ministack.rehearsal import Death
from local.stack import StackFailed
from local.state import State, TwinRuns
from local.twin import IdentityFailed, Twin

pytestmark = pytest.mark.usefixtures("reset")

RUN_A_TWIN = """
import sys, time
from pathlib import Path
from local.twin import Twin
with Twin(Path(sys.argv[1]), warm=False) as twin:
    print(twin.aws.pid, *twin.ports.values(), flush=True)
    time.sleep(600)
"""
PARTNER_ASKS = {"username": "nobody", "password": "guess", "protocol": "SFTP", "serverId": "s-1", "sourceIp": "127.0.0.1"}


def test_all_three_protocols_answer_as_the_template_declares(twin):
    assert {"sftp", "ftps", "ftp", "plytix", "aws"} <= set(twin.ports)
    with socket.create_connection(("127.0.0.1", twin.ports["sftp"]), timeout=5) as connection:
        assert connection.recv(4) == b"SSH-"
    for protocol in ("ftps", "ftp"):
        with socket.create_connection(("127.0.0.1", twin.ports[protocol]), timeout=5) as connection:
            assert connection.recv(4) == b"220 "


def test_a_stranger_is_asked_about_at_the_deployed_function_and_refused(twin):
    with paramiko.SSHClient() as client:
        client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
        with pytest.raises(paramiko.AuthenticationException):
            client.connect("127.0.0.1", twin.ports["sftp"], "nobody", "guess", look_for_keys=False, allow_agent=False)
    assert any("START" in line for line in twin.log("authenticate"))


def test_an_identity_function_that_fails_says_so(twin):
    with pytest.raises(IdentityFailed, match="there is no configuration"):
        twin.identify(PARTNER_ASKS)


def test_functions_find_the_plytix_of_the_twin(twin):
    secret = json.loads(twin.client("secretsmanager").get_secret_value(SecretId=twin.outputs["PlytixSecretArn"])["SecretString"])
    assert secret == {"api_key": "key", "api_password": "password", "auth_url": twin.plytix.url, "pim_url": twin.plytix.url}


def test_bridge_finds_the_twin_by_a_file(twin):
    written = State(twin.folder).read()
    assert written.env["AWS_ENDPOINT_URL"] == f"https://127.0.0.1:{twin.ports['aws']}"
    assert (written.ports, written.pid) == (twin.ports, os.getpid())


def test_a_reset_empties_buckets_tables_and_plytix(twin):
    s3, dynamodb = twin.client("s3"), twin.client("dynamodb")
    s3.put_object(Bucket=twin.outputs["WorkBucket"], Key="stages/1", Body=b"x")
    dynamodb.put_item(TableName=twin.outputs["MirrorTable"], Item={"sku": {"S": "ACME-1"}})
    twin.plytix.products([{"sku": "ACME-1"}])

    twin.reset()
    assert s3.list_object_versions(Bucket=twin.outputs["WorkBucket"]).get("Versions", []) == []
    assert dynamodb.scan(TableName=twin.outputs["MirrorTable"])["Items"] == []
    assert twin.plytix.dump() == []


def test_a_function_dies_at_the_point_that_was_named_and_at_no_other(twin):
    with twin.dying(Death("authenticate", "s3.GetObject:before")) as rehearsal:
        assert twin.invoke("authenticate", PARTNER_ASKS)["errorType"] == "Runtime.ExitError"
        assert rehearsal.died() == f"{twin.function('authenticate')} s3.GetObject:before"

        assert twin.invoke("authenticate", PARTNER_ASKS)["errorType"] == "Stop"


def test_the_points_can_be_listed_before_one_is_chosen(twin):
    with twin.dying(Death("authenticate")) as rehearsal:
        twin.invoke("authenticate", PARTNER_ASKS)
        points = [point.partition(" ")[2] for point in rehearsal.passed()]
        assert rehearsal.died() is None
    assert points == ["s3.GetObject:before", "s3.GetObject:after"]


def test_outside_a_rehearsal_a_function_knows_nothing_of_it(twin):
    with twin.dying(Death("authenticate")):
        twin.invoke("authenticate", PARTNER_ASKS)
    twin.invoke("authenticate", PARTNER_ASKS)
    assert not (twin.folder / "rehearsal").exists()


def test_a_grant_can_be_taken_away_and_is_there_again_afterwards(twin):
    assert twin.invoke("authenticate", PARTNER_ASKS)["errorType"] == "Stop"

    with twin.changed(_without("s3:GetObject")):
        assert "AccessDenied" in json.dumps(twin.invoke("authenticate", PARTNER_ASKS))
    assert twin.invoke("authenticate", PARTNER_ASKS)["errorType"] == "Stop"


def test_a_template_that_cannot_be_deployed_is_an_error_with_its_reason(twin):
    def strange(stack, template):
        if stack.endswith("endpoint"):
            template["Resources"]["Strange"] = {"Type": "AWS::Nowhere::Thing"}

    with pytest.raises(StackFailed, match="AWS::Nowhere::Thing"), twin.changed(strange):
        pass


def test_one_can_wait_until_all_is_done(twin):
    twin.client("sqs").send_message(QueueUrl=twin.outputs["IntakeQueueUrl"], MessageBody="{}")
    with pytest.raises(TimeoutError, match="Intake"):
        twin.rest(within_s=0.5)

    twin.reset()
    twin.rest()


def test_there_is_one_twin_a_folder(twin):
    with pytest.raises(TwinRuns, match=str(os.getpid())):
        Twin(twin.folder).start()
    assert State(twin.folder).runs()


def test_a_killed_twin_leaves_no_process_and_no_port_and_the_next_starts_clean(tmp_path, until):
    first = subprocess.Popen([sys.executable, "-c", RUN_A_TWIN, tmp_path], stdout=subprocess.PIPE, text=True)
    with first:
        aws, *ports = map(int, first.stdout.readline().split())
        first.send_signal(signal.SIGKILL)
    until(lambda: not _alive(aws))
    until(lambda: not any(map(_open, ports)))
    assert not State(tmp_path).runs()

    state = State(tmp_path)
    state.take()
    assert {thing.name for thing in tmp_path.iterdir()} <= {"lock", "ssh_host_key"}
    state.leave()


def _without(action):
    def edit(stack, template):
        for resource in template["Resources"].values():
            for statement in resource.get("Properties", {}).get("PolicyDocument", {}).get("Statement", []):
                if resource["Type"] == "AWS::IAM::Policy" and statement["Action"] == action:
                    statement["Action"] = "s3:GetBucketTagging"
                elif resource["Type"] == "AWS::IAM::Policy" and isinstance(statement["Action"], list) and action in statement["Action"]:
                    statement["Action"] = [kept for kept in statement["Action"] if kept != action] or "s3:GetBucketTagging"
    return edit


def _alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _open(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
