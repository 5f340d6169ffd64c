"""Paging through whole lists while they change."""

from __future__ import annotations

import random
from inspect import isawaitable
from typing import Any

import pytest

from core.config.schema import graphql_schema
from core.context import Context, Services
from core.execution import Executor
from core.ids import global_id
from tests.feed.scene import LISTS, Scene, ids, parsed
from tests.interactions.cast import block, create_users


@pytest.fixture
def scene(services: Services) -> Scene:
    return Scene(services)


@pytest.mark.parametrize("kind", LISTS)
async def test_paging_returns_each_row_once_while_rows_are_added(scene: Scene, kind: str) -> None:
    await scene.create(17)
    viewer = scene.owner
    initial = ids(await scene.page(kind, viewer, "first: 100"))
    new_users = await create_users(scene.database, 8, first=500)
    rng = random.Random(7)
    read: list[str] = []
    arguments = "first: 3"
    while True:
        page = await scene.page(kind, viewer, arguments)
        read += ids(page)
        if not page["pageInfo"]["hasNextPage"]:
            break
        assert len(page["edges"]) == 3
        arguments = f'first: 3, after: "{page["pageInfo"]["endCursor"]}"'
        if new_users and rng.random() < 0.8:
            await scene.add_rows(new_users.pop())
    assert read == initial

    # Towards newer: from the last row read, without a gap, to the newest row.
    newer_rows: list[str] = []
    arguments = f'last: 4, before: "{page["pageInfo"]["endCursor"]}"'
    while True:
        page = await scene.page(kind, viewer, arguments)
        newer_rows = ids(page) + newer_rows
        assert page["pageInfo"]["hasNextPage"]
        if not page["pageInfo"]["hasPreviousPage"]:
            break
        arguments = f'last: 4, before: "{page["pageInfo"]["startCursor"]}"'
    assert newer_rows == ids(await scene.page(kind, viewer, "first: 100"))[:-1]


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("seed", range(2))
async def test_paging_in_either_direction_while_rows_are_added_and_removed(
    scene: Scene, kind: str, seed: int
) -> None:
    """Rows that exist throughout are returned once, in order, and no row twice."""
    rng = random.Random(seed)
    await scene.create(20)
    initial = ids(await scene.page(kind, scene.owner, "first: 100"))
    new_users = await create_users(scene.database, 20, first=500)
    newer = rng.choice([True, False])
    arguments = "last: 3" if newer else "first: 3"
    read: list[str] = []
    removed: set[str] = set()
    owner_post = global_id("Post", scene.post)  # The owner of other lists.
    while True:
        page = await scene.page(kind, scene.owner, arguments)
        info = page["pageInfo"]
        read = [*ids(page), *read] if newer else [*read, *ids(page)]
        if not info["hasPreviousPage" if newer else "hasNextPage"]:
            break
        assert len(page["edges"]) == 3
        arguments = (
            f'last: 3, before: "{info["startCursor"]}"'
            if newer
            else f'first: 3, after: "{info["endCursor"]}"'
        )
        for _ in range(rng.randrange(3)):
            # Includes the rows at the page's cursors.
            row = rng.choice([*initial, ids(page)[-1], ids(page)[0]])
            if row not in {*removed, owner_post}:
                await scene.remove_row(kind, row)
                removed.add(row)
        if new_users and rng.random() < 0.6:
            await scene.add_rows(new_users.pop())
    assert len(read) == len(set(read))
    remaining = [row for row in initial if row not in removed]
    assert [row for row in read if row in set(remaining)] == remaining
    assert not info["hasPreviousPage"] if newer else not info["hasNextPage"]


@pytest.mark.parametrize("kind", LISTS)
async def test_deleting_the_row_at_the_cursor_is_harmless(scene: Scene, kind: str) -> None:
    await scene.create(6)
    full = await scene.page(kind, scene.owner, "first: 100")
    cursor = full["edges"][1]["cursor"]
    await scene.remove_row(kind, ids(full)[1])
    page = await scene.page(kind, scene.owner, f'first: 100, after: "{cursor}"')
    assert ids(page) == ids(full)[2:]


