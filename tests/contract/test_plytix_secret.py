"""Where the key of the Plytix account is kept: read once, looked into again when it is refused."""

import json
from uuid import uuid4

import pytest

from bridge.adapters.plytix.credentials import Secret
from bridge.errors import Stop

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
