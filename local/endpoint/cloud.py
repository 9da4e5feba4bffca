"""AWS as the endpoint uses it: the service's own calls, and S3 as the partner whom the identity function let in."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

from botocore.client import BaseClient
from botocore.config import Config
from botocore.session import Session as Botocore

EARLY_S = 300  # credentials are renewed this long before they end

CONFIG = Config(signature_version="s3v4", connect_timeout=5, read_timeout=120, s3={"addressing_style": "path"},
                retries={"mode": "standard", "total_max_attempts": 3})


class Cloud:
    """One account and region, at an endpoint of its own. `authorities`: file with the certificates that it may show."""

    def __init__(self, region: str, access_key: str, secret_key: str, endpoint_url: str | None = None,
                 authorities: str | None = None, session_token: str | None = None) -> None:
        self.region, self.endpoint_url = region, endpoint_url
        self._own: dict[str, Any] = {"aws_access_key_id": access_key, "aws_secret_access_key": secret_key,
                                     "aws_session_token": session_token}
        self._where: dict[str, Any] = {"region_name": region, "endpoint_url": endpoint_url, "verify": authorities}
        self._botocore = Botocore()
        self._lock = threading.Lock()  # making clients is not thread-safe, using them is

    @classmethod
    def of_env(cls, env: Mapping[str, str]) -> Cloud:
        """From the variables that AWS's own tools read; the twin writes them."""
        return cls(env["AWS_REGION"], env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], env.get("AWS_ENDPOINT_URL"),
                   env.get("AWS_CA_BUNDLE"), env.get("AWS_SESSION_TOKEN"))

    def client(self, service: str, credentials: Mapping[str, Any] | None = None) -> BaseClient:
        config = CONFIG if service == "s3" else CONFIG.merge(Config(signature_version="v4"))
        with self._lock:
            return self._botocore.create_client(service, config=config, **self._where, **(credentials or self._own))


class Assumed:
    """S3 under a role and a session policy, its credentials renewed before they end."""

    def __init__(self, cloud: Cloud, role: str, policy: str | None, session_name: str) -> None:
        self._cloud = cloud
        self._asked = {"RoleArn": role, "RoleSessionName": session_name} | ({"Policy": policy} if policy else {})
        self._lock = threading.Lock()
        self._s3: BaseClient | None = None
        self._until = 0.0

    def s3(self) -> Any:
        """Raises ClientError where the role may not be assumed."""
        with self._lock:
            if self._s3 is None or time.time() > self._until - EARLY_S:
                self._renew()
            return self._s3

    def close(self) -> None:
        with self._lock:
            if self._s3 is not None:
                self._s3.close()
                self._s3 = None

    def _renew(self) -> None:
        sts = self._cloud.client("sts")
        try:
            given = sts.assume_role(**self._asked)["Credentials"]  # type: ignore[attr-defined]
        finally:
            sts.close()
        if self._s3 is not None:
            self._s3.close()
        self._until = given["Expiration"].timestamp()
        self._s3 = self._cloud.client("s3", {
            "aws_access_key_id": given["AccessKeyId"], "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"]})
