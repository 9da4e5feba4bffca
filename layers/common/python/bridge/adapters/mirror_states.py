"""How far the mirror is, and whose turn it is to refresh it: the item `mirror`, `state` of the ledger's table."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from bridge.adapters.body import SAYS, Item, is_refusal, readable
from bridge.adapters.run_item import key_of
from bridge.adapters.update import Update
from bridge.domain.row import Sku
from bridge.ports import MirrorState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY, NONE = key_of("mirror", "state"), {"N": "0"}


class MirrorStates:
    """See `bridge.ports.MirrorStates`."""

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._db, self._table = dynamodb, table

    def state(self) -> MirrorState:
        item = self._db.get_item(TableName=self._table, Key=KEY, ConsistentRead=True).get("Item")
        if not item or "since" not in readable(item):
            return MirrorState()
        freed = tuple(part["S"] for part in item["freed"]["L"]) if "freed" in item else ()
        if "page" in item:
            return MirrorState(since=int(item["since"]["S"]), page=int(item["page"]["N"]), freed=freed)
        return MirrorState(_ms(item["loaded_at"]["S"]), int(item["since"]["S"]), _ms(item["refreshed_at"]["S"]),
                           item["schema"]["S"], int(item["census"]["N"]), "bulk" in item and item["bulk"]["BOOL"],
                           nudged=int(item.get("nudged", NONE)["N"]), freed=freed)

    def begin(self, now: int, until: int) -> bool:
        update = Update().set("turn_until", {"N": str(until)}).set("f", SAYS["f"])  # read before: it is a format of ours
        return self._update(update, "attribute_not_exists(turn_until) OR turn_until < :now", {":now": {"N": str(now)}})

    def complete(self, state: MirrorState) -> None:
        update = Update().set("f", SAYS["f"]).set("loaded_at", {"S": _iso(state.loaded)}).set("refreshed_at", {"S": _iso(state.refreshed)})
        update.set("since", {"S": f"{state.since:013d}"}).set("schema", {"S": state.schema}).set("turn_until", {"N": "0"})
        update.set("census", {"N": str(state.census)}).set("bulk", {"BOOL": state.bulk})
        for name in ("page", *(name for name in ("nudged", "freed") if not getattr(state, name))):  # what is not over stays as it stands
            update.remove(name)
        self._update(update)

    def stopped(self, since: int, page: int) -> None:
        self._update(Update().set("f", SAYS["f"]).set("since", {"S": f"{since:013d}"}).set("page", {"N": str(page)}))

    def nudged(self, pages: int) -> None:
        self._update(Update().set("nudged", {"N": str(pages)}))

    def freed(self, version: str, feed: str, sku: Sku) -> None:
        self._update(Update().set("freed", {"L": [{"S": version}, {"S": feed}, {"S": sku}]}))

    def no_jobs(self) -> None:
        self._update(Update().set("bulk", {"BOOL": False}), "attribute_exists(#bulk)")

    def give_back(self, until: int) -> None:
        self._update(Update().set("turn_until", {"N": "0"}), "turn_until = :until", {":until": {"N": str(until)}})

    def _update(self, update: Update, condition: str = "", values: Item | None = None) -> bool:
        """False where the condition was not met."""
        call = update.expression(values) | ({"ConditionExpression": condition} if condition else {})
        try:
            self._db.update_item(TableName=self._table, Key=KEY, **call)
        except ClientError as error:
            if is_refusal(error):
                return False
            raise
        return True


def _iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds")


def _ms(iso: str) -> int:
    return round(datetime.fromisoformat(iso).timestamp() * 1000)
