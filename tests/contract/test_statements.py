"""A page takes few statements, and as many for fifty rows as for one."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from core.context import Services
from core.database.database import Database
from core.database.management.commands.sql import statements
from core.ids import global_id
from tests.core.accounts.world import ApiClient
from tests.empty_tables import EmptyingSession
from tests.interactions.cast import create_users
from tests.kept_sessions import KeepingDatabase, KeptSessions

USERS = 60
MAX_STATEMENTS = 6
FILL = (Path(__file__).parent / "crowd.sql").read_text()
# Queries for the cursor at which a second page starts.
CURSORS = {
    "PublicFeed": "{ publicFeed(first: 5) { pageInfo { endCursor } } }",
    "Notifications": "{ notifications(first: 5) { pageInfo { endCursor } } }",
    "HomeFeed": "{ homeFeed(first: 5) { pageInfo { endCursor } } }",
    "Profile": '{ user(username: "p1") { posts(first: 5) { pageInfo { endCursor } } } }',
    "Follows": '{ user(username: "p1") { followers(first: 5) { pageInfo { endCursor } } } }',
    "SearchPosts": '{ searchPosts(query: "post", first: 5) { pageInfo { endCursor } } }',
    "SearchUsers": '{ searchUsers(query: "p", first: 5) { pageInfo { endCursor } } }',
    "PostDetail": "query Q($id: ID!) { post(id: $id) { comments(first: 5) { pageInfo { endCursor } } } }",
}


pytestmark = pytest.mark.usefixtures("known_horizon")


async def create_crowd(database: Database) -> list[int]:
    """Creates the users p1 to p60 and all that hangs on them; returns their keys."""
    keys = await create_users(database, USERS)
    async with database.connection() as connection:
        await connection.execute(FILL)
    return keys


@pytest.fixture(scope="module")
async def users(emptying_session: EmptyingSession) -> list[int]:
    """The crowd, which no test of this module changes."""
    emptying_session.empty_tables()
    database = Database(os.environ["DATABASE_URL"], size=1)
    keys = await create_crowd(database)
    await database.close()
    return keys


@pytest.fixture
async def database(users: list[int], kept_sessions: KeptSessions) -> AsyncIterator[Database]:
    """A database with the crowd."""
    database = KeepingDatabase(os.environ["DATABASE_URL"], kept_sessions, size=4)
    yield database
    await database.close()


async def newest(database: Database, table: str, count: int) -> list[int]:
    rows = await database.fetch(f"SELECT id FROM {table} ORDER BY id DESC LIMIT {count}")  # noqa: S608  # fixed names
    return [row[0] for row in rows]


def rows_of(value: Any) -> int:
    """The number of edges of the only connection."""
    if "edges" in value:
        return len(value["edges"])
    [connection] = [
        each for name, each in value.items() if name in {"posts", "followers", "comments"}
    ]
    return len(connection["edges"])


@pytest.mark.parametrize("name", CURSORS)
@pytest.mark.parametrize("after_cursor", [False, True])
@pytest.mark.parametrize("signed_in", [True, False])
async def test_a_page_of_fifty_takes_as_many_statements_as_a_page_of_one(
    services: Services, users: list[int], name: str, after_cursor: bool, signed_in: bool
) -> None:
    client = ApiClient(
        services, users[0] if signed_in or name in {"HomeFeed", "Notifications"} else None
    )
    [post] = await newest(services.database, "posts", 1)
    variables: dict[str, Any] = {}
    if name == "PostDetail":
        variables = {"id": global_id("Post", post)}
    elif name in {"Profile", "Follows"}:
        variables = {"username": "p1"}
    elif name in {"SearchPosts", "SearchUsers"}:
        variables = {"query": "post" if name == "SearchPosts" else "p"}
    if after_cursor:
        query = {key: value for key, value in variables.items() if key == "id"}
        value = await client.data(CURSORS[name], **query)
        while "endCursor" not in value:
            [value] = value.values()
        variables["after"] = value["endCursor"]
    cost = {}
    for first in (1, 50):
        value = await client.data(name, **variables, first=first)
        assert rows_of(value) == first
        cost[first] = sorted(client.ran)
    statements = "\n\n".join(cost[50])
    assert cost[1] == cost[50], statements
    assert len(cost[50]) <= MAX_STATEMENTS, statements


@pytest.mark.parametrize("signed_in", [True, False])
async def test_a_page_of_what_trends_takes_two_statements(
    services: Services, users: list[int], signed_in: bool
) -> None:
    client = ApiClient(services, users[0] if signed_in else None)
    ran = {}
    for first in (1, 50):
        feed = (await client.execute("Explore", first=first))["data"]["trendingFeed"]
        assert len(feed["edges"]) == first
        ran[first] = sorted(client.ran)
    assert ran[1] == ran[50]
    assert len(ran[50]) == 2


async def test_nodes_take_one_statement_a_type(services: Services, users: list[int]) -> None:
    client = ApiClient(services, users[0])
    tables = {"Post": "posts", "Comment": "comments", "User": "users"}
    cost = {}
    for count in (1, 33):
        ids = [
            global_id(name, key)
            for name, table in tables.items()
            for key in await newest(services.database, table, count)
        ]
        found = await client.data("Nodes", ids=ids)
        assert [node["id"] for node in found] == ids
        cost[count] = sorted(client.ran)
    assert cost[1] == cost[33]
    assert len(cost[1]) == len(tables)


async def test_small_queries_take_few_statements(services: Services, users: list[int]) -> None:
    client = ApiClient(services, users[0])
    await client.data("Viewer")
    assert client.statements <= 2
    cursor = (await client.data(CURSORS["HomeFeed"]))["pageInfo"]["endCursor"]
    assert await client.data("HomeFeedUpdates", since=cursor) == {"count": 4, "capped": False}
    assert client.statements == 1


def test_no_statement_skips_rows() -> None:
    """Pages are keyset pages. `OFFSET 0` only keeps the planner from merging a subquery."""
    skipping = {
        name.partition(":")[0]
        for name, (_, text) in statements().items()
        if re.search(r"OFFSET (?!0)", text)
    }
    # They ask whether there are so many names, and find what is beyond the rows that are kept.
    assert skipping == {"users_by_name", "notification_actors_trim", "notifications_trim"}
