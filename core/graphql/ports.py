"""What the transports need of the server that they are part of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from graphql import DocumentNode, ExecutionResult
from starlette.types import Scope

from core.errors import JSONObject

Execute = Callable[
    [DocumentNode, str | None, JSONObject, Any], ExecutionResult | Awaitable[ExecutionResult]
]
"""Executes: document, operation name, variables as they were sent, context. The data goes to orjson as it is."""

ContextFor = Callable[[str | None, Scope], Any]
"""The context of a request, or an awaitable of it: Authorization header, ASGI scope.
Errors: ClientError.
"""
