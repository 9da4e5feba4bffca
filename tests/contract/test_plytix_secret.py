"""Where the key of the Plytix account is kept: tried before it is stored, read once, looked into again when it is refused."""

import json
from uuid import uuid4

import pytest

from bridge.adapters.plytix.credentials import Secret
from bridge.errors import Stop
from cli import aws
from tests.unit.cloud import Cloud

KEY = {"api_key": "key", "api_password": "old", "auth_url": "https://auth.plytix.com/", "pim_url": "https://pim.plytix.com"}


@pytest.fixture
def arn(cloud):
    return cloud.secretsmanager.create_secret(Name=f"plytix-{uuid4().hex[:8]}", SecretString=json.dumps(KEY))["ARN"]


def test_the_key_is_kept_until_somebody_asks_again(cloud, arn):
    secret = Secret(cloud.secretsmanager, arn)
    assert (secret.current().api_password, secret.current().auth_url) == ("old", "https://auth.plytix.com")

    cloud.secretsmanager.put_secret_value(SecretId=arn, SecretString=json.dumps(KEY | {"api_password": "new"}))

    assert secret.current().api_password == "old"
    assert (secret.again().api_password, secret.current().api_password) == ("new", "new")
    assert "new" not in repr(secret.current())


def test_each_setting_is_a_version_of_its_own_though_it_says_the_same(cloud, arn):
    secret = Secret(cloud.secretsmanager, arn)
    before = secret.current().version
    assert secret.again().version == before

    cloud.secretsmanager.put_secret_value(SecretId=arn, SecretString=json.dumps(KEY))

    assert secret.again().version not in ("", before)


def test_a_secret_that_is_not_there_says_how_to_set_it(cloud, arn):
    with pytest.raises(Stop, match="bridge secret set plytix"):
        Secret(cloud.secretsmanager, arn.replace("plytix-", "other-")).current()


# ---- set by the command


@pytest.fixture
def deployed(monkeypatch):
    """A deployed bridge whose secret for Plytix is still empty."""
    cloud = Cloud()
    monkeypatch.setattr(aws, "client", lambda service: getattr(cloud, service))
    return cloud


def set_by(deployed, plytix, *words, password="password"):
    return deployed.run("secret", "set", "plytix", "--key", "key", "--auth-url", plytix.url, "--pim-url", plytix.url, *words,
                        typed=f"{password}\n")


@pytest.mark.parametrize(("plan", "said"), [("paid", "The account may ask 50 times in 10 s and 5,000 times in an hour"),
                                            ("off", "Its token limits the account in nothing")])
def test_what_plytix_accepts_is_stored_and_its_limits_are_told(deployed, plytix, plan, said):
    plytix.plan(plan)

    ended = set_by(deployed, plytix)

    assert (ended.exit_code, deployed.secretsmanager.of("arn:plytix")["api_password"]) == (0, "password"), ended.output
    assert f"Plytix accepted them. {said}" in ended.output
    assert list(plytix.counts()["kinds"]) == ["token"], "one login, and nothing asked with it"


def test_what_plytix_refuses_is_not_stored_and_plytix_is_quoted(deployed, plytix):
    ended = set_by(deployed, plytix, password="wrong")

    assert (ended.exit_code, deployed.secretsmanager.of("arn:plytix")) == (1, {})
    assert "Plytix does not accept the API key (Plytix answered 4" in ended.output
    assert "nothing was stored" in ended.output
    assert "wrong" not in ended.output
    assert plytix.counts()["kinds"] == {"token": 1}


@pytest.mark.parametrize("mode", ["503", "html", "drop", "gone"])
def test_while_plytix_cannot_be_asked_nothing_is_stored_in_the_place_of_what_may_be_good(deployed, plytix, mode):
    if mode == "gone":
        plytix.stop()
    else:
        plytix.outage(mode)

    ended = set_by(deployed, plytix)

    assert (ended.exit_code, deployed.secretsmanager.of("arn:plytix")) == (1, {}), ended.output
    assert "nothing was stored" in ended.output
    assert "--untried" in ended.output


@pytest.mark.parametrize("url", ["auth.plytix.com", "htp://auth.plytix.com", "https:/auth.plytix.com", "http://auth.plytix.com"])
def test_what_can_be_no_address_of_plytix_is_told_before_the_key_goes_anywhere(deployed, url):
    ended = deployed.run("secret", "set", "plytix", "--key", "key", "--auth-url", url, "--untried", typed="password\n")

    assert (ended.exit_code, deployed.secretsmanager.of("arn:plytix")) == (1, {})
    assert f'"{url}" is no address of Plytix' in ended.output


def test_who_repeats_the_password_does_not_have_it_shown(deployed, plytix):
    plytix.refuse(401, None, kind="token", body={"error": {"msg": "bad credentials: key, s3cret-of-an-account"}})

    ended = set_by(deployed, plytix, password="s3cret-of-an-account")

    assert ended.exit_code == 1
    assert "bad credentials" in ended.output
    assert "s3cret" not in ended.output


def test_nobody_is_asked_for_what_is_to_be_stored_untried(deployed, plytix):
    ended = set_by(deployed, plytix, "--untried", password="wrong")

    assert (ended.exit_code, deployed.secretsmanager.of("arn:plytix")["api_password"]) == (0, "wrong")
    assert "They were not tried: if Plytix refuses them, `bridge switch` says so" in ended.output
    assert plytix.counts()["kinds"] == {}