@pytest.mark.parametrize("kind", ["followers", "comments", "likers", "sharers"])
async def test_pages_are_full_without_blocked_users(scene: Scene, kind: str) -> None:
    await scene.create(9)
    for other in scene.others[::2]:
        await block(scene.database, scene.viewer, other)
    page = await scene.page(kind, scene.viewer, "first: 3")
    assert len(page["edges"]) == 3
    assert page["pageInfo"]["hasNextPage"]
    unfiltered = await scene.page(kind, None, "first: 100")
    assert len(unfiltered["edges"]) == 9
    assert len(ids(await scene.page(kind, scene.viewer, "first: 100"))) == 4


@pytest.mark.parametrize("kind", LISTS)
async def test_an_empty_page_reports_rows_on_both_sides(scene: Scene, kind: str) -> None:
    await scene.create(4)
    full = await scene.page(kind, scene.owner, "first: 100")
    newest, second, *_, oldest = (edge["cursor"] for edge in full["edges"])
    for arguments, previous, following in (
        ("first: 0", False, True),
        ("last: 0", True, False),
        (f'first: 0, after: "{newest}"', True, True),
        (f'first: 0, after: "{oldest}"', True, False),
        (f'last: 0, before: "{oldest}"', True, True),
        (f'last: 0, before: "{newest}"', False, True),
        (f'first: 0, after: "{newest}", before: "{second}"', True, True),
        (f'last: 0, after: "{newest}", before: "{second}"', True, True),
    ):
        page = await scene.page(kind, scene.owner, arguments)
        assert page == {
            "edges": [],
            "pageInfo": {
                "hasNextPage": following,
                "hasPreviousPage": previous,
                "startCursor": None,
                "endCursor": None,
            },
        }, arguments


@pytest.mark.parametrize("kind", LISTS)
async def test_an_empty_page_of_an_empty_list(scene: Scene, kind: str) -> None:
    await scene.create(0)
    if kind in {"publicFeed", "homeFeed", "posts"}:
        await scene.database.write("DELETE FROM posts")
    for arguments in ("first: 0", "last: 0"):
        found = (await scene.page(kind, scene.owner, arguments))["pageInfo"]
        assert (found["hasNextPage"], found["hasPreviousPage"]) == (False, False), arguments


@pytest.mark.parametrize("kind", LISTS)
async def test_the_default_page_is_the_newest_twenty(scene: Scene, kind: str) -> None:
    await scene.create(22)
    twenty = await scene.page(kind, scene.owner, "first: 20")
    assert len(twenty["edges"]) == 20
    assert twenty["pageInfo"]["hasNextPage"]
    assert await scene.page(kind, scene.owner, "first: null, last: null") == twenty
    cursor = twenty["edges"][0]["cursor"]
    after = await scene.page(kind, scene.owner, f'after: "{cursor}"')
    assert ids(after)[:19] == ids(twenty)[1:]
    assert ids(await scene.page(kind, scene.owner, f'before: "{cursor}"')) == []


@pytest.mark.parametrize("event_cursor", ["", "eventCursor"])
@pytest.mark.parametrize("compiled", [True, False])
async def test_the_public_feed_says_the_same_without_a_viewer_as_to_a_stranger(
    scene: Scene, compiled: bool, event_cursor: str
) -> None:
    await scene.create(4)
    [stranger] = await create_users(scene.database, 1, first=500)
    post = "text visibility viewerHasLiked viewerHasShared likeCount author { username avatarUrl }"
    query = f"{{ publicFeed {{ {event_cursor} edges {{ cursor node {{ {post} }} }} }} }}"
    found: list[Any] = []
    for viewer in (None, stranger, scene.others[0]):
        context = Context(scene.services, viewer_id=viewer)
        result: Any = Executor(graphql_schema, enabled=compiled).execute(
            parsed(query), context=context
        )
        found.append(await result if isawaitable(result) else result)
    anonymous, to_stranger, to_fan = [(each.data, each.errors) for each in found]
    assert anonymous == to_stranger != to_fan
    assert "'visibility': 'PUBLIC', 'viewerHasLiked': False" in str(anonymous)
