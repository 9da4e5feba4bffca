"""Tell Transfer Family whether a partner may come in, and as whom. The event holds his password: it is never logged."""

import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from bridge.adapters.configuration import ConfigurationStore
from bridge.adapters.partner_secrets import PartnerSecrets
from bridge.domain.access import Answer, Place
from bridge.services.authenticate import Login, authenticate

logger, metrics = Logger(service="authenticate"), Metrics(namespace="bridge", service="authenticate")
quick = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})  # a person waits
configuration = ConfigurationStore(boto3.client("s3", config=quick), os.environ["WORK_BUCKET"])
secrets = PartnerSecrets(boto3.client("secretsmanager", config=quick), os.environ["PARTNER_SECRETS_PREFIX"])
place = Place(os.environ["EXCHANGE_BUCKET"], os.environ["PARTNER_ROLE_ARN"], os.environ["KEY_ARN"])


@logger.inject_lambda_context(log_event=False)  # said here, no variable can turn it on
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> Answer:
    login = Login.of_event(event)
    decision = authenticate(login, configuration.current(), secrets, place)
    outcome = "accepted" if decision.accepted else "refused"
    logger.info(f"login {outcome}", partner=decision.partner, why=decision.why, protocol=login.protocol,
                source_ip=login.address, server=login.server, by="password" if login.password else "key")
    metrics.add_metric(f"Login{outcome.capitalize()}", unit="Count", value=1)
    return decision.answer
