"""Threads for calls that block.

Each service has its own. The event loop has few for everybody: calls to a service that hangs would take them all, and
nobody could sign in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
EXECUTORS: list[ThreadPoolExecutor] = []
"""Those of all services."""


class ServiceThreads:
    """The threads for calls to one service. They start when they are needed, and are reused."""

    def __init__(self, service: str, at_most: int) -> None:
        self._executor = ThreadPoolExecutor(at_most, service)
        EXECUTORS.append(self._executor)

    async def call(
        self,
        function: Callable[Parameters, Result],
        *arguments: Parameters.args,
        **named: Parameters.kwargs,
    ) -> Result:
        """The function's result, as `asyncio.to_thread` gives it. Waits for a free thread."""
        call = partial(copy_context().run, function, *arguments, **named)
        return await asyncio.get_running_loop().run_in_executor(self._executor, call)
