"""The main job once, on the twin: files over SFTP, FTPS and FTP in, products in Plytix, a channel file out. `make demo`

What must come of it is worked out from the sample files without bridge code (`local.expectation`); exit code 0 only if all of
it was true.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bridge.domain.counted import counted
from local import customer
from local.again import again
from local.expectation import CONFIG, SOURCES, Drop, Expected, catalogue, expect
from local.partner import Client, ftp, ftps, logged_in, sftp
from local.stack import Edit
from local.twin import Twin

ORDER = {"erp": sftp, "sheet": ftps, "prices": sftp, "stock": ftp}  # source → how its partner sends it
CHANNEL, RETAILER = "retailer-catalogue", "bergkauf"
PATIENCE_S = 90.0


class Disappointed(Exception):
    """Something that was expected did not come; the text says what."""


@dataclass
class Outcome:
    """What was seen, and what of it was not as expected."""

    drops: dict[str, dict[str, Any]] = field(default_factory=dict)  # source → its closed receipt
    faults: list[str] = field(default_factory=list)
    products: int = 0
    channel: dict[str, Any] = field(default_factory=dict)
    requests: dict[str, int] = field(default_factory=dict)

    def check(self, right: bool, what: str) -> None:
        if not right:
            self.faults.append(what)


class Demo:
    """The actors: partners with their own clients, and a person who works in Plytix."""

    def __init__(self, twin: Twin, say: Callable[[str], None], patience_s: float = PATIENCE_S,
                 settings: dict[str, Any] | None = None) -> None:
        self.twin, self.say, self.patience_s, self.settings = twin, say, patience_s, settings or {}
        self.passwords: dict[str, str] = {}
        self.expected: Expected = expect(list(ORDER))
        self.seen = Outcome()

    def run(self) -> Outcome:
        try:
            self._furnish()
            for name, protocol in ORDER.items():
                self._drop(name, protocol)
            self._look_into_plytix()
            self._publish()
        except Disappointed as disappointed:
            self.seen.faults.append(str(disappointed))
        self.seen.requests = self.twin.plytix.counts()["kinds"]
        return self.seen

    def _furnish(self) -> None:
        self.say("Configuration: partners, feeds and the channel of the sample company are put into force")
        customer.furnish_plytix(self.twin, CONFIG)
        for partner in customer.configure(self.twin, CONFIG, **self.settings).partners:
            self.passwords[partner] = secrets.token_urlsafe(9)
            customer.secrets(self.twin).set_password(partner, self.passwords[partner])
        self._refresh()

    def _refresh(self) -> None:
        told = self.twin.refresh()
        if "errorType" in told:
            raise Disappointed(f"the mirror could not be refreshed: {told['errorType']}: {told.get('errorMessage')}")

    def _client(self, partner: str, protocol: Callable[..., Client]) -> Client:
        try:
            return logged_in(protocol, self.twin.ports[protocol.__name__], partner, self.passwords[partner], self.twin.tries)
        except Exception as error:
            raise Disappointed(f"{partner} cannot log in over {protocol.__name__.upper()}: {error}") from error

    def _drop(self, name: str, protocol: Callable[..., Client]) -> None:
        source, drop = SOURCES[name], self.expected.drops[name]
        self.say(f"{source.partner} sends {source.file} over {protocol.__name__.upper()} to /{source.folder}")
        with self._client(source.partner, protocol) as client:
            try:
                client.put(source.path, f"/{source.folder}/{source.file}")
            except Exception as error:
                raise Disappointed(f"{source.partner} cannot upload {source.file}: {error}") from error
            receipt = self._closed(client, source.file)
        self.seen.drops[name] = receipt
        self._compare(name, drop, receipt)

    def _closed(self, client: Client, file: str) -> dict[str, Any]:
        """The receipt, read by the partner himself, once it says that every row has its result."""
        until, state = time.monotonic() + self.patience_s, "none"
        while time.monotonic() < until:
            for name in client.names("/receipts"):
                if name.startswith(f"{file}.") and name.endswith(".json"):
                    receipt: dict[str, Any] = json.loads(client.get(f"/receipts/{name}"))
                    if receipt["state"] != state:
                        state = receipt["state"]
                        waiting = f", {counted(receipt['waiting'], 'row')} on the way" if receipt["waiting"] else ""
                        self.say(f"    receipt: {state}{waiting}")
                    if receipt["closed"]:
                        return receipt
            time.sleep(0.25)
        raise Disappointed(f"{file}: no closed receipt after {self.patience_s:.0f} s (the last one said: {state})")

    def _compare(self, name: str, drop: Drop, receipt: dict[str, Any]) -> None:
        outcomes = {k: v for k, v in drop.outcomes.items() if v}
        self.seen.check(receipt["outcomes"] == outcomes, f"{name}: outcomes {receipt['outcomes']}, expected {outcomes}")
        self.seen.check(receipt["rows"] == sum(receipt["outcomes"].values()), f"{name}: rows and outcomes do not add up")
        told = {issue["line"] for issue in receipt["issues"] if issue["severity"] == "error"}
        faulty = {*drop.faulty, *drop.refused}
        self.seen.check(told == faulty, f"{name}: errors are told of lines {sorted(told)}, expected {sorted(faulty)}")

    def _look_into_plytix(self) -> None:
        held = {product["sku"]: product for product in self.twin.plytix.dump()}
        self.seen.products = len(held)
        wanted = self.expected.products
        self.seen.check(set(held) == set(wanted), f"Plytix holds {len(held)} products, not exactly the {len(wanted)} expected")
        wrong = [sku for sku, values in self.expected.products.items() if sku in held and values_of(held[sku]) != values]
        self.seen.check(not wrong, f"{len(wrong)} products are not as expected, such as {wrong[:3]}")

    def _publish(self) -> None:
        completed = sorted(self.expected.products)[::4]
        self.say(f"Somebody completes {len(completed)} products in Plytix; the mirror is refreshed; the channel {CHANNEL} is published")
        for sku in completed:
            self.twin.plytix.edit(sku, {"status": "Completed"})
        self._refresh()
        told = bridge(self.twin, "publish", CHANNEL, "--json")
        if told.returncode:
            raise Disappointed(f"bridge publish {CHANNEL}: {told.stderr.strip()}")
        self.seen.channel = json.loads(told.stdout)
        self._fetch(completed)

    def _fetch(self, completed: list[str]) -> None:
        self.say(f"{RETAILER} fetches the file over SFTP")
        at = f"/outbox/{CHANNEL}/{self.seen.channel['file']}"
        with self._client(RETAILER, sftp) as client:
            file, manifest = client.get(at), json.loads(client.get(f"{at}.manifest.json"))
        self.seen.check(hashlib.sha256(file).hexdigest() == manifest["sha256"], "the file is not the one that its manifest names")
        self.seen.check(bool(manifest["snapshot"]), "the manifest names no snapshot")
        rows, wanted = list(csv.DictReader(io.StringIO(file.decode()), delimiter=";")), catalogue(self.expected.products, completed)
        self.seen.check(rows == wanted, f"the channel file has {len(rows)} rows, or other values than the {len(wanted)} expected")


def bridge(twin: Twin, *words: str) -> subprocess.CompletedProcess[str]:
    """The command as an operator types it, spoken to the twin."""
    called, env = [sys.executable, "-m", "cli.main", *words], {**os.environ, **twin.env}
    return again(lambda: subprocess.run(called, env=env, capture_output=True, text=True, check=False),
                 lambda ended: ended.stderr if ended.returncode else "", twin.tries)


def values_of(product: dict[str, Any]) -> dict[str, Any]:
    """As `expectation` has them: label, gtin and attributes in one, a day without its midnight."""
    values = {"label": product["label"], "gtin": product["gtin"], **product["attributes"]}
    return {name: _day(value) for name, value in values.items() if value not in (None, [], "")}


def _day(value: Any) -> Any:
    return value.removesuffix("T00:00:00") if isinstance(value, str) else value


def summary(console: Console, seen: Outcome, seconds: float) -> None:
    drops = Table("drop", "sent by", "over", "rows", "outcomes", "to mend", title="Drops", title_justify="left")
    for name, receipt in seen.drops.items():
        outcomes = ", ".join(f"{n} {outcome.lower()}" for outcome, n in receipt["outcomes"].items())
        errors = sum(issue["severity"] == "error" for issue in receipt["issues"])
        drops.add_row(receipt["file"], receipt["partner"], ORDER[name].__name__.upper(), str(receipt["rows"]), outcomes, str(errors))
    console.print(drops)
    for receipt in seen.drops.values():
        first = next((issue for issue in receipt["issues"] if issue["severity"] == "error"), None)
        if first:
            console.print(f"  {receipt['file']} line {first['line']}: {first['message']}. {first['remedy']}", highlight=False, markup=False)
    channel = seen.channel
    if channel:
        console.print(f"\nChannel      {channel['file']}: {counted(channel['rows'], 'product')} for {', '.join(channel['recipients'])}, "
                      f"sha256 {channel['sha256'][:16]}…, snapshot {channel['snapshot']}", highlight=False)
    spent = ", ".join(f"{n} {kind}" for kind, n in sorted(seen.requests.items()) if kind != "token")
    console.print(f"Plytix       {counted(seen.products, 'product')}; requests spent: {spent} (the simulator's rate limits are off)",
                  highlight=False)
    console.print(f"Time         {seconds:.1f} s from the start to here", highlight=False)


def demonstrate(edit: Edit | None = None, patience_s: float = PATIENCE_S, console: Console | None = None,
                rough: int | None = None, settings: dict[str, Any] | None = None) -> bool:
    """True: all that was expected was true. `edit` changes the templates first: what a missing grant does can be seen so.

    `rough`: the twin's seed; `settings`: in place of the sample company's.
    """
    console, began = console or Console(), time.monotonic()
    console.print("The twin starts: AWS, the deployed template, the endpoint, Plytix")
    with tempfile.TemporaryDirectory() as folder, Twin(Path(folder) / "twin", plan="off", edit=edit, rough=rough) as twin:
        def say(line: str) -> None:
            console.print(f"{time.monotonic() - began:5.1f} s  {line}", highlight=False)

        seen = Demo(twin, say, patience_s, settings).run()
    summary(console, seen, time.monotonic() - began)
    for fault in seen.faults:
        console.print(f"NOT AS EXPECTED  {fault}", style="bold red", highlight=False, markup=False)
    if not seen.faults:
        console.print("All of it is as expected.", style="bold green")
    return not seen.faults


if __name__ == "__main__":
    sys.exit(0 if demonstrate() else 1)
