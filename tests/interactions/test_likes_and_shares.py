"""Likes and shares set a state, are counted exactly, and log one event for each change."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import pytest

from core.database.database import Database
from core.database.group_commit import GroupCommits
from core.errors import ErrorCode, MutationRefused
from feed.services import post_delete
from interactions import services
from interactions.services import ReactionChange
from tests.interactions.cast import (
    assert_counts_are_exact,
    block,
    create_posts,
    create_users,
    delete_account,
    events,
    present,
)
from tests.interactions.reactions import (
    comment_like,
    comment_unlike,
    post_like,
    post_share,
    post_unlike,
    post_unshare,
)
from tests.ran_statements import ran_statements

Change = Callable[..., Awaitable[ReactionChange]]
PAIRS = [
    (post_like, post_unlike, "post_liked", "post_unliked"),
    (post_share, post_unshare, "post_shared", "post_unshared"),
]


@pytest.fixture
def group_commits(database: Database) -> GroupCommits:
    return GroupCommits(database)


def state(changed: ReactionChange) -> tuple[int, int, bool, bool, bool]:
    post = present(changed.target)
    return (
        post.like_count,
        post.share_count,
        post.viewer_has_liked,
        post.viewer_has_shared,
        changed.changed,
    )


@pytest.mark.parametrize("pair", PAIRS)
async def test_repeating_a_like_or_share_changes_nothing(
    database: Database, group_commits: GroupCommits, pair: tuple[Change, Change, str, str]
) -> None:
    do, undo, done, undone = pair
    author, viewer = await create_users(database, 2)
    (post,) = await create_posts(database, author)
    liking = done == "post_liked"
    on = (int(liking), int(not liking), liking, not liking)

    first = await do(group_commits, viewer_id=viewer, target_id=post, client_mutation_id="a")
    assert state(first) == (*on, True)
    assert present(first.target).author.username == "p1"
    again = await do(group_commits, viewer_id=viewer, target_id=post, client_mutation_id="b")
    assert state(again) == (*on, False)
    # The event of a removed share has the share's key as subject.
    [subject] = [row[0] for row in await database.fetch("SELECT id FROM shares")] or [None]
    first_undo = await undo(group_commits, viewer_id=viewer, target_id=post, client_mutation_id="c")
    assert state(first_undo) == (0, 0, False, False, True)
    repeated_undo = await undo(group_commits, viewer_id=viewer, target_id=post)
    assert state(repeated_undo) == (0, 0, False, False, False)
    assert await events(database) == [
        (done, viewer, post, None, "a"),
        (undone, viewer, post, subject, "c"),
    ]
    await assert_counts_are_exact(database)


async def share_keys(database: Database, user_id: int) -> list[int]:
    """The keys of a user's shares."""
    rows = await database.fetch("SELECT id FROM shares WHERE user_id = $1 ORDER BY id", user_id)
    return [row[0] for row in rows]


async def test_a_share_repeated_within_an_hour_keeps_its_key(
    database: Database, group_commits: GroupCommits
) -> None:
    author, viewer, other = await create_users(database, 3)
    post, another = await create_posts(database, author, 2)
    for user in (viewer, other):
        await post_share(group_commits, viewer_id=user, target_id=post)
    (share_key,), (others,) = await share_keys(database, viewer), await share_keys(database, other)
    await post_share(group_commits, viewer_id=viewer, target_id=another)
    (newer,) = set(await share_keys(database, viewer)) - {share_key}
    for _ in range(20):
        undone = await post_unshare(group_commits, viewer_id=viewer, target_id=post)
        assert undone.changed
        shared = await post_share(group_commits, viewer_id=viewer, target_id=post)
        assert state(shared) == (0, 2, False, True, True)
        assert await share_keys(database, viewer) == [share_key, newer]
    assert await share_keys(database, other) == [others]

    await post_unshare(group_commits, viewer_id=viewer, target_id=post)
    await database.write("UPDATE events SET created_at = created_at - interval '61 minutes'")
    await post_share(group_commits, viewer_id=viewer, target_id=post)
    _, last = await share_keys(database, viewer)
    assert last > newer
    kinds = Counter(kind for kind, actor, *_ in await events(database) if actor == viewer)
    assert kinds == {"post_shared": 23, "post_unshared": 21}
    await assert_counts_are_exact(database)


async def test_a_like_does_not_hide_a_share(
    database: Database, group_commits: GroupCommits
) -> None:
    (viewer,) = await create_users(database, 1)
    (post,) = await create_posts(database, viewer)
    await post_share(group_commits, viewer_id=viewer, target_id=post)
    liked = await post_like(group_commits, viewer_id=viewer, target_id=post)
    assert state(liked) == (1, 1, True, True, True)
    unshared = await post_unshare(group_commits, viewer_id=viewer, target_id=post)
    assert state(unshared) == (1, 0, True, False, True)


