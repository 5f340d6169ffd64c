"""The functions that transports receive from the server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from graphql import DocumentNode, ExecutionResult
from starlette.types import Scope

from core.database.usage import Usage
from core.errors import JSONObject
from core.graphql.document import DocumentOperation
from core.graphql.request_record import RequestRecord

Execute = Callable[
    [DocumentNode, str | None, JSONObject, Any], ExecutionResult | Awaitable[ExecutionResult]
]
"""Executes an operation: document, operation name, raw variables, context. Its data is ready for orjson."""

ContextFor = Callable[[str | None, Scope], Any]
"""Returns the context of a request: Authorization header, ASGI scope. Errors: ClientError."""


class Admission:
    """Limits how much a client may ask within a time; this one does not."""

    def admit(
        self, operation: DocumentOperation, cost: int, context: Any
    ) -> Awaitable[None] | None:
        """Called before an operation is executed. Errors, at once or when awaited: ClientError."""

    def settle(self, operation: DocumentOperation, cost: int, usage: Usage, context: Any) -> None:
        """Called after it was executed, with what it has used."""

    def refused(self, record: RequestRecord, address: str | None) -> None:
        """Called after a response with errors. `address`: of the client, if it is known."""
