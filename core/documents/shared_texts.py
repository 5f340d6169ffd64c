"""Texts of documents that clients have registered by their hash, which all processes share through Redis.

Redis holds a fixed number of places; the first digits of a hash say which is its own, and a new text replaces the one
that is there. So strangers who register documents can't fill the memory, only make clients send a text again.
A text that is read is checked against its hash: nothing else than the document that was asked for comes back.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from core.documents.identifiers import PREFIX, identifier_of
from core.quick_redis import QuickRedis

DIGITS = 3
"""Of the hash, in the name of its place: 16³ are 4,096 places."""
MAX_BYTES = 16 * 1024
"""Of a text that is shared; so Redis holds 64 MiB at most, and usually a few hundred kB."""
LIFE_SECONDS = 86_400
"""Since it was last read or written."""


class SharedTexts:
    """The texts that all processes share. Without Redis there are none, and clients send them again."""

    def __init__(self, redis_url: str, *, clock: Callable[[], float] = monotonic) -> None:
        self._redis = QuickRedis(redis_url, clock, without="Documents are not shared")

    async def find(self, identifier: str) -> str | None:
        """The text with this hash, if it is shared. Cost: one round trip, of a quarter of a second at most."""
        found = await self._redis.ask(
            lambda: self._redis.client.getex(_place(identifier), ex=LIFE_SECONDS)
        )
        if found is None:
            return None
        text = str(found, errors="replace")
        return text if identifier_of(text) == identifier else None

    async def share(self, identifier: str, text: str) -> None:
        """Shares the text of this hash, unless it contains strings. Cost: as `find`."""
        content = text.encode()
        # A string may be a password, which belongs into a variable.
        if len(content) <= MAX_BYTES and '"' not in text:
            await self._redis.ask(
                lambda: self._redis.client.set(_place(identifier), content, ex=LIFE_SECONDS)
            )

    async def close(self) -> None:
        await self._redis.close()


def _place(identifier: str) -> str:
    return f"document:{identifier[len(PREFIX) : len(PREFIX) + DIGITS]}"
