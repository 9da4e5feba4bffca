"""The PyPI package `plytix-pim-client`, sync or async, behind one face, that notes which of its calls were made."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from typing import Any

from plytix_pim_client.client import PlytixAsync, PlytixSync

FLAVOURS = {"sync": PlytixSync, "async": PlytixAsync}


class Tourist:
    """A part of the client, as it is; what it gives is awaited here, and what it yields is collected."""

    def __init__(self, part: Any, loop: asyncio.AbstractEventLoop, path: str = "", seen: set[str] | None = None) -> None:
        self._part, self._loop, self._path = part, loop, path
        self.seen = set() if seen is None else seen

    def __getattr__(self, name: str) -> Any:
        found, path = getattr(self._part, name), f"{self._path}{name}"
        if not inspect.ismethod(found):
            return Tourist(found, self._loop, f"{path}.", self.seen)

        def call(*args: Any, **kwargs: Any) -> Any:
            self.seen.add(path)
            given = found(*args, **kwargs)
            if inspect.isawaitable(given):
                return self._loop.run_until_complete(given)
            if inspect.isasyncgen(given):
                return self._loop.run_until_complete(_all(given))
            return list(given) if inspect.isgenerator(given) else given

        return call

    def missed(self) -> set[str]:
        """The calls that the client offers and nobody made."""
        return set(_offered(self._part)) - self.seen


def _offered(part: Any, path: str = "") -> Iterator[str]:
    for name, member in inspect.getmembers(type(part)):
        if name.startswith("_"):
            continue
        if isinstance(member, property):
            yield from _offered(getattr(part, name), f"{path}{name}.")
        else:
            yield f"{path}{name}"


async def _all(pages: Any) -> list[Any]:
    return [page async for page in pages]
