"""Rows committed below keys that a client has read: pages towards newer rows neither lose nor repeat any."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from math import inf
from typing import Any

import asyncpg
import pytest
from hypothesis import settings

from core.context import Services
from core.database.list_positions import MAX_SEEN
from core.events.list_horizon import ListHorizon
from core.ids import global_id
from tests.feed.scene import EVENT, LISTS, Scene, ids
from tests.interactions.cast import create_users

WRITERS = 4


class Writer:
    """A connection that adds a row to a list in a transaction that stays open for a while."""

    def __init__(self, connection: Any, scene: Scene, kind: str) -> None:
        self._connection = connection
        self._scene = scene
        self._kind = kind
        self._open: tuple[Any, list[str]] | None = None

    def is_writing(self) -> bool:
        return self._open is not None

    async def begin(self) -> None:
        transaction = self._connection.transaction()
        await transaction.start()
        self._open = (transaction, [])

    async def add(self, new_user: int, *, with_event: bool) -> None:
        """Inserts a row of the list, by a user without rows in it."""
        assert self._open is not None
        if with_event:
            await self._connection.execute(EVENT)
        self._open[1].append(await self._insert(new_user))

    async def _insert(self, new_user: int) -> str:
        scene, insert = self._scene, self._connection.fetchval
        if self._kind == "followers":
            statement = "INSERT INTO follows (follower_id, followee_id) VALUES ($1, $2)"
            await insert(statement, new_user, scene.owner)
        elif self._kind == "following":
            statement = "INSERT INTO follows (follower_id, followee_id) VALUES ($1, $2)"
            await insert(statement, scene.viewer, new_user)
        elif self._kind == "comments":
            statement = (
                "INSERT INTO comments (author_id, post_id, text) VALUES ($1, $2, 'x') RETURNING id"
            )
            return global_id("Comment", await insert(statement, new_user, scene.post))
        elif self._kind in {"likers", "sharers"}:
            table = {"likers": "post_likes", "sharers": "shares"}[self._kind]
            statement = f"INSERT INTO {table} (user_id, post_id) VALUES ($1, $2)"  # noqa: S608  # one of two
            await insert(statement, new_user, scene.post)
        else:
            statement = "INSERT INTO posts (author_id, text) VALUES ($1, 'x') RETURNING id"
            return global_id("Post", await insert(statement, scene.owner))
        return global_id("User", new_user)

    async def end(self, *, commit: bool) -> list[str]:
        """Ends the transaction; returns the ids of the rows it committed."""
        assert self._open is not None
        transaction, added = self._open
        self._open = None
        if commit:
            await transaction.commit()
            return added
        await transaction.rollback()
        return []


@pytest.fixture(autouse=True, params=[0, inf], ids=["read for each page", "read once"])
def horizon(services: Services, request: pytest.FixtureRequest) -> None:
    """The rules hold with a fresh horizon and with one from before everything."""
    services.list_horizon = ListHorizon(services.database, seconds=request.param)


@pytest.fixture
async def connections(services: Services) -> AsyncIterator[list[Any]]:
    async with AsyncExitStack() as stack:
        opened = [
            await stack.enter_async_context(services.database.connection())
            for _ in range(WRITERS - 1)
        ]
        yield opened


async def newer(scene: Scene, kind: str, cursor: str, last: int = 100) -> Any:
    return await scene.page(kind, scene.owner, f'last: {last}, before: "{cursor}"')


class Reader:
    """Polls a list for newer rows, with pages of one size."""

    def __init__(self, scene: Scene, kind: str, last: int, page: Any) -> None:
        self._scene = scene
        self._kind = kind
        self._last = last
        self.cursor = page["edges"][0]["cursor"]
        self.read = ids(page)

    async def poll(self, committed: set[str]) -> bool:
        """Reads a page, which must hold only unread rows; returns whether it has any."""
        unread = committed - set(self.read)
        if self._kind == "homeFeed":
            query = f'{{ homeFeedUpdates(since: "{self.cursor}") {{ count }} }}'
            counted = await self._scene.data(query, self._scene.owner)
            assert counted["homeFeedUpdates"]["count"] == len(unread)
        page = await newer(self._scene, self._kind, self.cursor, self._last)
        assert len(page["edges"]) == min(self._last, len(unread))
        assert set(ids(page)) <= unread
        assert page["pageInfo"]["hasPreviousPage"] is (len(unread) > self._last)
        self.read += ids(page)
        self.cursor = page["pageInfo"]["startCursor"] or self.cursor
        return bool(page["edges"])


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("seed", range(settings().max_examples // 20))
async def test_polling_readers_receive_each_row_once_after_its_commit(
    services: Services, connections: list[Any], kind: str, seed: int
) -> None:
    rng = random.Random(seed)
    scene = Scene(services)
    await scene.create(6)
    new_users = await create_users(scene.database, 90, first=500)
    writers = [Writer(connection, scene, kind) for connection in connections]
    with_events = rng.choice((0.0, 0.5, 1.0))

    page = await scene.page(kind, scene.owner, "first: 100")
    committed = set(ids(page))
    readers = [Reader(scene, kind, last, page) for last in (1, 3, 100)]
    cursors: list[tuple[str, set[str]]] = []
    for _ in range(90):
        writer = rng.choice(writers)
        if not writer.is_writing():
            await writer.begin()
        if rng.random() < 0.6 and new_users:
            await writer.add(new_users.pop(), with_event=rng.random() < with_events)
        elif rng.random() < 0.6:
            committed |= set(await writer.end(commit=rng.random() < 0.8))
        if rng.random() < 0.3:
            await rng.choice(readers).poll(committed)
        if rng.random() < 0.2:
            # A cursor inside a page, with the rows from there on.
            page = await scene.page(kind, scene.owner, "first: 100")
            assert set(ids(page)) == committed
            place = rng.randrange(min(4, len(committed)))
            cursors.append((page["edges"][place]["cursor"], set(ids(page)[place:])))
    for writer in filter(Writer.is_writing, writers):
        committed |= set(await writer.end(commit=True))
    for reader in readers:
        while await reader.poll(committed):
            pass
        assert sorted(reader.read) == sorted(committed)
    for cursor, seen in cursors:
        assert set(ids(await newer(scene, kind, cursor))) == committed - seen


@pytest.mark.parametrize("late", [10, 40])
@pytest.mark.parametrize("falling", [True, False])
async def test_more_late_rows_than_a_cursor_can_hold(
    services: Services, late: int, falling: bool
) -> None:
    """Each is committed after the one before was read: late rows may repeat, no other row does, and none is lost."""
    scene = Scene(services)
    await scene.create(6)
    insert = "INSERT INTO posts (author_id, text) VALUES ($1, 'late') RETURNING id"
    async with AsyncExitStack() as stack:
        writers = []
        for _ in range(late):
            connection = await asyncpg.connect(os.environ["DATABASE_URL"])
            stack.push_async_callback(connection.close)
            transaction = connection.transaction()
            await transaction.start()
            key = await connection.fetchval(insert, scene.owner)
            writers.append((global_id("Post", key), transaction))
        above = [await services.database.write(insert, scene.owner) for _ in range(5)]
        page = await scene.page("publicFeed", scene.owner, "first: 100")
        committed = ids(page)
        assert len(committed) >= len(above)
        cursor, read = page["edges"][0]["cursor"], Counter(committed)
        order = writers[::-1] if falling else random.Random(late).sample(writers, late)
        for _, transaction in order:
            await transaction.commit()
            page = await newer(scene, "publicFeed", cursor, 1)
            read.update(ids(page))
            cursor = page["pageInfo"]["startCursor"] or cursor
        for _ in range(3 * late):
            page = await newer(scene, "publicFeed", cursor, 1)
            if not page["edges"]:
                break
            read.update(ids(page))
            cursor = page["pageInfo"]["startCursor"]
    late_ids = {key for key, _ in writers}
    assert set(read) == {*committed, *late_ids}
    assert page["edges"] == []
    repeated = {key for key, count in read.items() if count > 1}
    assert repeated <= late_ids
    if late < MAX_SEEN:
        assert not repeated


@pytest.mark.parametrize("kind", LISTS)
async def test_settled_rows_have_short_cursors(services: Services, kind: str) -> None:
    """A row that no open transaction can precede needs only its key in the cursor."""
    scene = Scene(services)
    await scene.create(3)
    await scene.settle()
    page = await scene.page(kind, scene.owner, "first: 100")
    assert {len(edge["cursor"]) for edge in page["edges"]} == {32}
    first, *others = page["edges"]
    arguments = f'first: 100, after: "{first["cursor"]}"'
    assert (await scene.page(kind, scene.owner, arguments))["edges"] == others


async def test_a_key_is_generated_after_its_transaction_id(services: Services) -> None:
    rows = await services.database.fetch("EXPLAIN (VERBOSE) SELECT time_ordered_key()")
    [output] = [line for (line,) in rows if "Output" in line]
    assert output.index("pg_current_xact_id()") < output.index("clock_timestamp()")
    assert output.index("THEN") < output.index("nextval")
