"""A deleted account is removed in small steps, each complete in itself, whenever the worker is killed."""

from __future__ import annotations

import asyncio
import random
import sys
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
from interactions import erasure
from interactions.erasure import accounts_erase
from interactions.services import comment_create, comment_like, post_like, post_share
from tests.interactions.cast import (
    assert_counts_are_exact,
    events,
    hide_account,
    people,
    posts_by,
)
from tests.paths import ROOT

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


async def assert_all_counts_are_exact(database: Database) -> None:
    await assert_counts_are_exact(database)
    assert [tuple(row) for row in await database.fetch(USERS_COUNTS)] == []


async def a_life(database: Database, group_commits: GroupCommits) -> tuple[int, list[int]]:
    """Somebody who has done everything with others, who have done everything with them; and those others."""
    person, *others = await people(database, 6)
    own = await posts_by(database, person, 5)
    theirs = [post for other in others for post in await posts_by(database, other, 3)]
    for post in [*own, *theirs]:
        writers = [person, *others]
        random.Random(post).shuffle(writers)
        comments: list[int] = []
        for writer in writers:
            parent = random.Random(post + writer).choice([None, *comments])
            made = await comment_create(
                database, author_id=writer, post_id=post, text="so", parent_id=parent
            )
            assert made.comment is not None
            comments.append(made.comment.id)
            await post_like(group_commits, viewer_id=writer, post_id=post)
            await post_share(group_commits, viewer_id=writer, post_id=post)
            for comment in comments:
                await comment_like(group_commits, viewer_id=writer, comment_id=comment)
    for other in others[:3]:
        await follow_create(group_commits, viewer_id=other, user_id=person)
        await follow_create(group_commits, viewer_id=person, user_id=other)
    await block_create(database, viewer_id=person, user_id=others[3])
    await block_create(database, viewer_id=others[4], user_id=person)
    await mute_create(database, viewer_id=others[0], user_id=person)
    await mute_create(database, viewer_id=person, user_id=others[0])
    return person, others


@pytest.fixture(params=[1, 3, 200])
def batch_size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many rows a transaction removes."""
    for name in ("ROWS_PER_BATCH", "COMMENTS_PER_BATCH"):
        monkeypatch.setattr(erasure, name, request.param)
    monkeypatch.setattr(erasure, "PAUSE_AT_MOST_SECONDS", 0)


@pytest.mark.usefixtures("batch_size")
async def test_nothing_is_left_and_every_count_is_right_at_each_step(
    database: Database, group_commits: GroupCommits
) -> None:
    person, others = await a_life(database, group_commits)
    await hide_account(database, person)
    await database.write("TRUNCATE events")
    steps = 0
    while await erasure._erase_batch(database) is not None:
        steps += 1
        await assert_all_counts_are_exact(database)
    assert steps > 5
    assert [row[0] for row in await database.fetch(LEFT, person)] == [0]
    found = await events(database)
    assert len(found) == len(set(found))
    kinds = [kind for kind, *_ in found]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "post_deleted": 5,
        "post_unliked": 15,
        "post_unshared": 15,
        "comment_deleted": 15,
        "comment_unliked": kinds.count("comment_unliked"),
        "user_unfollowed": 6,
    }
    assert [row[0] for row in await database.fetch("SELECT username FROM former_usernames")] == [
        "p1"
    ]
    # Whom they had to do with are as they were.
    assert len(await database.fetch("SELECT FROM users")) == len(others)


async def test_a_worker_that_is_killed_at_any_instant_is_followed_by_one_that_ends_it(
    database: Database, group_commits: GroupCommits
) -> None:
    person, _ = await a_life(database, group_commits)
    await hide_account(database, person)
    chance = random.Random(1)
    for _ in range(6):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "manage.py", "maintain"), cwd=ROOT, stdout=asyncio.subprocess.DEVNULL
        )
        await asyncio.sleep(0.8 + chance.random() * 0.6)
        process.kill()
        await process.wait()
        await assert_all_counts_are_exact(database)
    await accounts_erase(database)
    assert [row[0] for row in await database.fetch(LEFT, person)] == [0]
    await assert_all_counts_are_exact(database)
    found = await events(database)
    assert len(found) == len(set(found))


async def test_two_workers_share_the_work(database: Database, group_commits: GroupCommits) -> None:
    person, others = await a_life(database, group_commits)
    for each in (person, *others[:2]):
        await hide_account(database, each)
    erased = [*await asyncio.gather(accounts_erase(database), accounts_erase(database))]
    while await database.fetch("SELECT FROM account_deletions"):
        await database.write("UPDATE account_deletions SET next_at = now()")
        erased.append(await accounts_erase(database))
    assert sum(erased) == 3
    await assert_all_counts_are_exact(database)


async def test_what_was_written_late_is_removed_too(database: Database) -> None:
    person, other = await people(database, 2)
    (post,) = await posts_by(database, other)
    async with database.transaction() as late:
        await late.fetch(
            "INSERT INTO comments (post_id, author_id, text) VALUES ($1, $2, 'late')", post, person
        )
        await late.fetch("UPDATE posts SET comment_count = comment_count + 1 WHERE id = $1", post)
        await hide_account(database, person)
        erasing = asyncio.create_task(accounts_erase(database))
        while not await database.fetch(  # noqa: ASYNC110  # nothing notifies of it
            "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        ):
            await asyncio.sleep(0.01)
    await erasing
    await database.write("UPDATE account_deletions SET next_at = now()")
    await accounts_erase(database)
    assert [row[0] for row in await database.fetch(LEFT, person)] == [0]
    await assert_all_counts_are_exact(database)


def test_the_database_refuses_every_other_way(orm: None) -> None:
    person = User.objects.create_user("ada", "ada@example.org")
    ways: list[Any] = [
        person.delete,
        User.objects.filter(username="ada").delete,
        lambda: connection.cursor().execute("DELETE FROM users"),
    ]
    for way in ways:
        with pytest.raises(IntegrityError, match=r"user_delete\(user\)"):
            way()
    assert User.objects.filter(username="ada").exists()
    user_delete(person)
    assert not User.objects.get(username="ada").is_active


async def test_who_writes_to_a_deleted_account_learns_that_it_is_not_there(
    database: Database, group_commits: GroupCommits
) -> None:
    person, other = await people(database, 2)
    await hide_account(database, person)
    for change in (block_create, mute_create):
        with pytest.raises(MutationRefused):
            await change(database, viewer_id=other, user_id=person)
    with pytest.raises(MutationRefused):
        await follow_create(group_commits, viewer_id=other, user_id=person)
