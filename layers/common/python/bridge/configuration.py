"""The configuration of one customer: partners, feeds, channels and waits, as one versioned bundle (DESIGN.md §3).

`bridge config apply` writes it as JSON into the work bucket; functions read it from there. YAML is read in `cli`.
A value that cannot be right is refused here; `Faults` names the place of what only shows when several are seen together.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from itertools import combinations
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from bridge.domain import cron, folder, spelling

FORMAT: Final = 1

Name = Annotated[str, AfterValidator(spelling.name)]
"""Of partners, feeds and channels: also a folder, a user name, a schedule."""
UserName = Annotated[Name, AfterValidator(spelling.user_name)]
Attribute = Annotated[str, AfterValidator(spelling.attribute)]
Pattern = Annotated[str, AfterValidator(folder.pattern)]
Network = Annotated[str, AfterValidator(spelling.network)]
OldPath = Annotated[str, AfterValidator(folder.old_path)]
Head = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Encoding = Annotated[str, AfterValidator(spelling.encoding)]
DateForm = Annotated[str, AfterValidator(spelling.date_form)]
Zone = Annotated[str, AfterValidator(spelling.zone)]
FileName = Annotated[str, AfterValidator(spelling.file_name)]
YesNo = Annotated[bool, BeforeValidator(spelling.yes_no)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
SYSTEM_FIELDS = ("label", "status", "gtin")
"""Fields of a product that stand beside its attributes (plytix-api.md §6.1); everything else is an attribute's label."""
STATUSES = ("Draft", "Completed", "Archived")


class Fault(NamedTuple):
    path: tuple[str, ...]  # keys below the model that found it
    sentence: str


class Faults(ValueError):
    """What several values together make wrong, each with its place."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{'.'.join(fault.path)}: {fault.sentence}" for fault in faults))
        self.faults = faults


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    @model_validator(mode="after")
    def _together(self) -> Model:
        if faults := list(self._faults()):
            raise Faults(faults)
        return self

    def _faults(self) -> Iterator[Fault]:
        """What only shows when the values are seen together."""
        return iter(())


def _twice(key: str, noun: str, members: Iterable[str]) -> Iterator[Fault]:
    for member, times in Counter(members).items():
        if times > 1:
            yield Fault((key,), f'expected each {noun} once, found "{member}" {times} times')


class Owner(StrEnum):
    """Whose value stands when people and feeds disagree (DESIGN.md §5)."""

    FEED = "feed"
    LATEST = "latest"
    PLYTIX = "plytix"


class Lane(StrEnum):
    FAST = "fast"
    MAIN = "main"


class Protocol(StrEnum):
    SFTP = "sftp"
    FTPS = "ftps"
    FTP = "ftp"


class Partner(Model):
    """An outside party with a login and a folder tree on the endpoint."""

    name: str
    protocols: Annotated[tuple[Protocol, ...], Field(min_length=1)] = (Protocol.SFTP,)
    allow: tuple[Network, ...] = ()  # IPv4/IPv6 networks; empty: from everywhere
    paths: dict[OldPath, Literal["inbox", "outbox", "receipts"]] = {}  # an old path → the folder laid under it

    def _faults(self) -> Iterator[Fault]:
        yield from _twice("protocols", "protocol", self.protocols)
        for one, other in combinations(self.paths, 2):
            if folder.overlaps(one, other):
                yield Fault(("paths", other), f"expected a path that neither holds {one} nor lies in it")


class Key(Model):
    """The column that names the product."""

    column: Head
    aliases: tuple[Head, ...] = ()
    as_: Literal["sku"] = Field("sku", alias="as")


class Column(Model):
    """One column of a feed and the Plytix attribute (or label, status, gtin) that it fills."""

    to: Attribute
    type: Literal["text", "html", "integer", "decimal", "boolean", "date", "option", "options", "url", "gtin"] = "text"
    owner: Owner = Owner.LATEST
    aliases: tuple[Head, ...] = ()
    required: YesNo = False
    max: Annotated[int, Field(ge=1)] | None = None  # characters
    min: Annotated[float, Field(allow_inf_nan=False)] | None = None  # of a number
    empty: Literal["keep", "clear"] | None = None  # None: as the feed says
    date: DateForm = "%Y-%m-%d"  # strptime
    split: Annotated[str, Field(min_length=1)] = "|"  # between the members of `options`
    values: dict[str, str] = {}  # what stands in the file → option in Plytix; where there are any, no other word is taken
    true: tuple[str, ...] = ("1", "true", "yes", "y", "ja", "j", "x", "wahr", "oui", "si")
    false: tuple[str, ...] = ("0", "false", "no", "n", "nein", "falsch", "non")

    def _faults(self) -> Iterator[Fault]:
        if self.to == "sku":
            yield Fault(("to",), '"sku" is filled by key, not by a column')
        if self.min is not None and self.type not in ("integer", "decimal"):
            yield Fault(("min",), f"expected only where type is integer or decimal, not {self.type}")
        for word in sorted({word.casefold() for word in self.true} & {word.casefold() for word in self.false}):
            yield Fault(("true",), f'expected other words than in "false": "{word}" stands in both')


class Feed(Model):
    """The declared shape of a partner's inbound files."""

    partner: str
    name: str
    takes: Annotated[tuple[Pattern, ...], Field(min_length=1)]  # of paths below the inbox; `*` does not cross a `/`
    format: Literal["csv"] = "csv"
    encoding: Encoding | None = None  # None: detected
    delimiter: Literal[",", ";", "|", "\t"] | None = None  # None: detected
    decimal: Literal[",", "."] = "."
    empty: Literal["keep", "clear"] = "keep"  # what an empty cell says: nothing, or "no value"
    lane: Lane = Lane.MAIN
    key: Key
    columns: Annotated[dict[Head, Column], Field(min_length=1)]
    unknown: Literal["tell", "refuse"] = "tell"  # a column that the feed does not know
    on_error: Literal["rows", "file"] = "rows"
    creates: YesNo = True
    recreate: YesNo = False
    verify: Literal["mirror", "live"] = "mirror"  # live: Plytix is read anew before anything is sent

    @property
    def id(self) -> str:
        """`partner/feed`: the FIFO group, the key in WANTED."""
        return f"{self.partner}/{self.name}"

    def _faults(self) -> Iterator[Fault]:
        yield from _twice("takes", "pattern", self.takes)
        targets = Counter(column.to for column in self.columns.values())
        for head, column in self.columns.items():
            if targets[column.to] > 1:
                yield Fault(("columns", head, "to"), f'two columns fill "{column.to}"')
        known: dict[str, str] = {}
        for head, column in self.columns.items():
            for spelled in (head, *column.aliases):
                if known.setdefault(spelling.header(spelled), head) != head:
                    yield Fault(("columns", head), f'"{spelled}" also names the column "{known[spelling.header(spelled)]}"')


