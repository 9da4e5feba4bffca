"""A file in S3 is whole and wholly the client's, or the client knows at once; what broke off says so."""

import filecmp
import ftplib
import io
import json
import resource
import socket
import subprocess

import paramiko
import pytest
from paramiko.sftp import CMD_CLOSE

from local.endpoint.servers import Server
from tests.clients import uploading
from tests.endpoint.conftest import PASSWORDS, PUBLIC, VPC, soon

HALF = b"sku;price\nACME-1001;9,9"


def hard_close(sock):
    """As when the machine dies: a reset, no farewell."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    sock.close()


def close(file):
    """What paramiko's own `close` keeps to itself: the server's answer."""
    file.sftp._request(CMD_CLOSE, file.handle)


# --- when and what is written -----------------------------------------------------------------------------------------

def test_nothing_is_seen_before_the_client_closes_the_file(connect, exchange):
    client = connect()
    with client.open("/inbox/prices/slow.csv", "w") as file:
        file.write(HALF)
        file.flush()
        assert client.listdir("/inbox/prices") == []
        assert exchange.files("northwind/") == []

    assert exchange.body("northwind/inbox/prices/slow.csv") == HALF
    assert exchange.versions("northwind/inbox/prices/slow.csv") == 1


@pytest.mark.parametrize("protocol", ["ftp", "ftps"])
def test_nothing_is_seen_before_the_data_connection_ends(dial, exchange, protocol):
    client = dial(protocol)
    data = client.transfercmd("STOR /inbox/prices/slow.csv")
    data.sendall(HALF)
    assert exchange.files("northwind/") == []
    if protocol == "ftps":
        data.unwrap()
    data.close()
    assert client.voidresp().startswith("226")

    assert exchange.body("northwind/inbox/prices/slow.csv") == HALF


def test_an_object_tells_who_wrote_it(connect, exchange):
    connect().putfo(io.BytesIO(HALF), "/inbox/prices/a.csv")

    assert exchange.head("northwind/inbox/prices/a.csv")["Metadata"] == {
        "user-agent": "AWSTransfer", "user-agent-id": f"northwind@{PUBLIC}"}


def test_an_empty_file_becomes_an_empty_object(connect, dial, exchange):
    connect().putfo(io.BytesIO(b""), "/inbox/prices/a.csv")
    dial("ftp").storbinary("STOR /inbox/prices/b.csv", io.BytesIO(b""))

    assert exchange.body("northwind/inbox/prices/a.csv") == exchange.body("northwind/inbox/prices/b.csv") == b""


def test_writing_a_file_again_replaces_it_as_a_new_version(connect, exchange):
    client = connect()
    client.putfo(io.BytesIO(b"a longer first version"), "/inbox/prices/a.csv")
    client.putfo(io.BytesIO(b"second"), "/inbox/prices/a.csv")

    assert exchange.body("northwind/inbox/prices/a.csv") == b"second"
    assert exchange.versions("northwind/inbox/prices/a.csv") == 2


def test_a_large_file_goes_up_and_down_in_parts_and_memory_stays_flat(curl, exchange, tmp_path):
    large = tmp_path / "large.bin"
    with large.open("wb") as file:
        for number in range(96):
            file.write(bytes([number]) * 2**20)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    curl("ftp", "/inbox/prices/large.bin", "-T", large)
    curl("ftp", "/inbox/prices/large.bin", "-o", tmp_path / "back.bin")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before

    assert exchange.head("northwind/inbox/prices/large.bin")["ETag"].endswith('-12"')
    assert filecmp.cmp(large, tmp_path / "back.bin", shallow=False)
    assert grown < 60 * 1024  # KiB


# --- what S3 cannot, and AWS therefore refuses ------------------------------------------------------------------------

@pytest.mark.parametrize("mode", ["a", "r+"])
def test_sftp_append_and_change_in_place_are_refused_and_the_file_stays(connect, exchange, mode):
    exchange.put("northwind/inbox/prices/a.csv", b"as it was")

    with pytest.raises(OSError, match="cannot be appended to, resumed or changed"):
        connect().open("/inbox/prices/a.csv", mode)
    assert exchange.body("northwind/inbox/prices/a.csv") == b"as it was"


def test_openssh_is_refused_to_resume_an_upload(sftp, exchange, tmp_path):
    exchange.put("northwind/inbox/prices/a.csv", HALF[:5])
    (tmp_path / "a.csv").write_bytes(HALF)

    assert sftp(f"reput {tmp_path}/a.csv /inbox/prices/a.csv", ok=False).returncode != 0
    assert exchange.body("northwind/inbox/prices/a.csv") == HALF[:5]


@pytest.mark.parametrize("command", ["APPE /inbox/prices/a.csv", "REST 5"])
@pytest.mark.parametrize("protocol", ["ftp", "ftps"])
def test_ftp_append_and_restart_are_refused_with_the_reason(dial, exchange, protocol, command):
    exchange.put("northwind/inbox/prices/a.csv", b"as it was")

    with pytest.raises(ftplib.error_perm, match=r"502 .*as a whole"):
        dial(protocol).sendcmd(command)
    assert exchange.body("northwind/inbox/prices/a.csv") == b"as it was"


def test_curl_is_refused_to_resume_an_upload(curl, exchange, tmp_path):
    exchange.put("northwind/inbox/prices/a.csv", HALF[:5])
    (tmp_path / "a.csv").write_bytes(HALF)

    assert curl("ftp", "/inbox/prices/a.csv", "-T", tmp_path / "a.csv", "-C", "5", ok=False).returncode != 0
    assert exchange.body("northwind/inbox/prices/a.csv") == HALF[:5]


def test_random_access_is_refused_when_it_is_tried_and_leaves_no_object(connect, exchange, bus):
    file = connect().open("/inbox/prices/a.csv", "w")
    file.write(HALF)
    file.seek(0)
    file.set_pipelined(False)
    with pytest.raises(OSError, match="random access"):
        file.write(b"overwritten")
    with pytest.raises(OSError, match="random access"):
        close(file)

    assert exchange.files("northwind/") == []
    assert bus.one("SFTP Server File Upload Failed")["failure-code"] == "UNKNOWN_ERROR"


def test_a_file_with_a_hole_is_refused_when_it_is_closed(connect, exchange):
    file = connect().open("/inbox/prices/a.csv", "w")
    file.write(HALF)
    file.seek(1_000)
    file.write(HALF)
    with pytest.raises(OSError, match="parts of the file are missing"):
        close(file)

    assert exchange.files("northwind/") == []


def test_pieces_that_overtake_one_another_are_put_in_order(connect, exchange):
    """rclone and others have many writes under way; as long as they join up, the file is whole."""
    file = connect().open("/inbox/prices/a.csv", "w")
    for start in (10, 0, 20, 5, 15):
        file.seek(start)
        file.write(HALF[start:start + 5])
    file.close()

    assert exchange.body("northwind/inbox/prices/a.csv") == HALF


# --- a commit that fails is told at once ------------------------------------------------------------------------------

def test_sftp_is_told_at_close_when_the_object_could_not_be_written(connect, exchange, bus):
    file = connect().open("/outbox/catalogue/a.csv", "w")
    file.write(HALF)
    with pytest.raises(PermissionError, match="permission denied"):
        close(file)

    assert exchange.files("northwind/") == []
    assert bus.one("SFTP Server File Upload Failed")["file-path"] == "/exchange/northwind/outbox/catalogue/a.csv"


def test_openssh_ends_with_an_error_then(sftp, exchange, tmp_path):
    (tmp_path / "a.csv").write_bytes(HALF)
    told = sftp(f"put {tmp_path}/a.csv /outbox/catalogue/a.csv", ok=False)

    assert told.returncode != 0
    assert "Permission denied" in told.stderr
    assert exchange.files("northwind/") == []


@pytest.mark.parametrize("protocol", ["ftp", "ftps"])
def test_ftp_is_told_with_451_and_the_session_goes_on(dial, exchange, bus, protocol):
    client = dial(protocol)
    with pytest.raises(ftplib.error_temp, match=r"451 .*permission denied"):
        client.storbinary("STOR /outbox/catalogue/a.csv", io.BytesIO(HALF))

    assert exchange.files("northwind/") == []
    bus.one(f"{protocol.upper()} Server File Upload Failed")
    assert client.storbinary("STOR /inbox/prices/a.csv", io.BytesIO(HALF)).startswith("226")


@pytest.mark.parametrize("protocol", ["ftp", "ftps"])
def test_curl_ends_with_an_error_then_and_does_not_hang(curl, exchange, tmp_path, protocol):
    (tmp_path / "a.csv").write_bytes(HALF)

    assert curl(protocol, "/receipts/a.csv", "-T", tmp_path / "a.csv", "--max-time", "8", ok=False).returncode not in (0, 28)
    assert exchange.files("northwind/") == []


# --- the line breaks --------------------------------------------------------------------------------------------------

def cut_off(bus, exchange, protocol, key="northwind/inbox/prices/cut.csv"):
    """What is told and left of a broken upload."""
    told = bus.one(f"{protocol.upper()} Server File Upload Failed")
    assert told["failure-code"] == "PARTIAL_UPLOAD"
    assert told["file-path"] == f"/exchange/{key}"
    assert told["bytes"] == len(exchange.body(key))
    assert f'"{told["etag"]}"' == exchange.head(key)["ETag"]
    assert not any(kind.endswith("Upload Completed") for kind in bus.kinds())
    return exchange.body(key)


@pytest.mark.parametrize("end", ["reset", "quietly", "leaves without closing the file"])
def test_a_broken_sftp_connection_leaves_the_fragment_and_says_so(endpoint, exchange, bus, end):
    transport = paramiko.Transport(("127.0.0.1", endpoint.ports["sftp"]))
    transport.connect(username="northwind", password=PASSWORDS["northwind"])
    client = paramiko.SFTPClient.from_transport(transport)
    file = client.open("/inbox/prices/cut.csv", "w")
    file.write(HALF)
    file.flush()
    client.stat("/")  # all that was written has arrived
    match end:
        case "reset":
            hard_close(transport.sock)
        case "quietly":
            transport.sock.shutdown(socket.SHUT_RDWR)
        case _:
            client.get_channel().close()

    assert cut_off(bus, exchange, "sftp") == HALF
    transport.close()


@pytest.mark.parametrize("protocol", ["ftp", "ftps"])
def test_a_reset_data_connection_leaves_the_fragment_and_says_so(dial, exchange, bus, protocol):
    client = dial(protocol)
    data = client.transfercmd("STOR /inbox/prices/cut.csv")
    data.sendall(HALF)
    soon(lambda: _received(client, len(HALF)), "receiving the first half")
    hard_close(data)

    assert cut_off(bus, exchange, protocol) == HALF
    with pytest.raises(ftplib.error_temp, match="426"):
        client.voidresp()


def _received(client, size):
    return f"Total bytes received: {size}" in client.sendcmd("STAT")


@pytest.mark.parametrize("protocol", ["ftp", "ftps"])
def test_a_lost_control_connection_cuts_the_upload_off(dial, exchange, bus, protocol):
    client = dial(protocol)
    data = client.transfercmd("STOR /inbox/prices/cut.csv")
    data.sendall(HALF)
    soon(lambda: _received(client, len(HALF)), "receiving the first half")
    client.file.close()
    hard_close(client.sock)

    assert cut_off(bus, exchange, protocol) == HALF
    data.close()


@pytest.mark.parametrize("protocol", ["ftp", "ftps"])
def test_a_killed_client_is_not_taken_for_one_that_is_done(programs, exchange, bus, protocol):
    """kill -9 closes both connections in an orderly way; that both go at once is what tells."""
    upload = programs().curl_command(protocol, "/inbox/prices/cut.csv", "--no-buffer", "-T", "-")
    client = subprocess.Popen(upload, stdin=subprocess.PIPE)
    client.stdin.write(HALF * 10_000)
    client.stdin.flush()
    soon(lambda: uploading(len(HALF) * 9_000), "receiving the first half")
    client.kill()
    client.wait()
    client.stdin.close()

    assert (HALF * 10_000).startswith(cut_off(bus, exchange, protocol))


def test_tls_that_ends_without_its_farewell_is_a_broken_line(dial, exchange, bus):
    client = dial("ftps")
    data = client.transfercmd("STOR /inbox/prices/cut.csv")
    data.sendall(HALF)
    data.shutdown(socket.SHUT_RDWR)  # a plain end: somebody in between cut it
    data.close()

    assert cut_off(bus, exchange, "ftps") == HALF


@pytest.mark.parametrize("protocol", ["ftp", "ftps"])
def test_an_aborted_upload_is_cut_off(dial, exchange, bus, protocol):
    client = dial(protocol)
    data = client.transfercmd("STOR /inbox/prices/cut.csv")
    data.sendall(HALF)
    soon(lambda: _received(client, len(HALF)), "receiving the first half")
    with pytest.raises(ftplib.error_temp, match="426"):
        client.sendcmd("ABOR")

    assert cut_off(bus, exchange, protocol) == HALF
    data.close()


def test_a_line_that_breaks_before_the_first_byte_leaves_nothing(connect, exchange, bus):
    client = connect(own=True)
    file = client.open("/inbox/prices/cut.csv", "w")
    client.get_channel().get_transport().close()

    told = bus.one("SFTP Server File Upload Failed")
    assert (told["failure-code"], told["bytes"], file.closed) == ("PARTIAL_UPLOAD", 0, False)
    assert exchange.files("northwind/") == []


def test_an_endpoint_that_is_switched_off_cuts_uploads_off(another, exchange, bus):
    place = another(Server.of(PUBLIC, VPC | {"Protocols": ["SFTP", "FTP"]}))
    transport = paramiko.Transport(("127.0.0.1", place.ports["sftp"]))
    transport.connect(username="northwind", password=PASSWORDS["northwind"])
    client = paramiko.SFTPClient.from_transport(transport)
    file = client.open("/inbox/prices/cut.csv", "w")
    file.write(HALF)
    client.stat("/")
    place.it.stop()

    assert cut_off(bus, exchange, "sftp") == HALF
    transport.close()


def test_a_fragment_that_may_not_be_written_is_told_all_the_same(dial, exchange, bus):
    client = dial("ftp")
    data = client.transfercmd("STOR /outbox/catalogue/cut.csv")
    data.sendall(HALF)
    soon(lambda: _received(client, len(HALF)), "receiving the first half")
    hard_close(data)

    told = bus.one("FTP Server File Upload Failed")
    assert told["failure-code"] == "PARTIAL_UPLOAD"
    assert "etag" not in told
    assert exchange.files("northwind/") == []


def test_what_cannot_be_told_from_an_end_is_taken_for_one(dial, exchange, bus):
    """Plain FTP, data connection closed early in an orderly way, control still open: stream mode has no other end."""
    client = dial("ftp")
    data = client.transfercmd("STOR /inbox/prices/a.csv")
    data.sendall(HALF)
    data.close()

    assert client.voidresp().startswith("226")
    assert json.loads(bus.entries[-1]["Detail"])["bytes"] == len(HALF)
