"""The one door to AWS, or to the twin in its place."""

from __future__ import annotations

import os
from typing import Any

LONGEST_S = 900
"""What a function may take. Who gives up earlier would call it once more while it still works."""


def client(service: str) -> Any:
    """A client in the region of the environment: `AWS_REGION` first, then what boto3 itself looks for."""
    import boto3  # here: `bridge --help` must not pay for it
    from botocore.config import Config

    waits = Config(read_timeout=LONGEST_S + 5, retries={"total_max_attempts": 1}, tcp_keepalive=True)
    session: Any = boto3.Session(region_name=os.environ.get("AWS_REGION") or None)  # typed only where the service is known
    return session.client(service, config=waits if service == "lambda" else None)
