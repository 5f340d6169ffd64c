"""Tasks that run until they are told to end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

AGAIN_SECONDS = 0.5


async def cancel_and_wait(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Returns when all have ended.

    A cancellation that meets a time limit in the same moment may be swallowed by a library; it is
    repeated until it is heard.
    """
    running = set(tasks)
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=AGAIN_SECONDS)
