"""Cancels background tasks, and waits for their end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

RETRY_SECONDS = 0.5


async def cancel_and_wait(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancels the tasks and returns when all have ended.

    A library may swallow a cancellation that coincides with a timeout, so it is repeated until the task ends.
    """
    running = set(tasks)
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=RETRY_SECONDS)
