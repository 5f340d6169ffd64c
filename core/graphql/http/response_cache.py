"""Answers that are the same for everybody, kept as bytes for a moment."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from time import monotonic
from typing import TypeVar

WEIGHT_OF_ENTRY = 500
SPELLINGS_AT_MOST = 1_000
SPELLING_LENGTH_AT_MOST = 2_000

T = TypeVar("T")


class ResponseCache:
    """Bytes by what was asked, for `seconds`; and one execution for all who ask at once."""

    def __init__(
        self,
        seconds: float,
        *,
        bytes_at_most: int = 16 * 1024 * 1024,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._seconds = seconds
        self._bytes_at_most = bytes_at_most
        self._clock = clock
        # All are kept equally long, so the first to come is the first to go.
        self._kept: OrderedDict[Hashable, tuple[float, bytes]] = OrderedDict()
        self._bytes = 0
        self._under_way: dict[Hashable, asyncio.Future[bytes | None]] = {}
        self._spelled: OrderedDict[bytes, Hashable] = OrderedDict()
        """What requests ask for, by their bytes: most clients spell a question one way."""

    @property
    def weight(self) -> int:
        """About how many bytes of memory the answers take."""
        return self._bytes

    def find(self, key: Hashable) -> bytes | None:
        """The kept answer, unless its time is over."""
        kept = self._kept.get(key)
        return kept[1] if kept is not None and kept[0] > self._clock() else None

    def find_spelled(self, request: bytes) -> bytes | None:
        """The kept answer to a request that has been understood before, in the same bytes."""
        key = self._spelled.get(request)
        return None if key is None else self.find(key)

    def spell(self, request: bytes, key: Hashable) -> None:
        """Remembers what a request asks for."""
        if len(request) <= SPELLING_LENGTH_AT_MOST:
            self._spelled[request] = key
            if len(self._spelled) > SPELLINGS_AT_MOST:
                self._spelled.popitem(last=False)

    async def shared(self, key: Hashable) -> bytes | None:
        """The answer of the execution that is under way; None if there is none to share."""
        under_way = self._under_way.get(key)
        # A client that goes away must not take the answer from those who wait with it.
        return None if under_way is None else await asyncio.shield(under_way)

    async def sharing(
        self, key: Hashable, make: Callable[[], Awaitable[tuple[T, bytes | None]]]
    ) -> T:
        """What `make` gives. Its bytes, if any, are kept, and given to those who ask meanwhile."""
        if key in self._under_way:
            return (await make())[0]
        future: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()
        self._under_way[key] = future
        body = None
        try:
            answer, body = await make()
        finally:
            del self._under_way[key]
            future.set_result(body)
        if body is not None:
            self._keep(key, body)
        return answer

    def _keep(self, key: Hashable, body: bytes) -> None:
        self._drop(key)
        now = self._clock()
        self._kept[key] = (now + self._seconds, body)
        self._bytes += len(body) + WEIGHT_OF_ENTRY
        while self._kept:
            oldest, (until, _) = next(iter(self._kept.items()))
            if until > now and self._bytes <= self._bytes_at_most:
                break
            self._drop(oldest)

    def _drop(self, key: Hashable) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._bytes -= len(kept[1]) + WEIGHT_OF_ENTRY
