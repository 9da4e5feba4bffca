"""The endpoint over a plain MiniStack, with the real identity function behind it, and the clients that partners use."""

import contextlib
import ftplib
import importlib.util
import json
import logging
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import boto3
import paramiko
import pytest

from bridge.adapters.partner_secrets import PartnerSecrets
from bridge.configuration import Bundle
from local.endpoint.cloud import Cloud
from local.endpoint.endpoint import Endpoint
from local.endpoint.reception import Waits
from local.endpoint.servers import Server
from tests import clients

ROOT = Path(__file__).parents[2]
REGION, ACCOUNT = "eu-central-1", "000000000000"
EXCHANGE, WORK, PREFIX = "exchange", "work", "bridge/partners/"
ROLE, KEY = f"arn:aws:iam::{ACCOUNT}:role/partner", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/of-the-test"
PUBLIC, INTERNAL = "s-0123456789abcdef0", "s-fedcba98765432100"
PASSWORDS = {"northwind": "Lachs-1887-é", "acme": "shoes and more", "bigmart": "buy 1, get 1"}
OWN_FOLDERS = {f"{partner}/{folder}/" for partner in PASSWORDS for folder in  # no templates yet
               ("inbox", "inbox/prices", "outbox", "outbox/catalogue", "receipts", "corrections")}
VPC = {"EndpointType": "VPC", "IdentityProviderType": "AWS_LAMBDA", "Domain": "S3", "Certificate": "arn:aws:acm:…",
       "ProtocolDetails": {"TlsSessionResumptionMode": "ENABLED", "SetStatOption": "ENABLE_NO_OP"}}
BUNDLE = Bundle.model_validate({"version": "1", "feeds": {}, "partners": {
    "northwind": {"name": "Northwind ERP", "protocols": ["sftp", "ftps", "ftp"], "allow": ["127.0.0.0/8"],
                  "paths": {"/export/sap": "inbox"}},
    "acme": {"name": "Acme Shoes", "protocols": ["sftp", "ftps", "ftp"]},
    "bigmart": {"name": "Bigmart, who comes over SFTP only", "protocols": ["sftp"]},
    "faraway": {"name": "Comes from elsewhere", "protocols": ["sftp", "ftps"], "allow": ["203.0.113.0/24"]},
}})
DEADLINE_S = 10
MINISTACK = """
from ministack.core import iam_actions
arn_of = iam_actions.extract_resource_arn
def with_folders(service, method, path, *more):  # it asks policies about `folder` where the key is `folder/`
    arn = arn_of(service, method, path, *more)
    return f"{arn}/" if service == "s3" and path.endswith("/") and "/" in arn and not arn.endswith("/") else arn
iam_actions.extract_resource_arn = with_folders
from ministack.app import main
main()
"""


def soon(condition, what="it"):
    """What `condition` gives as soon as it is true."""
    until = time.monotonic() + DEADLINE_S
    while not (found := condition()):
        if time.monotonic() > until:
            raise AssertionError(f"{what} did not happen within {DEADLINE_S} s")
        time.sleep(0.02)
    return found


# --- AWS --------------------------------------------------------------------------------------------------------------

@pytest.fixture(scope="session")
def cloud(tmp_path_factory):
    """A MiniStack of its own, as its makers ship it but for folders."""
    home = tmp_path_factory.mktemp("ministack")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SSL_", "REQUESTS_"))}
    env |= {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "SFTP_ENABLED": "0", "IOT_MTLS_ENABLED": "0", "AUTH": "true",
            "MINISTACK_REGION": REGION, "TMPDIR": str(home), "STATE_DIR": str(home / "state"), "S3_DATA_DIR": str(home / "s3"),
            "LOG_LEVEL": "WARNING"}
    with (home / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-c", MINISTACK], env=env, stdout=log, stderr=log, cwd=home)
    try:
        soon(lambda: _listens(port) or process.poll() is not None, "the start of MiniStack")
        yield Cloud(REGION, "test", "test", f"http://127.0.0.1:{port}")
    finally:
        process.kill()
        process.wait()


def _listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="session")
def aws(cloud):
    """Buckets, the partners' role, the configuration and the secrets, as the template and the CLI make them."""
    made = SimpleNamespace(s3=cloud.client("s3"), iam=cloud.client("iam"), secrets=cloud.client("secretsmanager"))
    for bucket in (EXCHANGE, WORK):
        made.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        made.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    trust = {"Effect": "Allow", "Principal": {"Service": "transfer.amazonaws.com"}, "Action": "sts:AssumeRole"}
    rights = [
        {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetBucketLocation"], "Resource": f"arn:aws:s3:::{EXCHANGE}"},
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:DeleteObject",
                                       "s3:AbortMultipartUpload"], "Resource": f"arn:aws:s3:::{EXCHANGE}/*"}]
    made.iam.create_role(RoleName="partner", AssumeRolePolicyDocument=_policy([trust]))
    made.iam.put_role_policy(RoleName="partner", PolicyName="tree", PolicyDocument=_policy(rights))
    made.s3.put_object(Bucket=WORK, Key="configuration/current.json", Body=BUNDLE.model_dump_json(by_alias=True).encode())
    secrets = PartnerSecrets(made.secrets, PREFIX)
    for partner, password in (PASSWORDS | {"faraway": "somewhere else"}).items():
        secrets.set_hash(partner, clients.cheap_hash(password))
    return made


