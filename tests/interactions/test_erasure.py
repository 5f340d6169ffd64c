"""A deleted account is erased in small transactions that each keep all invariants, even if workers are killed."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest
from django.db import IntegrityError, connection

from core.accounts.models import User
from core.accounts.moderation import user_delete
from core.accounts.services import block_create, follow_create, mute_create
from core.context import Services
from core.database.database import Database
from core.database.group_commit import GroupCommits
from core.errors import MutationRefused
from core.jobs.job_runner import MAX_LOST
from interactions import erasure
from interactions.erasure import account_rows_erase
from interactions.services import comment_create
from tests.interactions.cast import (
    accounts_erase,
    assert_counts_are_exact,
    create_posts,
    create_users,
    events,
    hide_account,
    killed_workers,
)
from tests.interactions.reactions import comment_like, post_like, post_share

USERS_COUNTS = """
SELECT id FROM users u WHERE (post_count, follower_count, following_count) <> (
    (SELECT count(*) FROM posts WHERE author_id = u.id),
    (SELECT count(*) FROM follows WHERE followee_id = u.id),
    (SELECT count(*) FROM follows WHERE follower_id = u.id)
)
"""
LEFT = """
SELECT count(*) FROM (
    SELECT id FROM users WHERE id = $1
    UNION ALL SELECT user_id FROM account_deletions WHERE user_id = $1
    UNION ALL SELECT user_id FROM sessions WHERE user_id = $1
    UNION ALL SELECT author_id FROM posts WHERE author_id = $1
    UNION ALL SELECT author_id FROM comments WHERE author_id = $1
    UNION ALL SELECT user_id FROM post_likes WHERE user_id = $1
    UNION ALL SELECT user_id FROM comment_likes WHERE user_id = $1
    UNION ALL SELECT user_id FROM shares WHERE user_id = $1
    UNION ALL SELECT follower_id FROM follows WHERE $1 IN (follower_id, followee_id)
    UNION ALL SELECT blocker_id FROM blocks WHERE $1 IN (blocker_id, blocked_id)
    UNION ALL SELECT muter_id FROM mutes WHERE $1 IN (muter_id, muted_id)
) rows
"""


@pytest.fixture
async def group_commits(services: Services) -> Any:
    yield services.group_commits
    await services.group_commits.close()


async def erase_step(database: Database) -> bool | None:
    """One transaction of a removal. Whether it was the last; None if there is no deleted account."""
    rows = await database.fetch("SELECT user_id FROM account_deletions LIMIT 1")
    if not rows:
        return None
    async with database.transaction() as transaction:
        return await account_rows_erase(transaction, rows[0][0])


async def assert_all_counts_are_exact(database: Database) -> None:
    await assert_counts_are_exact(database)
    assert [tuple(row) for row in await database.fetch(USERS_COUNTS)] == []


async def active_user(database: Database, group_commits: GroupCommits) -> tuple[int, list[int]]:
    """A user and others who have written, liked, shared, followed, blocked and muted each other."""
    user, *others = await create_users(database, 6)
    own_posts = await create_posts(database, user, 5)
    other_posts = [post for other in others for post in await create_posts(database, other, 3)]
    for post in [*own_posts, *other_posts]:
        writers = [user, *others]
        random.Random(post).shuffle(writers)
        comments: list[int] = []
        for writer in writers:
            parent = random.Random(post + writer).choice([None, *comments])
            created = await comment_create(
                database, author_id=writer, post_id=post, text="so", parent_id=parent
            )
            assert created.comment is not None
            comments.append(created.comment.id)
            await post_like(group_commits, viewer_id=writer, target_id=post)
            await post_share(group_commits, viewer_id=writer, target_id=post)
            for comment in comments:
                await comment_like(group_commits, viewer_id=writer, target_id=comment)
    for other in others[:3]:
        await follow_create(group_commits, viewer_id=other, user_id=user)
        await follow_create(group_commits, viewer_id=user, user_id=other)
    await block_create(GroupCommits(database), viewer_id=user, user_id=others[3])
    await block_create(GroupCommits(database), viewer_id=others[4], user_id=user)
    await mute_create(GroupCommits(database), viewer_id=others[0], user_id=user)
    await mute_create(GroupCommits(database), viewer_id=user, user_id=others[0])
    return user, others


@pytest.fixture(params=[1, 3, 200])
def batch_size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many rows a transaction removes."""
    for name in ("ROWS_PER_BATCH", "COMMENTS_PER_BATCH"):
        monkeypatch.setattr(erasure, name, request.param)


