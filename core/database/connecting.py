"""Connections to PostgreSQL, directly or through PgBouncer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Literal

import asyncpg
from asyncpg import Connection

from core.database.moments import read_moments_as_text

# Every statement goes from row to row through an index, whatever the tables contain, so one generic plan suits all
# calls. Planning each call would cost more than running it, and a plan that was made while the tables were small or
# not yet analysed must not scan whole tables.
PLANNER = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_memoize": "off",
    "jit": "off",
    "timezone": "UTC",
}

# Timeouts on the server's side, so that no lost client holds locks or the log's horizon for long. Between two
# statements of a transaction a process only computes. A client that disconnects is noticed while its statement runs,
# and by keepalives if the network fails silently.
TIMEOUTS = {"idle_in_transaction_session_timeout": "10s", "lock_timeout": "10s"}
KEEPALIVES = {
    "client_connection_check_interval": "1s",
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
CANCEL_SECONDS = 5.0
"""How much longer than its process waits a statement may run: if the process died, or its cancel request was lost."""
ROLLBACK_SECONDS = 5

PgBouncer = Literal["NONE", "SESSION", "TRANSACTION"]
"""How the connections of PgBouncer between the server and PostgreSQL are shared, if there is one."""


def _set(settings: Mapping[str, str], scope: str = "") -> str:
    return "; ".join(f"SET {scope} {name} = '{value}'" for name, value in settings.items())


def timeouts(statement_seconds: float) -> dict[str, str]:
    """The settings that limit how long PostgreSQL lets a statement run and wait."""
    return TIMEOUTS | {"statement_timeout": f"{round(1_000 * statement_seconds)}ms"}


def session_limits(statement_seconds: float) -> dict[str, str]:
    """The limits of a session: its timeouts, and when it notices that its client has gone."""
    return timeouts(statement_seconds) | KEEPALIVES


class SharedConnection(Connection):
    """A connection through PgBouncer in transaction mode, where each transaction may run in another session.

    So no statement stays prepared and no setting stays set: a transaction begins with the settings, and a single
    statement is one, at the cost of three round trips and a plan.
    """

    __slots__ = ("begin",)
    begin: str
    """What begins a transaction."""

    async def execute(self, query: str, *arguments: Any, **options: Any) -> str:
        text = self.begin if query == "BEGIN" else query
        status: str = await super().execute(text, *arguments, **options)
        return status

    async def fetch(self, query: str, *arguments: Any, **options: Any) -> Any:
        if self.is_in_transaction():
            return await super().fetch(query, *arguments, **options)
        await self.execute("BEGIN")
        try:
            rows = await super().fetch(query, *arguments, **options)
        except Exception:
            with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
                await self.execute("ROLLBACK", timeout=ROLLBACK_SECONDS)
            raise
        await self.execute("COMMIT")
        return rows


async def connect(
    url: str, *, pgbouncer: PgBouncer, connect_seconds: float, statement_seconds: float
) -> Connection:
    """A connection with the settings of the API. Errors: those of the driver."""
    is_shared = pgbouncer == "TRANSACTION"
    ends_after = statement_seconds + CANCEL_SECONDS
    settings = PLANNER | session_limits(ends_after)
    connection: Connection = await asyncpg.connect(
        url,
        timeout=connect_seconds,
        command_timeout=statement_seconds,
        statement_cache_size=0 if is_shared else 500,
        max_cached_statement_lifetime=0,
        max_cacheable_statement_size=0,
        # PgBouncer refuses settings that it does not know.
        server_settings=settings if pgbouncer == "NONE" else None,
        connection_class=SharedConnection if is_shared else Connection,
    )
    try:
        async with asyncio.timeout(connect_seconds):
            if type(connection) is SharedConnection:
                connection.begin = f"BEGIN; {_set(PLANNER | timeouts(ends_after), 'LOCAL')}"
                await connection.execute("BEGIN")
                await read_moments_as_text(connection)
                await connection.execute("COMMIT")
            else:
                if pgbouncer == "SESSION":
                    await connection.execute(_set(settings))
                await read_moments_as_text(connection)
    except BaseException:
        connection.terminate()
        raise
    return connection
