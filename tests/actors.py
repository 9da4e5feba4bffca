"""Who takes part in a journey: the customer with his configuration and his Plytix, partners with their clients, an operator.

    company.works_with(a_feed(columns={"Name": "label"}))
    receipt = erp.drops("products/today.csv", "sku;Name\nA-1;Chair\n")     # uploads, and waits until the run is closed
    assert receipt.outcomes == {"CREATED": 1}
    assert company.products() == {"A-1": {"label": "Chair"}}

Fixtures of these names stand in `tests/conftest.py`.
"""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeVar

from bridge.adapters.mirror_states import MirrorStates
from bridge.configuration import Bundle, Channel, Feed, Partner, Settings
from bridge.domain.drop import within
from bridge.domain.receipt import NAME_MOST
from bridge.parts import now_ms
from bridge.ports import MirrorState
from local import customer, partner
from local.again import again
from local.demo import values_of
from local.twin import Twin
from tests.clients import Programs, cheap_hash

QUICK = {"upload_event_s": 2, "stays_s": 1, "claim_s": 6, "job_s": 12, "client_timeout_s": 5, "retry_s": 1, "login_s": 1, "redrive_s": 1,
         "refresh_s": 0}
ROUGH = {"redrive_s": 4, "chunk_size": 20}
"""Who is only slow is not to be sent again and again; and small chunks have several workers at one drop."""
WRITES = ("create", "patch")
PATIENCE_S = 90.0  # a machine that is busy starts functions slowly; who is well waits for a second
PASSWORDS = {"erp": "Lachs-1887-é", "supplier": "shoes, and more", "retailer": "buy 1, get 1"}
ATTRIBUTES = [
    {"label": "description", "name": "Description", "type_class": "HtmlAttribute"},
    {"label": "price", "name": "Price", "type_class": "DecimalAttribute"},
    {"label": "stock", "name": "Stock", "type_class": "IntAttribute"},
    {"label": "colour", "name": "Colour", "type_class": "DropdownAttribute", "options": ["red", "green", "blue"]},
    {"label": "materials", "name": "Materials", "type_class": "MultiSelectAttribute", "options": ["wood", "steel", "wool"]},
    {"label": "launch_date", "name": "Launch date", "type_class": "DateAttribute"},
    {"label": "url", "name": "Url", "type_class": "UrlAttribute"},
]
"""What the company's account has unless a test says otherwise."""
Found = TypeVar("Found")


def soon(condition: Callable[[], Found], what: str = "it", within_s: float = PATIENCE_S) -> Found:
    """What `condition` gives as soon as it is true."""
    until = time.monotonic() + within_s
    while not (found := condition()):
        if time.monotonic() > until:
            raise AssertionError(f"{what} did not happen within {within_s:g} s")
        time.sleep(0.03)
    return found


# ---- what is declared -------------------------------------------------------------------------------------------------------
def a_feed(name: str = "products", partner: str = "erp", columns: Mapping[str, Any] | None = None, **more: Any) -> Feed:
    """A feed that takes `<name>/*.csv` with the key `sku`; `columns`: head → what is declared of it, its attribute for short."""
    declared = {head: {"to": column} if isinstance(column, str) else column for head, column in (columns or {"name": "label"}).items()}
    return Feed.model_validate({"partner": partner, "name": name, "takes": [f"{name}/*.csv"], "key": {"column": "sku"},
                                "columns": declared} | more)


def a_channel(name: str = "catalogue", **more: Any) -> Channel:
    """A channel of all completed products for the retailer, every night."""
    return Channel.model_validate({"name": name, "recipients": ["retailer"], "when": {"cron": "30 2 * * *"}, "file": f"{name}.csv",
                                   "columns": {"SKU": "sku", "Name": "label"}} | more)


def a_partner(**more: Any) -> Partner:
    """One who may come over all three protocols."""
    return Partner.model_validate({"name": "A partner", "protocols": ["sftp", "ftps", "ftp"]} | more)


