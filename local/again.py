"""What people and EventBridge do in a rough twin when a function has failed them by no fault of its own: the same again."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

TRIES = 3  # EventBridge's: once, and twice more
PASSING = re.compile(r"Runtime\.ExitError|Throttl|ProvisionedThroughput|TransactionConflict|TransactionCanceled")
"""The function died, or its table kept it off until it gave up."""
Done = TypeVar("Done")


def again(do: Callable[[], Done], error: Callable[[Done], str], tries: int) -> Done:
    """What `do` gives, at the last of so many tries at most. `error`: what it says of a failure, empty if all went well."""
    done = do()
    for _ in range(tries - 1):
        if not PASSING.search(error(done)):
            break
        done = do()
    return done