def _policy(statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.fixture(scope="session")
def identify(aws, cloud):
    """The identity function itself, as Lambda would call it, in this process."""
    where = {"AWS_ENDPOINT_URL": cloud.endpoint_url, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION,
             "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "EXCHANGE_BUCKET": EXCHANGE, "WORK_BUCKET": WORK,
             "PARTNER_SECRETS_PREFIX": PREFIX, "PARTNER_ROLE_ARN": ROLE, "KEY_ARN": KEY, "POWERTOOLS_METRICS_NAMESPACE": "bridge"}
    with pytest.MonkeyPatch.context() as env:
        for name, value in where.items():
            env.setenv(name, value)
        spec = importlib.util.spec_from_file_location("authenticate", ROOT / "functions/identity/authenticate.py")
        function = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(function)
        boto3.DEFAULT_SESSION = None
    context = SimpleNamespace(function_name="authenticate", memory_limit_in_mb=256, invoked_function_arn="arn", aws_request_id="1")
    return lambda event: function.handler(event, context)


class Exchange:
    """The exchange bucket as our side sees it."""

    def __init__(self, s3) -> None:
        self.s3 = s3

    def put(self, key, body=b"") -> None:
        self.s3.put_object(Bucket=EXCHANGE, Key=key, Body=body)

    def body(self, key) -> bytes:
        return self.s3.get_object(Bucket=EXCHANGE, Key=key)["Body"].read()

    def head(self, key):
        return self.s3.head_object(Bucket=EXCHANGE, Key=key)

    def files(self, prefix="") -> list[str]:
        return [key for key in self.keys(prefix) if not key.endswith("/")]

    def keys(self, prefix="") -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=EXCHANGE, Prefix=prefix)
        return [found["Key"] for page in pages for found in page.get("Contents", [])]

    def versions(self, key) -> int:
        return len(self.s3.list_object_versions(Bucket=EXCHANGE, Prefix=key).get("Versions", []))

    def clear(self) -> None:
        """Empty but for the folders that `bridge config apply` makes for each partner."""
        while True:
            page = self.s3.list_object_versions(Bucket=EXCHANGE)
            there = [found for kind in ("Versions", "DeleteMarkers") for found in page.get(kind, [])]
            gone = [{"Key": found["Key"], "VersionId": found["VersionId"]} for found in there if found["Key"] not in OWN_FOLDERS]
            if gone:
                self.s3.delete_objects(Bucket=EXCHANGE, Delete={"Objects": gone})
            if not page.get("IsTruncated"):
                break
        for folder in OWN_FOLDERS - set(self.keys()):
            self.put(folder)


@pytest.fixture(scope="session")
def _exchange(aws):
    return Exchange(aws.s3)


@pytest.fixture
def exchange(_exchange):
    _exchange.clear()
    return _exchange


class Bus:
    """What the endpoint tells the default bus. (MiniStack as shipped takes no `aws.*` source: see the README.)"""

    def __init__(self) -> None:
        self.entries: list[dict] = []

    def __call__(self, entry) -> None:
        self.entries.append(entry)

    def kinds(self) -> list[str]:
        return [entry["DetailType"] for entry in self.entries]

    def one(self, kind) -> dict:
        """The detail of the one event of this kind, as soon as it has come."""
        found = soon(lambda: [entry for entry in self.entries if entry["DetailType"] == kind], kind)
        assert len(found) == 1, found
        return json.loads(found[0]["Detail"])


@pytest.fixture(scope="session")
def _bus():
    return Bus()


@pytest.fixture
def bus(_bus):
    _bus.entries.clear()
    return _bus


# --- the endpoint -----------------------------------------------------------------------------------------------------

@pytest.fixture(scope="session")
def _endpoint(cloud, identify, key_pair, _bus, tmp_path_factory):
    servers = [Server.of(PUBLIC, VPC | {"Protocols": ["SFTP", "FTPS"]}), Server.of(INTERNAL, VPC | {"Protocols": ["FTP"]})]
    endpoint = Endpoint(servers, identify, cloud, tmp_path_factory.mktemp("endpoint"), bus=_bus, waits=Waits(after_refusal_s=0.2))
    ports = endpoint.start()
    yield SimpleNamespace(ports=ports, host_key=endpoint.host_key, it=endpoint)
    endpoint.stop()


