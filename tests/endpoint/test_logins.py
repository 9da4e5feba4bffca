"""Who gets in, what the identity function is asked, and how its answer is obeyed."""

import ftplib
import json
import logging
import threading

import paramiko
import pytest

from local.endpoint.reception import Waits
from local.endpoint.servers import Server
from tests import clients
from tests.endpoint.conftest import EXCHANGE, INTERNAL, PASSWORDS, PUBLIC, ROLE, VPC, soon

REFUSED = {
    "a wrong password": ("northwind", "wrong"),
    "an unknown user": ("nobody-here", "wrong"),
    "an address that is not his": ("faraway", "somewhere else"),
    "somebody else's password": ("acme", PASSWORDS["northwind"]),
    "no name that could be one": ("a b", "x"),
}
ALL = Server.of(PUBLIC, VPC | {"Protocols": ["SFTP", "FTPS"]}), Server.of(INTERNAL, VPC | {"Protocols": ["FTP"]})


@pytest.mark.parametrize(("user", "password"), REFUSED.values(), ids=REFUSED.keys())
def test_nobody_gets_in_with(connect, dial, user, password):
    told = set()
    with pytest.raises(paramiko.AuthenticationException, match=r"^Authentication failed\.$"):
        connect(user, password)
    for protocol in ("ftp", "ftps"):
        with pytest.raises(ftplib.error_perm) as refusal:
            dial(protocol, user, password)
        told.add(str(refusal.value))
    assert told == {"530 Authentication failed."}  # the same for all, whatever the reason


def test_a_partner_comes_only_over_his_protocols(connect, dial):
    assert "inbox" in connect("bigmart").listdir("/")
    for protocol in ("ftp", "ftps"):
        with pytest.raises(ftplib.error_perm, match="530"):
            dial(protocol, "bigmart")


def test_a_foreign_key_is_refused(sftp, tmp_path):
    clients.key_pair(tmp_path, "foreign")

    assert sftp("ls /", key=tmp_path / "foreign", ok=False).returncode != 0
    assert sftp("ls /", user="acme", key=tmp_path / "foreign", ok=False).returncode != 0


def test_a_key_opens_only_its_owners_tree(sftp, key_pair):
    assert sftp("ls /", key=key_pair).returncode == 0
    assert sftp("ls /", key=key_pair, user="acme", ok=False).returncode != 0


@pytest.fixture
def asked(another, identify):
    """An endpoint that notes what it asks the identity function; gives the events and the endpoint."""
    events = []

    def noting(event):
        events.append(event)
        return identify(event)
    return events, another(*ALL, identify=noting)


def test_the_function_is_asked_in_transfers_own_words(asked, dial, connect):
    events, place = asked
    connect(ports=place.ports)
    dial("ftps", ports=place.ports)
    dial("ftp", "acme", ports=place.ports)

    assert events == [
        {"username": "northwind", "password": PASSWORDS["northwind"], "protocol": "SFTP", "serverId": PUBLIC, "sourceIp": "127.0.0.1"},
        {"username": "northwind", "password": PASSWORDS["northwind"], "protocol": "FTPS", "serverId": PUBLIC, "sourceIp": "127.0.0.1"},
        {"username": "acme", "password": PASSWORDS["acme"], "protocol": "FTP", "serverId": INTERNAL, "sourceIp": "127.0.0.1"}]


def test_a_key_login_is_asked_about_once_and_without_a_password(asked, sftp, key_pair):
    """OpenSSH asks whether the key would do before it proves it: one login all the same."""
    events, place = asked
    assert "inbox" in sftp("ls /", key=key_pair, at=place).stdout

    assert events == [{"username": "northwind", "protocol": "SFTP", "serverId": PUBLIC, "sourceIp": "127.0.0.1"}]


def test_a_client_that_offers_its_keys_first_is_asked_about_twice(asked, key_pair):
    events, place = asked
    with paramiko.Transport(("127.0.0.1", place.ports["sftp"])) as transport:
        transport.start_client()
        with pytest.raises(paramiko.AuthenticationException):
            transport.auth_publickey("acme", paramiko.Ed25519Key.from_private_key_file(str(key_pair)))
        transport.auth_password("acme", PASSWORDS["acme"])

    assert [("password" in event, event["username"]) for event in events] == [(False, "acme"), (True, "acme")]