class When(Model):
    """A schedule: five cron fields (minute, hour, day of month, month, day of week) in a time zone."""

    cron: Annotated[str, AfterValidator(cron.checked)]
    zone: Zone = "UTC"

    @property
    def expression(self) -> str:
        """The same for EventBridge Scheduler."""
        return cron.expression(self.cron)


class ChannelColumn(Model):
    from_: Attribute = Field(alias="from")
    max: Annotated[int, Field(ge=1)] | None = None
    style: Literal["0.00", "0,00"] | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, data: object) -> object:
        return {"from": data} if isinstance(data, str) else data


class Channel(Model):
    """The declared shape of an outbound file."""

    name: str
    recipients: Annotated[tuple[str, ...], Field(min_length=1)]
    when: When | None = None
    select: dict[Attribute, str] = {"status": "Completed"}
    format: Literal["csv"] = "csv"
    file: FileName  # may hold {date:%Y%m%d}
    columns: Annotated[dict[str, ChannelColumn], Field(min_length=1)]
    delimiter: Literal[",", ";", "|", "\t"] = ";"
    encoding: Literal["utf-8", "utf-8-sig", "cp1252"] = "utf-8"
    max_age_s: Seconds = 86_400  # of the mirror's last complete refresh; older: the old file stays

    @model_validator(mode="before")
    @classmethod
    def _completed_unless_told(cls, data: object) -> object:
        if isinstance(data, dict) and isinstance(data.get("select"), dict):
            return data | {"select": {"status": "Completed"} | data["select"]}
        return data

    def file_on(self, date: datetime) -> str:
        """The file's name on that day; the caller brings the date in the channel's zone."""
        return self.file.format(date=date)

    def _faults(self) -> Iterator[Fault]:
        if "family" in self.select:
            yield Fault(("select", "family"), "expected a field or an attribute: selecting by family is not offered yet")
        if (status := self.select.get("status", "Completed")) not in STATUSES:
            yield Fault(("select", "status"), f"expected one of {', '.join(STATUSES)}, found {status}")
        yield from _twice("recipients", "partner", self.recipients)


