"""Concurrent writes of all kinds on a few rows never deadlock."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from threading import Event
from time import monotonic
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asyncpg import ForeignKeyViolationError
from django.db import connection
from django.db.models import Model
from hypothesis import settings
from pytest_django.plugin import DjangoDbBlocker

from core.accounts.moderation import SQL as ACCOUNTS_SQL
from core.accounts.profiles import profile_update
from core.accounts.services import (
    block_create,
    block_delete,
    follow_create,
    follow_delete,
    follow_request_accept,
    follow_request_reject,
    follower_delete,
    mute_create,
    mute_delete,
)
from core.database.database import Database
from core.database.django_bridge import retry_on_deadlock, run
from core.database.group_commit import GroupCommits
from core.errors import ClientError, MutationRefused
from core.graphql.foreign_key_errors import client_error_of
from feed.jobs import recount_hashtags
from feed.models import Post
from feed.moderation import SQL as MODERATION_SQL
from feed.moderation import posts_delete
from feed.services import post_create, post_delete, post_edit
from feed.statements import SQL as FEED_SQL
from interactions.models import Comment
from interactions.moderation import comments_delete
from interactions.services import comment_create, comment_delete
from tests.interactions.cast import (
    accounts_erase,
    create_posts,
    create_users,
    hide_account,
    run_jobs,
)
from tests.interactions.reactions import (
    comment_like,
    comment_unlike,
    post_bookmark,
    post_like,
    post_share,
    post_unbookmark,
    post_unlike,
    post_unshare,
)
from tests.interactions.test_erasure import assert_all_counts_are_exact
from tests.live.test_client_goes_away import statements_wait

DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
WRONGLY_COUNTED = """
SELECT h.hashtag_id, h.post_id, h.is_public
FROM post_hashtags h JOIN posts p ON p.id = h.post_id JOIN users a ON a.id = p.author_id
WHERE h.is_public <> (p.visibility = 0 AND NOT a.is_private AND NOT account_is_deleted(a.id))
"""
SECONDS = settings().max_examples / 10
"""Four in everyday runs, forty in thorough ones."""
WRITERS = 6
USERS = 6
TARGETS = 4
"""The number of posts and comments that writes choose from."""

Write = Callable[[], Awaitable[object]]


class Crowd:
    """A few users and the rows they write to. New users replace those whose accounts are deleted."""

    def __init__(self, database: Database, seed: int) -> None:
        self.database = database
        self.rng = random.Random(seed)
        self.users: list[int] = []
        self.created = 0
        self.posts: list[int] = []
        self.comments: list[int] = []

    async def add(self, count: int) -> None:
        self.users += await create_users(self.database, count, first=self.created + 1)
        self.created += count

    def replace(self, keys: list[int], key: int) -> None:
        keys.append(key)
        del keys[:-TARGETS]

    async def post(self) -> None:
        key = self.rng.choice([None, "k", str(self.rng.random())])
        made = await post_create(
            self.database,
            author_id=self.rng.choice(self.users),
            text="so" if key == "k" else self.tagged("so"),
            quoted_post_id=None if key == "k" else self.rng.choice([None, *self.posts]),
            client_mutation_id=key,
        )
        if made.post is not None:
            self.replace(self.posts, made.post.id)

    def tagged(self, text: str) -> str:
        """The text with some hashtags, old and new ones, and mentions."""
        words = ["#a", "#b", "#c", f"#n{self.rng.randrange(10**6)}", "@p1", "@p2", "@p3"]
        return " ".join([text, *self.rng.sample(words, 4)])

    async def comment(self) -> None:
        made = await comment_create(
            self.database,
            author_id=self.rng.choice(self.users),
            post_id=self.rng.choice(self.posts),
            parent_id=self.rng.choice([None, *self.comments]),
            text=str(self.rng.random()),
        )
        if made.comment is not None:
            self.replace(self.comments, made.comment.id)

    async def delete_account(self) -> None:
        deleted = self.users.pop(self.rng.randrange(len(self.users)))
        await self.add(1)
        await hide_account(self.database, deleted)

    def writes(self, group_commits: GroupCommits) -> list[Write]:
        """One write of each kind, on rows chosen at random."""
        database, pick = self.database, self.rng.choice
        viewer, other = self.rng.sample(self.users, 2)
        found: list[Write] = [self.post, self.comment]
        found += [
            partial(change, group_commits, viewer_id=viewer, user_id=other)
            for change in (
                *(block_create, block_delete, mute_create, mute_delete),
                *(follow_create, follow_delete, follower_delete),
                *(follow_request_accept, follow_request_reject),
            )
        ]
        post = pick(self.posts)
        found += [
            partial(change, group_commits, viewer_id=viewer, target_id=post)
            for change in (
                *(post_like, post_unlike, post_share, post_unshare),
                *(post_bookmark, post_unbookmark),
            )
        ]
        found += [
            partial(
                post_edit,
                database,
                viewer_id=viewer,
                post_id=post,
                text=self.tagged(str(monotonic())),
            ),
            partial(post_delete, database, viewer_id=viewer, post_id=post),
            partial(
                profile_update, database, viewer_id=viewer, is_private=pick([False, False, True])
            ),
        ]
        if self.comments:
            comment = pick(self.comments)
            found += [
                partial(change, group_commits, viewer_id=viewer, target_id=comment)
                for change in (comment_like, comment_unlike)
            ]
            found += [partial(comment_delete, database, viewer_id=viewer, comment_id=comment)]
        return found


def moderate(kind: type[Model], keys: list[int]) -> None:
    """Deletes rows as the admin does, on Django's connection."""
    try:
        if kind is Post:
            retry_on_deadlock(lambda: posts_delete(Post.objects.filter(pk__in=keys)))
        else:
            retry_on_deadlock(lambda: comments_delete(Comment.objects.filter(pk__in=keys)))
    finally:
        connection.close()