@pytest.mark.parametrize(("methods", "password", "key"), [("PASSWORD", True, False), ("PUBLIC_KEY", False, True)])
def test_the_server_takes_only_the_methods_that_it_declares(another, connect, key_pair, methods, password, key):
    details = {"IdentityProviderDetails": {"SftpAuthenticationMethods": methods}}
    ports = another(Server.of(PUBLIC, VPC | {"Protocols": ["SFTP"]} | details)).ports
    for how, welcome in (({}, password), ({"key": key_pair}, key)):
        if welcome:
            assert connect(ports=ports, **how).listdir("/inbox") == ["prices"]
        else:
            with pytest.raises(paramiko.BadAuthenticationType):
                connect(ports=ports, **how)


@pytest.mark.parametrize("fault", [RuntimeError("the text of an error may hold the event"), KeyError("x"), None, [], "yes", {"Role": 7}])
def test_a_function_that_fails_or_talks_nonsense_lets_nobody_in(another, dial, caplog, fault):
    def broken(event):
        if isinstance(fault, Exception):
            raise fault
        return fault
    ports = another(*ALL, identify=broken, waits=Waits(after_refusal_s=0)).ports

    with pytest.raises(ftplib.error_perm, match="530"):
        dial(ports=ports)
    assert "may hold the event" not in caplog.text


def test_a_role_that_cannot_be_assumed_is_no_way_in(another, dial, connect, identify):
    def elsewhere(event):
        return identify(event) | {"Role": "arn:aws:iam::000000000000:role/there-is-none"}
    ports = another(*ALL, identify=elsewhere, waits=Waits(after_refusal_s=0)).ports

    with pytest.raises(ftplib.error_perm, match="530"):
        dial(ports=ports)
    with pytest.raises((paramiko.SSHException, EOFError)):
        connect(ports=ports)


def test_the_session_policy_counts_whatever_the_directories_say(another, connect, identify, exchange):
    """A wrong mapping alone must not open another partner's tree."""
    def generous(event):
        return identify(event) | {"HomeDirectoryDetails": json.dumps([
            {"Entry": "/mine", "Target": f"/{EXCHANGE}/northwind/inbox"}, {"Entry": "/theirs", "Target": f"/{EXCHANGE}/acme/inbox"}])}
    exchange.put("acme/inbox/prices/secret.csv", b"acme's")
    client = connect(ports=another(*ALL, identify=generous).ports)

    assert client.listdir("/mine") == ["prices"]
    for attempt in (lambda: client.listdir("/theirs"), lambda: client.open("/theirs/prices/secret.csv"),
                    lambda: client.remove("/theirs/prices/secret.csv"), lambda: client.stat("/theirs/prices/secret.csv")):
        with pytest.raises(PermissionError):
            attempt()
    assert exchange.body("acme/inbox/prices/secret.csv") == b"acme's"