@pytest.mark.usefixtures("batch_size")
async def test_nothing_is_left_and_counts_are_exact_after_each_transaction(
    database: Database, group_commits: GroupCommits
) -> None:
    user, others = await active_user(database, group_commits)
    await hide_account(database, user)
    await database.write("DELETE FROM events")
    steps = 0
    while await erase_step(database) is not None:
        steps += 1
        await assert_all_counts_are_exact(database)
    assert steps > 5
    assert [row[0] for row in await database.fetch(LEFT, user)] == [0]
    found = await events(database)
    assert len(found) == len(set(found))
    kinds = [kind for kind, *_ in found]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "post_deleted": 5,
        "post_unliked": 15,
        "post_unshared": 15 + 30,  # by the user, and of the user's posts
        "comment_deleted": 15,
        "comment_unliked": kinds.count("comment_unliked"),
        "user_unfollowed": 6,
    }
    assert [row[0] for row in await database.fetch("SELECT username FROM former_usernames")] == [
        "p1"
    ]
    # The other users remain.
    assert len(await database.fetch("SELECT FROM users")) == len(others)


async def test_erasure_completes_after_workers_are_killed(
    database: Database, group_commits: GroupCommits
) -> None:
    user, _ = await active_user(database, group_commits)
    await hide_account(database, user)
    async for _ in killed_workers(database, MAX_LOST - 1):
        await assert_all_counts_are_exact(database)
    await accounts_erase(database)
    assert [row[0] for row in await database.fetch(LEFT, user)] == [0]
    await assert_all_counts_are_exact(database)
    # A notification that grows has a further event.
    found = [event for event in await events(database) if event[0] != "notification_added"]
    assert len(found) == len(set(found))


async def test_two_workers_share_the_work(database: Database, group_commits: GroupCommits) -> None:
    user, others = await active_user(database, group_commits)
    for each in (user, *others[:2]):
        await hide_account(database, each)
    await asyncio.gather(accounts_erase(database), accounts_erase(database))
    while await database.fetch("SELECT FROM account_deletions"):
        await accounts_erase(database)
    assert await database.fetch("SELECT FROM jobs WHERE kind = 'account_erase'") == []
    assert len(await database.fetch("SELECT FROM users")) == 3
    await assert_all_counts_are_exact(database)


async def test_rows_written_during_the_deletion_are_removed(database: Database) -> None:
    user, other = await create_users(database, 2)
    (post,) = await create_posts(database, other)
    async with database.transaction() as late:
        await late.fetch(
            "INSERT INTO comments (post_id, author_id, text) VALUES ($1, $2, 'late')", post, user
        )
        await late.fetch("UPDATE posts SET comment_count = comment_count + 1 WHERE id = $1", post)
        await hide_account(database, user)
        erasing = asyncio.create_task(accounts_erase(database))
        while not await database.fetch(  # noqa: ASYNC110  # nothing notifies of it
            "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        ):
            await asyncio.sleep(0.01)
    await erasing
    await database.write("UPDATE jobs SET run_at = now()")
    await accounts_erase(database)
    assert [row[0] for row in await database.fetch(LEFT, user)] == [0]
    await assert_all_counts_are_exact(database)


def test_the_database_refuses_other_ways_to_delete_users(orm: None) -> None:
    user = User.objects.create_user("ada", "ada@example.org")
    deletions: list[Any] = [
        user.delete,
        User.objects.filter(username="ada").delete,
        lambda: connection.cursor().execute("DELETE FROM users"),
    ]
    for delete in deletions:
        with pytest.raises(IntegrityError, match=r"user_delete\(user\)"):
            delete()
    assert User.objects.filter(username="ada").exists()
    user_delete(user)
    assert not User.objects.get(username="ada").is_active


async def test_a_deleted_account_is_not_found_by_writes(
    database: Database, group_commits: GroupCommits
) -> None:
    user, other = await create_users(database, 2)
    await hide_account(database, user)
    for change in (block_create, mute_create):
        with pytest.raises(MutationRefused):
            await change(GroupCommits(database), viewer_id=other, user_id=user)
    with pytest.raises(MutationRefused):
        await follow_create(group_commits, viewer_id=other, user_id=user)
