"""Caches response bodies that are the same for every client, for a short time."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from hashlib import sha256
from time import monotonic
from typing import TypeVar
from weakref import ref

import orjson

from core.errors import JSONObject
from core.graphql.document import DocumentOperation
from core.recently_used import RecentlyUsed

ENTRY_OVERHEAD_BYTES = 500
MAX_REQUEST_BODIES = 1_000
MAX_REQUEST_BODY_LENGTH = 2_000

T = TypeVar("T")
ResponseKey = tuple["ref[DocumentOperation]", bytes]
"""An operation, which lives as long as its document is kept, and the hash of its variables."""


def response_key(operation: DocumentOperation, variables: JSONObject) -> ResponseKey:
    """The key of an operation's response. It has a fixed size, whatever the variables."""
    return ref(operation), sha256(orjson.dumps(variables, option=orjson.OPT_SORT_KEYS)).digest()


class ResponseCache:
    """Response bodies by key, for `seconds`; concurrent requests with one key share one execution."""

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
        # All entries have the same lifetime, so the oldest expires first.
        self._entries: OrderedDict[Hashable, tuple[float, bytes]] = OrderedDict()
        self._bytes = 0
        self._pending: dict[Hashable, asyncio.Future[bytes | None]] = {}
        self._clearings = 0
        self._keys_by_request: RecentlyUsed[bytes, ResponseKey] = RecentlyUsed(MAX_REQUEST_BODIES)
        """Keys by raw request body: a client's requests are mostly identical and need no parsing."""

    @property
    def weight(self) -> int:
        """Estimated memory of all entries. Units: bytes."""
        return self._bytes

    def find(self, key: Hashable) -> bytes | None:
        """The cached body; None if there is none or it has expired."""
        entry = self._entries.get(key)
        return entry[1] if entry is not None and entry[0] > self._clock() else None

    def seconds_left(self, key: Hashable, body: bytes) -> float | None:
        """How long this body is served from now on; None if it is not the cached one."""
        expires_at, cached = self._entries.get(key, (0.0, None))
        return max(0.0, expires_at - self._clock()) if cached is body else None

    def key_of_request(self, request: bytes) -> ResponseKey | None:
        """The key of a request with exactly these bytes; None if it is not known."""
        return self._keys_by_request.get(request)

    def remember_request(self, request: bytes, key: ResponseKey) -> None:
        """Stores the key of a request, for `key_of_request`."""
        if len(request) <= MAX_REQUEST_BODY_LENGTH:
            self._keys_by_request.put(request, key)

    def clear(self) -> None:
        """Drops all bodies. What is being executed now is neither cached nor shared with requests that come later."""
        self._entries.clear()
        self._bytes = 0
        self._pending.clear()
        self._clearings += 1

    async def pending(self, key: Hashable) -> bytes | None:
        """The body from the execution in progress; None if there is none, or it can't be shared."""
        pending = self._pending.get(key)
        # If one waiting client disconnects, the others still get the body.
        return None if pending is None else await asyncio.shield(pending)

    async def execute(
        self, key: Hashable, make: Callable[[], Awaitable[tuple[T, bytes | None]]]
    ) -> T:
        """The first result of `make`. Its second, if any, is cached and shared with `pending`."""
        if key in self._pending:
            return (await make())[0]
        future: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()
        self._pending[key] = future
        clearings = self._clearings
        body = None
        try:
            response, body = await make()
        finally:
            if self._pending.get(key) is future:
                del self._pending[key]
            future.set_result(body)
        if body is not None and clearings == self._clearings:
            self._store(key, body)
        return response

    def _store(self, key: Hashable, body: bytes) -> None:
        self._remove(key)
        now = self._clock()
        self._entries[key] = (now + self._seconds, body)
        self._bytes += len(body) + ENTRY_OVERHEAD_BYTES
        while self._entries:
            oldest, (expires_at, _) = next(iter(self._entries.items()))
            if expires_at > now and self._bytes <= self._bytes_at_most:
                break
            self._remove(oldest)

    def _remove(self, key: Hashable) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._bytes -= len(entry[1]) + ENTRY_OVERHEAD_BYTES
