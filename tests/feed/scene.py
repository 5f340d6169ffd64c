"""A person with a list of each kind."""

from __future__ import annotations

from inspect import isawaitable
from typing import Any

from graphql import ExecutionResult, parse

from core.config.schema import graphql_schema
from core.context import Context, Services
from core.execution import Executor
from core.ids import global_id, parse_id
from tests.interactions.cast import people, posts_by

Json = dict[str, Any]
EXECUTOR = Executor(graphql_schema)

PAGE = "{ edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }"
# Each list: where it hangs (nothing, a person, a post), and its field.
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


class Scene:
    """A person with a list of each kind, and ways to change each."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.database = services.database

    async def set(self, count: int) -> None:
        self.owner, self.viewer, *self.others = await people(self.database, count + 2)
        [self.post] = await posts_by(self.database, self.owner)
        self.name, self.fan = "p1", "p2"
        for other in self.others:
            await self.grow(other)

    async def grow(self, other: int) -> None:
        """Something new at the head of each list, by somebody who has done nothing yet."""
        await posts_by(self.database, self.owner)
        follow = "INSERT INTO follows (follower_id, followee_id) VALUES ($1, $2)"
        await self.database.write(follow, other, self.owner)
        await self.database.write(follow, self.viewer, other)
        for statement in (
            "INSERT INTO comments (author_id, post_id, text) VALUES ($1, $2, 'x')",
            "INSERT INTO post_likes (user_id, post_id) VALUES ($1, $2)",
            "INSERT INTO shares (user_id, post_id) VALUES ($1, $2)",
        ):
            await self.database.write(statement, other, self.post)

    async def shrink(self, kind: str, row: str) -> None:
        """Takes the row of a list away; `row` is its node's id."""
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
        result: Any = EXECUTOR.execute(parse(query), variables=variables, context=context)
        if isawaitable(result):
            result = await result
        assert isinstance(result, ExecutionResult)
        return result

    async def ask(self, query: str, viewer: int | None, **variables: Any) -> Json:
        """The data of an answer without errors."""
        result = await self.execute(query, viewer, **variables)
        assert not result.errors, result.errors
        return dict(result.data or {})

    def page_query(self, kind: str, arguments: str) -> str:
        """A document that asks for one page of a list."""
        owner = LISTS[kind].format(name=self.name, fan=self.fan, post=global_id("Post", self.post))
        connection = f"{kind}({arguments}) {PAGE}"
        return f"{{ {owner} {{ {connection} }} }}" if owner else f"{{ {connection} }}"

    async def page(self, kind: str, viewer: int | None, arguments: str) -> Json:
        [found] = (await self.ask(self.page_query(kind, arguments), viewer)).values()
        return dict(found[kind] if LISTS[kind] else found)


def ids(page: Json) -> list[str]:
    return [edge["node"]["id"] for edge in page["edges"]]
