"""Users and posts for tests, and invariants of the tables."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TypeVar

from core.accounts.statements import SQL as ACCOUNTS
from core.database.database import Database
from core.jobs.job_runner import JobRunner
from core.jobs.registry import JobKind
from feed.reactions import REACTIONS
from feed.services import post_create
from interactions.jobs import account_erase
from tests.paths import ROOT

T = TypeVar("T")

CREATE_USERS = """
INSERT INTO users (
    username, email, password, display_name, bio, avatar_url, is_active, is_staff, is_superuser
)
SELECT 'p' || n, 'p' || n || '@example.invalid', '!', 'P' || n, '', '', true, false, false
FROM generate_series($1::int, $1 + $2 - 1) n
RETURNING id
"""
WRONG_COUNT_OF_REACTION = """
SELECT '{0.target}s', id FROM {0.target}s t
WHERE {0.count} <> (SELECT count(*) FROM {0.table} WHERE {0.column} = t.id)
"""
WRONG_COUNTS = """
SELECT 'posts', id FROM posts p WHERE (quote_count, comment_count) <> (
    (SELECT count(*) FROM posts WHERE quoted_post_id = p.id),
    (SELECT count(*) FROM comments WHERE post_id = p.id AND deleted_at IS NULL)
)
UNION ALL
SELECT 'comments', id FROM comments c
WHERE reply_count <> (SELECT count(*) FROM comments WHERE parent_id = c.id)
UNION ALL
SELECT 'hashtags', id FROM hashtags h
WHERE post_count <> (SELECT count(*) FROM post_hashtags WHERE hashtag_id = h.id AND is_public)
"""
EMPTY_TOMBSTONES = """
SELECT id FROM comments c
WHERE deleted_at IS NOT NULL AND NOT EXISTS (SELECT FROM comments WHERE parent_id = c.id)
"""
DUE = "UPDATE jobs SET run_at = now() WHERE kind = $1 AND lease IS NULL AND failed_at IS NULL"
SOON_DUE = """
SELECT FROM jobs WHERE kind = $1 AND error = '' AND lease IS NULL AND run_at < now() + interval '0.2 s' LIMIT 1
"""
EVENTS = "SELECT kind, actor_id, post_id, subject_id, client_mutation_id FROM events ORDER BY id"


async def create_users(database: Database, count: int, first: int = 1) -> list[int]:
    """Creates users p1, p2, …; returns their keys."""
    return sorted(row[0] for row in await database.write(CREATE_USERS, first, count))


async def hide_account(database: Database, user_id: int) -> None:
    """Deletes an account as the admin does: hides it and leaves its data to the worker."""
    async with database.transaction() as transaction:
        await transaction.fetch(ACCOUNTS.users_lock, [user_id])
        await transaction.fetch(ACCOUNTS.account_hide, user_id, None)
        await transaction.fetch(ACCOUNTS.sessions_revoke, user_id, None)


async def account_closed(database: Database, user_id: int) -> None:
    """Deletes an account as its user does, who can restore it for a day."""
    async with database.transaction() as transaction:
        await transaction.fetch(ACCOUNTS.users_lock, [user_id])
        await transaction.fetch(ACCOUNTS.account_close, user_id, timedelta(days=1), None)


async def account_restored(database: Database, user_id: int) -> None:
    """Restores an account within its grace period."""
    async with database.transaction() as transaction:
        await transaction.fetch(ACCOUNTS.account_restore_lock, user_id)
        await transaction.fetch(ACCOUNTS.users_lock, [user_id])
        await transaction.fetch(ACCOUNTS.account_restore, user_id)


async def close_and_restore_account(database: Database, user_id: int) -> None:
    """Deletes an account as its user does, and restores it."""
    await account_closed(database, user_id)
    await account_restored(database, user_id)


async def delete_account(database: Database, user_id: int) -> None:
    """Deletes an account and erases its data."""
    await hide_account(database, user_id)
    await accounts_erase(database)


async def accounts_erase(database: Database) -> None:
    """Runs the jobs of deleted accounts until all are removed, or those that are left failed and wait."""
    await run_jobs(database, account_erase)


async def run_jobs(database: Database, kind: JobKind) -> None:
    """Runs the jobs of a kind, and those that they add, until none is due or those that are left failed and wait."""
    name = kind.name
    await database.write(DUE, name)
    runner = JobRunner(database, database, {name: kind})
    while await runner.start_due() or runner.runs or await database.fetch(SOON_DUE, name):  # noqa: ASYNC110
        await asyncio.sleep(0.002)


async def killed_workers(database: Database, count: int) -> AsyncIterator[None]:
    """Kills workers at random moments, one after the other. Yields after each; its leases have expired.

    `count` must be below `MAX_LOST`, at which a job is given up.
    """
    rng = random.Random(1)
    for _ in range(count):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "manage.py", "work"), cwd=ROOT, stdout=asyncio.subprocess.DEVNULL
        )
        await asyncio.sleep(0.8 + rng.random() * 0.6)
        process.kill()
        await process.wait()
        # As if 20 s had passed: the lease of the killed worker has expired.
        await database.write("UPDATE jobs SET run_at = now() WHERE lease IS NOT NULL")
        yield


async def create_posts(database: Database, author_id: int, count: int = 1) -> list[int]:
    """Creates posts without events; returns their keys."""
    created = [await post_create(database, author_id=author_id, text="x") for _ in range(count)]
    await database.write("DELETE FROM events")
    return [each.post.id for each in created if each.post is not None]


async def block(database: Database, blocker_id: int, blocked_id: int) -> None:
    """Blocks a user."""
    await database.write(
        "INSERT INTO blocks (blocker_id, blocked_id) VALUES ($1, $2)", blocker_id, blocked_id
    )


async def events(database: Database) -> list[tuple[object, ...]]:
    """The event log: kind, actor, post, subject, idempotency key."""
    return [tuple(row) for row in await database.fetch(EVENTS)]


def present(value: T | None) -> T:
    """The value, which must not be None."""
    assert value is not None
    return value


async def assert_counts_are_exact(database: Database) -> None:
    """Every stored count equals the number of rows, and every tombstone has replies."""
    of_reactions = [WRONG_COUNT_OF_REACTION.format(each) for each in REACTIONS if each.count]
    for wrong in (*of_reactions, WRONG_COUNTS, EMPTY_TOMBSTONES):
        assert [tuple(row) for row in await database.fetch(wrong)] == []