class Settings(Model):
    """Waits, in seconds: settings and not constants, so that the twin is quick with the template unchanged."""

    upload_event_s: Seconds = 120  # how long a drop waits for Transfer's word that it is whole
    stays_s: Seconds = 900  # a half or empty file that stays this long is told by receipt
    claim_s: Annotated[Seconds, Field(le=900)] = 90  # a claim outlives the client's total timeout
    job_s: Annotated[Seconds, Field(le=400)] = 300  # a bulk job keeps its SKUs this long: half is patience, within apply's own time
    client_timeout_s: Annotated[Seconds, Field(gt=0, le=120)] = 30  # of one request to Plytix, connecting included
    retry_s: Annotated[Seconds, Field(le=3_600)] = 20  # a message that could not be done comes back after this
    login_s: Annotated[Seconds, Field(gt=0, le=3_600)] = 60  # credentials that Plytix refuses are tried again after this
    redrive_s: Seconds = 300  # what stands still this long is sent again
    refresh_s: Seconds = 300
    refresh_overlap_s: Seconds = 300  # the watermark goes back this far: Plytix's clock is not ours
    structure_s: Seconds = 86_400  # families, categories, relationships are read this often, and whenever attributes come or go
    census_s: Seconds = 86_400  # all products are listed this often, so that no lost trigger outlives a day
    chunk_size: Annotated[int, Field(ge=1, le=100)] = 100
    share: Annotated[float, Field(gt=0, le=1)] = 0.8  # of what the account may ask: people and other integrations live there too

    def _faults(self) -> Iterator[Fault]:
        if self.claim_s <= self.client_timeout_s:
            yield Fault(("claim_s",), f"expected more than client_timeout_s, which is {self.client_timeout_s:g}")
        if self.job_s < 2 * self.client_timeout_s:
            yield Fault(("job_s",), f"expected at least twice client_timeout_s, which is {self.client_timeout_s:g}")


class Bundle(Model):
    """All of it. `version` names it in runs; the same content has the same version."""

    format: Literal[1] = FORMAT
    version: str
    settings: Settings = Settings()
    partners: dict[UserName, Partner]
    feeds: dict[str, Feed]  # by `partner/feed`
    channels: dict[Name, Channel] = {}

    @classmethod
    def of(cls, settings: Settings, partners: dict[str, Partner], feeds: dict[str, Feed], channels: dict[str, Channel]) -> Bundle:
        """The bundle with the version that its content gives it; in which order the things were read decides nothing."""
        unnamed = cls(version="", settings=settings, partners=dict(sorted(partners.items())), feeds=dict(sorted(feeds.items())),
                      channels=dict(sorted(channels.items())))
        return unnamed.model_copy(update={"version": hashlib.sha256(unnamed.to_json()).hexdigest()[:12]})

    def to_json(self) -> bytes:
        """As it stands in the work bucket. The order of columns is kept: a channel's is that of its file."""
        return self.model_dump_json(by_alias=True).encode()

    def feeds_of(self, partner: str) -> list[Feed]:
        return [feed for feed in self.feeds.values() if feed.partner == partner]

    def _faults(self) -> Iterator[Fault]:
        yield from between(set(self.partners), self.feeds, self.channels)


def between(partners: set[str], feeds: dict[str, Feed], channels: dict[str, Channel]) -> Iterator[Fault]:
    """What things of one configuration say of each other that is not so."""
    for id, feed in feeds.items():
        if feed.partner not in partners:
            yield Fault(("feeds", id), no_partner(feed.partner, partners))
        for other in feeds.values():
            for pattern in feed.takes:
                if other.id < id and other.partner == feed.partner and pattern in other.takes:
                    yield Fault(("feeds", id, "takes"), f'"{pattern}" is taken by the feed {other.id} as well')
    for name, channel in channels.items():
        for recipient in channel.recipients:
            if recipient not in partners:
                yield Fault(("channels", name, "recipients"), no_partner(recipient, partners))


def no_partner(name: str, partners: set[str]) -> str:
    return f'there is no partner "{name}"; there are: {", ".join(sorted(partners)) or "none"}'
