"""Executes a subscription's selection over an event and encodes the result."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from graphql import DocumentNode, ExecutionResult

from core.context import Context, Services
from core.database.database import DatabaseUnavailable
from core.errors import JSONObject
from core.graphql.errors import cause_of, execution_error_entries
from core.graphql.live.shared_operations import LiveOperation

ExecuteEvent = Callable[
    [DocumentNode, str | None, JSONObject, Any, Any], ExecutionResult | Awaitable[ExecutionResult]
]
"""Executes a selection over an event: document, operation name, variables, context, the event."""


class EventRenderer:
    """Renders events as JSON payloads."""

    def __init__(self, services: Services, execute: ExecuteEvent) -> None:
        self._services = services
        self._execute = execute

    async def render(self, operation: LiveOperation, viewer_id: int | None, event: Any) -> str:
        """The execution result as JSON. Errors: DatabaseUnavailable."""
        result = self._execute(
            operation.operation.document,
            operation.operation.name,
            operation.variables,
            Context(self._services, viewer_id),
            event,
        )
        if not isinstance(result, ExecutionResult):
            operation.waits = True
            result = await result
        if not result.errors:
            return orjson.dumps({"data": result.data}).decode()
        for error in result.errors:
            if isinstance(cause_of(error), DatabaseUnavailable):
                raise DatabaseUnavailable("while rendering an event")
        entries = execution_error_entries(result.errors, operation.operation.name)
        return orjson.dumps({"errors": entries, "data": result.data}).decode()
