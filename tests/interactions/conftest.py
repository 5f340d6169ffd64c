"""Operations of the contract, asked as a person."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest
from graphql import ExecutionResult, parse, validate

from core.config.schema import graphql_schema
from core.context import Context, Services
from core.execution import Executor
from core.graphql.errors import execution_error_entries
from tests.paths import OPERATIONS

EXECUTORS = {
    "compiled": Executor(graphql_schema, enabled=True),
    "standard": Executor(graphql_schema, enabled=False),
}

Ask = Callable[..., Awaitable[Any]]


@pytest.fixture(params=EXECUTORS)
def ask(services: Services, request: pytest.FixtureRequest) -> Ask:
    """Data of an answer, by either executor: `await ask(viewer, "LikePost", postId=…)`.

    The operation is one of the contract, or a document. An `errors` entry fails the test, unless the
    test asks with `expect` for its code.
    """
    executor = EXECUTORS[request.param]

    async def answer(
        viewer: int | None, operation: str, *, expect: str | None = None, **variables: Any
    ) -> Any:
        file = OPERATIONS / f"{operation}.graphql"
        document = parse(operation if "{" in operation else file.read_text())
        assert validate(graphql_schema, document) == []
        result = executor.execute(document, variables=variables, context=Context(services, viewer))
        if inspect.isawaitable(result):
            result = await result
        assert isinstance(result, ExecutionResult)
        errors = execution_error_entries(result.errors or [], None)
        assert {error["extensions"]["code"] for error in errors} == ({expect} if expect else set())
        return orjson.loads(orjson.dumps(result.data))

    return answer
