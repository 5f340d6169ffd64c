"""A connection that keeps its statements prepared and runs them without the driver's outer layers."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any

import asyncpg
from asyncpg import Connection

SCHEMA_CHANGED_ERRORS = (asyncpg.InvalidCachedStatementError, asyncpg.OutdatedSchemaCacheError)


class PreparedConnection(Connection):
    """asyncpg's connection, with a cheaper `fetch`, named `run`.

    asyncpg's `fetch` passes four coroutines, an LRU cache and a check against concurrent use before it makes the same
    call. The pool gives a connection to one caller at a time, and the protocol checks concurrent use, too.
    """

    # Private in asyncpg.
    _protocol: Any

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._prepared: dict[str, Any] = {}
        """By the text of the statement."""

    def run(
        self, statement: str, arguments: Sequence[object], seconds: float
    ) -> Awaitable[list[Any]]:
        """The rows of a statement.

        Errors: asyncpg's; SCHEMA_CHANGED_ERRORS, after which `fetch_reprepared` is to be called; TimeoutError, after
        which the statement is cancelled.
        """
        prepared: Any = self._prepared.get(statement)
        if prepared is None:
            return self._prepare_and_run(statement, arguments, seconds)
        rows: Awaitable[list[Any]] = self._protocol.bind_execute(
            prepared._state,  # noqa: SLF001  # what PreparedStatement.fetch passes on
            arguments,
            portal_name="",
            limit=0,
            return_extra=False,
            timeout=seconds,
        )
        return rows

    def is_clean(self) -> bool:
        """Whether the connection is open and, as the server last reported, not in a transaction."""
        # `is_closed` and `is_in_transaction` in one call: this runs before and after each statement.
        protocol = self._protocol
        if protocol is None or not protocol.is_connected():
            return False
        return not protocol.is_in_transaction()

    async def _prepare_and_run(
        self, statement: str, arguments: Sequence[object], seconds: float
    ) -> list[Any]:
        self._prepared[statement] = await self.prepare(statement, timeout=seconds)
        if self.is_closed():
            raise asyncpg.InterfaceError(
                "the connection was closed while the statement was prepared"
            )
        return await self.run(statement, arguments, seconds)

    async def fetch_reprepared(
        self, statement: str, arguments: Sequence[object], seconds: float
    ) -> list[Any]:
        """The rows of a statement that is prepared again, with the present schema."""
        self._prepared.clear()
        await self.reload_schema_state()
        return await self._prepare_and_run(statement, arguments, seconds)
