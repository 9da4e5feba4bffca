"""Passwords and keys, as they are stored and checked."""

import hashlib
from base64 import b64encode

import pytest

from bridge.domain.password import LEAST_N, NOBODYS, NotAHash, hashed, parse, verified
from bridge.domain.public_key import public_key

SALT = bytes(range(16))
STORED = hashed("Zürich-8001!", SALT)
ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFo9tXRhHHRyxBUXdWbh5sBTPQN8hCUJvMoqxkoNzWfE"


def test_the_right_password_is_recognised_and_no_other():
    assert verified("Zürich-8001!", STORED)
    for wrong in ("zürich-8001!", "Zürich-8001! ", "Zurich-8001!", ""):
        assert not verified(wrong, STORED)


def test_two_partners_with_one_password_have_different_hashes():
    assert hashed("same", bytes(16)) != hashed("same", SALT)
    assert verified("same", hashed("same", SALT))


def test_the_stored_form_is_the_documented_one_and_costs_a_guesser_enough():
    name, n, r, p, salt, digest = STORED.split("$")

    assert (name, r, salt) == ("scrypt", "8", b64encode(SALT).decode())
    assert int(n) >= LEAST_N == 2**14
    again = hashlib.scrypt("Zürich-8001!".encode(), salt=SALT, n=int(n), r=8, p=int(p), maxmem=2**28, dklen=32)
    assert digest == b64encode(again).decode()


def test_a_hash_made_by_another_program_is_verified_with_its_own_parameters():
    digest = hashlib.scrypt(b"geheim", salt=SALT, n=2**14, r=8, p=2, dklen=64)
    foreign = f"scrypt$16384$8$2${b64encode(SALT).decode()}${b64encode(digest).decode()}"

    assert verified("geheim", foreign)
    assert not verified("Geheim", foreign)


def test_nobodys_hash_takes_the_same_work_as_a_partners_and_lets_nobody_in():
    assert NOBODYS.split("$")[:4] == STORED.split("$")[:4]
    assert not verified("", NOBODYS)
    assert not verified("Zürich-8001!", NOBODYS)


@pytest.mark.parametrize("stored", [
    "", "geheim", "scrypt$16384$8$1$c2FsdHNhbHQ=", "bcrypt$16384$8$1$c2FsdHNhbHQ=$" + b64encode(bytes(32)).decode(),
    "scrypt$8192$8$1$c2FsdHNhbHQ=$" + b64encode(bytes(32)).decode(),  # too cheap
    "scrypt$16385$8$1$c2FsdHNhbHQ=$" + b64encode(bytes(32)).decode(),  # no power of two
    "scrypt$1048576$8$1$c2FsdHNhbHQ=$" + b64encode(bytes(32)).decode(),  # would exhaust the function
    "scrypt$16384$8$900$c2FsdHNhbHQ=$" + b64encode(bytes(32)).decode(),
    "scrypt$16384$8$1$c2E=$" + b64encode(bytes(32)).decode(),  # hardly a salt
    "scrypt$16384$8$1$c2FsdHNhbHQ=$" + b64encode(bytes(8)).decode(),  # hardly a hash
    "scrypt$16384$8$1$nicht base64!$" + b64encode(bytes(32)).decode(),
])
def test_what_is_no_hash_is_refused_without_being_quoted(stored):
    with pytest.raises(NotAHash) as told:
        parse(stored)

    assert "expected" in str(told.value)
    assert not stored or stored not in str(told.value)


def test_a_key_is_stored_as_one_tidy_line():
    assert public_key(f"  {ED25519}   erp@northwind \n") == f"{ED25519} erp@northwind"


@pytest.mark.parametrize("line", [
    "", "ssh-ed25519", "AAAAC3NzaC1lZDI1NTE5AAAAIFo9", f"{ED25519}\n{ED25519}", "-----BEGIN OPENSSH PRIVATE KEY-----",
    f'command="ls" {ED25519}', ED25519[:40], ED25519.replace("ssh-ed25519", "ssh-rsa"), "ssh-dss AAAAB3NzaC1kc3MAAACB",
    "ssh-ed25519 kein*base64",
])
def test_what_is_no_public_key_is_refused_with_what_was_expected(line):
    with pytest.raises(ValueError, match="expected"):
        public_key(line)
