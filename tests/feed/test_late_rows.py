"""Rows that appear below keys that were read before: pages towards newer rows miss none and repeat none."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import asyncpg
import pytest

from core.context import Services
from core.database.list_places import SEEN_AT_MOST
from core.ids import global_id
from tests.feed.scene import LISTS, Scene, ids
from tests.interactions.cast import people

WRITERS = 4
EVENT = "INSERT INTO events (kind, actor_id) VALUES ('user_muted', 1)"


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

    async def add(self, newcomer: int, *, with_event: bool) -> None:
        """A row of the list by somebody who has done nothing yet."""
        assert self._open is not None
        if with_event:
            await self._connection.execute(EVENT)
        self._open[1].append(await self._insert(newcomer))

    async def _insert(self, newcomer: int) -> str:
        scene, insert = self._scene, self._connection.fetchval
        if self._kind == "followers":
            statement = "INSERT INTO follows (follower_id, followee_id) VALUES ($1, $2)"
            await insert(statement, newcomer, scene.owner)
        elif self._kind == "following":
            statement = "INSERT INTO follows (follower_id, followee_id) VALUES ($1, $2)"
            await insert(statement, scene.viewer, newcomer)
        elif self._kind == "comments":
            statement = (
                "INSERT INTO comments (author_id, post_id, text) VALUES ($1, $2, 'x') RETURNING id"
            )
            return global_id("Comment", await insert(statement, newcomer, scene.post))
        elif self._kind in {"likers", "sharers"}:
            table = {"likers": "post_likes", "sharers": "shares"}[self._kind]
            statement = f"INSERT INTO {table} (user_id, post_id) VALUES ($1, $2)"  # noqa: S608  # one of two
            await insert(statement, newcomer, scene.post)
        else:
            statement = "INSERT INTO posts (author_id, text) VALUES ($1, 'x') RETURNING id"
            return global_id("Post", await insert(statement, scene.owner))
        return global_id("User", newcomer)

    async def end(self, *, commit: bool) -> list[str]:
        """The rows that are there now."""
        assert self._open is not None
        transaction, added = self._open
        self._open = None
        if commit:
            await transaction.commit()
            return added
        await transaction.rollback()
        return []


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
    """Somebody who polls a list for what is newer, with pages of one size."""

    def __init__(self, scene: Scene, kind: str, last: int, page: Any) -> None:
        self._scene = scene
        self._kind = kind
        self._last = last
        self.cursor = page["edges"][0]["cursor"]
        self.met = ids(page)

    async def poll(self, there: set[str]) -> bool:
        """Reads a page; whether there were rows. All that is there and was not met is due."""
        due = there - set(self.met)
        if self._kind == "homeFeed":
            query = f'{{ homeFeedUpdates(since: "{self.cursor}") {{ count }} }}'
            counted = await self._scene.ask(query, self._scene.owner)
            assert counted["homeFeedUpdates"]["count"] == len(due)
        page = await newer(self._scene, self._kind, self.cursor, self._last)
        assert len(page["edges"]) == min(self._last, len(due))
        assert set(ids(page)) <= due
        assert page["pageInfo"]["hasPreviousPage"] is (len(due) > self._last)
        self.met += ids(page)
        self.cursor = page["pageInfo"]["startCursor"] or self.cursor
        return bool(page["edges"])


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("seed", range(4))
async def test_who_reads_on_is_given_each_row_once_and_at_once(
    services: Services, connections: list[Any], kind: str, seed: int
) -> None:
    chance = random.Random(seed)
    scene = Scene(services)
    await scene.set(6)
    newcomers = await people(scene.database, 90, first=500)
    writers = [Writer(connection, scene, kind) for connection in connections]
    with_events = chance.choice((0.0, 0.5, 1.0))

    page = await scene.page(kind, scene.owner, "first: 100")
    there = set(ids(page))
    readers = [Reader(scene, kind, last, page) for last in (1, 3, 100)]
    held: list[tuple[str, set[str]]] = []
    for _ in range(90):
        writer = chance.choice(writers)
        if not writer.is_writing():
            await writer.begin()
        if chance.random() < 0.6 and newcomers:
            await writer.add(newcomers.pop(), with_event=chance.random() < with_events)
        elif chance.random() < 0.6:
            there |= set(await writer.end(commit=chance.random() < 0.8))
        if chance.random() < 0.3:
            await chance.choice(readers).poll(there)
        if chance.random() < 0.2:
            # What was seen at an edge of a page.
            page = await scene.page(kind, scene.owner, "first: 100")
            assert set(ids(page)) == there
            place = chance.randrange(min(4, len(there)))
            held.append((page["edges"][place]["cursor"], set(ids(page)[place:])))
    for writer in filter(Writer.is_writing, writers):
        there |= set(await writer.end(commit=True))
    for reader in readers:
        while await reader.poll(there):
            pass
        assert sorted(reader.met) == sorted(there)
    for cursor, seen in held:
        assert set(ids(await newer(scene, kind, cursor))) == there - seen


@pytest.mark.parametrize("late", [10, 40])
@pytest.mark.parametrize("falling", [True, False])
async def test_more_late_rows_than_a_cursor_has_room_for(
    services: Services, late: int, falling: bool
) -> None:
    """Each is committed when the one before has been read: some may come again, no other row does, and none is lost."""
    scene = Scene(services)
    await scene.set(6)
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
        there = ids(page)
        assert len(there) >= len(above)
        cursor, met = page["edges"][0]["cursor"], Counter(there)
        order = writers[::-1] if falling else random.Random(late).sample(writers, late)
        for _, transaction in order:
            await transaction.commit()
            page = await newer(scene, "publicFeed", cursor, 1)
            met.update(ids(page))
            cursor = page["pageInfo"]["startCursor"] or cursor
        for _ in range(3 * late):
            page = await newer(scene, "publicFeed", cursor, 1)
            if not page["edges"]:
                break
            met.update(ids(page))
            cursor = page["pageInfo"]["startCursor"]
    lates = {key for key, _ in writers}
    assert set(met) == {*there, *lates}
    assert page["edges"] == []
    again = {key for key, times in met.items() if times > 1}
    assert again <= lates
    if late < SEEN_AT_MOST:
        assert not again


@pytest.mark.parametrize("kind", LISTS)
async def test_settled_rows_have_short_cursors(services: Services, kind: str) -> None:
    """What no running transaction can come before needs no more than its key."""
    scene = Scene(services)
    await scene.set(3)
    await services.database.fetch("SELECT pg_sleep(0.002)")  # The event is a later millisecond's.
    await services.database.write(EVENT)
    page = await scene.page(kind, scene.owner, "first: 100")
    assert {len(edge["cursor"]) for edge in page["edges"]} == {24}


async def test_a_key_is_made_after_the_number_of_its_transaction(services: Services) -> None:
    rows = await services.database.fetch("EXPLAIN (VERBOSE) SELECT time_ordered_key()")
    [output] = [line for (line,) in rows if "Output" in line]
    assert output.index("pg_current_xact_id()") < output.index("clock_timestamp()")
    assert output.index("THEN") < output.index("nextval")
