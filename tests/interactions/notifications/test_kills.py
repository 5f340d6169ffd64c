"""A worker process that is killed amid a batch has written nothing of it; the next one writes each row once."""

from __future__ import annotations

import asyncio

import pytest

from core.context import Services
from core.database.database import Database
from interactions.notifications.statements import SQL
from tests.core.jobs.processes import start_worker
from tests.interactions.cast import create_posts, create_users
from tests.interactions.notifications.inboxes import held
from tests.interactions.reactions import post_like, post_unlike

SECONDS = 100.0
WAITING = """
SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND left(query, 50) = left($1, 50))
"""
EXPIRE_LEASES = "UPDATE event_consumers SET leased_until = now()"
IS_DONE = """
SELECT NOT EXISTS (
    SELECT FROM events e, event_consumers c
    WHERE c.name = 'notifications' AND (e.transaction, e.id) > (c.transaction, c.event)
)
"""
ROWS = "SELECT count(*) FROM notifications"


async def until(database: Database, statement: str, *arguments: object) -> None:
    async with asyncio.timeout(SECONDS):
        while not (await database.fetch(statement, *arguments))[0][0]:  # noqa: ASYNC110  # nothing notifies of it
            await asyncio.sleep(0.02)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("table", "statement"),
    [
        pytest.param("notification_inboxes", SQL.notification_inboxes_lock, id="before it writes"),
        pytest.param("events", SQL.notification_events_add, id="after it has written"),
    ],
)
async def test_a_worker_that_is_killed_amid_a_batch(
    database: Database, services: Services, table: str, statement: str
) -> None:
    """A lock holds the worker at the first statement that writes or locks rows of the table."""
    author, *fans = await create_users(database, 12)
    posts = await create_posts(database, author, 3)
    for post in posts:
        for fan in fans:
            await post_like(services.group_commits, viewer_id=fan, target_id=post)
    await post_unlike(services.group_commits, viewer_id=fans[0], target_id=posts[0])
    async with database.transaction() as transaction:
        await transaction.fetch("SET LOCAL idle_in_transaction_session_timeout = 0")
        await transaction.fetch(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
        killed = await start_worker(())
        try:
            await until(database, WAITING, statement)
        finally:
            await killed.kill()
    assert (await database.fetch(ROWS))[0][0] == 0
    await database.write(EXPIRE_LEASES)

    worker = await start_worker(())
    try:
        await worker.started()
        await until(database, IS_DONE)
    finally:
        await worker.kill()
    found = {each.thing: (each.actor_count, sorted(each.actors)) for each in await held(database)}
    assert found == {
        posts[0]: (10, sorted(fans[1:])),
        posts[1]: (11, sorted(fans)),
        posts[2]: (11, sorted(fans)),
    }
    assert (await database.fetch(ROWS))[0][0] == len(posts)
