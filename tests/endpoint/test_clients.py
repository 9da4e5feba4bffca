"""Every client that partners use is at home: it uploads, sees, renames, fetches and deletes."""

import io

import pytest

PRICES = "sku;price\nACME-1001;9,90\nÜBER-7;1.299,00\n".encode() * 200


@pytest.fixture
def prices(tmp_path):
    file = tmp_path / "prices.csv"
    file.write_bytes(PRICES)
    return file


def test_openssh_with_a_password(sftp, exchange, prices, tmp_path):
    told = sftp(f"put {prices} /inbox/prices/prices.csv.part", "rename /inbox/prices/prices.csv.part /inbox/prices/prices.csv",
                "ls -l /inbox/prices", f"get /inbox/prices/prices.csv {tmp_path}/back.csv")

    assert f"{len(PRICES)}" in told.stdout
    assert (tmp_path / "back.csv").read_bytes() == exchange.body("northwind/inbox/prices/prices.csv") == PRICES
    sftp("rm /inbox/prices/prices.csv")
    assert exchange.files("northwind/") == []


def test_openssh_with_a_key(sftp, exchange, prices, key_pair):
    sftp(f"put {prices} /inbox/prices/prices.csv", key=key_pair)

    assert exchange.body("northwind/inbox/prices/prices.csv") == PRICES


def test_openssh_keeps_times_and_modes_without_a_word_of_trouble(sftp, exchange, prices):
    told = sftp(f"put -p {prices} /inbox/prices/prices.csv", "chmod 600 /inbox/prices/prices.csv")

    assert "Couldn't" not in told.stderr
    assert exchange.body("northwind/inbox/prices/prices.csv") == PRICES


def test_openssh_puts_and_gets_whole_folders(sftp, exchange, tmp_path):
    (tmp_path / "batch1").mkdir()
    for number in range(3):
        (tmp_path / "batch1" / f"{number}.csv").write_bytes(PRICES)
    sftp(f"put {tmp_path}/batch1/* /inbox/prices/", f"get -r /inbox/prices {tmp_path}/back")

    assert [file.read_bytes() for file in sorted((tmp_path / "back").iterdir())] == [PRICES] * 3


def test_lftp_over_ftps(lftp, exchange, prices, tmp_path):
    told = lftp("cd /inbox/prices", f"put {prices} -o prices.csv.part", "mv prices.csv.part prices.csv", "cls -l",
                f"get prices.csv -o {tmp_path}/back.csv")

    assert f"{len(PRICES)}" in told.stdout
    assert (tmp_path / "back.csv").read_bytes() == exchange.body("northwind/inbox/prices/prices.csv") == PRICES
    lftp("rm /inbox/prices/prices.csv")
    assert exchange.files("northwind/") == []


def test_lftp_mirrors_a_folder_up_and_down(lftp, exchange, tmp_path):
    (tmp_path / "out").mkdir()
    for number in range(3):
        (tmp_path / "out" / f"{number}.csv").write_bytes(PRICES)
    lftp(f"mirror -R --no-perms -P2 {tmp_path}/out /inbox/prices", f"mirror -P2 /inbox/prices {tmp_path}/back")

    assert [file.read_bytes() for file in sorted((tmp_path / "back").iterdir())] == [PRICES] * 3


@pytest.mark.parametrize("protocol", ["ftp", "ftps"])
def test_curl(curl, exchange, prices, tmp_path, protocol):
    curl(protocol, "/inbox/prices/prices.csv", "-T", prices)
    listed = curl(protocol, "/inbox/prices/").stdout
    curl(protocol, "/inbox/prices/prices.csv", "-o", tmp_path / "back.csv")

    assert f"{len(PRICES)}" in listed
    assert (tmp_path / "back.csv").read_bytes() == exchange.body("northwind/inbox/prices/prices.csv") == PRICES
    curl(protocol, "/", "-Q", "RNFR /inbox/prices/prices.csv", "-Q", "RNTO /inbox/prices/new.csv", "-Q", "DELE /inbox/prices/new.csv")
    assert exchange.files("northwind/") == []


def test_rclone_over_sftp(rclone, exchange, tmp_path):
    large = tmp_path / "large.bin"
    large.write_bytes(bytes(range(256)) * 20_000)  # 5 MB: many writes under way at once, not always in order
    rclone("copy", large, "bridge:/inbox/prices")
    rclone("copyto", "bridge:/inbox/prices/large.bin", tmp_path / "back.bin")

    assert exchange.body("northwind/inbox/prices/large.bin") == (tmp_path / "back.bin").read_bytes() == large.read_bytes()
    rclone("check", "--size-only", "--one-way", large, "bridge:/inbox/prices")
    rclone("moveto", "bridge:/inbox/prices/large.bin", "bridge:/inbox/prices/other.bin")
    rclone("deletefile", "bridge:/inbox/prices/other.bin")
    assert exchange.files("northwind/") == []


@pytest.mark.parametrize("protocol", ["ftp", "ftps"])
def test_ftplib(dial, exchange, protocol):
    client, back = dial(protocol), io.BytesIO()
    client.cwd("/inbox/prices")
    assert client.storbinary("STOR prices.csv.part", io.BytesIO(PRICES)).startswith("226")
    client.rename("prices.csv.part", "prices.csv")
    client.retrbinary("RETR prices.csv", back.write)

    assert back.getvalue() == exchange.body("northwind/inbox/prices/prices.csv") == PRICES
    assert client.nlst() == ["prices.csv"]
    assert client.size("prices.csv") == len(PRICES)
    assert [(name, facts["type"]) for name, facts in client.mlsd("/inbox")] == [("prices", "dir")]
    client.delete("prices.csv")
    assert client.nlst() == []
    client.quit()


def test_ftplib_in_text_mode_changes_no_byte(dial, exchange):
    """Transfer Family takes TYPE A, and converts nothing."""
    client, lines = dial("ftp"), []
    client.storlines("STOR /inbox/prices/text.csv", io.BytesIO(b"a;b\n1;2\n"))
    exchange.put("northwind/outbox/catalogue/unix.csv", b"a\nb\n")
    client.retrlines("RETR /outbox/catalogue/unix.csv", lines.append)

    assert exchange.body("northwind/inbox/prices/text.csv") == b"a;b\r\n1;2\r\n"  # as ftplib sent it
    assert lines == ["a", "b"]


def test_paramiko(connect, exchange, key_pair):
    client = connect(key=key_pair)
    client.putfo(io.BytesIO(PRICES), "/inbox/prices/prices.csv", confirm=True)
    with client.open("/inbox/prices/prices.csv") as file:
        file.prefetch()
        assert file.read() == PRICES
        file.seek(10)
        assert file.read(5) == PRICES[10:15]
    client.utime("/inbox/prices/prices.csv", (1, 1))
    client.posix_rename("/inbox/prices/prices.csv", "/inbox/prices/new.csv")

    assert client.listdir("/inbox/prices") == ["new.csv"]
    assert client.stat("/inbox/prices/new.csv").st_size == len(PRICES)
    assert client.normalize(".") == "/"
    client.remove("/inbox/prices/new.csv")
    assert exchange.files("northwind/") == []


def test_thirty_clients_at_once(connect, exchange):
    clients = [connect(own=True) for _ in range(5)]
    files = [client.open(f"/inbox/prices/{number}-{again}.csv", "w") for number, client in enumerate(clients) for again in range(6)]
    for file in files:
        file.write(PRICES)
    assert exchange.files("northwind/") == []
    for file in files:
        file.close()

    assert len(exchange.files("northwind/inbox/prices/")) == 30
