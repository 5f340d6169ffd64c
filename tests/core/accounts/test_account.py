"""What is private to the viewer is a field of `Account`."""

from __future__ import annotations

from inspect import isawaitable
from typing import Any

import pytest
import strawberry
from graphql import parse

from core.accounts.graphql.account import Account, AccountQuery
from core.accounts.graphql.types import UserConnection
from core.accounts.selectors import FollowingLoader
from core.config.schema import graphql_schema
from core.context import Context, Services
from core.execution import Executor
from core.graphql.relay_connections import connection_field, extend_type, fields_of
from tests.core.accounts.world import ApiClient
from tests.interactions.cast import create_users

DOCUMENT = "{ account { followed { edges { node { username } } } } }"


@strawberry.type
class Followed:
    followed = connection_field(FollowingLoader, UserConnection, "Users whom the viewer follows.")


@pytest.fixture
def executor(monkeypatch: pytest.MonkeyPatch) -> Executor:
    """Executes on a schema whose account has a field."""
    monkeypatch.setattr(Account.__strawberry_definition__, "fields", [*fields_of(Account)])  # type: ignore[attr-defined]  # strawberry's mark
    extend_type(Account, Followed)
    return Executor(strawberry.Schema(AccountQuery)._schema)


async def test_each_viewer_reads_their_own_account(services: Services, executor: Executor) -> None:
    ada, grace = await create_users(services.database, 2)
    name = (await services.database.fetch("SELECT username FROM users WHERE id = $1", grace))[0][0]
    await ApiClient(services, ada).change("FollowUser", grace)

    async def read(viewer_id: int | None) -> Any:
        context = Context(services, viewer_id)
        found: Any = executor.execute(parse(DOCUMENT), variables={}, context=context)
        result = await found if isawaitable(found) else found
        assert not result.errors
        return result.data["account"]

    assert await read(ada) == {"followed": {"edges": [{"node": {"username": name}}]}}
    assert await read(grace) == {"followed": {"edges": []}}
    assert await read(None) is None


def test_an_account_without_fields_is_not_in_the_schema() -> None:
    assert ("Account" in graphql_schema.type_map) == bool(fields_of(Account))