@pytest.mark.parametrize("blocker", [0, 1])
@pytest.mark.parametrize("change", [pair[side] for pair in PAIRS for side in (0, 1)])
async def test_hidden_posts_are_not_found(
    database: Database, group_commits: GroupCommits, change: Change, blocker: int
) -> None:
    pair = await create_users(database, 2)
    author, viewer = pair
    (post,) = await create_posts(database, author)
    before = await events(database)
    await block(database, pair[blocker], pair[1 - blocker])
    for unseen in (post, post + 1):
        with pytest.raises(MutationRefused) as refused:
            await change(group_commits, viewer_id=viewer, target_id=unseen)
        (problem,) = refused.value.problems
        assert (problem.code, problem.path) == (ErrorCode.NOT_FOUND, ("input", "postId"))
    assert await events(database) == before
    await assert_counts_are_exact(database)


async def test_a_deleted_user_can_not_like(database: Database, group_commits: GroupCommits) -> None:
    author, viewer = await create_users(database, 2)
    (post,) = await create_posts(database, author)
    await delete_account(database, viewer)
    with pytest.raises(MutationRefused):
        await post_like(group_commits, viewer_id=viewer, target_id=post)
    await assert_counts_are_exact(database)


async def test_likes_of_one_group_commit_have_results_of_their_own(
    database: Database, group_commits: GroupCommits
) -> None:
    author, one, other, blocked = await create_users(database, 4)
    first, second = await create_posts(database, author, 2)
    await block(database, author, blocked)
    pairs = [
        (one, first),
        (one, first),
        (other, first),
        (blocked, first),
        (other, second),
        (one, 5),
    ]
    with ran_statements() as statements:
        results = await asyncio.gather(
            *(post_like(group_commits, viewer_id=viewer, target_id=post) for viewer, post in pairs),
            return_exceptions=True,
        )
    assert len(statements) == 1
    assert isinstance(results[3], MutationRefused)
    assert isinstance(results[5], MutationRefused)
    liked = [result for result in results if isinstance(result, ReactionChange)]
    assert [
        (present(like.target).id, present(like.target).like_count, like.changed) for like in liked
    ] == [
        (first, 2, True),
        (first, 2, False),
        (first, 2, True),
        (second, 1, True),
    ]
    await assert_counts_are_exact(database)


@pytest.mark.parametrize("seed", range(4))
async def test_counts_are_exact_after_concurrent_writes(database: Database, seed: int) -> None:
    """Two processes, with duplicates and a post that is deleted meanwhile."""
    rng = random.Random(seed)
    users = await create_users(database, 8)
    posts = await create_posts(database, users[0], 6)
    processes = [GroupCommits(database), GroupCommits(database)]
    changes: Counter[tuple[str, int, int]] = Counter()

    async def act() -> None:
        for _ in range(30):
            do, undo, done, undone = rng.choice(PAIRS)
            change, kind = rng.choice([(do, done), (do, done), (undo, undone)])
            actor, post = rng.choice(users), rng.choice(posts)
            try:
                result = await change(rng.choice(processes), viewer_id=actor, target_id=post)
            except MutationRefused:
                assert post == posts[-1]
                continue
            changes[kind, actor, post] += result.changed
            if post == posts[-1] and rng.random() < 0.05:
                await post_delete(database, viewer_id=users[0], post_id=post)

    await asyncio.gather(*(act() for _ in range(20)))
    await assert_counts_are_exact(database)
    log = await events(database)
    kinds = [entry[0] for entry in log]
    if "post_deleted" in kinds:
        # With the post, its shares end.
        at = kinds.index("post_deleted")
        del log[at]
        for kind, actor, post, *_ in log[at:]:
            if post == posts[-1]:
                assert kind == "post_unshared"
                assert isinstance(actor, int)
                changes[kind, actor, posts[-1]] += 1
    assert Counter(entry[:3] for entry in log) == +changes
    assert_states_alternate(log)


def assert_states_alternate(log: list[tuple[Any, ...]]) -> None:
    """The events of a user and a post alternate: liked, unliked, liked, …"""
    for mark in ("lik", "shar"):
        for pair in {entry[1:3] for entry in log}:
            kinds = [entry[0] for entry in log if entry[1:3] == pair and mark in entry[0]]
            assert not kinds or not kinds[0].startswith("post_un")
            assert all(one != other for one, other in pairwise(kinds))


async def test_likes_of_comments(database: Database, group_commits: GroupCommits) -> None:
    author, viewer, blocked = await create_users(database, 3)
    (post,) = await create_posts(database, author)
    comment = await create_comment(database, viewer, post)
    hidden = await create_comment(database, blocked, post)
    await block(database, blocked, viewer)

    async def result(change: Callable[..., Awaitable[ReactionChange]]) -> tuple[int, bool]:
        found = await change(group_commits, viewer_id=viewer, target_id=comment)
        return present(found.target).like_count, found.changed

    assert await result(comment_like) == (1, True)
    assert await result(comment_like) == (1, False)
    assert await result(comment_unlike) == (0, True)
    assert await result(comment_unlike) == (0, False)
    with pytest.raises(MutationRefused):
        await comment_like(group_commits, viewer_id=viewer, target_id=hidden)
    assert [entry for entry in await events(database) if "lik" in str(entry[0])] == [
        ("comment_liked", viewer, post, comment, None),
        ("comment_unliked", viewer, post, comment, None),
    ]
    await assert_counts_are_exact(database)


async def create_comment(database: Database, author: int, post: int) -> int:
    created = await services.comment_create(database, author_id=author, post_id=post, text="so")
    assert created.comment is not None
    return created.comment.id
