"""Joint reads: each caller gets the rows of its own call, however many calls one statement answers."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest

from core.database.database import Database, DatabaseUnavailable
from core.database.joint_reads import CALLS_AT_MOST
from core.database.statement_metrics import statement_name
from core.database.statements import SHARED_FRAGMENTS, Variants, load_statements
from tests.core.database.interruption import cancelling_tasks
from tests.ran_statements import ran_statements

COUNTDOWN = """
-- Numbers from one down to 10 / divisor, or fewer. $1 divisor, $2 a word, $3 how many at most, or NULL. {direction}
-- joint: bigint, text, bigint
SELECT n, $2::text FROM generate_series(1, 10 / $1) n ORDER BY n {direction} LIMIT $3
"""
SLOW = """
-- The number, after some seconds. $1 number, $2 seconds.
-- joint: bigint, bigint
SELECT $1::bigint FROM pg_sleep($2)
"""
RUNNING = """
SELECT count(*) FROM pg_stat_activity
WHERE state = 'active' AND query LIKE '%FROM pg_sleep(%' AND pid <> pg_backend_pid()
"""


@pytest.fixture(scope="module")
def statements(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Variants]:
    folder = tmp_path_factory.mktemp("sql")
    (folder / "countdown.sql").write_text(COUNTDOWN)
    (folder / "slow.sql").write_text(SLOW)
    return dict(load_statements(folder, SHARED_FRAGMENTS))


@pytest.fixture
def countdown(statements: dict[str, Variants]) -> Variants:
    return statements["countdown"]


@pytest.fixture
def seen() -> Iterator[list[str]]:
    """The statements that run."""
    with ran_statements() as seen:
        yield seen


def names(statements: list[str]) -> list[str]:
    return list(map(statement_name, statements))


async def together(
    database: Database, variants: Variants, *calls: tuple[object, ...], variant: str = ""
) -> list[Any]:
    """The rows of calls that begin at the same moment, or their errors."""
    reads = (database.fetch_jointly(variants, variant, *call) for call in calls)
    answers = await asyncio.gather(*reads, return_exceptions=True)
    return [
        answer if isinstance(answer, BaseException) else [(row[0], row[1]) for row in answer]
        for answer in answers
    ]


async def test_each_call_gets_its_own_rows_in_their_order(
    database: Database, countdown: Variants, seen: list[str]
) -> None:
    calls = (5, "a", None), (20, "none", 3), (2, "b", 3)
    assert await together(database, countdown, *calls) == [
        [(2, "a"), (1, "a")],
        [],
        [(5, "b"), (4, "b"), (3, "b")],
    ]
    assert names(seen) == ["countdown:joint"]
    oldest_first = await together(database, countdown, *calls, variant=":oldest_first")
    assert oldest_first[2] == [(1, "b"), (2, "b"), (3, "b")]
    assert names(seen[1:]) == ["countdown:oldest_first:joint"]


async def test_a_call_by_itself_is_the_plain_statement(
    database: Database, countdown: Variants, seen: list[str]
) -> None:
    for _ in range(2):
        assert await together(database, countdown, (5, "a", 1)) == [[(2, "a")]]
    assert names(seen) == ["countdown", "countdown"]


async def test_equal_calls_are_one_whose_callers_have_lists_of_their_own(
    database: Database, countdown: Variants, seen: list[str]
) -> None:
    one, other = await asyncio.gather(
        *(database.fetch_jointly(countdown, "", 5, "a", 1) for _ in range(2))
    )
    assert one == other
    assert one is not other
    assert names(seen) == ["countdown"]


async def test_a_joint_read_has_a_bounded_number_of_calls(
    database: Database, countdown: Variants, seen: list[str]
) -> None:
    calls = [(1, str(number), 1) for number in range(2 * CALLS_AT_MOST + 1)]
    assert await together(database, countdown, *calls) == [[(10, call[1])] for call in calls]
    assert sorted(names(seen)) == ["countdown", "countdown:joint", "countdown:joint"]


@pytest.mark.parametrize(
    ("divisor", "expected"),
    [(0, asyncpg.DivisionByZeroError), (2**70, asyncpg.DataError)],
    ids=["refused by PostgreSQL", "refused by the driver"],
)
async def test_an_invalid_call_fails_alone(
    database: Database, countdown: Variants, divisor: int, expected: type[Exception]
) -> None:
    calls = (5, "a", 1), (divisor, "b", 1), (10, "c", 1)
    a, b, c = await together(database, countdown, *calls)
    assert (a, c) == ([(2, "a")], [(1, "c")])
    assert isinstance(b, expected)


async def test_all_calls_fail_while_postgresql_is_away(countdown: Variants) -> None:
    away = Database("postgresql://nobody@127.0.0.1:1/nothing", size=1)
    answers = await together(away, countdown, (5, "a", 1), (10, "b", 1))
    assert [type(answer) for answer in answers] == [DatabaseUnavailable] * 2


async def running(database: Database, expected: int) -> None:
    """Waits until so many statements of SLOW run."""
    async with asyncio.timeout(20):
        while (await database.fetch(RUNNING))[0][0] != expected:
            pass


async def test_a_cancelled_caller_leaves_the_others_their_rows(
    database: Database, statements: dict[str, Variants]
) -> None:
    one, other = (
        asyncio.ensure_future(database.fetch_jointly(statements["slow"], "", number, 0))
        for number in (1, 2)
    )
    await asyncio.sleep(0)
    one.cancel()
    assert [tuple(row) for row in await other] == [(2,)]
    assert one.cancelled()


async def test_a_read_without_callers_is_cancelled(
    database: Database, statements: dict[str, Variants]
) -> None:
    pool = Database(os.environ["DATABASE_URL"], size=1)
    callers = [
        asyncio.ensure_future(pool.fetch_jointly(statements["slow"], "", number, 600))
        for number in (1, 1, 2)
    ]
    await running(database, 1)
    for caller in callers[:2]:
        caller.cancel()
    await asyncio.wait(callers[:2])
    await running(database, 1)
    callers[2].cancel()
    await running(database, 0)
    await pool.fetch("SELECT")
    assert pool.unused_connections == 1
    await pool.close()


@pytest.mark.parametrize("calls", [1, 2])
async def test_a_read_that_is_cancelled_at_any_await_leaves_nobody_waiting(
    statements: dict[str, Variants], calls: int
) -> None:
    pool = await Database(os.environ["DATABASE_URL"], size=1).open()
    nth, reached = 0, True
    while reached:
        nth += 1
        with cancelling_tasks("JointReads._run", nth) as found:
            async with asyncio.timeout(20):
                answers = await asyncio.gather(
                    *(
                        pool.fetch_jointly(statements["slow"], "", number, 0)
                        for number in range(calls)
                    ),
                    return_exceptions=True,
                )
        [interrupted] = found
        reached = interrupted.reached
        if not reached:
            rows = [row[0] for answer in answers if isinstance(answer, list) for row in answer]
            assert rows == list(range(calls))
        assert await pool.fetch("SELECT") == [()]
        assert pool.unused_connections == 1
    assert nth > 1
    await pool.close()
