"""Passwords and keys set with the `bridge` command: kept as they should be, and shown to nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.domain.password import hashed, verified
from cli import aws, hidden
from tests.unit.cloud import Cloud

SAMPLE = Path(__file__).parents[2] / "config"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGr2mBh0Bq1cQ9hJ6tq0y1wC3mJx1mZ3t0mG9dYc5a1N"


@pytest.fixture
def cloud(monkeypatch):
    cloud = Cloud()
    monkeypatch.setattr(aws, "client", lambda service: getattr(cloud, service))
    return cloud


def test_the_plytix_password_is_read_from_standard_input_and_never_shown(cloud):
    output = cloud.done("secret", "set", "plytix", "--key", "k123", "--pim-url", "http://127.0.0.1:8080/", "--untried", typed="s3cret\n")

    assert cloud.secretsmanager.of("arn:plytix") == {
        "api_key": "k123", "api_password": "s3cret", "auth_url": "https://auth.plytix.com", "pim_url": "http://127.0.0.1:8080"}
    assert "s3cret" not in output


def test_another_key_is_for_the_same_plytix(cloud):
    cloud.done("secret", "set", "plytix", "--key", "k1", "--auth-url", "http://127.0.0.1:1",
               "--pim-url", "http://127.0.0.1:2", "--untried", typed="one\n")
    output = cloud.done("secret", "set", "plytix", "--key", "k2", "--untried", typed="two\n")

    assert cloud.secretsmanager.of("arn:plytix") == {
        "api_key": "k2", "api_password": "two", "auth_url": "http://127.0.0.1:1", "pim_url": "http://127.0.0.1:2"}
    assert "http://127.0.0.1:1" in output


def test_a_partners_password_is_kept_as_a_hash(cloud):
    cloud.done("config", "apply", SAMPLE)
    output = cloud.done("partner", "password", "bergkauf", typed="korrekt horse\n")

    assert verified("korrekt horse", cloud.secretsmanager.of("bridge/partners/bergkauf")["password"])
    assert "korrekt" not in output


@pytest.mark.parametrize(("words", "typed"), [
    (["--password", ""], None), (["--password", "elf Zeichen"], None), ([], "hunter2\n"), ([], "x" * 1_025 + "\n")])
def test_a_password_that_is_too_short_or_too_long_is_refused_and_not_repeated(cloud, words, typed):
    cloud.done("config", "apply", SAMPLE)

    result = cloud.run("partner", "password", "bergkauf", *words, typed=typed)

    assert result.exit_code == 1
    assert result.output == ("expected a password of 12 to 1024 characters, of any kind: a few words and blanks will do; "
                             "nothing was changed.\n")
    assert "bridge/partners/bergkauf" not in cloud.secretsmanager.secrets


def test_twelve_characters_of_any_kind_are_a_password(cloud):
    cloud.done("config", "apply", SAMPLE)
    cloud.done("partner", "password", "bergkauf", typed="aaaaaaaaaaaa\n")

    assert verified("aaaaaaaaaaaa", cloud.secretsmanager.of("bridge/partners/bergkauf")["password"])


def test_a_password_that_is_made_for_a_partner_is_shown_this_once(cloud):
    cloud.done("config", "apply", SAMPLE)
    made = cloud.done("partner", "password", "bergkauf", "--generate").rsplit(": ", 1)[1].strip()

    assert len(made) >= 20
    assert verified(made, cloud.secretsmanager.of("bridge/partners/bergkauf")["password"])


def test_a_partner_keeps_a_hash_that_he_brings(cloud):
    cloud.done("config", "apply", SAMPLE)
    brought = hashed("from the old server", b"0123456789abcdef")
    cloud.done("partner", "password", "bergkauf", "--hash", brought)
    refusal = cloud.run("partner", "password", "bergkauf", "--hash", "md5$abc")

    assert cloud.secretsmanager.of("bridge/partners/bergkauf")["password"] == brought
    assert refusal.exit_code == 1
    assert "expected scrypt$N$r$p$salt$hash" in refusal.output


def test_a_partners_key_joins_those_he_has(cloud, tmp_path):
    cloud.done("config", "apply", SAMPLE)
    cloud.done("partner", "password", "bergkauf", typed="korrekt horse\n")
    (tmp_path / "key.pub").write_text(f"{KEY} night job\n")
    cloud.done("partner", "key", "bergkauf", tmp_path / "key.pub")

    secret = cloud.secretsmanager.of("bridge/partners/bergkauf")
    assert secret["keys"] == [f"{KEY} night job"]
    assert secret["password"].startswith("scrypt$")


@pytest.mark.parametrize("text", ["", "hello", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n", "ssh-ed25519 AAAA",
                                  "ssh-dss AAAAB3NzaC1kc3M="])
def test_what_is_no_public_key_is_refused(cloud, tmp_path, text):
    cloud.done("config", "apply", SAMPLE)
    (tmp_path / "key.pub").write_text(text)

    result = cloud.run("partner", "key", "bergkauf", tmp_path / "key.pub")

    assert result.exit_code == 1
    assert "nothing was changed" in result.output


def test_nobody_gets_a_password_whom_the_configuration_does_not_know(cloud):
    assert "No configuration has been applied yet" in cloud.run("partner", "password", "bergkauf", "--generate").output
    cloud.done("config", "apply", SAMPLE)

    result = cloud.run("partner", "password", "bergkuaf", "--generate")

    assert result.exit_code == 1
    assert 'There is no partner "bergkuaf". Did you mean bergkauf?' in result.output
    result = cloud.run("partner", "password", "x", "--generate")
    assert "there are: alpwerk, bergkauf, lager-sued, nordhang-erp" in result.output


def test_a_password_typed_twice_differently_is_not_taken(cloud, monkeypatch):
    cloud.done("config", "apply", SAMPLE)
    typed = iter(["one", "two"])
    monkeypatch.setattr(hidden.getpass, "getpass", lambda _: next(typed))
    monkeypatch.setattr(hidden, "at_a_terminal", lambda: True)

    result = cloud.run("partner", "password", "bergkauf")

    assert result.exit_code == 1
    assert "The two were not the same" in result.output
