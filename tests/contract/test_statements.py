"""What a page costs in statements: few, and as many for fifty things as for one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from core.accounts.statements import SQL as ACCOUNTS
from core.context import Services
from core.database.database import Database
from core.ids import global_id
from feed.statements import SQL as FEED
from interactions.statements import SQL as INTERACTIONS
from tests.core.accounts.world import ApiClient
from tests.interactions.cast import people

CROWD = 60
STATEMENTS_AT_MOST = 6
FILL = (Path(__file__).parent / "crowd.sql").read_text()
# What leads to the page, for the cursor at which it starts.
CURSORS = {
    "PublicFeed": "{ publicFeed(first: 5) { pageInfo { endCursor } } }",
    "HomeFeed": "{ homeFeed(first: 5) { pageInfo { endCursor } } }",
    "Profile": '{ user(username: "p1") { posts(first: 5) { pageInfo { endCursor } } } }',
    "Follows": '{ user(username: "p1") { followers(first: 5) { pageInfo { endCursor } } } }',
    "PostDetail": "query Q($id: ID!) { post(id: $id) { comments(first: 5) { pageInfo { endCursor } } } }",
}


@pytest.fixture
async def crowd(services: Services) -> list[int]:
    keys = await people(services.database, CROWD)
    async with services.database.connection() as connection:
        await connection.execute(FILL)
    return keys


async def newest(database: Database, table: str, count: int) -> list[int]:
    rows = await database.fetch(f"SELECT id FROM {table} ORDER BY id DESC LIMIT {count}")  # noqa: S608  # ours
    return [row[0] for row in rows]


def rows_of(value: Any) -> int:
    """How many edges the page has: the first connection that is found."""
    if "edges" in value:
        return len(value["edges"])
    [connection] = [
        each for name, each in value.items() if name in {"posts", "followers", "comments"}
    ]
    return len(connection["edges"])


@pytest.mark.parametrize("name", CURSORS)
@pytest.mark.parametrize("further", [False, True])
@pytest.mark.parametrize("signed_in", [True, False])
async def test_a_page_of_fifty_costs_as_many_statements_as_a_page_of_one(
    services: Services, crowd: list[int], name: str, further: bool, signed_in: bool
) -> None:
    client = ApiClient(services, crowd[0] if signed_in or name == "HomeFeed" else None)
    [post] = await newest(services.database, "posts", 1)
    wanted: dict[str, Any] = {}
    if name == "PostDetail":
        wanted = {"id": global_id("Post", post)}
    elif name in {"Profile", "Follows"}:
        wanted = {"username": "p1"}
    if further:
        query = {key: value for key, value in wanted.items() if key == "id"}
        value = await client.data(CURSORS[name], **query)
        while "endCursor" not in value:
            [value] = value.values()
        wanted["after"] = value["endCursor"]
    cost = {}
    for first in (1, 50):
        value = await client.data(name, **wanted, first=first)
        assert rows_of(value) == first
        cost[first] = client.ran
    said = "\n\n".join(cost[50])
    assert cost[1] == cost[50], said
    assert len(cost[50]) <= STATEMENTS_AT_MOST, said


async def test_nodes_cost_a_statement_a_type(services: Services, crowd: list[int]) -> None:
    client = ApiClient(services, crowd[0])
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
        cost[count] = client.ran
    assert cost[1] == cost[33]
    assert len(cost[1]) == len(tables)


async def test_small_questions_are_cheap(services: Services, crowd: list[int]) -> None:
    client = ApiClient(services, crowd[0])
    await client.data("Viewer")
    assert client.statements <= 2
    cursor = (await client.data(CURSORS["HomeFeed"]))["pageInfo"]["endCursor"]
    assert await client.data("HomeFeedUpdates", since=cursor) == {"count": 4, "capped": False}
    assert client.statements == 1


def test_no_statement_skips_rows() -> None:
    """Pages go by key: `OFFSET 0` only keeps the planner from merging a subquery."""
    for room in (ACCOUNTS, FEED, INTERACTIONS):
        assert [
            name
            for name, texts in room.variants.items()
            if any(re.search(r"OFFSET (?!0)", text) for text in texts.values())
        ] == []
