"""Executes operations of the contract for a viewer."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest
from graphql import ExecutionResult

from core.config.schema import graphql_schema
from core.context import Context, Services
from core.execution import Executor
from core.graphql.errors import execution_error_entries
from tests.valid_documents import valid_document

EXECUTORS = {
    "compiled": Executor(graphql_schema, enabled=True),
    "standard": Executor(graphql_schema, enabled=False),
}

Execute = Callable[..., Awaitable[Any]]


@pytest.fixture(params=EXECUTORS)
def execute(services: Services, request: pytest.FixtureRequest) -> Execute:
    """Executes an operation by either executor and returns its data: `await execute(viewer, "LikePost", postId=…)`.

    The operation is the name of one of the contract, or a document. `expect` is the code of expected `errors`.
    """
    executor = EXECUTORS[request.param]

    async def execute_operation(
        viewer: int | None, operation: str, *, expect: str | None = None, **variables: Any
    ) -> Any:
        document = valid_document(operation)
        result = executor.execute(document, variables=variables, context=Context(services, viewer))
        if inspect.isawaitable(result):
            result = await result
        assert isinstance(result, ExecutionResult)
        errors = execution_error_entries(result.errors or [], None)
        assert {error["extensions"]["code"] for error in errors} == ({expect} if expect else set())
        return orjson.loads(orjson.dumps(result.data))

    return execute_operation
