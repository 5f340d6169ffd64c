"""The functions that transports receive from the server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from graphql import DocumentNode, ExecutionResult
from starlette.types import Scope

from core.errors import JSONObject

Execute = Callable[
    [DocumentNode, str | None, JSONObject, Any], ExecutionResult | Awaitable[ExecutionResult]
]
"""Executes an operation: document, operation name, raw variables, context. Its data is ready for orjson."""

ContextFor = Callable[[str | None, Scope], Any]
"""Returns the context of a request, or an awaitable of it: Authorization header, ASGI scope.
Errors: ClientError.
"""
