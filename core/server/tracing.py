"""What the answers of the last requests cost: statements, rows, milliseconds. In development only."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import AbstractAsyncContextManager
from contextvars import ContextVar
from time import perf_counter
from typing import TypedDict

from starlette.types import ASGIApp, Receive, Scope, Send

from core.database.database import Database, Row, Transaction, TransactionContext
from core.database.usage import USAGE

MAX_TRACES = 50
TRACE_HEADER = b"x-trace"
"""A request is traced if it has this header: an id by which its trace is read afterwards."""
MAX_ID_LENGTH = 64


class Statement(TypedDict):
    """One SQL statement. In a transaction only its text is known."""

    sql: str
    milliseconds: float | None
    rows: int | None


class Trace(TypedDict):
    """One traced request."""

    milliseconds: float
    statements: list[Statement]


_statements: ContextVar[list[Statement] | None] = ContextVar("statements", default=None)
"""The statements of the traced request; a task that it starts adds to them, too."""


class TracedDatabase(Database):
    """A database that records the statements of traced requests."""

    async def _run(self, statement: str, arguments: tuple[object, ...], tries: int) -> list[Row]:
        statements = _statements.get()
        # What runs outside of a request's usage serves all requests, such as the horizon of lists.
        if statements is None or USAGE.get() is None:
            return await super()._run(statement, arguments, tries)
        began = perf_counter()
        rows = await super()._run(statement, arguments, tries)
        statements.append(
            {"sql": statement, "milliseconds": _milliseconds_since(began), "rows": len(rows)}
        )
        return rows

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        return TransactionContext(self._pool, self._available, self._observe)

    def _observe(self, statement: str) -> None:
        statements = _statements.get()
        if statements is not None:
            statements.append({"sql": statement, "milliseconds": None, "rows": None})
        if self.observer is not None:
            self.observer(statement)


class Traces:
    """The newest traces by id, bounded in number."""

    def __init__(self) -> None:
        self._traces: OrderedDict[str, Trace] = OrderedDict()

    def find(self, id: str) -> Trace | None:
        return self._traces.get(id)

    def traced(self, app: ASGIApp) -> ASGIApp:
        """The application, with a trace of each request that has TRACE_HEADER."""

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            id = dict(scope["headers"]).get(TRACE_HEADER, b"").decode("latin-1")
            if not id or len(id) > MAX_ID_LENGTH:
                return await app(scope, receive, send)
            statements: list[Statement] = []
            token = _statements.set(statements)
            began = perf_counter()
            try:
                await app(scope, receive, send)
            finally:
                _statements.reset(token)
                self._add(
                    id, {"milliseconds": _milliseconds_since(began), "statements": statements}
                )

        return serve

    def _add(self, id: str, trace: Trace) -> None:
        self._traces[id] = trace
        if len(self._traces) > MAX_TRACES:
            self._traces.popitem(last=False)


def _milliseconds_since(began: float) -> float:
    return round((perf_counter() - began) * 1_000, 3)
