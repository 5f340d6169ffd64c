"""The notifier: wakes the readers of the event log in every process, through Redis.

It makes delivery fast; correctness does not depend on it, because readers also poll every second. A lost notification
does no harm, and an unreachable Redis does not slow a writer down.
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

from core.events.cancellation import cancel_and_wait

logger = logging.getLogger(__name__)

CHANNEL = "feed:events"
PAUSE_SECONDS = 0.01
"""Minimum time between two notifications. Each is published and, by this process too, received in Python."""
RETRY_SECONDS = 0.5
TIMEOUT_SECONDS = 2.0
LAST_SECONDS = 0.3
"""Timeout of the notification at the end: a server that stops has little time, and the others poll meanwhile."""
PING_SECONDS = 20.0
"""How long the subscription may be silent before it is pinged, and the timeout of the ping."""
UNREACHABLE_ERRORS = (RedisError, OSError, TimeoutError)


class Notifier:
    """Notifies this process directly, and the others through Redis."""

    def __init__(self, redis_url: str) -> None:
        self._redis = Redis.from_url(
            redis_url,
            socket_connect_timeout=TIMEOUT_SECONDS,
            socket_timeout=TIMEOUT_SECONDS,
            socket_keepalive=True,
            retry=None,
        )
        self._name = secrets.token_bytes(8)
        self._unpublished = asyncio.Event()
        self._wake: Callable[[], None] = lambda: None
        self._tasks: list[asyncio.Task[None]] = []
        self.is_connected = False
        """Whether notifications of other processes reach this one."""
        self._is_reported = False
        """Whether the log says that they do not."""

    def notify(self) -> None:
        """Wakes all readers after a commit. Returns immediately; several calls may become one notification."""
        self._wake()
        self._unpublished.set()

    async def open(self, wake: Callable[[], None]) -> None:
        """Starts to listen; `wake` is called for each notification of this and of other processes."""
        self._wake = wake
        self._tasks = [
            asyncio.create_task(self._publish(), name="notifier: publish"),
            asyncio.create_task(self._listen(), name="notifier: listen"),
        ]

    async def close(self) -> None:
        """Publishes a notification that waits for the end of the pause or is being sent, and disconnects."""
        await cancel_and_wait(self._tasks)
        self._tasks = []
        with suppress(*UNREACHABLE_ERRORS):
            if self._unpublished.is_set():
                async with asyncio.timeout(LAST_SECONDS):
                    await self._redis.publish(CHANNEL, self._name)
        with suppress(*UNREACHABLE_ERRORS):
            await self._redis.aclose()

    async def _publish(self) -> None:
        while True:
            await self._unpublished.wait()
            self._unpublished.clear()
            pause = PAUSE_SECONDS
            try:
                await self._redis.publish(CHANNEL, self._name)
            except UNREACHABLE_ERRORS:
                # Not repeated: the other processes poll meanwhile.
                pause = RETRY_SECONDS
            except asyncio.CancelledError:
                # It may not have been sent yet.
                self._unpublished.set()
                raise
            await asyncio.sleep(pause)

    async def _listen(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as subscription:
                    await subscription.subscribe(CHANNEL)
                    await self._receive(subscription)
            except UNREACHABLE_ERRORS as error:
                if self.is_connected:
                    logger.warning("The notifier lost its connection to Redis: %s", error)
                elif not self._is_reported:
                    logger.warning(
                        "The notifier can't use Redis; check that it runs and that REDIS_URL is correct: %s",
                        error,
                    )
                self.is_connected, self._is_reported = False, True
            await asyncio.sleep(RETRY_SECONDS)

    async def _receive(self, subscription: PubSub) -> None:
        is_pinged = False
        while True:
            message = await subscription.get_message(timeout=PING_SECONDS)
            if message is None:
                # A connection that was lost silently does not answer a ping.
                if is_pinged:
                    raise TimeoutError("Redis did not answer a ping")
                is_pinged = True
                await subscription.ping()
            elif message["type"] == "pong":
                is_pinged = False
            else:
                is_pinged = False
                # Notifications before the subscription were missed, so its start wakes the readers, too.
                if message["type"] == "subscribe":
                    self.is_connected, self._is_reported = True, False
                    logger.info("The notifier is connected to Redis.")
                if message["data"] != self._name:
                    self._wake()
