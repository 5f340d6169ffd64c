"""Walks over whole lists while they change."""

from __future__ import annotations

import random

import pytest

from core.context import Services
from core.ids import global_id
from tests.feed.scene import LISTS, Scene, ids
from tests.interactions.cast import block, people


@pytest.fixture
def scene(services: Services) -> Scene:
    return Scene(services)


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
@pytest.mark.parametrize("seed", range(2))
async def test_a_walk_either_way_while_rows_come_and_go(scene: Scene, kind: str, seed: int) -> None:
    """Who was there all along is met once, in order, and nobody twice."""
    chance = random.Random(seed)
    await scene.set(20)
    there = ids(await scene.page(kind, scene.owner, "first: 100"))
    newcomers = await people(scene.database, 20, first=500)
    newer = chance.choice([True, False])
    arguments = "last: 3" if newer else "first: 3"
    met: list[str] = []
    gone: set[str] = set()
    kept = global_id("Post", scene.post)  # The other lists hang on it.
    while True:
        page = await scene.page(kind, scene.owner, arguments)
        info = page["pageInfo"]
        met = [*ids(page), *met] if newer else [*met, *ids(page)]
        if not info["hasPreviousPage" if newer else "hasNextPage"]:
            break
        assert len(page["edges"]) == 3
        arguments = (
            f'last: 3, before: "{info["startCursor"]}"'
            if newer
            else f'first: 3, after: "{info["endCursor"]}"'
        )
        for _ in range(chance.randrange(3)):
            # The row at the cursor is as good as any.
            row = chance.choice([*there, ids(page)[-1], ids(page)[0]])
            if row not in {*gone, kept}:
                await scene.shrink(kind, row)
                gone.add(row)
        if newcomers and chance.random() < 0.6:
            await scene.grow(newcomers.pop())
    assert len(met) == len(set(met))
    stayed = [row for row in there if row not in gone]
    assert [row for row in met if row in set(stayed)] == stayed
    assert not info["hasPreviousPage"] if newer else not info["hasNextPage"]


@pytest.mark.parametrize("kind", LISTS)
async def test_deleting_the_row_at_the_cursor_is_harmless(scene: Scene, kind: str) -> None:
    await scene.set(6)
    whole = await scene.page(kind, scene.owner, "first: 100")
    cursor = whole["edges"][1]["cursor"]
    await scene.shrink(kind, ids(whole)[1])
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


@pytest.mark.parametrize("kind", LISTS)
async def test_a_page_of_none_says_what_lies_around_it(scene: Scene, kind: str) -> None:
    await scene.set(4)
    whole = await scene.page(kind, scene.owner, "first: 100")
    newest, second, *_, oldest = (edge["cursor"] for edge in whole["edges"])
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
async def test_a_page_of_none_of_an_empty_list(scene: Scene, kind: str) -> None:
    await scene.set(0)
    if kind in {"publicFeed", "homeFeed", "posts"}:
        await scene.database.write("DELETE FROM posts")
    for arguments in ("first: 0", "last: 0"):
        found = (await scene.page(kind, scene.owner, arguments))["pageInfo"]
        assert (found["hasNextPage"], found["hasPreviousPage"]) == (False, False), arguments


@pytest.mark.parametrize("kind", LISTS)
async def test_without_a_size_a_page_has_the_newest_twenty(scene: Scene, kind: str) -> None:
    await scene.set(22)
    twenty = await scene.page(kind, scene.owner, "first: 20")
    assert len(twenty["edges"]) == 20
    assert twenty["pageInfo"]["hasNextPage"]
    assert await scene.page(kind, scene.owner, "first: null, last: null") == twenty
    cursor = twenty["edges"][0]["cursor"]
    after = await scene.page(kind, scene.owner, f'after: "{cursor}"')
    assert ids(after)[:19] == ids(twenty)[1:]
    assert ids(await scene.page(kind, scene.owner, f'before: "{cursor}"')) == []
