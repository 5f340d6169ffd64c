"""Errors that do not depend on the statement, as of a full disk, are DatabaseUnavailable."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest

from core.database.database import Database, DatabaseUnavailable
from core.database.group_commit import GroupCommit

RAISE = """
CREATE FUNCTION refuse(code text) RETURNS int LANGUAGE plpgsql
AS $$ BEGIN RAISE 'refused' USING ERRCODE = code; END $$
"""
REFUSED = {
    "disk full": "53100",
    "out of memory": "53200",
    "too many connections": "53300",
    "input or output error": "58030",
    "read only": "25006",
    "cancelled by an administrator or a timeout": "57014",
    "shutting down": "57P01",
    "lock not available": "55P03",
    "deadlock": "40P01",
    "serialization failure": "40001",
}
WRITES_REFUSED = ("53100", "53200", "58030", "25006")


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Database]:
    await database.write(RAISE)
    opened = await Database(os.environ["DATABASE_URL"], size=1).open()
    yield opened
    await opened.close()
    await database.write("DROP FUNCTION refuse")


@pytest.mark.parametrize("code", REFUSED.values(), ids=REFUSED.keys())
async def test_each_kind_of_use_raises_database_unavailable(pool: Database, code: str) -> None:
    refuse = "SELECT refuse($1)"
    with pytest.raises(DatabaseUnavailable):
        await pool.fetch(refuse, code)
    with pytest.raises(DatabaseUnavailable):
        await pool.write(refuse, code)
    with pytest.raises(DatabaseUnavailable):
        async with pool.transaction() as transaction:
            await transaction.fetch(refuse, code)
    with pytest.raises(DatabaseUnavailable):
        await GroupCommit(pool, "SELECT 1, refuse(($1::text[])[1])").submit(code)
    assert await pool.accepts_writes() is (code not in WRITES_REFUSED)
    assert pool.unused_connections == 1


async def test_a_read_only_server_does_not_accept_writes(
    database: Database, pool: Database
) -> None:
    async with pool.connection() as connection:
        await connection.execute("SET default_transaction_read_only = on")
    assert not await pool.accepts_writes()
    with pytest.raises(DatabaseUnavailable):
        await pool.write("CREATE TABLE nothing ()")


async def test_each_session_has_timeouts(pool: Database) -> None:
    for name in ("idle_in_transaction_session_timeout", "statement_timeout", "lock_timeout"):
        [[limit]] = await pool.fetch("SELECT current_setting($1)", name)
        assert limit not in ("0", "")


async def test_statements_are_prepared_again_after_a_type_change(database: Database) -> None:
    alone = await Database(os.environ["DATABASE_URL"], size=1).open()
    await database.write("CREATE TYPE mood AS (a int)")
    await database.write("CREATE TABLE moods AS SELECT ROW(1)::mood AS mood")
    try:
        assert [tuple(mood) for [mood] in await alone.fetch("SELECT mood FROM moods")] == [(1,)]
        await database.write("ALTER TYPE mood ADD ATTRIBUTE b text CASCADE")
        for _ in range(2):
            [[mood]] = await alone.fetch("SELECT mood FROM moods")
            assert tuple(mood) == (1, None)
    finally:
        await alone.close()
        await database.write("DROP TABLE moods")
        await database.write("DROP TYPE mood")


async def test_a_write_whose_result_has_another_type_now_is_executed_once(
    database: Database,
) -> None:
    alone = await Database(os.environ["DATABASE_URL"], size=1).open()
    await database.write("CREATE TYPE mood AS (a int)")
    await database.write("CREATE TABLE moods AS SELECT ROW(1)::mood AS mood")
    write = "INSERT INTO moods SELECT mood FROM moods LIMIT 1 RETURNING mood"
    try:
        await alone.write(write)
        await database.write("ALTER TYPE mood ADD ATTRIBUTE b text CASCADE")
        # It is committed, but its rows can't be read.
        with pytest.raises(DatabaseUnavailable):
            await alone.write(write)
        assert await database.fetch("SELECT count(*) FROM moods") == [(3,)]
        assert [tuple(mood) for [mood] in await alone.write(write)] == [(1, None)]
    finally:
        await alone.close()
        await database.write("DROP TABLE moods")
        await database.write("DROP TYPE mood")
