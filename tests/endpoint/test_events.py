"""What the default bus is told, in Transfer Family's own words (aws-reference.md §4.1)."""

import io
from datetime import datetime

import pytest

from bridge.domain.drop import Drop
from bridge.domain.upload import of_event
from local.endpoint.servers import Server
from tests.endpoint.conftest import ACCOUNT, INTERNAL, PUBLIC, REGION, VPC

BODY = b"sku;price\nACME-1001;9,90\n"
KEY = "northwind/inbox/prices/a.csv"
COMMON = {"status-code", "protocol", "server-id", "username", "session-id", "client-ip", "start-timestamp", "end-timestamp"}


@pytest.fixture
def put(connect, dial):
    def upload(protocol, path="/inbox/prices/a.csv"):
        if protocol == "SFTP":
            return connect().putfo(io.BytesIO(BODY), path)
        return dial(protocol.lower()).storbinary(f"STOR {path}", io.BytesIO(BODY))
    return upload


@pytest.mark.parametrize(("protocol", "server"), [("SFTP", PUBLIC), ("FTPS", PUBLIC), ("FTP", INTERNAL)])
def test_an_upload_is_told_once_with_all_its_facts(put, bus, exchange, protocol, server):
    put(protocol)
    told = bus.one(f"{protocol} Server File Upload Completed")

    assert set(told) == COMMON | {"file-path", "bytes"} | ({"etag"} if protocol == "FTP" else set())  # so says the schema
    assert (told["status-code"], told["protocol"], told["server-id"], told["username"], told["client-ip"]) == (
        "COMPLETED", protocol, server, "northwind", "127.0.0.1")
    assert (told["file-path"], told["bytes"]) == (f"/exchange/{KEY}", len(BODY))
    assert told.get("etag") in (None, exchange.head(KEY)["ETag"].strip('"'))
    assert datetime.fromisoformat(told["start-timestamp"]) <= datetime.fromisoformat(told["end-timestamp"])
    (entry,) = bus.entries
    assert entry["Source"] == "aws.transfer"
    assert entry["Resources"] == [f"arn:aws:transfer:{REGION}:{ACCOUNT}:server/{server}"]


@pytest.mark.parametrize("protocol", ["SFTP", "FTPS", "FTP"])
def test_the_bridge_knows_its_drop_by_it(put, bus, exchange, protocol):
    put(protocol)
    told = bus.one(f"{protocol} Server File Upload Completed")
    found = exchange.head(KEY)
    upload = of_event({"detail-type": f"{protocol} Server File Upload Completed", "detail": told})
    landed = int(found["LastModified"].timestamp() * 1000)

    assert upload.completed
    assert upload.means(Drop("exchange", KEY, found["VersionId"], len(BODY), found["ETag"].strip('"'), landed))


def test_downloads_renames_and_deletes_are_told(connect, bus, exchange):
    exchange.put("northwind/outbox/catalogue/items.csv", BODY)
    exchange.put(KEY, BODY)
    client = connect()
    client.getfo("/outbox/catalogue/items.csv", io.BytesIO())
    client.rename("/inbox/prices/a.csv", "/inbox/prices/b.csv")
    client.remove("/inbox/prices/b.csv")

    down = bus.one("SFTP Server File Download Completed")
    assert (down["file-path"], down["bytes"]) == ("/exchange/northwind/outbox/catalogue/items.csv", len(BODY))
    renamed = bus.one("SFTP Server File Rename Completed")
    assert renamed["original-file-path"] == f"/exchange/{KEY}"
    assert renamed["renamed-file-path"] == "/exchange/northwind/inbox/prices/b.csv"
    assert "file-path" not in renamed
    assert bus.one("SFTP Server File Delete Completed")["file-path"] == "/exchange/northwind/inbox/prices/b.csv"
    assert len(bus.entries) == 3


@pytest.mark.parametrize("protocol", ["ftp", "ftps"])
def test_they_are_told_of_ftp_too(dial, bus, exchange, protocol):
    exchange.put(KEY, BODY)
    client = dial(protocol)
    client.retrbinary("RETR /inbox/prices/a.csv", lambda _: None)
    client.rename("/inbox/prices/a.csv", "/inbox/prices/b.csv")
    client.delete("/inbox/prices/b.csv")

    assert bus.kinds() == [f"{protocol.upper()} Server File {act} Completed" for act in ("Download", "Rename", "Delete")]


@pytest.mark.parametrize("protocol", ["sftp", "ftp", "ftps"])
def test_a_download_that_breaks_off_is_told_as_such(connect, dial, bus, exchange, protocol):
    exchange.put("northwind/outbox/catalogue/large.bin", bytes(20_000_000))
    if protocol == "sftp":
        client = connect(own=True)
        file = client.open("/outbox/catalogue/large.bin")
        assert len(file.read(1_000)) == 1_000
        client.get_channel().get_transport().close()
    else:
        client = dial(protocol)
        data = client.transfercmd("RETR /outbox/catalogue/large.bin")
        assert data.recv(1_000)
        data.close()

    told = bus.one(f"{protocol.upper()} Server File Download Failed")
    assert told["failure-code"] == "PARTIAL_DOWNLOAD"
    assert told["bytes"] < 20_000_000


def test_what_was_refused_is_told_as_failed(connect, bus, exchange):
    exchange.put("northwind/receipts/r.txt", b"ours")
    for attempt in (lambda: connect().remove("/receipts/r.txt"), lambda: connect().rename("/receipts/r.txt", "/receipts/s.txt")):
        with pytest.raises(PermissionError):
            attempt()

    assert bus.one("SFTP Server File Delete Failed")["failure-message"] == "permission denied"
    assert bus.one("SFTP Server File Rename Failed")["failure-code"] == "UNKNOWN_ERROR"


def test_a_look_around_tells_nothing(connect, dial, bus):
    connect().listdir("/inbox")
    connect().stat("/inbox/prices")
    dial("ftp").nlst("/")

    assert bus.entries == []


def test_events_that_get_lost_harm_no_upload(another, connect, exchange, caplog):
    def out_of_order(entry):
        raise ConnectionError("nobody listens")
    connect(ports=another(Server.of(PUBLIC, VPC), bus=out_of_order).ports).putfo(io.BytesIO(BODY), "/inbox/prices/a.csv")

    assert exchange.body(KEY) == BODY
    assert "SFTP Server File Upload Completed is lost" in caplog.text


def test_ministack_as_shipped_takes_no_event_of_aws_itself(another, connect, exchange, caplog):
    """As AWS would not. The twin's own bus lets them through; when this fails, that way is no longer needed."""
    connect(ports=another(Server.of(PUBLIC, VPC), bus=None).ports).putfo(io.BytesIO(BODY), "/inbox/prices/a.csv")

    assert exchange.body(KEY) == BODY
    assert "NotAuthorizedForSourceException" in caplog.text
