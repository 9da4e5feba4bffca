"""What a partner sees, where he may write, and that there is no way out."""

import ftplib
import io
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.endpoint.servers import Server
from tests.endpoint.conftest import PUBLIC, VPC


def test_the_root_shows_the_mapped_folders_that_exist(connect, dial, exchange):
    expected = ["corrections", "export", "inbox", "outbox", "receipts"]  # /templates was never created
    assert sorted(connect().listdir("/")) == expected
    assert sorted(dial("ftp").nlst("/")) == expected

    exchange.put("northwind/templates/prices.xlsx", b"x")
    assert "templates" in connect().listdir("/")


def test_a_mapped_folder_that_was_never_created_cannot_be_entered(connect, dial, sftp):
    with pytest.raises(FileNotFoundError):
        connect().listdir("/templates")
    with pytest.raises(ftplib.error_perm, match="550"):
        dial("ftp").cwd("/templates")
    assert sftp("cd /templates", ok=False).returncode != 0


def test_an_old_path_leads_to_the_same_files(connect, exchange):
    client = connect()
    client.putfo(io.BytesIO(b"old"), "/export/sap/prices/a.csv")

    assert client.listdir("/export") == ["sap"]
    assert client.listdir("/inbox/prices") == client.listdir("/export/sap/prices") == ["a.csv"]
    assert exchange.body("northwind/inbox/prices/a.csv") == b"old"


def test_folders_and_files_are_told_apart_with_size_and_time(connect, exchange):
    exchange.put("northwind/inbox/prices/a.csv", b"12345")
    listed = {entry.filename: entry for entry in connect().listdir_attr("/inbox/prices")}
    above = {entry.filename: entry for entry in connect().listdir_attr("/inbox")}

    assert stat.S_ISREG(listed["a.csv"].st_mode)
    assert listed["a.csv"].st_size == 5
    assert listed["a.csv"].st_mtime == int(exchange.head("northwind/inbox/prices/a.csv")["LastModified"].timestamp())
    assert stat.S_ISDIR(above["prices"].st_mode)
    assert stat.S_ISDIR(connect().stat("/inbox").st_mode)


def test_a_folder_is_one_as_soon_as_there_is_a_file_below_it(connect, exchange):
    exchange.put("northwind/outbox/new/deep/a.csv", b"x")
    client = connect()

    assert sorted(client.listdir("/outbox")) == ["catalogue", "new"]
    assert client.listdir("/outbox/new") == ["deep"]
    assert stat.S_ISDIR(client.stat("/outbox/new/deep").st_mode)


def test_more_files_than_s3_lists_at_once_are_all_shown(connect, dial, exchange):
    with ThreadPoolExecutor(8) as hands:
        list(hands.map(exchange.put, [f"northwind/receipts/{number:04}.txt" for number in range(1_003)]))

    assert len(connect().listdir("/receipts")) == 1_003
    assert len(dial("ftp").nlst("/receipts")) == 1_003


@pytest.mark.parametrize("path", ["/a.csv", "/export/a.csv", "/elsewhere/a.csv", "/inbox"])
def test_nothing_can_be_written_beside_the_mapped_folders(connect, dial, exchange, path):
    with pytest.raises(OSError, match="folder"):
        connect().open(path, "w")
    with pytest.raises(ftplib.error_perm, match=r"550 .*older"):
        dial("ftp").storbinary(f"STOR {path}", io.BytesIO(b"x"))
    assert exchange.files() == []


def test_a_file_in_a_folder_that_nobody_made_is_taken(connect, exchange):
    """S3 knows no folders; `receive` answers such a drop by receipt."""
    connect().putfo(io.BytesIO(b"x"), "/inbox/unknown/a.csv")

    assert exchange.files() == ["northwind/inbox/unknown/a.csv"]


WAYS_OUT = ["/..", "/inbox/../..", "/inbox/prices/../../../..", "/", "/exchange", "/inbox/./.././.."]


@pytest.mark.parametrize("way", WAYS_OUT)
def test_no_dots_lead_out(connect, dial, exchange, way):
    path = f"{way}/acme/inbox/prices/secret.csv"
    exchange.put("acme/inbox/prices/secret.csv", b"acme's")
    client, ftp = connect(), dial("ftp")

    with pytest.raises(FileNotFoundError):
        client.stat(path)
    with pytest.raises(FileNotFoundError):
        client.open(path)
    with pytest.raises(ftplib.error_perm, match="550"):
        ftp.retrbinary(f"RETR {path}", lambda _: None)
    with pytest.raises(ftplib.error_perm, match="550"):
        ftp.delete(path)
    assert exchange.files() == ["acme/inbox/prices/secret.csv"]


