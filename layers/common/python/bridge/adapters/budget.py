"""The account's budget as one item of the ledger, `budget`, and a lane's hold on it: what the Session asks before each request."""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bridge.adapters.body import Bodies
from bridge.adapters.shared import Form, Shared
from bridge.configuration import Lane
from bridge.domain import budget, lockout, outage
from bridge.domain.budget import FALLBACK, Budget, Lease, Terms, Wait, Why, Window
from bridge.domain.lockout import Lockout
from bridge.domain.switch import ASK_AGAIN_S, Switch
from bridge.errors import Later, LoginRefused

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY = ("budget", "plytix")
FORM = Form(Budget(), budget.to_json, budget.from_json)
REMEDY = "set another with `bridge secret set plytix --key KEY`"
AT_ONCE = 8  # departures in one lease, at most
TURNS = 5
BudgetItem = Shared[Budget]


def budget_item(dynamodb: DynamoDBClient, table: str, bodies: Bodies) -> BudgetItem:
    return Shared(dynamodb, table, bodies, KEY, FORM)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Departure:
    at: int
    closings: int


class LaneBudget:
    """See `bridge.adapters.plytix.session.Budget`; shared by a worker's threads, which lease together when several wait."""

    def __init__(self, item: BudgetItem, switch: Callable[[], Switch], lane: Lane, share: float, login_s: float = 60,
                 clock: Callable[[], int] = now_ms, sleep: Callable[[float], None] = time.sleep) -> None:
        self._item, self._switch, self._lane, self._share = item, switch, lane, share
        self._clock, self._sleep = clock, sleep
        self._pause = round(login_s * 1000)  # between two logins with credentials that are refused
        self._terms = Terms(FALLBACK, share)
        self._leasing, self._counting = threading.Lock(), threading.Lock()
        self._waiting = 0  # threads
        self._left: deque[Departure] = deque()  # leased for threads that wait
        self._mine = threading.local()
        self._unheard = (0, 0)  # since when, and when last; since 0: the last request had an answer

    def may_log_in(self, key: str) -> None:
        def knock(before: Budget) -> tuple[Budget, Lockout | None]:
            after, may = lockout.knock(before.lockout, key, self._clock(), self._pause)
            return replace(before, lockout=after), None if may else after

        if held := self._item.change(knock):
            raise self._refusal(held)

    def locked_out(self, key: str, why: str) -> LoginRefused:
        def refuse(before: Budget) -> tuple[Budget, Lockout]:
            after = lockout.refused(before.lockout, key, why, self._clock(), self._pause)
            return replace(before, lockout=after), after

        return self._refusal(self._item.change(refuse))

    def learn(self, windows: tuple[Window, ...] | None) -> None:
        """What the token says; None: it says nothing."""
        self._terms = Terms(FALLBACK if windows is None else windows, self._share)
        if self._item.known.lockout:
            self._item.change(lambda before: (replace(before, lockout=None), None))

    def may_write(self) -> None:
        if why := self._switch().stops_writes():
            raise Later(why, ASK_AGAIN_S)

    def lease(self) -> None:
        """Sleeps until the departure: two seconds at most, and ten where others go first. Raises Later beyond that."""
        terms, asked = self._terms, self._clock()
        for _ in range(TURNS):
            if why := self._switch().stops_lane(self._lane):
                raise Later(why, ASK_AGAIN_S)
            if not terms.windows:
                return
            departure = self._take(terms, asked)
            self._sleep(max(0, departure.at - self._clock()) / 1000)
            in_time = self._clock() <= departure.at + terms.late
            if in_time and departure.closings == self._item.known.closings:
                self._mine.closings = departure.closings
                return
        raise Later("this worker was too slow to depart in time", terms.paced.size / 1000)

    def refused(self, wait_s: float | None, window_s: float | None) -> float | None:
        """After a 429; gives in how many seconds it may be asked again. `wait_s`: as Plytix says, `window_s`: of the full window."""
        terms = self._terms
        if not terms.windows:
            return window_s if wait_s is None else wait_s
        wait, window = (None if s is None else round(s * 1000) for s in (wait_s, window_s))

        def close(before: Budget) -> tuple[Budget, int]:
            after = budget.refused(before, terms, self._closings, self._clock(), wait, window)
            return after, after.closed_until

        return max(0, self._item.change(close) - self._clock()) / 1000 + jitter(0.5)

    def succeeded(self) -> None:
        """After any other answer: costs a call only while the budget is closed."""
        if self._item.known.closed_until:
            self._item.change(lambda before: (budget.succeeded(before, self._closings), None))

    def heard(self, instead: str, *, login: bool = False) -> None:
        """Costs a call only where silence lasts, and when it is over."""
        if not instead:
            self._unheard = (0, 0)
            if self._item.known.down:
                self._item.change(lambda before: (budget.heard(before, self._clock()), None))
            return
        now, (since, last), terms = self._clock(), self._unheard, self._terms
        since = since if now - last < outage.APART * terms.window else now
        self._unheard = (since, now)
        closings = -1 if login else self._closings  # a login takes no lease, and closes none
        if self._item.known.down or now - since >= outage.LASTS * terms.window:
            self._item.change(lambda before: (budget.unheard(before, terms, closings, since, instead, now), None))

    def _refusal(self, held: Lockout) -> LoginRefused:
        after_s = max(0, held.until - self._clock()) / 1000 + jitter(0.5)
        return LoginRefused(f"Plytix does not accept the API key ({held.why}): {REMEDY}", after_s)

    @property
    def _closings(self) -> int:
        """Of the departure that this thread used last."""
        return int(getattr(self._mine, "closings", 0))

    def _take(self, terms: Terms, asked: int) -> Departure:
        """One departure for this thread; whoever has the turn leases for all that wait."""
        with self._counting:
            self._waiting += 1
        try:
            with self._leasing:
                while self._left and self._left[0].at + terms.late < self._clock():
                    self._left.popleft()  # its thread gave up
                if not self._left:
                    found = self._ask(terms, asked)
                    self._left.extend(Departure(at, found.closings) for at in found.departures)
                return self._left.popleft()
        finally:
            with self._counting:
                self._waiting -= 1

    def _ask(self, terms: Terms, asked: int) -> Lease:
        while True:
            answer = self._item.change(lambda before: budget.lease(
                before, terms, self._lane, min(self._waiting, AT_ONCE), self._clock(), unheard=self._is_unheard()))
            if isinstance(answer, Lease):
                return answer
            self._wait(answer, terms, asked)

    def _is_unheard(self) -> bool:
        """Of late: who asks for something else by now is as good as any."""
        return self._clock() - self._unheard[1] < outage.LATELY * self._terms.window

    def _wait(self, wait: Wait, terms: Terms, asked: int) -> None:
        now, patience = self._clock(), asked + terms.paced.size
        if wait.until > (patience if wait.why is Why.TURN else min(patience, now + terms.ahead)):
            raise Later(wait.why, max(0, wait.until - now) / 1000 + jitter(0.5))
        self._sleep(max(0, wait.until - now) / 1000 + jitter(terms.spacing / 20_000))


def jitter(most_s: float) -> float:
    """So that those who wait for the same moment do not come in the same."""
    return random.uniform(0, most_s)  # noqa: S311 -- not a secret
