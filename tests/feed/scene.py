"""A user with a list of each kind."""

from __future__ import annotations

import re
from functools import lru_cache
from inspect import isawaitable
from typing import Any

from graphql import DocumentNode, ExecutionResult, parse

from core.config.schema import graphql_schema
from core.context import Context, Services
from core.execution import Executor
from core.ids import global_id, parse_id
from tests.interactions.cast import create_posts, create_users

Json = dict[str, Any]
EXECUTOR = Executor(graphql_schema)
EVENT = "INSERT INTO events (kind, actor_id) VALUES ('user_muted', 1)"
CURSOR = re.compile(r'\b(after|before): "([^"]*)"')

PAGE = "{ edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }"
# The selection that each list is a field of; empty for root fields.
LISTS = {
    "publicFeed": "",
    "homeFeed": "",
    "posts": 'user(username: "{name}")',
    "followers": 'user(username: "{name}")',
    "following": 'user(username: "{fan}")',
    "comments": 'post(id: "{post}")',
    "likers": 'post(id: "{post}")',
    "sharers": 'post(id: "{post}")',
}


@lru_cache(100)
def parsed(query: str) -> DocumentNode:
    return parse(query)


class Scene:
    """A user with a list of each kind, and methods that add and remove rows."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.database = services.database

    async def create(self, count: int) -> None:
        self.owner, self.viewer, *self.others = await create_users(self.database, count + 2)
        [self.post] = await create_posts(self.database, self.owner)
        self.name, self.fan = "p1", "p2"
        for other in self.others:
            await self.add_rows(other)

    async def add_rows(self, other: int) -> None:
        """Adds a row at the head of each list, by a user without rows in them."""
        await create_posts(self.database, self.owner)
        follow = "INSERT INTO follows (follower_id, followee_id) VALUES ($1, $2)"
        await self.database.write(follow, other, self.owner)
        await self.database.write(follow, self.viewer, other)
        for statement in (
            "INSERT INTO comments (author_id, post_id, text) VALUES ($1, $2, 'x')",
            "INSERT INTO post_likes (user_id, post_id) VALUES ($1, $2)",
            "INSERT INTO shares (user_id, post_id) VALUES ($1, $2)",
        ):
            await self.database.write(statement, other, self.post)

    async def settle(self) -> None:
        """Puts the horizon above the rows of all lists, so that their cursors have a key alone."""
        await self.database.fetch(
            "SELECT pg_sleep(0.002)"
        )  # Puts the event into a later millisecond.
        await self.database.write(EVENT)

    async def remove_row(self, kind: str, row: str) -> None:
        """Removes a row of a list, given its node's id."""
        key = parse_id(row)[1]
        await self.database.write(
            {
                "comments": "DELETE FROM comments WHERE id = $1",
                "likers": "DELETE FROM post_likes WHERE user_id = $1",
                "sharers": "DELETE FROM shares WHERE user_id = $1",
                "followers": "DELETE FROM follows WHERE follower_id = $1",
                "following": "DELETE FROM follows WHERE followee_id = $1",
            }.get(kind, "DELETE FROM posts WHERE id = $1"),
            key,
        )

    async def execute(self, query: str, viewer: int | None, **variables: Any) -> ExecutionResult:
        context = Context(self.services, viewer_id=viewer)
        result: Any = EXECUTOR.execute(parsed(query), variables=variables, context=context)
        if isawaitable(result):
            result = await result
        assert isinstance(result, ExecutionResult)
        return result

    async def data(self, query: str, viewer: int | None, **variables: Any) -> Json:
        """The data of a response without errors."""
        result = await self.execute(query, viewer, **variables)
        assert not result.errors, result.errors
        return dict(result.data or {})

    def page_query(self, kind: str, arguments: str) -> str:
        """A document that selects one page of a list."""
        owner = LISTS[kind].format(name=self.name, fan=self.fan, post=global_id("Post", self.post))
        connection = f"{kind}({arguments}) {PAGE}"
        return f"{{ {owner} {{ {connection} }} }}" if owner else f"{{ {connection} }}"

    async def page(self, kind: str, viewer: int | None, arguments: str) -> Json:
        """A page of a list. Cursors are sent as variables: pages of one form are parsed and planned once."""
        cursors: dict[str, str] = dict(CURSOR.findall(arguments))
        query = self.page_query(kind, CURSOR.sub(r"\1: $\1", arguments))
        if cursors:
            query = f"query({', '.join(f'${name}: String' for name in cursors)}) {query}"
        [found] = (await self.data(query, viewer, **cursors)).values()
        return dict(found[kind] if LISTS[kind] else found)


def ids(page: Json) -> list[str]:
    return [edge["node"]["id"] for edge in page["edges"]]
