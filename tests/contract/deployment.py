"""What tests of the budget share: a ledger of its own, the workers that share it, and several things at once."""

from __future__ import annotations

import threading
import time
from uuid import uuid4

from bridge.adapters.body import Bodies
from bridge.adapters.budget import LaneBudget, budget_item, now_ms
from bridge.adapters.plytix.credentials import Credentials
from bridge.adapters.switch import SwitchItem
from bridge.configuration import Lane
from bridge.domain import switch
from bridge.domain.budget import from_json

SHARE = 0.8


class Key:
    """Credentials as a secret keeps them."""

    def __init__(self, url):
        self.url = url

    def current(self):
        return Credentials("key", "password", self.url, self.url)

    again = current


class Deployment:
    """A ledger of its own, and the workers that share it."""

    def __init__(self, cloud):
        self.cloud, self.table = cloud, f"ledger-{uuid4().hex[:8]}"
        cloud.dynamodb.create_table(
            TableName=self.table, BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}])
        self.bodies = Bodies(cloud.s3, "")
        self.switch = SwitchItem(cloud.dynamodb, self.table, self.bodies)
        self.switch.change(lambda before: switch.Switch(writes=True))

    def worker(self, lane=Lane.MAIN, windows=None, sleep=time.sleep, login_s=60, clock=now_ms):
        """As in a process of its own: nothing is shared with others but the items."""
        item = budget_item(self.cloud.dynamodb, self.table, self.bodies)
        now = SwitchItem(self.cloud.dynamodb, self.table, self.bodies)
        made = LaneBudget(item, now.current, lane, SHARE, login_s, clock, sleep)
        made.learn(windows)
        return made

    def item(self):
        found = self.cloud.dynamodb.get_item(TableName=self.table, Key={"pk": {"S": "budget"}, "sk": {"S": "plytix"}})["Item"]
        return from_json(self.bodies.unpack(found))


def at_once(*tasks):
    """Each in a thread of its own; what one of them raises is raised."""
    wrong = []

    def do(task):
        try:
            task()
        except Exception as error:  # noqa: BLE001 -- raised again below
            wrong.append(error)

    threads = [threading.Thread(target=do, args=[task]) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise wrong[0]


def raised(do):
    try:
        do()
    except Exception as error:  # noqa: BLE001 -- looked at by who asks
        return error
    return None
