"""Tests of what notes the statements of tests."""

from __future__ import annotations

from contextlib import ExitStack

from core.database import database as module
from core.database.database import Database
from tests.ran_statements import ran_statements


async def test_blocks_may_end_in_the_order_in_which_they_began(database: Database) -> None:
    before = vars(module)["statement_ended"]
    first, second = ExitStack(), ExitStack()
    ran = first.enter_context(ran_statements())
    ran_as_well = second.enter_context(ran_statements())
    await database.fetch("SELECT 1")
    first.close()
    await database.fetch("SELECT 2")
    second.close()
    await database.fetch("SELECT 3")
    assert (ran, ran_as_well) == (["SELECT 1"], ["SELECT 1", "SELECT 2"])
    assert vars(module)["statement_ended"] is before
