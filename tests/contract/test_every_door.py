"""Whatever a viewer asks for, does or listens to, nothing of what is hidden from them is in the answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from inspect import isawaitable
from typing import Any

import pytest
from graphql import OperationType

from core.accounts.sessions import Accounts
from core.config.schema import graphql_schema
from core.execution.executor import Executor
from core.graphql.context import Context, Services
from tests.accounts.conftest import accounts, redis
from tests.contract.doors import Door, doors
from tests.contract.marked import NOBODY, VIEWERS, Marked, texts

__all__ = ["accounts", "redis"]

EXECUTOR = Executor(graphql_schema)
DEPTH = 3
Json = dict[str, Any]


@pytest.fixture
async def marked(services: Services, accounts: Accounts) -> AsyncIterator[Marked]:
    services.keep(accounts)
    made = Marked(services)
    await made.make()
    yield made
    await made.drop()
    await services.batchers.close()


async def enter(marked: Marked, viewer: str, door: Door) -> Json:
    """The data of the answer."""
    viewer_id = None if viewer == "anonymous" else marked.key.get(viewer, NOBODY)
    result: Any = EXECUTOR.execute(
        door.document, variables=door.variables, context=Context(marked.services, viewer_id)
    )
    if isawaitable(result):
        result = await result
    codes = {error.extensions.get("code") for error in result.errors or () if error.extensions}
    assert codes <= {"UNAUTHENTICATED", "INVALID_CURSOR"}, result.errors
    return dict(result.data or {})


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_no_query_shows_what_is_hidden(marked: Marked, viewer: str) -> None:
    shown = set()
    for door in doors(OperationType.QUERY, marked.values(), depth=DEPTH):
        data = await enter(marked, viewer, door)
        assert await marked.leaks(viewer, door.field, data) == [], (door.field, door.variables)
        shown |= {text for _, text in texts(data, ())}
    # There is something to be found.
    seen = {"POST target", "BIO target", "COMMENT target", "NAME target", "target_login"} & shown
    named = {"NAME target", "target_login"}
    assert seen == {"blocked": set(), "blocker": named, "mutual": named}.get(
        viewer, {"POST target", "BIO target", "COMMENT target", *named}
    )


@pytest.mark.parametrize("viewer", [viewer for viewer in VIEWERS if viewer != "anonymous"])
async def test_no_payload_shows_what_is_hidden(marked: Marked, viewer: str) -> None:
    for door in doors(OperationType.MUTATION, marked.values(), depth=DEPTH):
        data = await enter(marked, viewer, door)
        assert await marked.leaks(viewer, door.field, data) == [], (door.field, door.variables)
        await marked.restore()
