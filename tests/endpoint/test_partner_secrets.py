"""Setting, taking over, changing and removing what partners prove themselves by, against Secrets Manager."""

import json

import pytest
from botocore.exceptions import ClientError

from bridge.adapters.partner_secrets import HELD, PartnerSecrets
from bridge.domain.password import NotAHash, hashed, verified
from bridge.errors import Stop

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFo9tXRhHHRyxBUXdWbh5sBTPQN8hCUJvMoqxkoNzWfE"


@pytest.fixture
def secrets(aws):
    held = PartnerSecrets(aws.secrets, "of-this-test/", keep_s=0)
    yield held
    held.remove("supplier")


def test_a_password_is_set_and_changed_and_only_its_hash_is_stored(secrets, aws):
    secrets.set_password("supplier", "the first one")
    secrets.set_password("supplier", "the second one")

    stored = aws.secrets.get_secret_value(SecretId="of-this-test/supplier")["SecretString"]
    assert "the second one" not in stored
    assert set(json.loads(stored)) == {"password", "keys"}
    assert verified("the second one", secrets.read("supplier").password)
    assert not verified("the first one", secrets.read("supplier").password)


def test_keys_and_password_do_not_disturb_one_another(secrets):
    secrets.add_key("supplier", f"{KEY} old comment\n")
    secrets.set_password("supplier", "some words of his")
    secrets.add_key("supplier", f"{KEY} new comment")

    assert secrets.read("supplier").keys == (f"{KEY} new comment",)
    assert verified("some words of his", secrets.read("supplier").password)


def test_a_hash_made_elsewhere_is_taken_over_and_nonsense_is_not(secrets):
    secrets.set_hash("supplier", hashed("from the old server", bytes(16)) + "\n")
    with pytest.raises(NotAHash):
        secrets.set_hash("supplier", "from the old server")

    assert verified("from the old server", secrets.read("supplier").password)


@pytest.mark.parametrize("password", ["", "eleven char", "x" * 1_025])
def test_passwords_that_are_short_or_that_transfer_family_never_hands_on_are_refused(secrets, password):
    with pytest.raises(ValueError, match="12 to 1024"):
        secrets.set_password("supplier", password)
    assert secrets.read("supplier") is None


def test_who_is_removed_has_nothing_left_and_may_come_again(secrets):
    secrets.set_password("supplier", "some words of his")
    secrets.remove("supplier")
    assert secrets.read("supplier") is None
    secrets.remove("supplier")  # a second time is no error
    secrets.set_password("supplier", "he came back again")
    assert verified("he came back again", secrets.read("supplier").password)


def test_a_secret_that_somebody_wrote_by_hand_stops_with_its_name_and_not_its_text(secrets, aws):
    for text in ("hunter2", "{}", "[]"):
        secrets.set_password("supplier", "some words of his")
        aws.secrets.put_secret_value(SecretId="of-this-test/supplier", SecretString=text)
        with pytest.raises(Stop, match=r"of-this-test/supplier.*bridge partner password") as told:
            secrets.read("supplier")
        assert "hunter2" not in str(told.value)
    secrets.set_password("supplier", "some words of his")
    assert verified("some words of his", secrets.read("supplier").password)


@pytest.mark.parametrize("name", ["", "a b", "../../other", "northwind/x", "ä", "n" * 200])
def test_names_that_can_be_no_partners_are_answered_like_any_unknown_one(secrets, name):
    assert secrets.read(name) is None


def test_answers_are_kept_for_a_moment_and_no_longer(aws, secrets):
    now = [0.0]
    held = PartnerSecrets(aws.secrets, "of-this-test/", keep_s=1, clock=lambda: now[0])
    assert held.read("supplier") is None
    secrets.set_password("supplier", "some words of his")
    assert held.read("supplier") is None
    now[0] = 1.5
    assert held.read("supplier") is not None


def test_a_scanner_does_not_fill_the_memory():
    class Nothing:
        def get_secret_value(self, SecretId):
            raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": ""}}, "GetSecretValue")
    held = PartnerSecrets(Nothing(), "p/", keep_s=1_000)
    for number in range(HELD * 2 + 5):
        held.read(f"name-{number}")

    assert len(held._held) <= HELD
