"""The endpoint is what the template declares: no more servers, no other protocols, and nothing that AWS would refuse."""

import gc
import os
import threading
from pathlib import Path

import paramiko
import pytest

from local.endpoint.endpoint import Endpoint
from local.endpoint.login import BadAnswer, understood
from local.endpoint.reception import Waits
from local.endpoint.servers import Methods, NotDeployable, Protocol, Resumption, Server
from tests.endpoint.conftest import INTERNAL, PUBLIC, VPC, soon

NAMES = ("sftp ", "ftps ", "ftp ")  # of the endpoint's own threads


def test_each_declared_protocol_is_served_and_no_other(another):
    assert list(another(Server.of(PUBLIC, {"IdentityProviderType": "AWS_LAMBDA"})).ports) == ["sftp"]  # AWS's default


def test_two_servers_of_one_protocol_have_a_port_each(another):
    ports = another(Server.of(PUBLIC, VPC), Server.of(INTERNAL, VPC)).ports
    assert list(ports) == ["sftp", f"sftp {INTERNAL}"]
    assert len(set(ports.values())) == 2


def test_defaults_are_those_of_aws_also_where_they_are_unkind():
    server = Server.of(PUBLIC, VPC | {"Protocols": ["SFTP", "FTPS"], "ProtocolDetails": {}})
    assert server == Server(PUBLIC, (Protocol.SFTP, Protocol.FTPS), Resumption.ENFORCED, False, Methods.EITHER)


@pytest.mark.parametrize(("properties", "reason"), [
    ({"Protocols": ["FTP"], "EndpointType": "PUBLIC"}, "need EndpointType VPC"),
    ({"Protocols": ["FTP", "SFTP"], "EndpointDetails": {"AddressAllocationIds": ["eipalloc-1"]}}, "FTP excludes"),
    ({"Protocols": ["FTPS"], "Certificate": None}, "FTPS needs a Certificate"),
    ({"Protocols": ["AS2"]}, "AS2"),
    ({"IdentityProviderType": "SERVICE_MANAGED"}, "identity function only"),
    ({"Domain": "EFS"}, "S3 only"),
    ({"IdentityProviderDetails": {"SftpAuthenticationMethods": "PUBLIC_KEY_AND_PASSWORD"}}, "PUBLIC_KEY_AND_PASSWORD"),
    ({"ProtocolDetails": {"TlsSessionResumptionMode": "MAYBE"}}, "MAYBE"),
])
def test_what_aws_or_the_twin_cannot_do_is_refused_by_name(properties, reason):
    with pytest.raises(NotDeployable, match=reason):
        Server.of(PUBLIC, VPC | properties)


GOOD = {"Role": "arn:aws:iam::000000000000:role/partner", "HomeDirectoryType": "LOGICAL",
        "HomeDirectoryDetails": '[{"Entry": "/inbox", "Target": "/exchange/${transfer:UserName}/inbox"}]'}


def test_transfers_variable_is_replaced_in_targets_and_policy():
    granted = understood(GOOD | {"Policy": '{"x": "${transfer:UserName}"}'}, "acme", with_password=True)
    assert str(granted.directories["/inbox"]) == "/exchange/acme/inbox"
    assert granted.policy == '{"x": "acme"}'


@pytest.mark.parametrize(("fault", "reason"), [
    ({"HomeDirectoryDetails": [{"Entry": "/", "Target": "/exchange"}]}, "a JSON string"),
    ({"HomeDirectoryDetails": "{"}, "a list of objects"),
    ({"HomeDirectoryDetails": '["/inbox"]'}, "a list of objects"),
    ({"HomeDirectoryDetails": "[]"}, "no directory"),
    ({"HomeDirectoryDetails": '[{"Entry": "/inbox", "Target": "/exchange/acme/inbox/"}]'}, "no \"/\" at the end"),
    ({"HomeDirectoryDetails": '[{"Entry": "inbox", "Target": "/exchange/acme/inbox"}]'}, "begin with"),
    ({"HomeDirectoryDetails": '[{"Entry": "/a", "Target": "/x/1"}, {"Entry": "/a/b", "Target": "/x/2"}]'}, "lies in"),
    ({"HomeDirectoryDetails": '[{"Entry": "/", "Target": "/x"}, {"Entry": "/b", "Target": "/x/2"}]'}, "lies in"),
    ({"HomeDirectoryDetails": '[{"Entry": "/a", "Target": "/x/${transfer:HomeFolder}"}]'}, "only"),
    ({"HomeDirectoryType": "PATH", "HomeDirectory": "/exchange/acme"}, "LOGICAL only"),
    ({"HomeDirectory": "/inbox"}, "does not go with LOGICAL"),
    ({"Policy": {"Version": "2012-10-17"}}, "a string"),
    ({"Policy": "x" * 2_049}, "2,048"),
    ({"PublicKeys": ["ssh-ed25519 AAAA"]}, "beside a password"),
])
def test_an_answer_that_transfer_family_would_not_take_is_no_login(fault, reason):
    with pytest.raises(BadAnswer, match=reason):
        understood(GOOD | fault, "acme", with_password=True)