# ---- the customer -----------------------------------------------------------------------------------------------------------
class Company:
    """The customer whose bridge it is: what is in force, what his Plytix holds, what lies in his buckets."""

    def __init__(self, twin: Twin) -> None:
        self.twin, self.plytix = twin, twin.plytix
        self._s3 = twin.client("s3")
        self.describes_products_by(ATTRIBUTES)
        self.has_loaded_the_mirror()

    def has_loaded_the_mirror(self) -> None:
        """As in everyday life: its first load is over, here of an account that was empty. The next refresh lists all the same."""
        states = MirrorStates(self.twin.client("dynamodb"), self.twin.outputs["LedgerTable"])
        states.complete(MirrorState(loaded=1, census=now_ms()))

    def has_not_loaded_the_mirror(self) -> None:
        """As on the first day."""
        key = {"pk": {"S": "mirror"}, "sk": {"S": "state"}}
        self.twin.client("dynamodb").delete_item(TableName=self.twin.outputs["LedgerTable"], Key=key)

    def describes_products_by(self, attributes: list[dict[str, Any]]) -> None:
        """His Plytix has these attributes, and no others; and no products."""
        self.plytix.reset(schema="drop")
        self.plytix.attributes(attributes)

    def works_with(self, *things: Feed | Channel, partners: Mapping[str, Partner] | None = None, **settings: Any) -> Bundle:
        """Put in force these feeds and channels, and no others, with short waits. `erp`, `supplier`, `retailer` always are partners."""
        known = {name: a_partner() for name in PASSWORDS} | dict(partners or {})
        feeds = {thing.id: thing for thing in things if isinstance(thing, Feed)}
        channels = {thing.name: thing for thing in things if isinstance(thing, Channel)}
        quick = QUICK | (ROUGH if self.twin.is_rough else {})
        bundle = Bundle.of(Settings(**(quick | settings)), known, feeds, channels)
        customer.put_in_force(self.twin, bundle)
        return bundle

    def refreshes(self) -> dict[str, int]:
        """The mirror is brought up to date now."""
        told = self.twin.refresh()
        assert "errorType" not in told, told
        return told

    def products(self) -> dict[str, dict[str, Any]]:
        """SKU → label, gtin and attributes in one, those without a value left out; a day without its midnight."""
        return {product["sku"]: values_of(product) for product in self.plytix.dump()}

    def requests(self) -> dict[str, int]:
        """Requests about products since the start of the test or the last `clear_log`, by kind: `create`, `patch`, `get`, `search` …"""
        return {kind.removeprefix("product."): n for kind, n in self.plytix.counts()["kinds"].items() if kind.startswith("product.")}

    def spent(self) -> dict[str, int]:
        """The same; in a rough twin only those that write: who takes over from a dead worker looks up what that one did."""
        return {kind: n for kind, n in self.requests().items() if kind in WRITES or not self.twin.is_rough}

    def sent(self) -> int:
        """Requests that create or change a product."""
        return sum(n for kind, n in self.requests().items() if kind in WRITES)

    def files(self, prefix: str = "") -> list[str]:
        """Keys in the exchange bucket, folders left out."""
        return self._keys("ExchangeBucket", prefix)

    def archive(self) -> list[str]:
        """Where drops lie after their run."""
        return self._keys("WorkBucket", "archive/")

    def kept(self, key: str) -> bytes:
        """An object of the work bucket."""
        return self._get("WorkBucket", key)

    def body(self, key: str) -> bytes:
        return self._get("ExchangeBucket", key)

    def versions(self, key: str) -> list[bytes]:
        """All that ever stood under a key of the exchange bucket, the oldest first."""
        bucket = self.twin.outputs["ExchangeBucket"]
        found = self._s3.list_object_versions(Bucket=bucket, Prefix=key)["Versions"]
        ids = [version["VersionId"] for version in reversed(found) if version["Key"] == key]  # S3 lists the newest first
        return [self._s3.get_object(Bucket=bucket, Key=key, VersionId=id)["Body"].read() for id in ids]

    def puts(self, key: str, content: bytes) -> None:
        """Straight into the exchange bucket, behind the endpoint's back."""
        self._s3.put_object(Bucket=self.twin.outputs["ExchangeBucket"], Key=key, Body=content)

    def _keys(self, bucket: str, prefix: str) -> list[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.twin.outputs[bucket], Prefix=prefix)
        return [found["Key"] for page in pages for found in page.get("Contents", []) if not found["Key"].endswith("/")]

    def _get(self, bucket: str, key: str) -> bytes:
        return bytes(self._s3.get_object(Bucket=self.twin.outputs[bucket], Key=key)["Body"].read())


