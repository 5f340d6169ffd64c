"""Group commit: each caller gets the outcome of its own row, also when other rows fail."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from core.database.database import Database, DatabaseUnavailable
from core.database.group_commit import GroupCommit, GroupCommits, Outcome, Overloaded
from tests.ran_statements import ran_statements

NOTE = """
WITH requested AS MATERIALIZED (
    SELECT * FROM unnest($1::text::bigint[], $2::text[]) WITH ORDINALITY AS t(id, word, n)
    WHERE word <> 'unanswered'
), made AS (
    INSERT INTO notes (id, word) SELECT id, word FROM requested ON CONFLICT DO NOTHING RETURNING id
)
SELECT n, id IN (SELECT id FROM made) AND n = min(n) OVER (PARTITION BY id) FROM requested
"""
BLOCKED = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%notes%'"


@pytest.fixture
async def notes(database: Database) -> AsyncIterator[Database]:
    """A database with a table `notes`."""
    await database.write(
        "CREATE TABLE notes (id bigint PRIMARY KEY, word text CHECK (word <> 'bad'))"
    )
    yield database
    await database.write("DROP TABLE notes")


@asynccontextmanager
async def blocked_writes(database: Database) -> AsyncIterator[None]:
    """Blocks writes to the table within the block."""
    async with database.connection() as connection, connection.transaction():
        await connection.execute("LOCK TABLE notes IN EXCLUSIVE MODE")
        yield


async def blocked_writer(database: Database) -> int:
    """The process id of the blocked writer, as soon as there is one."""
    async with asyncio.timeout(20):
        while (found := await database.fetch_row(BLOCKED)) is None:
            pass
    return int(found[0])


async def written(database: Database) -> list[int]:
    return [row[0] for row in await database.fetch("SELECT id FROM notes ORDER BY id")]


def submit(group_commit: GroupCommit, *keys: int, word: str = "x") -> list[asyncio.Task[Outcome]]:
    return [asyncio.create_task(group_commit.submit(key, word)) for key in keys]


async def outcomes(tasks: list[asyncio.Task[Outcome]]) -> list[object]:
    """The outcome of each caller: whether its row is new, None without a result, or its error."""
    results = await asyncio.gather(*tasks, return_exceptions=True)
    return [
        outcome if outcome is None or isinstance(outcome, BaseException) else outcome[1]
        for outcome in results
    ]


async def submit_behind_blocked(
    database: Database, group_commit: GroupCommit, first: int, *others: int
) -> list[asyncio.Task[Outcome]]:
    """A first row whose write is blocked, and others that wait for the next commit."""
    sent = submit(group_commit, first)
    await blocked_writer(database)
    waiting = submit(group_commit, *others)
    await asyncio.sleep(0)
    return sent + waiting


async def test_rows_that_arrive_during_a_commit_are_committed_by_the_next(notes: Database) -> None:
    group_commit = GroupCommit(notes, NOTE)
    with ran_statements() as statements:
        async with blocked_writes(notes):
            tasks = await submit_behind_blocked(notes, group_commit, 0, *range(1, 50))
        assert await outcomes(tasks) == [True] * 50
    assert statements.count(NOTE) == 2
    assert await written(notes) == list(range(50))


async def test_the_size_of_a_batch_is_bounded(notes: Database) -> None:
    group_commit = GroupCommit(notes, NOTE, rows_at_most=10)
    with ran_statements() as statements:
        await asyncio.gather(*submit(group_commit, *range(95)))
    assert len(statements) == 10
    assert await written(notes) == list(range(95))


async def test_a_repeated_row_in_a_batch_is_written_once(notes: Database) -> None:
    assert await outcomes(submit(GroupCommit(notes, NOTE), 7, 7, 8, 7)) == [
        True,
        False,
        True,
        False,
    ]


async def test_a_row_without_a_result_gives_none(notes: Database) -> None:
    group_commit = GroupCommit(notes, NOTE)
    tasks = submit(group_commit, 1, word="unanswered") + submit(group_commit, 2)
    assert await outcomes(tasks) == [None, True]


async def test_an_invalid_row_fails_alone(notes: Database) -> None:
    group_commit = GroupCommit(notes, NOTE)
    tasks = (
        submit(group_commit, 1, 2) + submit(group_commit, 3, word="bad") + submit(group_commit, 4)
    )
    one, two, bad, four = await outcomes(tasks)
    assert isinstance(bad, asyncpg.CheckViolationError)
    assert [one, two, four] == [True] * 3
    assert await written(notes) == [1, 2, 4]


async def test_a_value_that_no_column_accepts_fails_alone(notes: Database) -> None:
    one, huge, three = await outcomes(submit(GroupCommit(notes, NOTE), 1, 2**70, 3))
    assert isinstance(huge, TypeError)
    assert [one, three] == [True, True]
    assert await written(notes) == [1, 3]


async def test_the_row_of_a_caller_cancelled_before_it_is_sent_is_not_written(
    notes: Database,
) -> None:
    group_commit = GroupCommit(notes, NOTE)
    async with blocked_writes(notes):
        tasks = await submit_behind_blocked(notes, group_commit, 0, 1, 2, 3)
        tasks[2].cancel()
    results = await outcomes(tasks)
    assert isinstance(results.pop(2), asyncio.CancelledError)
    assert results == [True] * 3
    assert await written(notes) == [0, 1, 3]


async def test_a_cancelled_caller_does_not_affect_its_batch(notes: Database) -> None:
    group_commit = GroupCommit(notes, NOTE)
    async with blocked_writes(notes):
        tasks = submit(group_commit, 0, 1, 2)
        await blocked_writer(notes)
        tasks[0].cancel()
        behind = submit(group_commit, 3)
    results = await outcomes(tasks + behind)
    assert isinstance(results.pop(0), asyncio.CancelledError)
    assert results == [True] * 3


async def test_no_row_is_acknowledged_when_the_connection_breaks(notes: Database) -> None:
    group_commit = GroupCommit(notes, NOTE)
    async with blocked_writes(notes):
        tasks = submit(group_commit, 0, 1, 2)
        pid = await blocked_writer(notes)
        behind = submit(group_commit, 3, 4)
        await notes.fetch("SELECT pg_terminate_backend($1)", pid)
        assert [type(result) for result in await outcomes(tasks)] == [DatabaseUnavailable] * 3
    assert await outcomes(behind) == [True, True]
    assert await written(notes) == [3, 4]


async def test_too_many_waiting_rows_are_refused(notes: Database) -> None:
    group_commit = GroupCommit(notes, NOTE, waiting_at_most=3)
    async with blocked_writes(notes):
        tasks = await submit_behind_blocked(notes, group_commit, 0, 1, 2, 3)
        with pytest.raises(Overloaded):
            await group_commit.submit(4, "x")
    assert await outcomes(tasks) == [True] * 4
    assert await written(notes) == [0, 1, 2, 3]


async def test_waiting_behind_a_commit_that_does_not_end_is_bounded(notes: Database) -> None:
    group_commit = GroupCommit(notes, NOTE, wait_seconds=0.01)
    async with blocked_writes(notes):
        first, *others = await submit_behind_blocked(notes, group_commit, 0, 1, 2)
        assert [type(result) for result in await outcomes(others)] == [Overloaded] * 2
        with pytest.raises(Overloaded):
            await group_commit.submit(3, "x")
    await first
    await group_commit.submit(4, "x")
    assert await written(notes) == [0, 4]


async def test_closing_waits_for_submitted_rows(notes: Database) -> None:
    group_commits = GroupCommits(notes)
    tasks = [asyncio.create_task(group_commits.submit(NOTE, key, "x")) for key in range(5)]
    await asyncio.sleep(0)
    await group_commits.close()
    assert await written(notes) == list(range(5))
    assert await outcomes(tasks) == [True] * 5


async def test_a_cancelled_commit_cancels_its_callers(notes: Database) -> None:
    group_commit = GroupCommit(notes, NOTE)
    async with blocked_writes(notes):
        tasks = submit(group_commit, 0)
        await blocked_writer(notes)
        assert group_commit._commit is not None
        group_commit._commit.cancel()
        assert [type(result) for result in await outcomes(tasks)] == [asyncio.CancelledError]
    assert await outcomes(submit(group_commit, 1)) == [True]


@pytest.mark.parametrize("seed", range(20))
async def test_outcomes_equal_those_of_consecutive_writes(notes: Database, seed: int) -> None:
    chance = random.Random(seed)
    kinds = ["x", "x", "bad", "unanswered"]
    rows = [(chance.randrange(8), chance.choice(kinds)) for _ in range(30)]
    present: set[int] = set()
    expected: list[object] = []
    for key, word in rows:
        expected.append({"x": key not in present, "bad": "refused", "unanswered": None}[word])
        if word == "x":
            present.add(key)
    group_commit = GroupCommit(notes, NOTE, rows_at_most=chance.choice([1, 4, 100]))
    results = await outcomes([asyncio.create_task(group_commit.submit(*row)) for row in rows])
    assert [
        "refused" if isinstance(outcome, asyncpg.CheckViolationError) else outcome
        for outcome in results
    ] == expected
    assert await written(notes) == sorted(present)
