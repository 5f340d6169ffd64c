"""Writes that commit together: each caller's own outcome, whatever befalls the others."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from core.database.database import Database, DatabaseUnavailable
from core.database.group_commit import GroupCommit, GroupCommits, Outcome, Overloaded

NOTE = """
WITH asked AS MATERIALIZED (
    SELECT * FROM unnest($1::text::bigint[], $2::text[]) WITH ORDINALITY AS t(id, word, n)
    WHERE word <> 'unanswered'
), made AS (
    INSERT INTO notes (id, word) SELECT id, word FROM asked ON CONFLICT DO NOTHING RETURNING id
)
SELECT n, id IN (SELECT id FROM made) AND n = min(n) OVER (PARTITION BY id) FROM asked
"""
BLOCKED = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%notes%'"


@pytest.fixture
async def notes(database: Database) -> AsyncIterator[Database]:
    """A database with a table to write into."""
    await database.write(
        "CREATE TABLE notes (id bigint PRIMARY KEY, word text CHECK (word <> 'bad'))"
    )
    yield database
    await database.write("DROP TABLE notes")


@asynccontextmanager
async def writes_held_up(database: Database) -> AsyncIterator[None]:
    """Nothing can be written into the table meanwhile."""
    async with database.connection() as connection, connection.transaction():
        await connection.execute("LOCK TABLE notes IN EXCLUSIVE MODE")
        yield


async def blocked_writer(database: Database) -> int:
    """Process of the writer that is held up, as soon as there is one."""
    async with asyncio.timeout(20):
        while (found := await database.fetch_row(BLOCKED)) is None:
            pass
    return int(found[0])


async def written(database: Database) -> list[int]:
    return [row[0] for row in await database.fetch("SELECT id FROM notes ORDER BY id")]


def submit(group_commit: GroupCommit, *keys: int, word: str = "x") -> list[asyncio.Task[Outcome]]:
    return [asyncio.create_task(group_commit.submit(key, word)) for key in keys]


async def outcomes(tasks: list[asyncio.Task[Outcome]]) -> list[object]:
    """What each caller is told: whether its row is new, None for no answer, or its error."""
    told = await asyncio.gather(*tasks, return_exceptions=True)
    return [
        outcome if outcome is None or isinstance(outcome, BaseException) else outcome[1]
        for outcome in told
    ]


async def held_up(
    database: Database, group_commit: GroupCommit, first: int, *others: int
) -> list[asyncio.Task[Outcome]]:
    """A first write on its way to the database, and others that wait behind it."""
    sent = submit(group_commit, first)
    await blocked_writer(database)
    waiting = submit(group_commit, *others)
    await asyncio.sleep(0)
    return sent + waiting


async def test_what_arrives_during_a_commit_is_committed_by_the_next(notes: Database) -> None:
    statements: list[str] = []
    group_commit = GroupCommit(notes, NOTE)
    async with writes_held_up(notes):
        tasks = await held_up(notes, group_commit, 0, *range(1, 50))
        notes.observer = statements.append
    assert await outcomes(tasks) == [True] * 50
    notes.observer = None
    assert statements == [NOTE]
    assert await written(notes) == list(range(50))


async def test_a_batch_has_a_greatest_size(notes: Database) -> None:
    statements: list[str] = []
    group_commit = GroupCommit(notes, NOTE, rows_at_most=10)
    notes.observer = statements.append
    await asyncio.gather(*submit(group_commit, *range(95)))
    notes.observer = None
    assert len(statements) == 10
    assert await written(notes) == list(range(95))


async def test_the_same_row_twice_in_a_batch(notes: Database) -> None:
    assert await outcomes(submit(GroupCommit(notes, NOTE), 7, 7, 8, 7)) == [
        True,
        False,
        True,
        False,
    ]


async def test_a_row_without_an_answer(notes: Database) -> None:
    group_commit = GroupCommit(notes, NOTE)
    tasks = submit(group_commit, 1, word="unanswered") + submit(group_commit, 2)
    assert await outcomes(tasks) == [None, True]


async def test_a_bad_row_fails_alone(notes: Database) -> None:
    group_commit = GroupCommit(notes, NOTE)
    tasks = (
        submit(group_commit, 1, 2) + submit(group_commit, 3, word="bad") + submit(group_commit, 4)
    )
    one, two, bad, four = await outcomes(tasks)
    assert isinstance(bad, asyncpg.CheckViolationError)
    assert [one, two, four] == [True] * 3
    assert await written(notes) == [1, 2, 4]


async def test_a_value_that_no_column_takes_fails_alone(notes: Database) -> None:
    one, huge, three = await outcomes(submit(GroupCommit(notes, NOTE), 1, 2**70, 3))
    assert isinstance(huge, asyncpg.DataError)
    assert [one, three] == [True, True]
    assert await written(notes) == [1, 3]


async def test_a_cancelled_caller_takes_back_what_was_not_sent(notes: Database) -> None:
    group_commit = GroupCommit(notes, NOTE)
    async with writes_held_up(notes):
        tasks = await held_up(notes, group_commit, 0, 1, 2, 3)
        tasks[2].cancel()
    told = await outcomes(tasks)
    assert isinstance(told.pop(2), asyncio.CancelledError)
    assert told == [True] * 3
    assert await written(notes) == [0, 1, 3]


async def test_a_cancelled_caller_does_not_hurt_those_in_its_batch(notes: Database) -> None:
    group_commit = GroupCommit(notes, NOTE)
    async with writes_held_up(notes):
        tasks = submit(group_commit, 0, 1, 2)
        await blocked_writer(notes)
        tasks[0].cancel()
        behind = submit(group_commit, 3)
    told = await outcomes(tasks + behind)
    assert isinstance(told.pop(0), asyncio.CancelledError)
    assert told == [True] * 3


async def test_nobody_is_told_yes_when_the_connection_dies(notes: Database) -> None:
    group_commit = GroupCommit(notes, NOTE)
    async with writes_held_up(notes):
        tasks = submit(group_commit, 0, 1, 2)
        pid = await blocked_writer(notes)
        behind = submit(group_commit, 3, 4)
        await notes.fetch("SELECT pg_terminate_backend($1)", pid)
        assert [type(told) for told in await outcomes(tasks)] == [DatabaseUnavailable] * 3
    assert await outcomes(behind) == [True, True]
    assert await written(notes) == [3, 4]


async def test_too_many_waiting_are_turned_away(notes: Database) -> None:
    group_commit = GroupCommit(notes, NOTE, waiting_at_most=3)
    async with writes_held_up(notes):
        tasks = await held_up(notes, group_commit, 0, 1, 2, 3)
        with pytest.raises(Overloaded):
            await group_commit.submit(4, "x")
    assert await outcomes(tasks) == [True] * 4
    assert await written(notes) == [0, 1, 2, 3]


async def test_nobody_waits_for_long_behind_a_commit_that_does_not_end(notes: Database) -> None:
    group_commit = GroupCommit(notes, NOTE, wait_seconds=0.01)
    async with writes_held_up(notes):
        first, *others = await held_up(notes, group_commit, 0, 1, 2)
        assert [type(told) for told in await outcomes(others)] == [Overloaded] * 2
        with pytest.raises(Overloaded):
            await group_commit.submit(3, "x")
    await first
    await group_commit.submit(4, "x")
    assert await written(notes) == [0, 4]


async def test_closing_waits_for_what_was_submitted(notes: Database) -> None:
    group_commits = GroupCommits(notes)
    tasks = [asyncio.create_task(group_commits.submit(NOTE, key, "x")) for key in range(5)]
    await asyncio.sleep(0)
    await group_commits.close()
    assert await written(notes) == list(range(5))
    assert await outcomes(tasks) == [True] * 5


async def test_a_server_that_ends_leaves_nobody_waiting(notes: Database) -> None:
    group_commit = GroupCommit(notes, NOTE)
    async with writes_held_up(notes):
        tasks = submit(group_commit, 0)
        await blocked_writer(notes)
        assert group_commit._commit is not None
        group_commit._commit.cancel()
        assert [type(told) for told in await outcomes(tasks)] == [asyncio.CancelledError]
    assert await outcomes(submit(group_commit, 1)) == [True]


@pytest.mark.parametrize("seed", range(20))
async def test_outcomes_are_those_of_one_write_after_the_other(notes: Database, seed: int) -> None:
    chance = random.Random(seed)
    kinds = ["x", "x", "bad", "unanswered"]
    rows = [(chance.randrange(8), chance.choice(kinds)) for _ in range(30)]
    held: set[int] = set()
    expected: list[object] = []
    for key, word in rows:
        expected.append({"x": key not in held, "bad": "refused", "unanswered": None}[word])
        if word == "x":
            held.add(key)
    group_commit = GroupCommit(notes, NOTE, rows_at_most=chance.choice([1, 4, 100]))
    told = await outcomes([asyncio.create_task(group_commit.submit(*row)) for row in rows])
    assert [
        "refused" if isinstance(outcome, asyncpg.CheckViolationError) else outcome
        for outcome in told
    ] == expected
    assert await written(notes) == sorted(held)