# ---- partners ---------------------------------------------------------------------------------------------------------------
class Told(NamedTuple):
    """An issue, as far as tests compare it."""

    code: str
    line: int | None
    column: str | None
    value: str | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a partner reads of his drop; `at`: its key without the ending, beside which the result file stands."""

    at: str
    state: str
    run: str
    rows: int
    outcomes: dict[str, int]
    issues: list[dict[str, Any]]
    whole: dict[str, Any]

    @classmethod
    def of(cls, key: str, content: bytes) -> Self:
        """Whatever else a test looks at: each issue has its remedy, and of an ended run the sum is right."""
        told = json.loads(content)
        assert all(issue["message"] and issue["remedy"] for issue in told["issues"]), told["issues"]
        assert not told["closed"] or told["rows"] == sum(told["outcomes"].values()), told
        return cls(key.removesuffix(".json"), told["state"], told["run"], told["rows"], told["outcomes"], told["issues"], told)

    @property
    def told(self) -> list[Told]:
        return [Told(*(issue[name] for name in Told._fields)) for issue in self.issues]

    @property
    def codes(self) -> list[str]:
        return [issue["code"] for issue in self.issues]


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that was uploaded, and which receipts for files of its name there were before."""

    path: str
    before: frozenset[str]

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]


class Visitor:
    """A partner at the endpoint, with clients in Python that need no program (`programs` are the others)."""

    def __init__(self, name: str, company: Company, folder: Path) -> None:
        self.name, self.password = name, PASSWORDS[name]
        self._company, self._twin, self._folder = company, company.twin, folder
        self._open, self._clients = ExitStack(), dict[str, partner.Client]()
        self._has_login = False

    @property
    def programs(self) -> Programs:
        """The real programs, logging in as this partner."""
        self.gets_a_login()
        return Programs(self._twin.ports, self._twin.endpoint.host_key, self._folder, self.name, self.password, self._twin.tries)

    def gets_a_login(self) -> None:
        """As `bridge partner password` gives it; once a test is enough."""
        if not self._has_login:
            customer.secrets(self._twin).set_hash(self.name, cheap_hash(self.password))
            self._has_login = True

    def client(self, over: str = "sftp") -> partner.Client:
        """`over`: sftp, ftps, ftp; logged in once and kept."""
        self.gets_a_login()
        if over not in self._clients:
            make = {"sftp": partner.sftp, "ftps": partner.ftps, "ftp": partner.ftp}[over]
            client = partner.logged_in(make, self._twin.ports[over], self.name, self.password, self._twin.tries)
            self._clients[over] = self._open.enter_context(client)
        return self._clients[over]

    def leaves(self) -> None:
        """Close what is open."""
        self._open.close()
        self._clients.clear()

    def sends(self, path: str, content: str | bytes, over: str = "sftp") -> Sent:
        """Upload to a path below /inbox."""
        sent = self.about_to_send(path)
        file = self._folder / "upload"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        self.client(over).put(file, f"/inbox/{path}")
        return sent

    def breaks_off(self, path: str, beginning: str) -> Sent:
        """An upload over SFTP whose line breaks when so much has come."""
        self.gets_a_login()
        sent = self.about_to_send(path)
        with partner.logged_in(partner.Sftp, self._twin.ports["sftp"], self.name, self.password, self._twin.tries) as client:
            client.break_off(f"/inbox/{path}", beginning.encode())
        return sent

    def about_to_send(self, path: str) -> Sent:
        """For who uploads otherwise: to be asked before."""
        return Sent(path, frozenset(self.receipts(path.rsplit("/", 1)[-1])))

    def drops(self, path: str, content: str | bytes, over: str = "sftp", within_s: float = PATIENCE_S) -> Receipt:
        """Upload, and wait until the run is closed, told and archived."""
        return self.closed(self.sends(path, content, over), within_s)

    def closed(self, sent: Sent | str, within_s: float = PATIENCE_S) -> Receipt:
        """The receipt once it is the last word: closed, refused or cut off, and the drop in the archive."""
        receipt = self.receipt(sent, lambda told: bool(told.whole["closed"]), within_s)
        soon(lambda: receipt.whole["file"] not in self.inbox(), "moving the drop into the archive", within_s)
        return receipt

    def receipt(self, sent: Sent | str, is_it: Callable[[Receipt], bool] = lambda _: True, within_s: float = PATIENCE_S) -> Receipt:
        """The first receipt for this file that is as asked; by default any."""
        sent = Sent(sent, frozenset()) if isinstance(sent, str) else sent
        last = "none"

        def look() -> Receipt | None:
            nonlocal last
            for key in self.receipts(sent.name):
                if key not in sent.before:
                    receipt = Receipt.of(key, self._company.body(key))
                    last = receipt.state
                    if is_it(receipt):
                        return receipt
            return None

        try:
            return soon(look, within_s=within_s)
        except AssertionError:
            raise AssertionError(f"{sent.path}: no such receipt within {within_s:g} s (the last one said: {last})") from None

    def receipts(self, name: str = "") -> list[str]:
        """Keys of the receipts for files of this name, or for all, the newest last."""
        below = f"{self.name}/receipts/"
        name = within(name, NAME_MOST)
        keys = self._company.files(f"{below}{name}")
        return [key for key in keys if key.endswith(".json") and (not name or key.rsplit(".", 2)[0] == below + name)]

    def page(self, receipt: Receipt) -> str:
        """The receipt for people, fetched at the endpoint."""
        return self.client().get(self._seen(f"{receipt.at}.txt")).decode()

    def results(self, receipt: Receipt, delimiter: str = ";") -> list[dict[str, str]]:
        """The rows of the result file, fetched at the endpoint: the partner's own, with `_result` and `_comment`."""
        text = self.client().get(self._seen(f"{receipt.at}.result.csv")).decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))

    def inbox(self) -> list[str]:
        """What lies in it."""
        return [key.partition("/inbox/")[2] for key in self._company.files(f"{self.name}/inbox/")]

    def _seen(self, key: str) -> str:
        return key.removeprefix(self.name)


# ---- who looks after it ----------------------------------------------------------------------------------------------------
class Operator:
    """A person at a terminal beside the twin."""

    def __init__(self, twin: Twin) -> None:
        self._tries = twin.tries
        self._environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"} | twin.env

    def types(self, *words: str, typed: str = "", columns: int = 0) -> subprocess.CompletedProcess[str]:
        """`bridge …`, whatever comes of it, and in a rough twin again where a function died; `columns`: in a window of that width."""
        window = {"COLUMNS": str(columns)} if columns else {}
        return again(lambda: subprocess.run([sys.executable, "-m", "cli.main", *words], env=self._environment | window, input=typed,
                                            capture_output=True, text=True, check=False),
                     lambda ended: ended.stderr if ended.returncode else "", self._tries)

    def reads(self, *words: str, columns: int = 0) -> str:
        """What a command says that succeeds."""
        ended = self.types(*words, columns=columns)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def asks(self, *words: str) -> Any:
        """The same as JSON."""
        return json.loads(self.reads(*words, "--json"))


def visiting(name: str, company: Company, folder: Path) -> Iterator[Visitor]:
    """A partner for the length of a test."""
    visitor = Visitor(name, company, folder)
    yield visitor
    visitor.leaves()