async def deadlocks(database: Database) -> int:
    await database.write("SELECT pg_stat_force_next_flush()")
    return int((await database.fetch(DEADLOCKS))[0][0])


async def write(crowd: Crowd, group_commits: GroupCommits, deadline: float) -> int:
    """Writes at random until the deadline; returns how many writes succeeded."""
    done = 0
    while monotonic() < deadline:
        change = crowd.rng.choice(crowd.writes(group_commits))
        try:
            await change()
            done += 1
        except (MutationRefused, ClientError):
            pass
        except ForeignKeyViolationError as error:
            if client_error_of(error) is error:
                raise
    return done


async def delete_accounts(crowd: Crowd, worker: Database, deadline: float) -> None:
    while monotonic() < deadline:
        await crowd.delete_account()
        await accounts_erase(worker)


async def moderate_some(crowd: Crowd, deadline: float) -> None:
    while monotonic() < deadline:
        kind = crowd.rng.choice((Post, Comment))
        keys = crowd.posts if kind is Post else crowd.comments
        await sync_to_async(moderate, thread_sensitive=False)(kind, keys[-2:])
        with suppress(MutationRefused):
            await crowd.post()
        await asyncio.sleep(0.05)


async def recount(worker: Database, deadline: float) -> None:
    """Counts the posts of hashtags as accounts become private, public and deleted."""
    while monotonic() < deadline:
        await run_jobs(worker, recount_hashtags)
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("in_batches", [False, True])
async def test_concurrent_writes_never_deadlock(
    database: Database,
    django_db_blocker: DjangoDbBlocker,
    monkeypatch: pytest.MonkeyPatch,
    in_batches: bool,
) -> None:
    """Writers are two servers, the admin and a worker. `in_batches`: posts with two rows count as large."""
    if in_batches:
        for statements in (FEED_SQL, MODERATION_SQL):
            found = statements.post_delete
            assert "500" in found
            monkeypatch.setattr(statements, "post_delete", found.replace("500", "2"))
    before = await deadlocks(database)
    servers = [await Database(os.environ["DATABASE_URL"], size=4).open() for _ in range(2)]
    both = [GroupCommits(server) for server in servers]
    crowd = Crowd(database, seed=1)
    await crowd.add(USERS)
    for _ in range(TARGETS):
        await crowd.post()
    deadline = monotonic() + SECONDS
    with django_db_blocker.unblock():
        async with asyncio.TaskGroup() as group:
            writing = [
                group.create_task(write(crowd, both[number % 2], deadline))
                for number in range(WRITERS)
            ]
            group.create_task(delete_accounts(crowd, servers[0], deadline))
            group.create_task(moderate_some(crowd, deadline))
            group.create_task(recount(servers[1], deadline))
    while await database.fetch("SELECT FROM account_deletions"):
        await accounts_erase(database)
    for group_commits, server in zip(both, servers, strict=True):
        await group_commits.close()
        await server.close()
    assert sum(task.result() for task in writing) > 100
    assert await deadlocks(database) == before
    await assert_all_counts_are_exact(database)
    await run_jobs(database, recount_hashtags)
    assert await database.fetch(WRONGLY_COUNTED) == []