# --- beginning and end ------------------------------------------------------------------------------------------------

def test_the_host_key_stays_when_the_endpoint_comes_back(another):
    first = another(Server.of(PUBLIC, VPC))
    first.it.stop()
    assert another(Server.of(PUBLIC, VPC)).it.host_key == first.it.host_key


def test_a_port_that_is_taken_stops_the_start_and_leaves_nothing_open(another, cloud, identify, tmp_path):
    taken = another(Server.of(PUBLIC, VPC)).ports["sftp"]
    servers = [Server.of(INTERNAL, VPC | {"Protocols": ["FTP", "SFTP"]})]
    before = threading.active_count()
    with pytest.raises(OSError, match="in use"):
        Endpoint(servers, identify, cloud, tmp_path / "other", ports={"sftp": taken}).start()
    assert threading.active_count() == before


def left(before):
    """Threads of an endpoint."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(NAMES) and thread not in before]


def held(place):
    """Open files of an endpoint, and sockets on its ports; others of this process (a twin's, say) come and go."""
    links = {os.readlink(link) for link in Path("/proc/self/fd").glob("*") if link.is_symlink()}
    lines = [line.split() for line in Path("/proc/self/net/tcp").read_text().splitlines()[1:]]
    ports = {f"{port:04X}" for port in place.ports.values()}
    inodes = {line[9] for line in lines if {address.split(":")[1] for address in line[1:3]} & ports}
    return [link for link in links if link.startswith(str(place.folder)) or link.removeprefix("socket:[").removesuffix("]") in inodes]


def test_nothing_stays_when_it_stops_though_clients_are_still_there(another, connect, dial):
    """No thread, no descriptor, no temporary file."""
    threads = set(threading.enumerate())
    place = another(Server.of(PUBLIC, VPC | {"Protocols": ["SFTP", "FTPS", "FTP"]}))
    sftp = connect(ports=place.ports)
    open_files = [sftp.open("/inbox/a.csv", "w"), sftp.open("/inbox/b.csv", "w")]
    clients = [dial("ftp", ports=place.ports), dial("ftps", ports=place.ports)]
    transfers = [client.transfercmd("STOR /inbox/c.csv") for client in clients]
    assert held(place)
    place.it.stop()
    assert left(threads) == []
    for transfer in transfers:
        transfer.close()
    for client in clients:
        client.close()
    sftp.get_channel().get_transport().close()

    def gone():
        gc.collect()
        return not left(threads) and not held(place)
    soon(gone, "the end of all threads and the closing of all files")
    assert list((place.folder / "spool").iterdir()) == []
    assert len(open_files) == 2


def test_idle_sessions_are_ended(another, connect, dial):
    ports = another(Server.of(PUBLIC, VPC | {"Protocols": ["SFTP", "FTP"]}), waits=Waits(idle_s=2)).ports
    transport = connect(ports=ports).get_channel().get_transport()
    control = dial("ftp", ports=ports)

    soon(lambda: not transport.is_active(), "the end of the idle SFTP session")
    assert control.getmultiline().startswith("421")


def test_who_does_not_log_in_is_sent_away(another):
    ports = another(Server.of(PUBLIC, VPC), waits=Waits(login_s=0.3)).ports
    with paramiko.Transport(("127.0.0.1", ports["sftp"])) as transport:
        transport.start_client()
        soon(lambda: not transport.is_active(), "the end of a connection without a login")


def test_a_session_that_is_busy_is_not_idle(another, connect, exchange):
    client = connect(ports=another(Server.of(PUBLIC, VPC), waits=Waits(idle_s=1)).ports)
    file = client.open("/inbox/a.csv", "w")
    rounds = iter(range(60))
    soon(lambda: (file.write(b"x" * 100), file.flush(), next(rounds))[2] == 59, "sixty writes")
    file.close()
    assert len(exchange.body("northwind/inbox/a.csv")) == 6_000


def test_a_multiplexed_connection_holds_ten_sessions(connect):
    first = connect(own=True)
    transport = first.get_channel().get_transport()
    sessions = [first, *(paramiko.SFTPClient.from_transport(transport) for _ in range(9))]
    assert all(session.listdir("/inbox") == ["prices"] for session in sessions)
    with pytest.raises(paramiko.ChannelException):
        transport.open_session()