def test_above_the_root_there_is_only_the_root(connect, dial):
    assert connect().normalize("/../..") == "/"
    client = dial("ftp")
    client.cwd("/inbox")
    client.cwd("../../..")
    assert client.pwd() == "/"


@pytest.mark.parametrize("folder", ["outbox/catalogue", "receipts", "corrections"])
def test_elsewhere_than_in_the_inbox_nothing_is_deleted_or_renamed(connect, dial, exchange, folder):
    exchange.put(f"northwind/{folder}/a.csv", b"ours")
    client, ftp = connect(), dial("ftps")
    for attempt in (lambda: client.remove(f"/{folder}/a.csv"), lambda: client.rename(f"/{folder}/a.csv", f"/{folder}/b.csv"),
                    lambda: client.rename(f"/{folder}/a.csv", "/inbox/prices/a.csv")):
        with pytest.raises(PermissionError):
            attempt()
    with pytest.raises(ftplib.error_perm, match="550 Permission denied"):
        ftp.delete(f"/{folder}/a.csv")
    with pytest.raises(ftplib.error_perm, match="550 Permission denied"):
        ftp.rename(f"/{folder}/a.csv", f"/{folder}/b.csv")

    assert exchange.body(f"northwind/{folder}/a.csv") == b"ours"
    assert client.open(f"/{folder}/a.csv").read() == b"ours"


@pytest.mark.parametrize("path", ["/inbox/mine", "/inbox/prices/mine", "/outbox/mine", "/mine"])
def test_a_partner_can_make_no_folder(connect, dial, exchange, path):
    before = exchange.keys("")
    with pytest.raises(OSError, match=r"permission denied|no such folder"):
        connect().mkdir(path)
    with pytest.raises(ftplib.error_perm, match="550"):
        dial("ftp").mkd(path)
    assert exchange.keys("") == before


def test_a_partner_cannot_take_a_feeds_folder_away(connect, dial, exchange):
    with pytest.raises(PermissionError):
        connect().rmdir("/inbox/prices")
    with pytest.raises(ftplib.error_perm, match="550"):
        dial("ftp").rmd("/inbox/prices")
    assert "northwind/inbox/prices/" in exchange.keys("northwind/inbox/")


def test_where_the_policy_allows_it_folders_are_made_and_removed(another, connect, identify, exchange, bus):
    """As Transfer Family does it: a zero-byte object whose key ends in a slash."""
    everything = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
    ports = another(Server.of(PUBLIC, VPC | {"Protocols": ["SFTP"]}), identify=lambda e: identify(e) | {"Policy": everything}).ports
    client = connect(ports=ports)
    client.mkdir("/inbox/mine")
    assert exchange.body("northwind/inbox/mine/") == b""
    assert client.listdir("/inbox/mine") == []
    client.putfo(io.BytesIO(b"x"), "/inbox/mine/a.csv")
    with pytest.raises(OSError, match="not empty"):
        client.rmdir("/inbox/mine")
    client.remove("/inbox/mine/a.csv")
    client.rmdir("/inbox/mine")

    assert exchange.keys("northwind/inbox/mine") == []
    assert [kind for kind in bus.kinds() if "Directory" in kind] == [
        "SFTP Server Directory Create Completed", "SFTP Server Directory Delete Failed", "SFTP Server Directory Delete Completed"]


def test_a_rename_replaces_what_had_the_name_and_moves_within_the_inbox(connect, exchange):
    exchange.put("northwind/inbox/prices/a.csv.part", b"new")
    exchange.put("northwind/inbox/prices/a.csv", b"old")
    client = connect()
    client.rename("/inbox/prices/a.csv.part", "/inbox/prices/a.csv")
    assert (exchange.files(), exchange.body("northwind/inbox/prices/a.csv")) == (["northwind/inbox/prices/a.csv"], b"new")
    client.rename("/inbox/prices/a.csv", "/inbox/other.csv")
    assert exchange.files() == ["northwind/inbox/other.csv"]


