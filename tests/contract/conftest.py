"""Two MiniStacks for the tests of the twin's patches: one with all of them, one as it comes from PyPI. An account for the client's."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import textwrap
import time
import zipfile
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from bridge.adapters.plytix.products import Products
from bridge.adapters.plytix.session import Budget, Limits, Session, Unlimited
from infra import deps
from local.assembly import build_dependencies
from local.ministack.server import MiniStack
from local.plytix.server import Simulator
from tests.contract.connected import ATTRIBUTES, Account, Kept, connected

ANYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
TRUST = {"Version": "2012-10-17",
         "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
EVERY_PATCH = ("runtime_client", "log_wait", "fifo_groups", "one_start_at_a_time", "visible_after_death", "still_for_reset",
               "forget_at_reset", "rule_retries", "version_id", "secure_deliveries", "folder_keys", "transfer_trust", "schedules",
               "secret_ref", "transfer_server", "table_ttl", "version_ranges")


def _until(what: Callable[[], Any], *, within_s: float = 15.0) -> Any:
    """Ask again and again until the answer is something; fails when it never is."""
    deadline = time.monotonic() + within_s
    while not (answer := what()):
        assert time.monotonic() < deadline, f"not within {within_s:g} s"
        time.sleep(0.02)
    return answer


class Cloud:
    """What a test does with a MiniStack: functions from a few lines, queues, stacks from a few resources."""

    def __init__(self, stack: MiniStack) -> None:
        self.stack, self.ask, self.until = stack, stack.ask, _until
        self._clients: dict[str, Any] = {}

    def __getattr__(self, service: str) -> Any:
        return self._clients.setdefault(service, self.stack.client(service.rstrip("_")))

    def function(self, name: str, code: str, *, variables: dict[str, str] | None = None, role: str | None = None, **more: Any) -> str:
        self.lambda_.create_function(
            FunctionName=name, Runtime="python3.13", Handler="code.handler", Role=role or self.role("all"),
            Environment={"Variables": variables or {}}, Code={"ZipFile": _zipped({"code.py": textwrap.dedent(code)})},
            **{"MemorySize": 256, "Timeout": 10, **more})
        return f"arn:aws:lambda:{self.stack.region}:000000000000:function:{name}"

    def role(self, name: str, policy: dict[str, Any] = ANYTHING) -> str:
        try:
            self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
        except self.iam.exceptions.EntityAlreadyExistsException:
            return f"arn:aws:iam::000000000000:role/{name}"
        self.iam.put_role_policy(RoleName=name, PolicyName="rights", PolicyDocument=json.dumps(policy))
        return f"arn:aws:iam::000000000000:role/{name}"

    def call(self, name: str, **event: Any) -> Any:
        """What the function answers; what it raised as {"errorType", "errorMessage", …}."""
        return json.loads(self.lambda_.invoke(FunctionName=name, Payload=json.dumps(event))["Payload"].read())

    def queue(self, name: str, **attributes: str) -> str:
        fifo = {"FifoQueue": "true", "ContentBasedDeduplication": "true"} if name.endswith(".fifo") else {}
        return str(self.sqs.create_queue(QueueName=name, Attributes={**fifo, **attributes})["QueueUrl"])

    def feeds(self, queue: str, function: str, **mapping: Any) -> None:
        self.lambda_.create_event_source_mapping(EventSourceArn=arn(self, queue), FunctionName=function, **mapping)

    def bucket(self, name: str, *, versioned: bool = False, events: bool = False) -> str:
        self.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": self.stack.region})
        if versioned:
            self.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        if events:
            self.s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}})
        return name

    def keys(self, bucket: str, prefix: str = "") -> list[str]:
        return [found["Key"] for found in self.s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]

    def waiting(self, queue: str) -> dict[str, int]:
        """How many messages are visible, and how many in flight."""
        told = self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
        return {"visible": int(told["ApproximateNumberOfMessages"]), "in flight": int(told["ApproximateNumberOfMessagesNotVisible"])}

    def received(self, queue: str) -> list[Any]:
        messages = self.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in messages]

    def stand(self, name: str, resources: dict[str, Any], **outputs: Any) -> dict[str, str]:
        """Make a stack; gives its outputs. Fails with CloudFormation's reason."""
        template = {"Resources": resources, "Outputs": {key: {"Value": value} for key, value in outputs.items()}}
        self.cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"])
        made = self.until(lambda: self._ended(name))
        assert made["StackStatus"] == "CREATE_COMPLETE", made.get("StackStatusReason")
        return {output["OutputKey"]: output["OutputValue"] for output in made["Outputs"]}

    def _ended(self, name: str) -> dict[str, Any] | None:
        stack: dict[str, Any] = self.cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        return None if stack["StackStatus"].endswith("PROGRESS") else stack


