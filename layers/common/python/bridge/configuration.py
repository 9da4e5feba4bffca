"""The configuration of one customer: partners, feeds, channels and waits, as one versioned bundle (DESIGN.md §3).

`bridge config apply` writes it as JSON into the work bucket; functions read it from there. YAML is read in `cli`.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

FORMAT = 1

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{1,62}$")]
"""Of partners, feeds and channels: also a folder, a user name, a schedule."""
SYSTEM_FIELDS = ("label", "status", "gtin")
"""Fields of a product that stand beside its attributes (plytix-api.md §6.1); everything else is an attribute's label."""


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


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
    protocols: tuple[Protocol, ...] = (Protocol.SFTP,)
    allow: tuple[str, ...] = ()  # IPv4/IPv6 networks; empty: from everywhere
    paths: dict[str, Literal["inbox", "outbox", "receipts"]] = {}  # an old path → the folder laid under it


class Key(Model):
    """The column that names the product."""

    column: str
    aliases: tuple[str, ...] = ()
    as_: Literal["sku"] = Field("sku", alias="as")


class Column(Model):
    """One column of a feed and the Plytix attribute (or label, status, gtin) that it fills."""

    to: str
    type: Literal["text", "html", "integer", "decimal", "boolean", "date", "option", "options", "url", "gtin"] = "text"
    owner: Owner = Owner.LATEST
    aliases: tuple[str, ...] = ()
    required: bool = False
    max: int | None = None  # characters
    min: float | None = None  # of a number
    empty: Literal["keep", "clear"] | None = None  # None: as the feed says
    date: str = "%Y-%m-%d"  # strptime
    split: str = "|"  # between the members of `options`
    values: dict[str, str] = {}  # what stands in the file → option in Plytix
    true: tuple[str, ...] = ("1", "true", "yes", "y", "ja", "j", "x", "wahr", "oui", "si")
    false: tuple[str, ...] = ("0", "false", "no", "n", "nein", "falsch", "non")


class Feed(Model):
    """The declared shape of a partner's inbound files."""

    partner: str
    name: str
    takes: tuple[str, ...]  # patterns of paths below the inbox; `*` does not cross a `/`
    format: Literal["csv"] = "csv"
    encoding: str | None = None  # None: detected
    delimiter: Literal[",", ";", "|", "\t"] | None = None  # None: detected
    decimal: Literal[",", "."] = "."
    empty: Literal["keep", "clear"] = "keep"  # what an empty cell says: nothing, or "no value"
    lane: Lane = Lane.MAIN
    key: Key
    columns: dict[str, Column]
    unknown: Literal["tell", "refuse"] = "tell"  # a column that the feed does not know
    on_error: Literal["rows", "file"] = "rows"
    creates: bool = True
    recreate: bool = False

    @property
    def id(self) -> str:
        """`partner/feed`: the FIFO group, the key in WANTED."""
        return f"{self.partner}/{self.name}"

    @model_validator(mode="after")
    def _one_column_an_attribute(self) -> Feed:
        targets = [column.to for column in self.columns.values()]
        for target in targets:
            if targets.count(target) > 1:
                raise ValueError(f'two columns fill "{target}"')
            if target == "sku":
                raise ValueError('"sku" is filled by key, not by a column')
        return self


class When(Model):
    """A schedule: five cron fields (minute, hour, day of month, month, day of week) in a time zone."""

    cron: Annotated[str, StringConstraints(pattern=r"^\S+ \S+ \S+ \S+ \S+$")]
    zone: str = "UTC"

    @property
    def expression(self) -> str:
        """The same for EventBridge Scheduler, which wants six fields and one `?` (aws-reference.md §8.1)."""
        minute, hour, day, month, weekday = self.cron.split()
        if weekday == "*":
            weekday = "?"
        else:
            if day != "*":
                raise ValueError("name a day of month or a day of week, not both")
            day = "?"  # Scheduler counts Sunday as 1, cron as 0
            weekday = re.sub(r"\d+", lambda m: str(int(m[0]) % 7 + 1), weekday)
        return f"cron({minute} {hour} {day} {month} {weekday} *)"


class ChannelColumn(Model):
    from_: str = Field(alias="from")
    max: int | None = None
    style: Literal["0.00", "0,00"] | None = None


class Channel(Model):
    """The declared shape of an outbound file."""

    name: str
    recipients: Annotated[tuple[str, ...], Field(min_length=1)]
    when: When | None = None
    select: dict[str, str] = {"status": "Completed"}
    format: Literal["csv"] = "csv"
    file: str  # may hold {date:%Y%m%d}
    columns: dict[str, ChannelColumn]
    delimiter: Literal[",", ";", "|", "\t"] = ";"
    encoding: Literal["utf-8", "utf-8-sig", "cp1252"] = "utf-8"
    max_age_s: int = 86_400  # of the mirror's last complete refresh; older: the old file stays

    @model_validator(mode="before")
    @classmethod
    def _short_columns(cls, data: object) -> object:
        if isinstance(data, dict) and isinstance(data.get("columns"), dict):
            columns = {head: {"from": c} if isinstance(c, str) else c for head, c in data["columns"].items()}
            select = data.get("select")
            if isinstance(select, dict) and "status" not in select:
                select = {"status": "Completed"} | select
            return {**data, "columns": columns} | ({"select": select} if select is not None else {})
        return data


class Settings(Model):
    """Waits, in seconds: settings and not constants, so that the twin is quick with the template unchanged."""

    upload_event_s: float = 120  # how long a drop waits for Transfer's word that it is whole
    stays_s: float = 900  # a half or empty file that stays this long is told by receipt
    claim_s: float = 90  # a claim outlives the client's total timeout
    client_timeout_s: float = 30  # of one request to Plytix, connecting included
    retry_s: float = 20  # a message that could not be done comes back after this
    redrive_s: float = 300  # what stands still this long is sent again
    refresh_s: float = 300
    refresh_overlap_s: float = 300  # the watermark goes back this far: Plytix's clock is not ours
    chunk_size: Annotated[int, Field(ge=1, le=100)] = 100


class Bundle(Model):
    """All of it. `version` names it in runs; the same content has the same version."""

    format: Literal[1] = FORMAT
    version: str
    settings: Settings = Settings()
    partners: dict[Name, Partner]
    feeds: dict[str, Feed]  # by `partner/feed`
    channels: dict[Name, Channel] = {}

    def feeds_of(self, partner: str) -> list[Feed]:
        return [feed for feed in self.feeds.values() if feed.partner == partner]

    @model_validator(mode="after")
    def _names_known(self) -> Bundle:
        for id, feed in self.feeds.items():
            if feed.partner not in self.partners:
                raise ValueError(f'feed {id}: there is no partner "{feed.partner}"')
        for name, channel in self.channels.items():
            for recipient in channel.recipients:
                if recipient not in self.partners:
                    raise ValueError(f'channel {name}: there is no partner "{recipient}"')
        return self