def test_a_folder_cannot_be_renamed_and_says_so(connect, dial, exchange):
    exchange.put("northwind/inbox/prices/a.csv", b"x")
    with pytest.raises(OSError, match="folders cannot be renamed"):
        connect().rename("/inbox/prices", "/inbox/costs")
    with pytest.raises(ftplib.error_perm, match="550 Folders cannot be renamed"):
        dial("ftp").rename("/inbox/prices", "/inbox/costs")


def test_what_is_not_there_is_told_so(connect, dial):
    client, ftp = connect(), dial("ftp")
    for attempt in (lambda: client.open("/inbox/none.csv"), lambda: client.remove("/inbox/none.csv"), lambda: client.stat("/inbox/none"),
                    lambda: client.rename("/inbox/none.csv", "/inbox/b.csv"), lambda: client.listdir("/inbox/none")):
        with pytest.raises(FileNotFoundError):
            attempt()
    for command in ("RETR /inbox/none.csv", "DELE /inbox/none.csv", "SIZE /inbox/none.csv", "MDTM /inbox/none.csv", "CWD /inbox/none",
                    "RNFR /inbox/none.csv", "MLST /inbox/none.csv"):
        with pytest.raises(ftplib.error_perm, match="550"):
            ftp.sendcmd(command)


NAMES = ["Preisliste März 2026.csv", "価格.csv", "a+b&c%20d.csv", "it's \"quoted\".csv", "x;y,z.csv", "#1 [neu] {alt}.csv"]


@pytest.mark.parametrize("name", NAMES)
def test_names_are_kept_as_they_are(connect, dial, exchange, name):
    connect().putfo(io.BytesIO(b"1"), f"/inbox/prices/{name}")
    ftp = dial("ftps")
    ftp.cwd("/inbox/prices")
    assert ftp.nlst() == [name]
    ftp.storbinary(f"STOR 2 {name}", io.BytesIO(b"2"))

    assert exchange.files() == sorted([f"northwind/inbox/prices/{name}", f"northwind/inbox/prices/2 {name}"])


def test_names_that_are_no_utf_8_are_refused(connect, dial, exchange):
    with pytest.raises(OSError, match="UTF-8"):
        connect().open(b"/inbox/prices/" + "März.csv".encode("latin-1"), "w")
    ftp = dial("ftp")
    ftp.encoding = "latin-1"
    with pytest.raises(ftplib.error_perm, match="501"):
        ftp.storbinary("STOR /inbox/prices/März.csv", io.BytesIO(b"x"))
    assert exchange.files() == []


def test_names_longer_than_s3_takes_are_refused(connect, dial, exchange):
    room = 1_024 - len("northwind/inbox/prices/")
    client, ftp = connect(), dial("ftp")
    client.putfo(io.BytesIO(b"x"), "/inbox/prices/" + "n" * room)
    for name in ("n" * (room + 1), "ü" * (room // 2 + 1)):
        with pytest.raises(OSError, match="too long"):
            client.open(f"/inbox/prices/{name}", "w")
        with pytest.raises(ftplib.error_perm, match="550 The name is too long"):
            ftp.storbinary(f"STOR /inbox/prices/{name}", io.BytesIO(b"x"))
    assert len(exchange.files()) == 1


def test_times_and_modes_are_ignored_where_the_server_says_so_and_refused_where_not(another, connect, dial, exchange):
    exchange.put("northwind/inbox/prices/a.csv", b"x")
    connect().chmod("/inbox/prices/a.csv", 0o600)
    connect().utime("/inbox/prices/a.csv", (1, 1))
    assert dial("ftp").sendcmd("MFMT 20200101000000 /inbox/prices/a.csv").startswith("213")
    assert connect().stat("/inbox/prices/a.csv").st_mtime > 1_700_000_000

    ports = another(Server.of(PUBLIC, VPC | {"Protocols": ["SFTP", "FTP"], "ProtocolDetails": {}})).ports
    with pytest.raises(OSError, match="SetStatOption"):
        connect(ports=ports).utime("/inbox/prices/a.csv", (1, 1))
    with pytest.raises(ftplib.error_perm, match="SetStatOption"):
        dial("ftp", ports=ports).sendcmd("MFMT 20200101000000 /inbox/prices/a.csv")


def test_links_are_not_supported(connect):
    with pytest.raises(OSError, match="unsupported"):
        connect().symlink("/inbox", "/inbox/prices/link")