def test_the_policy_narrows_the_role_also_where_the_role_itself_may(another, connect, identify, exchange):
    deny = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{EXCHANGE}/northwind/receipts/*"}]}
    exchange.put("northwind/receipts/r.txt", b"received")
    client = connect(ports=another(*ALL, identify=lambda event: identify(event) | {"Policy": json.dumps(deny)}).ports)

    assert client.listdir("/receipts") == ["r.txt"]
    with pytest.raises(PermissionError):
        client.open("/receipts/r.txt")


def test_sessions_are_named_after_user_session_and_server(another, connect, identify, cloud, monkeypatch):
    names, made = [], cloud.client

    def client(service, credentials=None):
        found = made(service, credentials)
        if service == "sts":
            found.meta.events.register("before-parameter-build.sts.AssumeRole", lambda params, **_: names.append(params))
        return found
    monkeypatch.setattr(cloud, "client", client)
    connect(ports=another(*ALL).ports).listdir("/")

    (asked,) = names
    user, rest = asked["RoleSessionName"].split(".")
    assert (user, rest.partition("@")[2], asked["RoleArn"]) == ("northwind", PUBLIC, ROLE)
    assert len(asked["RoleSessionName"]) <= 64


def test_one_who_failed_waits_alone(another, dial, connect):
    """pyftpdlib holds a refusal back for a while; others must not feel it."""
    place = another(*ALL, waits=Waits(after_refusal_s=60))
    failing, told = ftplib.FTP(), []
    failing.connect("127.0.0.1", place.ports["ftp"])

    def fail():
        with pytest.raises((ftplib.error_perm, EOFError, OSError)) as refusal:
            failing.login("acme", "wrong")
        told.append(refusal)
    waiting = threading.Thread(target=fail)
    waiting.start()
    assert dial("ftp", ports=place.ports).nlst("/inbox") == ["prices"]
    assert dial("ftps", ports=place.ports).nlst("/inbox") == ["prices"]
    assert told == []  # he still waits for his refusal
    place.it.stop()
    waiting.join()


def test_one_who_failed_may_try_again_in_the_same_session(endpoint):
    client = ftplib.FTP(encoding="utf-8")
    client.connect("127.0.0.1", endpoint.ports["ftp"], timeout=10)
    with pytest.raises(ftplib.error_perm, match="530"):
        client.login("northwind", "wrong")
    assert client.login("northwind", PASSWORDS["northwind"]).startswith("230")
    assert client.nlst("/inbox") == ["prices"]
    client.close()


def test_nothing_but_logging_in_is_done_before_login(endpoint):
    client = ftplib.FTP(encoding="utf-8")
    client.connect("127.0.0.1", endpoint.ports["ftp"], timeout=10)
    for command in ("LIST", "STOR /inbox/a.csv", "RETR /inbox/a.csv", "PASV", "MKD /inbox/x"):
        with pytest.raises(ftplib.error_perm, match="530"):
            client.sendcmd(command)
    client.close()


def test_ssh_offers_no_shell_no_commands_and_no_tunnel(connect):
    client = connect(own=True)
    transport = client.get_channel().get_transport()

    with pytest.raises(paramiko.ChannelException):
        transport.open_channel("direct-tcpip", ("127.0.0.1", 22), ("127.0.0.1", 1))
    channel = transport.open_session()
    with pytest.raises(paramiko.SSHException):
        channel.exec_command("id")
    channel = transport.open_session()
    with pytest.raises(paramiko.SSHException):
        channel.invoke_shell()


def test_no_password_and_no_key_gets_into_any_log(connect, dial, key_pair, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    capfd.readouterr()
    connect(own=True)
    connect(key=key_pair, own=True)
    dial("ftp")
    dial("ftps")
    for login in (lambda: dial("ftp", password="a-wrong-password"), lambda: dial("ftp", "a-password-as-a-name", "x")):
        with pytest.raises(ftplib.error_perm):
            login()
    logged = [record.getMessage() for record in caplog.records if not record.name.startswith("paramiko")] + [*capfd.readouterr()]

    assert any("northwind" in line for line in logged)
    assert not any(PASSWORDS["northwind"] in line or "a-wrong-password" in line for line in logged)
    assert not any('"partner":"a-password-as-a-name"' in line for line in logged)


def test_a_banner_is_shown_as_the_template_says(another):
    server = Server.of(PUBLIC, VPC | {"Protocols": ["SFTP", "FTP"], "PreAuthenticationLoginBanner": "Authorised partners only",
                                      "PostAuthenticationLoginBanner": "Welcome"})
    ports = another(server).ports
    ftp = ftplib.FTP(encoding="utf-8")
    assert ftp.connect("127.0.0.1", ports["ftp"], timeout=10) == "220 Authorised partners only"
    assert ftp.login("northwind", PASSWORDS["northwind"]) == "230 Welcome"
    ftp.close()
    with paramiko.Transport(("127.0.0.1", ports["sftp"])) as transport:
        transport.connect(username="northwind", password=PASSWORDS["northwind"])
        assert b"Authorised partners only" in soon(transport.get_banner, "the banner")
