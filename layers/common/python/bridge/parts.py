"""Puts the real parts together for a function, from its environment: the one place that decides what is real.

Each function has only the variables, and the rights, of what it uses; a missing one is told by name at the first use.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger
from botocore.config import Config

from bridge.adapters.body import Bodies
from bridge.adapters.budget import BudgetItem, LaneBudget, budget_item
from bridge.adapters.censuses import Censuses
from bridge.adapters.claims import Claims
from bridge.adapters.configuration import ConfigurationStore
from bridge.adapters.exchange import Exchange
from bridge.adapters.ledger import Ledger
from bridge.adapters.mirror_states import MirrorStates
from bridge.adapters.patience import be_patient
from bridge.adapters.queues import Events, Queues, Urls
from bridge.adapters.schemas import Schemas
from bridge.adapters.stage import Stage
from bridge.adapters.switch import SwitchItem
from bridge.adapters.tables import Names, Tables
from bridge.configuration import Bundle, Lane
from bridge.door import Batch
from bridge.errors import Stop

if TYPE_CHECKING:
    from bridge.adapters.plytix.products import Products

CONFIG = Config(signature_version="s3v4", retries={"mode": "standard", "max_attempts": 4}, connect_timeout=3, read_timeout=20)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass
class Parts:
    """Made once a cold start; clients and adapters are made when first used."""

    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    session: boto3.Session = field(default_factory=boto3.Session)
    _products: dict[tuple[Lane, float, float, float], Products] = field(default_factory=dict)
    clock = staticmethod(now_ms)

    def setting(self, name: str) -> str:
        try:
            return self.environment[name]
        except KeyError:
            raise Stop(f"the function's environment lacks {name}: the template gives it") from None

    def client(self, service: str) -> Any:
        return self.session.client(service, config=CONFIG)  # type: ignore[call-overload]

    @cached_property
    def s3(self) -> Any:
        return self.client("s3")

    @cached_property
    def dynamodb(self) -> Any:
        client = self.client("dynamodb")
        be_patient(client)
        return client

    @cached_property
    def sqs(self) -> Any:
        return self.client("sqs")

    @cached_property
    def bodies(self) -> Bodies:
        return Bodies(self.s3, self.environment.get("WORK_BUCKET", ""))

    @cached_property
    def configurations(self) -> ConfigurationStore:
        return ConfigurationStore(self.s3, self.setting("WORK_BUCKET"))

    def configuration(self) -> Bundle:
        return self.configurations.current()

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger(self.dynamodb, self.setting("LEDGER_TABLE"), self.bodies)

    @cached_property
    def mirror_states(self) -> MirrorStates:
        return MirrorStates(self.dynamodb, self.setting("LEDGER_TABLE"))

    @cached_property
    def censuses(self) -> Censuses:
        return Censuses(self.s3, self.setting("WORK_BUCKET"))

    @cached_property
    def claims(self) -> Claims:
        return Claims(self.dynamodb, self.setting("LEDGER_TABLE"), self.bodies)

    @cached_property
    def tables(self) -> Tables:
        names = Names(*(self.environment.get(f"{table}_TABLE", "") for table in ("WANTED", "MIRROR", "HISTORY")))
        return Tables(self.dynamodb, names, self.bodies)

    @cached_property
    def stage(self) -> Stage:
        return Stage(self.s3, self.setting("WORK_BUCKET"))

    @cached_property
    def exchange(self) -> Exchange:
        return Exchange(self.s3, self.setting("EXCHANGE_BUCKET"), self.setting("WORK_BUCKET"))

    def schemas(self) -> Schemas:
        """Anew for each message: no worker keeps an old version for longer than that."""
        return Schemas(self.s3, self.setting("WORK_BUCKET"))

    @cached_property
    def queues(self) -> Queues:
        urls = (self.environment.get(f"{queue}_QUEUE_URL", "") for queue in ("INTAKE", "RUNS", "FAST", "MAIN"))
        return Queues(self.sqs, Urls(*urls))

    @cached_property
    def events(self) -> Events:
        return Events(self.client("events"), self.setting("LEDGER_TABLE"))

    def lane(self, queue_arn: str) -> Lane:
        """That of the queue in which a message came."""
        return Lane.FAST if self.setting("FAST_QUEUE_URL").rsplit("/", 1)[1] == queue_arn.rsplit(":", 1)[1] else Lane.MAIN

    def sqs_door(self, logger: Logger, *queues: str) -> Batch:
        """The door for the queues that call this function: `RUNS`, `FAST` …"""
        urls = tuple(self.setting(f"{queue}_QUEUE_URL") for queue in queues)
        return Batch(logger, self.sqs, urls, self.configuration().settings.retry_s)

    @cached_property
    def switch(self) -> SwitchItem:
        return SwitchItem(self.dynamodb, self.setting("LEDGER_TABLE"), self.bodies)

    @cached_property
    def budget(self) -> BudgetItem:
        return budget_item(self.dynamodb, self.setting("LEDGER_TABLE"), self.bodies)

    def plytix(self, lane: Lane) -> Products:
        """One for each lane and setting: warm workers obey a new configuration too."""
        settings = self.configuration().settings
        key = lane, settings.client_timeout_s, settings.share, settings.login_s
        if key not in self._products:
            self._products[key] = self._plytix(*key)
        return self._products[key]

    def _plytix(self, lane: Lane, timeout_s: float, share: float, login_s: float) -> Products:
        from bridge.adapters.plytix.credentials import Secret  # requests costs 150 ms: only who calls Plytix pays
        from bridge.adapters.plytix.products import Products
        from bridge.adapters.plytix.session import Limits, Session

        secret = Secret(self.client("secretsmanager"), self.setting("PLYTIX_SECRET_ARN"))
        budget = LaneBudget(self.budget, self.switch.current, lane, share, login_s)
        return Products(Session(secret, budget, Limits(total_s=timeout_s)), stored=lambda: self.schemas().stored(),
                        no_jobs=self.mirror_states.no_jobs)