async def test_the_erasure_waits_for_no_row_that_was_written_late(database: Database) -> None:
    """A moderator has locked it, and waits for the user, whom the erasure has locked."""
    before = await deadlocks(database)
    user, author = await create_users(database, 2)
    [post] = await create_posts(database, author)
    await hide_account(database, user)

    async def moderate_late() -> None:
        async with database.transaction() as transaction:
            await transaction.fetch(MODERATION_SQL.posts_lock, [post])
            await transaction.fetch(ACCOUNTS_SQL.users_lock, [user])

    async with database.transaction() as late:
        await late.fetch("UPDATE users SET post_count = 1 - post_count")
        await late.fetch("UPDATE posts SET author_id = $1 WHERE id = $2", user, post)
        erasing = asyncio.create_task(accounts_erase(database))
        await statements_wait(database, 1)
        moderating = asyncio.create_task(moderate_late())
        await statements_wait(database, 2)
    await asyncio.gather(erasing, moderating)
    assert await deadlocks(database) == before
    assert await database.fetch("SELECT FROM account_deletions") == []
    await assert_all_counts_are_exact(database)


async def test_the_account_that_holds_posts_is_locked_before_it_is_there(
    database: Database, django_db_blocker: DjangoDbBlocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A moderator has locked the author when the author's own deletion makes that account."""
    few = FEED_SQL.post_delete.replace("500", "0")
    monkeypatch.setattr(FEED_SQL, "post_delete", few)
    monkeypatch.setattr(MODERATION_SQL, "post_delete", few)
    before = await deadlocks(database)
    [author] = await create_users(database, 1)
    first, second = await create_posts(database, author, 2)
    has_locked, goes_on = Event(), Event()

    def run_slowly(statement: str, *arguments: Any) -> Any:
        if statement == few:
            has_locked.set()
            assert goes_on.wait(30)
        return run(statement, *arguments)

    monkeypatch.setattr("feed.moderation.run", run_slowly)
    with django_db_blocker.unblock():
        moderating = asyncio.create_task(
            sync_to_async(moderate, thread_sensitive=False)(Post, [first])
        )
        await asyncio.to_thread(has_locked.wait, 30)
        deleting = asyncio.create_task(post_delete(database, viewer_id=author, post_id=second))
        await statements_wait(database, 1)
        goes_on.set()
        await asyncio.gather(moderating, deleting)
    assert await deadlocks(database) == before
    while await database.fetch("SELECT FROM account_deletions"):
        await database.write("UPDATE jobs SET run_at = now()")
        await accounts_erase(database)
