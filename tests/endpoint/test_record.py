"""`endpoint.log`: who came, who was refused, and what went in and out; a line each, and no password."""

import ftplib
import logging
import re

import pytest

from local.endpoint.record import recording
from tests.endpoint.conftest import PASSWORDS

EVENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ  "


@pytest.fixture
def log(endpoint, tmp_path):
    """The lines written since the test began."""
    file = tmp_path / "endpoint.log"
    with recording(logging.getLogger("bridge.endpoint"), file):
        yield lambda: file.read_text().splitlines()


def said(log, form):
    return [line for line in log() if re.fullmatch(EVENT + form, line)]


def test_logins_uploads_and_downloads_stand_there(log, sftp, tmp_path):
    (tmp_path / "today.csv").write_text("sku;price\n")
    sftp(f"put {tmp_path}/today.csv /inbox/today.csv", f"get /inbox/today.csv {tmp_path}/back.csv")

    assert said(log, r"SFTP login of northwind from 127\.0\.0\.1 accepted, session \w+")
    assert said(log, r"File Upload of /\S+/northwind/inbox/today\.csv \(10 bytes\) by northwind")
    assert said(log, r"File Download of /\S+/northwind/inbox/today\.csv \(10 bytes\) by northwind")


@pytest.mark.parametrize("protocol", ["ftp", "ftps"])
def test_a_refused_login_says_who_came_from_where_over_what_and_not_with_which_password(log, dial, protocol):
    with pytest.raises(ftplib.error_perm):
        dial(protocol, password="a-wrong-guess")
    with pytest.raises(ftplib.error_perm):
        dial(protocol, user="nobody\x1bknown", password="another-guess")

    assert said(log, rf"{protocol.upper()} login of northwind from 127\.0\.0\.1 by password refused")
    assert said(log, rf"{protocol.upper()} login of nobody\\x1bknown from 127\.0\.0\.1 by password refused")
    assert "guess" not in "".join(log())


def test_what_is_refused_in_a_session_stands_there(log, sftp, tmp_path):
    (tmp_path / "today.csv").write_text("sku;price\n")
    sftp(f"put {tmp_path}/today.csv /receipts/today.csv", ok=False)
    sftp("rm /receipts/nothing.csv", ok=False)
    sftp(f"put {tmp_path}/today.csv /today.csv", ok=False)

    assert said(log, r"File Upload of /\S+/northwind/receipts/today\.csv \(10 bytes\) by northwind failed: permission denied")
    assert said(log, r"File Delete of /\S+/northwind/receipts/nothing\.csv by northwind refused: .+")
    assert said(log, r"File Upload of /today\.csv by northwind refused: .+")
    assert not [word for word in PASSWORDS.values() if word in "".join(log())]
