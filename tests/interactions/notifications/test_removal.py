"""Old notifications are removed, those of who has many too, and those of and by deleted accounts."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from core.context import Services
from core.database.database import Database
from core.database.time_ordered_keys import key_array
from core.jobs.registry import JobKind
from feed.services import post_delete
from interactions.notifications import jobs
from interactions.notifications.statements import SQL
from tests.interactions.cast import create_posts, create_users, delete_account, run_jobs
from tests.interactions.notifications.inboxes import Work, held
from tests.interactions.reactions import post_like
from tests.live.world import eventually

WAITING = (
    "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


async def run(database: Database, kind: JobKind) -> None:
    await database.write("INSERT INTO jobs (kind, arguments) VALUES ($1, '{}')", kind.name)
    await run_jobs(database, kind)
    await database.write("DELETE FROM jobs")


async def liked(database: Database, services: Services, count: int) -> tuple[int, int]:
    """The author of posts, and who likes each: notifications of likes, as many."""
    author, fan = await create_users(database, 2)
    work = Work(database)
    for post in await create_posts(database, author, count):
        await post_like(services.group_commits, viewer_id=fan, target_id=post)
        await work.do()
    return author, fan


async def test_old_notifications_are_removed(
    database: Database, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    await liked(database, services, 3)
    await run(database, jobs.expire_notifications)
    assert len(await held(database)) == 3
    monkeypatch.setattr(jobs, "ROWS_AT_ONCE", 2)
    monkeypatch.setattr(jobs, "RETENTION", -timedelta(hours=1))
    await run(database, jobs.expire_notifications)
    assert await held(database) == []


async def test_the_newest_of_many_are_kept(
    database: Database, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    await liked(database, services, 7)
    before = await held(database)
    monkeypatch.setattr(jobs, "KEPT_NOTIFICATIONS", 4)
    monkeypatch.setattr(jobs, "ROWS_AT_ONCE", 2)
    await run(database, jobs.trim_notifications)
    assert await held(database) == before
    await database.write("UPDATE notification_inboxes SET added = 200")
    await run(database, jobs.trim_notifications)
    assert await held(database) == before[:4]
    assert [
        tuple(row) for row in await database.fetch("SELECT added FROM notification_inboxes")
    ] == [(0,)]


@pytest.mark.parametrize("is_author", [True, False])
async def test_nothing_is_left_of_a_deleted_account(
    database: Database, services: Services, is_author: bool
) -> None:
    author, fan = await liked(database, services, 3)
    await database.write("INSERT INTO notification_settings (user_id, kind) VALUES ($1, 1)", author)
    await delete_account(database, author if is_author else fan)
    for table in ("notifications", "notification_actors"):
        assert await database.fetch(f"SELECT FROM {table}") == []  # fixed names
    left = await database.fetch("SELECT user_id FROM notification_inboxes")
    assert [row[0] for row in left] == ([] if is_author else [author])
    await Work(database).do()
    assert await held(database) == []


async def test_a_batch_with_deleted_posts_locks_inboxes_by_key(
    database: Database, services: Services
) -> None:
    lower, higher, fan = sorted(await create_users(database, 3))
    [kept], [deleted] = [await create_posts(database, author) for author in (lower, higher)]
    await post_like(services.group_commits, viewer_id=fan, target_id=kept)
    await post_like(services.group_commits, viewer_id=fan, target_id=deleted)
    work = Work(database)
    await work.do()
    assert {each.recipient for each in await held(database)} == {lower, higher}
    await post_delete(database, viewer_id=higher, post_id=deleted)
    await post_like(services.group_commits, viewer_id=higher, target_id=kept)
    async with database.transaction() as erasure:
        await erasure.fetch(SQL.notification_inboxes_lock, key_array([lower]))
        doing = asyncio.create_task(work.do())
        await eventually(lambda: database.fetch(WAITING))
        async with asyncio.timeout(20):  # PostgreSQL ends a deadlock after a second.
            await erasure.fetch(SQL.notification_inboxes_lock, key_array([higher]))
    await doing
    [left] = await held(database)
    assert (left.recipient, left.actor_count) == (lower, 2)
