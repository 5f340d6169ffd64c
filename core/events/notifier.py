"""The notifier: tells every process that there is something new in the event log.

It makes delivery fast and is never needed for it to be right: readers look by themselves every
second. A lost notification does no harm, and an unavailable Redis does not slow the notifier down.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from contextlib import suppress

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from core.events.async_utils import cancel_and_wait

logger = logging.getLogger(__name__)

CHANNEL = "feed:events"
RETRY_SECONDS = 0.5
TIMEOUT_SECONDS = 2.0
SILENCE_SECONDS = 20.0
AWAY = (RedisError, OSError, TimeoutError)


class Notifier:
    """Rings in this process at once, and through Redis in the others."""

    def __init__(self, redis_url: str) -> None:
        self._redis = Redis.from_url(
            redis_url,
            socket_connect_timeout=TIMEOUT_SECONDS,
            socket_timeout=TIMEOUT_SECONDS,
            socket_keepalive=True,
            retry=None,
        )
        self._name = secrets.token_bytes(8)
        self._rung = asyncio.Event()
        self._answer: Callable[[], None] = lambda: None
        self._tasks: list[asyncio.Task[None]] = []
        self.is_connected = False
        """Whether rings of other processes reach this one."""

    def notify(self) -> None:
        """Says that something was committed. Returns at once; many rings may become one."""
        self._answer()
        self._rung.set()

    async def open(self, answer: Callable[[], None]) -> None:
        """Begins to listen; `answer` is called for each notification, also of other processes."""
        self._answer = answer
        self._tasks = [
            asyncio.create_task(self._publish(), name="notifier: notify"),
            asyncio.create_task(self._listen(), name="notifier: listen"),
        ]

    async def close(self) -> None:
        await cancel_and_wait(self._tasks)
        self._tasks = []
        with suppress(*AWAY):
            await self._redis.aclose()

    async def _publish(self) -> None:
        while True:
            await self._rung.wait()
            self._rung.clear()
            try:
                await self._redis.publish(CHANNEL, self._name)
            except AWAY:
                # Rings in the meantime become one; a listener that was away looks for itself.
                await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as subscription:
                    await subscription.subscribe(CHANNEL)
                    await self._hear(subscription)
            except AWAY as error:
                if self.is_connected:
                    logger.warning("The notifier is silent: %s", error)
                self.is_connected = False
            await asyncio.sleep(RETRY_SECONDS)

    async def _hear(self, subscription: PubSub) -> None:
        quiet = False
        while True:
            message = await subscription.get_message(timeout=SILENCE_SECONDS)
            if message is None:
                # A connection that is silently gone answers no ping either.
                if quiet:
                    raise TimeoutError("no answer to a ping")
                quiet = True
                await subscription.ping()
            elif message["type"] == "pong":
                quiet = False
            else:
                quiet = False
                # A subscription that has just begun may have missed what was rung before it.
                if message["type"] == "subscribe":
                    self.is_connected = True
                    logger.info("The notifier is connected.")
                if message["data"] != self._name:
                    self._answer()