def arn(cloud: Cloud, queue: str) -> str:
    return str(cloud.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])


def _zipped(files: dict[str, str]) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return memory.getvalue()


@pytest.fixture
def zipped() -> Callable[[dict[str, str]], bytes]:
    return _zipped


@pytest.fixture
def until() -> Callable[..., Any]:
    return _until


@pytest.fixture
def asked_of_ministack() -> Callable[..., str]:
    """Run lines of Python that look into MiniStack; gives the last line printed. In a process of its own, as importing
    MiniStack starts threads that never end."""

    def ask(code: str, *arguments: str) -> str:
        asked = subprocess.run([sys.executable, "-c", textwrap.dedent(code), *arguments], capture_output=True, text=True, check=False)
        assert asked.returncode == 0, asked.stderr
        return asked.stdout.strip().splitlines()[-1]

    return ask


@pytest.fixture(scope="session")
def new_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Cloud]]:
    """Starts a MiniStack; all of them are gone at the end."""
    build_dependencies()
    started: list[MiniStack] = []

    def start(without: tuple[str, ...] = (), rough: int | None = None) -> Cloud:
        folder = tmp_path_factory.mktemp("cloud")
        started.append(MiniStack(folder, python=deps.RUNTIME / "bin/python", without=without, rough=rough))
        return Cloud(started[-1])

    yield start
    for stack in started:
        stack.stop()


@pytest.fixture(scope="session")
def cloud(new_cloud: Callable[..., Cloud]) -> Cloud:
    """MiniStack as the twin runs it."""
    return new_cloud()


@pytest.fixture
def ledger_table(cloud: Cloud) -> str:
    """A new one, empty."""
    name = f"ledger-{uuid4().hex[:8]}"
    text = [{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")]
    cloud.dynamodb.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", AttributeDefinitions=text,
                                KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}])
    return name


@pytest.fixture(scope="session")
def plain_cloud(new_cloud: Callable[..., Cloud]) -> Cloud:
    """MiniStack as it comes: a test that finds a patch's behaviour here says that the patch is no longer needed."""
    return new_cloud(EVERY_PATCH)


@pytest.fixture
def account() -> Iterator[Account]:
    """An account at the simulator, and the bridge's client of it."""
    with connected() as account:
        yield account


@pytest.fixture
def plytix() -> Iterator[Simulator]:
    """An account with an attribute of each kind that the bridge writes."""
    with Simulator() as simulator:
        simulator.attributes(ATTRIBUTES)
        yield simulator


@pytest.fixture
def client(plytix: Simulator) -> Iterator[Callable[..., Products]]:
    """Makes clients of the simulator, and closes them."""
    made: list[Session] = []

    def a_client(kept: Any = None, budget: Budget | None = None, total_s: float = 10.0, clock: Callable[[], float] = time.time) -> Products:
        made.append(Session(kept or Kept(plytix.url), budget or Unlimited(), Limits(connect_s=1, total_s=total_s), clock))
        return Products(made[-1])

    yield a_client
    for session in made:
        session.close()
