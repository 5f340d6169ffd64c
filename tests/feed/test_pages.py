"""Walks over whole lists while they change, and what a page costs."""

from __future__ import annotations

import random
from inspect import isawaitable
from typing import Any

import pytest
from graphql import parse

from core.config.schema import graphql_schema
from core.execution.executor import Executor
from core.graphql.context import Context, Services
from core.graphql.node import global_id
from tests.interactions.cast import block, people, posts_by
from tests.live.world import operation

Json = dict[str, Any]
EXECUTOR = Executor(graphql_schema)

PAGE = "{ edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }"
# Each list: where it hangs (nothing, a person, a post), and its field.
LISTS = {
    "publicFeed": "",
    "homeFeed": "",
    "posts": 'user(username: "{name}")',
    "followers": 'user(username: "{name}")',
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
        [[self.name]] = await self.database.fetch(
            "SELECT username FROM users WHERE id = $1", self.owner
        )
        for other in self.others:
            await self.grow(other)

    async def grow(self, other: int) -> None:
        """Something new at the head of each list, by somebody who has done nothing yet."""
        await posts_by(self.database, self.owner)
        follow = "INSERT INTO follows (follower_id, followee_id) VALUES ($1, $2)"
        await self.database.write(follow, other, self.owner)
        for statement in (
            "INSERT INTO comments (author_id, post_id, text) VALUES ($1, $2, 'x')",
            "INSERT INTO post_likes (user_id, post_id) VALUES ($1, $2)",
            "INSERT INTO shares (user_id, post_id) VALUES ($1, $2)",
        ):
            await self.database.write(statement, other, self.post)

    async def ask(self, query: str, viewer: int | None, **variables: Any) -> Json:
        context = Context(self.services, viewer_id=viewer)
        result: Any = EXECUTOR.execute(parse(query), variables=variables, context=context)
        if isawaitable(result):
            result = await result
        assert not result.errors, result.errors
        return dict(result.data)

    async def page(self, kind: str, viewer: int | None, arguments: str) -> Json:
        owner = LISTS[kind].format(name=self.name, post=global_id("Post", self.post))
        connection = f"{kind}({arguments}) {PAGE}"
        if not owner:
            return dict((await self.ask(f"{{ {connection} }}", viewer))[kind])
        [found] = (await self.ask(f"{{ {owner} {{ {connection} }} }}", viewer)).values()
        return dict(found[kind])


@pytest.fixture
def scene(services: Services) -> Scene:
    return Scene(services)


def ids(page: Json) -> list[str]:
    return [edge["node"]["id"] for edge in page["edges"]]


@pytest.mark.parametrize("kind", LISTS)
async def test_a_walk_meets_each_row_once_while_the_list_changes(scene: Scene, kind: str) -> None:
    await scene.set(17)
    viewer = scene.owner
    there = ids(await scene.page(kind, viewer, "first: 100"))
    newcomers = await people(scene.database, 8, first=500)
    chance = random.Random(7)
    met: list[str] = []
    arguments = "first: 3"
    while True:
        page = await scene.page(kind, viewer, arguments)
        met += ids(page)
        if not page["pageInfo"]["hasNextPage"]:
            break
        assert len(page["edges"]) == 3
        arguments = f'first: 3, after: "{page["pageInfo"]["endCursor"]}"'
        if newcomers and chance.random() < 0.8:
            await scene.grow(newcomers.pop())
    assert met == there

    # Towards newer: from the last row that was met, without a hole, to the newest that is there now.
    back: list[str] = []
    arguments = f'last: 4, before: "{page["pageInfo"]["endCursor"]}"'
    while True:
        page = await scene.page(kind, viewer, arguments)
        back = ids(page) + back
        assert page["pageInfo"]["hasNextPage"]
        if not page["pageInfo"]["hasPreviousPage"]:
            break
        arguments = f'last: 4, before: "{page["pageInfo"]["startCursor"]}"'
    assert back == ids(await scene.page(kind, viewer, "first: 100"))[:-1]


@pytest.mark.parametrize("kind", LISTS)
async def test_deleting_the_row_at_the_cursor_is_harmless(scene: Scene, kind: str) -> None:
    await scene.set(6)
    whole = await scene.page(kind, scene.owner, "first: 100")
    cursor = whole["edges"][1]["cursor"]
    for statement in (
        "DELETE FROM posts WHERE id = (SELECT id FROM posts ORDER BY id DESC OFFSET 1 LIMIT 1)",
        "DELETE FROM follows WHERE id = (SELECT id FROM follows ORDER BY id DESC OFFSET 1 LIMIT 1)",
        "DELETE FROM comments WHERE id = (SELECT id FROM comments ORDER BY id DESC OFFSET 1 LIMIT 1)",
        "DELETE FROM post_likes WHERE id = (SELECT id FROM post_likes ORDER BY id DESC OFFSET 1 LIMIT 1)",
        "DELETE FROM shares WHERE id = (SELECT id FROM shares ORDER BY id DESC OFFSET 1 LIMIT 1)",
    ):
        await scene.database.write(statement)
    page = await scene.page(kind, scene.owner, f'first: 100, after: "{cursor}"')
    assert ids(page) == ids(whole)[2:]


@pytest.mark.parametrize("kind", ["followers", "comments", "likers", "sharers"])
async def test_who_is_blocked_leaves_no_gap_in_a_page(scene: Scene, kind: str) -> None:
    await scene.set(9)
    for other in scene.others[::2]:
        await block(scene.database, scene.viewer, other)
    page = await scene.page(kind, scene.viewer, "first: 3")
    assert len(page["edges"]) == 3
    assert page["pageInfo"]["hasNextPage"]
    everybody = await scene.page(kind, None, "first: 100")
    assert len(everybody["edges"]) == 9
    assert len(ids(await scene.page(kind, scene.viewer, "first: 100"))) == 4


PAGES = ["PublicFeed", "HomeFeed", "Profile", "PostDetail", "Follows"]


@pytest.mark.parametrize("name", PAGES)
async def test_a_page_takes_as_many_statements_at_one_row_as_at_fifty(
    scene: Scene, name: str
) -> None:
    async def statements(count: int) -> list[str]:
        await scene.database.write("TRUNCATE users, events CASCADE")
        await scene.set(count)
        variables = {
            "first": 50,
            "username": scene.name,
            "id": global_id("Post", scene.post),
        }
        wanted = {key: variables[key] for key in variables if f"${key}" in operation(name)}
        run: list[str] = []
        scene.database.observer = run.append
        await scene.ask(operation(name), scene.owner, **wanted)
        scene.database.observer = None
        return run

    one, fifty = await statements(1), await statements(50)
    assert one == fifty, "\n".join([*one, "— and —", *fifty])
    assert len(one) <= 6