@pytest.fixture
def endpoint(_endpoint, exchange, bus):
    """SFTP, FTPS and FTP as the twin's template declares them; every test begins with empty folders."""
    return _endpoint


@pytest.fixture
def another(cloud, identify, bus, exchange, tmp_path):
    """Start one more endpoint, with other settings; gives its ports."""
    with contextlib.ExitStack() as started:
        def start(*servers, identify=identify, bus=bus, **settings):
            endpoint = Endpoint(servers, identify, cloud, tmp_path / "endpoint", bus=bus, **settings)
            started.callback(endpoint.stop)
            return SimpleNamespace(ports=endpoint.start(), it=endpoint, host_key=endpoint.host_key, folder=tmp_path / "endpoint")
        yield start


# --- clients ----------------------------------------------------------------------------------------------------------

@pytest.fixture(scope="session")
def key_pair(aws, tmp_path_factory):
    """Northwind's SSH key: the private file; the public line is set as `bridge partner key` sets it."""
    file = clients.key_pair(tmp_path_factory.mktemp("key"))
    PartnerSecrets(aws.secrets, PREFIX).add_key("northwind", file.with_suffix(".pub").read_text())
    return file


@pytest.fixture
def programs(endpoint, tmp_path):
    """The client programs of a partner, by his name."""
    def of(user="northwind", password=None, at=endpoint):
        return clients.Programs(at.ports, at.host_key, tmp_path, user, password or PASSWORDS[user])
    return of


@pytest.fixture
def sftp(programs, endpoint):
    """OpenSSH's sftp, the server's key pinned; one batch of commands."""
    def batch(*commands, user="northwind", password=None, key=None, ok=True, at=endpoint):
        return programs(user, password, at).sftp(*commands, key=key, ok=ok)
    return batch


@pytest.fixture
def lftp(programs):
    """lftp over FTPS; `set` lines first."""
    return lambda *commands, user="northwind", ok=True: programs(user).lftp(*commands, ok=ok)


@pytest.fixture
def curl(programs):
    """curl; `protocol` ftp or ftps (explicit TLS)."""
    def fetch(protocol, path, *options, user="northwind", password=None, ok=True):
        return programs(user, password).curl(protocol, path, *options, ok=ok)
    return fetch


@pytest.fixture
def rclone(programs):
    return lambda *arguments, user="northwind", ok=True: programs(user).rclone(*arguments, ok=ok)


@pytest.fixture(scope="session")
def _connections(_endpoint):
    """Connections that stay open from test to test: logging in is most of what these tests cost."""
    held = {}
    yield held
    for transport in held.values():
        transport.close()


@pytest.fixture
def connect(endpoint, _connections):
    """paramiko's client: an open SFTP session, on a connection of its `own` or a shared one; all are closed at the end."""
    with contextlib.ExitStack() as open_ones:
        def logged_in(ports, user, password, key):
            pkey = paramiko.Ed25519Key.from_private_key_file(str(key)) if key else None
            with contextlib.ExitStack() as failed:
                transport = failed.enter_context(contextlib.closing(paramiko.Transport(("127.0.0.1", ports["sftp"]))))
                transport.connect(username=user, password=None if key else password, pkey=pkey)
                failed.pop_all()
            return transport

        def session(user="northwind", password=None, key=None, ports=None, own=False):
            login = user, password or PASSWORDS[user], key
            if ports or own:
                transport = open_ones.enter_context(contextlib.closing(logged_in(ports or endpoint.ports, *login)))
                return paramiko.SFTPClient.from_transport(transport)
            if login not in _connections:
                _connections[login] = logged_in(endpoint.ports, *login)
            return open_ones.enter_context(contextlib.closing(paramiko.SFTPClient.from_transport(_connections[login])))
        yield session


@pytest.fixture
def dial(endpoint):
    """ftplib: a control connection, logged in; all are closed at the end."""
    open_ones = []

    def session(protocol="ftp", user="northwind", password=None, ports=endpoint.ports, kind=ftplib.FTP_TLS):
        client = kind() if protocol == "ftps" else ftplib.FTP()
        client.encoding = "utf-8"
        open_ones.append(client)
        client.connect("127.0.0.1", ports[protocol], timeout=10)
        client.login(user, password or PASSWORDS[user])
        if protocol == "ftps":
            client.prot_p()
        return client
    yield session
    for client in open_ones:
        client.close()


logging.getLogger("botocore").setLevel(logging.WARNING)
