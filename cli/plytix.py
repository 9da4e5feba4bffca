"""One login at Plytix with a key that is to be stored: whether it is good, and how often its account may ask."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.adapters.plytix.credentials import Credentials
from bridge.adapters.plytix.session import NO_JSON, Session, Unlimited
from bridge.domain.budget import FALLBACK, Window
from bridge.errors import Later, LoginRefused

HOUR = 3_600_000  # ms


@dataclass(frozen=True, slots=True)
class Proposed:
    """What no secret holds yet, in the place of one."""

    key: Credentials

    def current(self) -> Credentials:
        return self.key

    def again(self) -> Credentials:
        return self.key


class Learning(Unlimited):
    """One login is no use of the budget; what its token says of the account is kept."""

    windows: tuple[Window, ...] | None = None
    instead = ""

    def learn(self, windows: tuple[Window, ...] | None) -> None:
        self.windows = windows

    def heard(self, instead: str, *, login: bool = False) -> None:
        self.instead = instead


def log_in(key: Credentials) -> str:
    """How often the account may ask, as the token says it. Raises LoginRefused, also where another than Plytix answers, or Later where
    Plytix cannot be asked."""
    account = Learning()
    session = Session(Proposed(key), account)
    try:
        session.log_in()
    except Later:
        if NO_JSON in account.instead:
            raise LoginRefused(f"What answers there is not Plytix ({account.instead})", 0) from None
        raise
    finally:
        session.close()
    if account.windows is None:
        return f"Its token does not say how often the account may ask; the bridge takes it for {_told(FALLBACK)}"
    return f"The account may ask {_told(account.windows)}" if account.windows else "Its token limits the account in nothing"


def _told(windows: tuple[Window, ...]) -> str:
    spans = [(window.limit, "an hour" if window.size == HOUR else f"{window.size / 1000:g} s") for window in windows]
    return " and ".join(f"{limit:,} times in {span}" for limit, span in spans)
