"""Who is let in at the endpoint, and what those who are not may learn from it: nothing."""

import io

import pytest
from botocore.exceptions import ClientError

from bridge.adapters.configuration import ConfigurationStore
from bridge.configuration import Bundle
from bridge.domain import password
from bridge.domain.access import Credentials, Place
from bridge.errors import Stop, Unreadable
from bridge.services import authenticate as service
from bridge.services.authenticate import Login, authenticate

PLACE = Place("exchange", "arn:aws:iam::111122223333:role/partner", "arn:aws:kms:eu-central-1:111122223333:key/abc")
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFo9tXRhHHRyxBUXdWbh5sBTPQN8hCUJvMoqxkoNzWfE"
BUNDLE = Bundle.model_validate({"version": "1", "feeds": {}, "partners": {
    "northwind": {"name": "Northwind ERP", "protocols": ["sftp", "ftps"], "allow": ["203.0.113.0/24"]},
    "acme": {"name": "Acme Shoes", "protocols": ["sftp", "ftp"]},
    "newcomer": {"name": "Has no secret yet"},
}})


class Secrets:
    """As Secrets Manager would answer, and which names it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.held = {"northwind": Credentials(password.hashed("right", bytes(16)), (KEY,)),
                     "acme": Credentials(password.hashed("shoes", bytes(16))),
                     "removed": Credentials(password.hashed("right", bytes(16)), (KEY,))}

    def read(self, partner: str) -> Credentials | None:
        self.asked.append(partner)
        return self.held.get(partner)


@pytest.fixture
def secrets() -> Secrets:
    return Secrets()


@pytest.fixture
def comes(secrets):
    """An attempt as Transfer Family tells of it; `password` is absent when the client offers a key."""
    def attempt(username, password=None, protocol="SFTP", address="203.0.113.7"):
        event = {"username": username, "protocol": protocol, "serverId": "s-0123456789abcdef0", "sourceIp": address}
        event |= {} if password is None else {"password": password}
        return authenticate(Login.of_event(event), BUNDLE, secrets, PLACE)
    return attempt


def test_the_right_password_opens_the_partners_own_tree(comes):
    decision = comes("northwind", "right")

    assert decision.accepted
    assert decision.answer["Role"] == PLACE.role
    assert "/exchange/northwind/inbox" in decision.answer["HomeDirectoryDetails"]
    assert "PublicKeys" not in decision.answer  # beside a password Transfer does not want them


@pytest.mark.parametrize("password", [None, ""])
def test_a_client_with_a_key_gets_the_keys_to_prove_it_against(comes, password):
    decision = comes("northwind", password)

    assert decision.accepted
    assert decision.answer["PublicKeys"] == [KEY]


REFUSALS = {
    "wrong password": ("northwind", "wrong"),
    "unknown user": ("nobody-here", "right"),
    "unknown user with a key": ("nobody-here", None),
    "partner taken out of the configuration": ("removed", "right"),
    "his key too": ("removed", None),
    "no secret yet": ("newcomer", "anything"),
    "no secret, with a key": ("newcomer", None),
    "no key set": ("acme", None),
    "another case": ("Northwind", "right"),
    "address not listed": ("northwind", "right", "SFTP", "198.51.100.1"),
    "key from an address not listed": ("northwind", None, "SFTP", "198.51.100.1"),
    "protocol not his": ("northwind", "right", "FTP"),
    "key over FTPS": ("northwind", None, "FTPS"),
}


@pytest.mark.parametrize("attempt", REFUSALS.values(), ids=REFUSALS.keys())
def test_all_refusals_are_one_and_the_same_answer(comes, attempt):
    assert comes(*attempt).answer == {}


@pytest.mark.parametrize("attempt", [a for a in REFUSALS.values() if a[1]], ids=[n for n, a in REFUSALS.items() if a[1]])
def test_every_attempt_with_a_password_costs_one_secret_and_one_hash_whoever_comes(comes, secrets, monkeypatch, attempt):
    hashes = []

    def counting(text, stored):
        hashes.append(stored.split("$")[1:4])
        return password.verified(text, stored)

    monkeypatch.setattr(service, "verified", counting)
    comes(*attempt)

    assert secrets.asked == [attempt[0]]
    assert hashes == [["32768", "8", "1"]]


def test_an_attempt_with_a_key_asks_for_the_secret_of_an_unknown_user_too(comes, secrets):
    comes("nobody-here")

    assert secrets.asked == ["nobody-here"]


def test_our_log_may_say_why_but_never_repeats_an_unknown_name(comes):
    assert comes("northwind", "wrong").why == "wrong password"
    assert comes("northwind", "wrong").partner == "northwind"
    typed_into_the_wrong_field = comes("MySecretPassword!", "northwind")
    assert typed_into_the_wrong_field.partner is None
    assert "MySecretPassword!" not in repr(typed_into_the_wrong_field)


def test_a_password_is_in_no_text_of_the_login_or_the_credentials(secrets):
    login = Login.of_event({"username": "northwind", "password": "right", "protocol": "SFTP", "serverId": "s-1", "sourceIp": "::1"})

    assert "right" not in repr(login)
    assert "scrypt" not in repr(secrets.held["northwind"])


# --- what the function reads it from ----------------------------------------------------------------------------------

def test_a_deployment_without_configuration_says_how_to_get_one():
    store = _store(_Bucket(None))

    with pytest.raises(Stop, match="bridge config apply"):
        store.current()


def test_a_new_configuration_counts_at_the_next_login_and_an_old_one_is_not_read_twice():
    bucket = _Bucket(BUNDLE.model_dump_json())
    store = _store(bucket)

    first = store.current()
    assert store.current() is first
    bucket.put(BUNDLE.model_copy(update={"version": "2"}).model_dump_json())
    assert store.current().version == "2"
    assert (bucket.asked, bucket.sent) == (3, 2)


def test_a_worker_that_asks_every_half_minute_asks_no_more_often():
    bucket, now = _Bucket(BUNDLE.model_dump_json()), [100.0]
    store = _store(bucket, every_s=30, clock=lambda: now[0])

    store.current()
    bucket.put(BUNDLE.model_copy(update={"version": "2"}).model_dump_json())
    now[0] += 29
    assert (store.current().version, bucket.asked) == ("1", 1)
    now[0] += 2
    assert (store.current().version, bucket.asked) == ("2", 2)


def test_a_configuration_of_a_later_format_is_left_alone_with_a_word():
    with pytest.raises(Unreadable, match="format 7"):
        _store(_Bucket('{"format": 7, "version": "1", "shapes": []}')).current()


@pytest.mark.parametrize("body", ["{", '{"format": 1}'])
def test_a_broken_configuration_stops_with_its_place(body):
    with pytest.raises(Stop, match=r"s3://bundles/configuration/current\.json"):
        _store(_Bucket(body)).current()


def test_an_outage_of_s3_is_not_told_as_a_missing_configuration():
    with pytest.raises(ClientError, match="SlowDown"):
        _store(_Bucket(None, failing="SlowDown")).current()


def _store(bucket, **settings):
    return ConfigurationStore(bucket, "bundles", **settings)


class _Bucket:
    """One object behind S3's conditional GET; counts questions and bodies sent."""

    def __init__(self, body: str | None, failing: str | None = None) -> None:
        self.body, self.failing, self.etag, self.asked, self.sent = body, failing, 1, 0, 0

    def put(self, body: str) -> None:
        self.body, self.etag = body, self.etag + 1

    def get_object(self, Bucket, Key, IfNoneMatch=None):
        assert (Bucket, Key) == ("bundles", "configuration/current.json")
        self.asked += 1
        refusal = self.failing or ("NoSuchKey" if self.body is None else "304" if IfNoneMatch == f'"{self.etag}"' else None)
        if refusal:
            raise ClientError({"Error": {"Code": refusal, "Message": ""}}, "GetObject")
        self.sent += 1
        return {"ETag": f'"{self.etag}"', "Body": io.BytesIO(self.body.encode())}
