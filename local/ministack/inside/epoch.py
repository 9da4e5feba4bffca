"""The time between two resets: what began before the last one is not heard any more."""

from contextvars import ContextVar

_current = [0]
# Of the request, or of the asynchronous call, that this context belongs to (MiniStack copies contexts into threads).
began: ContextVar[int | None] = ContextVar("began", default=None)


def current() -> int:
    return _current[0]


def begin() -> int:
    _current[0] += 1
    return _current[0]


def is_over() -> bool:
    """Whether a reset came since this context began. Threads that belong to no request never end."""
    return began.get() not in (None, _current[0])
