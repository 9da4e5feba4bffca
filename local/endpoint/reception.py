"""Where every login goes, whatever the protocol; what all connections of an endpoint share."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from local.endpoint.announce import Bus
from local.endpoint.cloud import Cloud
from local.endpoint.files import Files
from local.endpoint.login import Granted, Identify, Visit, ask
from local.endpoint.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Waits:
    """In seconds. The defaults are Transfer Family's, where it tells them (aws-reference.md §3)."""

    idle_s: float = 1_800
    stalled_s: float = 600  # an FTP data connection on which nothing moves
    login_s: float = 60  # from connecting to being let in
    after_refusal_s: float = 1  # before a client may try again; others do not wait with him


@dataclass(frozen=True, slots=True)
class Reception:
    identify: Identify
    cloud: Cloud
    bus: Bus
    spools: Path
    logger: logging.Logger
    waits: Waits

    def ask(self, visit: Visit, password: str | None) -> Granted | None:
        """None: refused. `password` None: he offers a key."""
        granted = ask(self.identify, visit, password, self.logger)
        if granted is None:
            self.refused(visit, "key" if password is None else "password")
        return granted

    def refused(self, visit: Visit, how: str) -> None:
        self.logger.info("%s login of %s from %s by %s refused", visit.protocol, visit.username, visit.address, how)

    def open(self, visit: Visit, granted: Granted) -> Files | None:
        """None: the role that the answer names cannot be assumed, which on AWS too shows only after the login."""
        try:
            files = Files(visit, granted, self.cloud, self.bus, self.spools, self.logger)
        except Refusal as refusal:
            self.logger.error("%s session of %s ended: %s cannot be assumed: %s", visit.protocol, visit.username, granted.role, refusal)
            return None
        self.logger.info("%s login of %s from %s accepted, session %s", visit.protocol, visit.username, visit.address, visit.id)
        return files
