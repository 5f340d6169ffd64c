"""Statements that stay prepared on their connection, and run without the driver's layers around them."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any

import asyncpg
from asyncpg import Connection

SCHEMA_CHANGED_ERRORS = (asyncpg.InvalidCachedStatementError, asyncpg.OutdatedSchemaCacheError)


class PreparedConnection(Connection):
    """asyncpg's connection; `run` does what `fetch` does, for less.

    `fetch` goes through four coroutines, a cache that sorts itself by use and a guard against two callers at
    once, until it comes to this same call. A connection is lent to one caller, and the protocol has a guard, too.
    """

    # Names that asyncpg keeps to itself: where they are, what they stand for.
    _protocol: Any

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._prepared: dict[str, Any] = {}
        """By the text of the statement."""

    def run(
        self, statement: str, arguments: Sequence[object], seconds: float
    ) -> Awaitable[list[Any]]:
        """The rows of a statement.

        Errors: asyncpg's; SCHEMA_CHANGED_ERRORS, after which it is to be fetched anew; TimeoutError, after which the
        statement is cancelled.
        """
        prepared: Any = self._prepared.get(statement)
        if prepared is None:
            return self._prepare_and_run(statement, arguments, seconds)
        rows: Awaitable[list[Any]] = self._protocol.bind_execute(
            prepared._state,  # noqa: SLF001  # what PreparedStatement.fetch hands on
            arguments,
            portal_name="",
            limit=0,
            return_extra=False,
            timeout=seconds,
        )
        return rows

    def is_clean(self) -> bool:
        """Whether the connection is open and the server has said that no transaction is."""
        # As `is_closed` and `is_in_transaction`, which are asked before and after each statement.
        protocol = self._protocol
        if protocol is None or not protocol.is_connected():
            return False
        return not protocol.is_in_transaction()

    async def _prepare_and_run(
        self, statement: str, arguments: Sequence[object], seconds: float
    ) -> list[Any]:
        self._prepared[statement] = await self.prepare(statement, timeout=seconds)
        if self.is_closed():
            raise asyncpg.InterfaceError("the connection was ended")
        return await self.run(statement, arguments, seconds)

    async def fetch_reprepared(
        self, statement: str, arguments: Sequence[object], seconds: float
    ) -> list[Any]:
        """The rows of a statement that is to be prepared again, with the types as they are now."""
        self._prepared.clear()
        await self.reload_schema_state()
        return await self._prepare_and_run(statement, arguments, seconds)
