"""FTPS is TLS or nothing, on both connections; FTP is passive, and within its ports."""

import ftplib
import io
import re
import socket
import ssl

import pytest

from local.endpoint.servers import Server
from tests.clients import program, run
from tests.endpoint.conftest import PASSWORDS, PUBLIC, VPC


class Resuming(ftplib.FTP_TLS):
    """ftplib as it is commonly mended: the data connection resumes the session of the control connection."""

    def ntransfercmd(self, cmd, rest=None):
        data, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        if self._prot_p:
            data = self.context.wrap_socket(data, server_hostname=self.host, session=self.sock.session)
        return data, size


def test_no_password_goes_over_the_line_before_tls(endpoint):
    client = ftplib.FTP(encoding="utf-8")
    client.connect("127.0.0.1", endpoint.ports["ftps"], timeout=10)
    with pytest.raises(ftplib.error_perm, match="550 SSL/TLS required"):
        client.login("northwind", PASSWORDS["northwind"])
    client.close()


def test_data_goes_under_tls_only(dial):
    client = dial("ftps")
    with pytest.raises(ftplib.error_perm, match="536 PROT C is refused"):
        client.prot_c()
    assert client.nlst("/inbox") == ["prices"]


def test_data_needs_prot_p_first(endpoint):
    client = ftplib.FTP_TLS(encoding="utf-8")
    client.connect("127.0.0.1", endpoint.ports["ftps"], timeout=10)
    client.login("northwind", PASSWORDS["northwind"])
    with pytest.raises(ftplib.error_perm, match="550 SSL/TLS required on the data channel"):
        client.nlst("/inbox")
    client.close()


def test_old_tls_is_refused(endpoint):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    client = ftplib.FTP_TLS(context=context)
    client.connect("127.0.0.1", endpoint.ports["ftps"], timeout=10)
    with pytest.raises((ssl.SSLError, OSError)):
        client.auth()
    client.close()


def test_a_client_may_check_the_certificate(endpoint, another):
    place = another(Server.of(PUBLIC, VPC | {"Protocols": ["FTPS"]}))
    context = ssl.create_default_context(cafile=str(place.folder / "twin.pem"))
    client = ftplib.FTP_TLS(context=context, encoding="utf-8")
    client.connect("localhost", place.ports["ftps"], timeout=10)
    client.login("northwind", PASSWORDS["northwind"])
    client.prot_p()
    assert client.nlst("/inbox") == ["prices"]
    client.close()


def test_sessions_may_be_resumed_and_need_not_be(dial, exchange):
    for kind in (ftplib.FTP_TLS, Resuming):
        dial("ftps", kind=kind).storbinary(f"STOR /inbox/{kind.__name__}", io.BytesIO(b"x"))
    assert len(exchange.files()) == 2


def test_where_resumption_is_enforced_only_clients_that_do_it_get_data(another, dial, exchange, tmp_path):
    """AWS's default when the template says nothing: it locks out ftplib as it comes."""
    ports = another(Server.of(PUBLIC, VPC | {"Protocols": ["FTPS"], "ProtocolDetails": {}})).ports
    dial("ftps", ports=ports, kind=Resuming).storbinary("STOR /inbox/a.csv", io.BytesIO(b"x"))
    (tmp_path / "b.csv").write_bytes(b"x")
    run(program("curl"), "--silent", "--ssl-reqd", "--insecure", "-u", f"northwind:{PASSWORDS['northwind']}", "-T", tmp_path / "b.csv",
        f"ftp://127.0.0.1:{ports['ftps']}/inbox/b.csv")
    with pytest.raises((ftplib.Error, OSError)):
        dial("ftps", ports=ports).storbinary("STOR /inbox/c.csv", io.BytesIO(b"x"))

    assert exchange.files() == ["northwind/inbox/a.csv", "northwind/inbox/b.csv"]


def test_where_resumption_is_off_all_clients_get_data(another, dial, exchange):
    server = Server.of(PUBLIC, VPC | {"Protocols": ["FTPS"], "ProtocolDetails": {"TlsSessionResumptionMode": "DISABLED"}})
    ports = another(server).ports
    for kind in (ftplib.FTP_TLS, Resuming):
        dial("ftps", ports=ports, kind=kind).storbinary(f"STOR /inbox/{kind.__name__}", io.BytesIO(b"x"))
    assert len(exchange.files()) == 2


def test_a_client_that_dawdles_over_its_handshake_costs_no_work(dial, caplog):
    """pyftpdlib alone would ask "writable?" thousands of times a second."""
    client = dial("ftps")
    high, low = re.search(r"(\d+),(\d+)\)", client.sendcmd("PASV")).groups()
    client.putcmd("NLST /inbox")
    with socket.create_connection(("127.0.0.1", int(high) * 256 + int(low))), caplog.at_level("DEBUG", "pyftpdlib"):
        assert client.getresp()[:1] == "1"
        for _ in range(20):
            client.sendcmd("NOOP")
    assert sum("ssl-want-read" in record.getMessage() for record in caplog.records if "Data" in record.getMessage()) < 40


@pytest.mark.parametrize("protocol", ["ftp", "ftps"])
def test_empty_files_and_folders_go_down_too(dial, exchange, protocol):
    exchange.put("northwind/inbox/empty", b"")
    client, got = dial(protocol), []
    client.retrbinary("RETR /inbox/empty", got.append)

    assert (got, client.nlst("/inbox/prices"), list(client.mlsd("/inbox/prices"))) == ([], [], [])


@pytest.mark.parametrize("command", ["PORT 127,0,0,1,200,10", "EPRT |1|127.0.0.1|51210|"])
def test_active_mode_is_refused(dial, command):
    with pytest.raises(ftplib.error_perm, match="502 Only passive mode"):
        dial("ftp").sendcmd(command)


def test_data_connections_stay_within_the_given_ports(another, dial):
    with socket.create_server(("127.0.0.1", 0)) as free:
        first = free.getsockname()[1]
    ports = another(Server.of(PUBLIC, VPC | {"Protocols": ["FTP"]}), passive_ports=range(first, first + 3)).ports
    high, low = re.search(r"(\d+),(\d+)\)", dial("ftp", ports=ports).sendcmd("PASV")).groups()

    assert int(high) * 256 + int(low) in range(first, first + 3)


def test_only_the_commands_of_transfer_family_are_known(dial):
    client = dial("ftp")
    for command in ("SITE CHMOD 600 /inbox", "ALLO 5", "REIN", "XMKD /inbox/x", "ACCT x", "AUTH TLS"):
        with pytest.raises(ftplib.error_perm, match="500"):
            client.sendcmd(command)
    features = client.sendcmd("FEAT")
    assert "REST" not in features
    assert "UTF8" in features
