"""Comments: idempotent creation, tombstones, exact counts."""

from __future__ import annotations

import asyncio
import random

import pytest

from core.context import Context, Services
from core.database.database import Database
from core.database.group_commit import GroupCommits
from core.errors import ErrorCode, MutationRefused
from interactions.comment_rows import CommentRow
from interactions.selectors import comments_by_ids, comments_of_events
from interactions.services import comment_create, comment_delete
from tests.interactions.cast import (
    assert_counts_are_exact,
    block,
    create_posts,
    create_users,
    delete_account,
    events,
    hide_account,
)
from tests.interactions.reactions import comment_like, comment_unlike


async def write(
    database: Database, author: int, post: int, parent: CommentRow | None = None
) -> CommentRow:
    parent_id = None if parent is None else parent.id
    created = await comment_create(
        database, author_id=author, post_id=post, parent_id=parent_id, text="so"
    )
    assert created.comment is not None
    assert not created.replayed
    return created.comment


async def read(database: Database, comment: CommentRow) -> CommentRow | None:
    return (await comments_by_ids(database, None, [comment.id]))[0]


async def counted(database: Database, post: int) -> int:
    rows = await database.fetch("SELECT comment_count FROM posts WHERE id = $1", post)
    return int(rows[0][0])


async def refusal(database: Database, **comment: int) -> tuple[ErrorCode, str]:
    with pytest.raises(MutationRefused) as refused:
        await comment_create(database, text="so", **comment)  # type: ignore[arg-type]  # keys only
    (problem,) = refused.value.problems
    return problem.code, problem.path[-1]


async def test_a_comment_and_a_reply(database: Database) -> None:
    author, other = await create_users(database, 2)
    (post,) = await create_posts(database, author)
    comment = await write(database, other, post)
    reply = await write(database, author, post, comment)
    assert comment.author is not None
    assert (comment.author.username, comment.parent_id, comment.is_deleted) == ("p2", None, False)
    assert reply.parent_id == comment.id
    found = await read(database, comment)
    assert found == comment._replace(reply_count=1)
    assert await counted(database, post) == 2
    assert await events(database) == [
        ("comment_created", other, post, comment.id, None),
        ("comment_created", author, post, reply.id, None),
    ]


async def test_hidden_posts_and_parents_are_not_found(database: Database) -> None:
    author, viewer, blocked = await create_users(database, 3)
    post, elsewhere = await create_posts(database, author, 2)
    tombstone = await write(database, author, post)
    await write(database, author, post, tombstone)
    await comment_delete(database, viewer_id=author, comment_id=tombstone.id)
    hidden = await write(database, blocked, post)
    other = await write(database, author, elsewhere)
    await block(database, blocked, viewer)
    no_post, no_parent = (ErrorCode.NOT_FOUND, "postId"), (ErrorCode.NOT_FOUND, "parentId")
    assert await refusal(database, author_id=viewer, post_id=5) == no_post
    await delete_account(database, blocked)
    before = await events(database)
    assert await refusal(database, author_id=blocked, post_id=post) == no_post
    for parent in (tombstone.id, hidden.id, other.id, post, 5):
        refused = await refusal(database, author_id=viewer, post_id=post, parent_id=parent)
        assert refused == no_parent
    assert await events(database) == before


async def test_a_post_hidden_by_a_block_is_not_found(database: Database) -> None:
    author, viewer = await create_users(database, 2)
    (post,) = await create_posts(database, author)
    await block(database, author, viewer)
    assert await refusal(database, author_id=viewer, post_id=post) == (
        ErrorCode.NOT_FOUND,
        "postId",
    )
    await assert_counts_are_exact(database)


async def test_concurrent_requests_with_one_key_create_one_comment(database: Database) -> None:
    author, other = await create_users(database, 2)
    post, second = await create_posts(database, author, 2)

    async def send(text: str, who: int = author, where: int = post) -> tuple[int, bool]:
        created = await comment_create(
            database, author_id=who, post_id=where, text=text, client_mutation_id="k"
        )
        assert created.comment is not None
        return created.comment.id, created.replayed

    results = await asyncio.gather(*(send("once") for _ in range(12)))
    assert len({key for key, _ in results}) == 1
    assert sorted(replayed for _, replayed in results) == [False] + [True] * 11
    assert await counted(database, post) == 1
    assert [entry[4] for entry in await events(database)] == ["k"]
    for changed in (("twice", author, post), ("once", author, second)):
        with pytest.raises(MutationRefused) as refused:
            await send(*changed)
        assert refused.value.problems[0].code is ErrorCode.IDEMPOTENCY_KEY_REUSED
    assert not (await send("once", other))[1], "keys are scoped to the viewer"
    await assert_counts_are_exact(database)


async def test_a_refused_comment_does_not_use_its_key(database: Database) -> None:
    (author,) = await create_users(database, 1)
    (post,) = await create_posts(database, author)
    for place in (5, post):
        try:
            created = await comment_create(
                database, author_id=author, post_id=place, text="so", client_mutation_id="k"
            )
        except MutationRefused:
            assert place == 5
        else:
            assert not created.replayed


async def test_a_replay_of_a_deleted_comment_returns_null(database: Database) -> None:
    (author,) = await create_users(database, 1)
    (post,) = await create_posts(database, author)
    first = await comment_create(
        database, author_id=author, post_id=post, text="so", client_mutation_id="k"
    )
    assert first.comment is not None
    await comment_delete(database, viewer_id=author, comment_id=first.comment.id)
    assert await comment_create(
        database, author_id=author, post_id=post, text="so", client_mutation_id="k"
    ) == (None, True)


async def test_a_comment_without_replies_is_removed(database: Database) -> None:
    author, other = await create_users(database, 2)
    (post,) = await create_posts(database, author)
    comment = await write(database, other, post)
    parent = await write(database, author, post)
    reply = await write(database, other, post, parent)
    for deleted in (comment, reply):
        assert await comment_delete(
            database, viewer_id=other, comment_id=deleted.id, client_mutation_id="d"
        )
        assert not await comment_delete(database, viewer_id=other, comment_id=deleted.id)
        assert await read(database, deleted) is None
    assert await read(database, parent) == parent
    assert await counted(database, post) == 1
    assert [entry for entry in await events(database) if entry[0] == "comment_deleted"] == [
        ("comment_deleted", other, post, comment.id, "d"),
        ("comment_deleted", other, post, reply.id, "d"),
    ]
    await assert_counts_are_exact(database)


async def test_a_comment_with_replies_becomes_a_tombstone_until_they_are_deleted(
    database: Database,
) -> None:
    author, other = await create_users(database, 2)
    (post,) = await create_posts(database, author)
    top = await write(database, other, post)
    middle = await write(database, other, post, top)
    leaf = await write(database, author, post, middle)
    await comment_like(GroupCommits(database), viewer_id=author, target_id=top.id)

    for parent, replies in ((top, 1), (middle, 1)):
        assert await comment_delete(database, viewer_id=other, comment_id=parent.id)
        found = await read(database, parent)
        assert found is not None
        assert (found.text, found.author, found.is_deleted) == ("", None, True)
        assert found.like_count == 0
        assert found.reply_count == replies
        assert not await comment_delete(database, viewer_id=other, comment_id=parent.id)
        await assert_counts_are_exact(database)
    left = await read(database, top)
    assert left is not None
    assert left.reply_count == 1, "a tombstone with a live reply counts"

    assert await comment_delete(database, viewer_id=author, comment_id=leaf.id)
    assert [await read(database, comment) for comment in (top, middle, leaf)] == [None] * 3
    assert await counted(database, post) == 0
    await assert_counts_are_exact(database)


async def test_a_tombstone_remains_while_it_has_another_reply(database: Database) -> None:
    (author,) = await create_users(database, 1)
    (post,) = await create_posts(database, author)
    top = await write(database, author, post)
    one, other = await write(database, author, post, top), await write(database, author, post, top)
    await comment_delete(database, viewer_id=author, comment_id=top.id)
    await comment_delete(database, viewer_id=author, comment_id=one.id)
    left = await read(database, top)
    assert left is not None
    assert left.reply_count == 1
    await comment_delete(database, viewer_id=author, comment_id=other.id)
    assert await read(database, top) is None


async def test_only_its_author_can_delete_a_comment(database: Database) -> None:
    author, other = await create_users(database, 2)
    (post,) = await create_posts(database, author)
    comment = await write(database, other, post)
    before = await events(database)
    with pytest.raises(MutationRefused) as refused:
        await comment_delete(database, viewer_id=author, comment_id=comment.id)
    assert refused.value.problems[0].code is ErrorCode.NOT_ALLOWED
    await block(database, author, other)
    for viewer, missing in ((author, comment.id), (author, 5), (other, 5)):
        assert not await comment_delete(database, viewer_id=viewer, comment_id=missing)
    assert await events(database) == before
    assert await read(database, comment) == comment


@pytest.mark.parametrize("seed", range(4))
async def test_counts_are_exact_after_concurrent_writes(services: Services, seed: int) -> None:
    """Threads are written, liked and deleted concurrently, with repeated keys."""
    rng = random.Random(seed)
    database = services.database
    users = await create_users(database, 6)
    posts = await create_posts(database, users[0], 2)
    group_commits = [GroupCommits(database), GroupCommits(database)]
    known: list[tuple[int, int, int]] = []
    made: set[int] = set()
    deleted = 0

    async def act() -> None:
        nonlocal deleted
        for _ in range(25):
            actor, post = rng.choice(users), rng.choice(posts)
            do = rng.random()
            if do < 0.5 or not known:
                parent_id = None
                if known and rng.random() < 0.7:
                    post, parent_id, _ = rng.choice(known[-20:])
                created = await comment_create(
                    database,
                    author_id=actor,
                    post_id=post,
                    parent_id=parent_id,
                    text="so",
                    client_mutation_id=rng.choice([None, str(rng.randrange(40))]),
                )
                if created.comment is not None and not created.replayed:
                    made.add(created.comment.id)
                    known.append((post, created.comment.id, actor))
            elif do < 0.75:
                _, comment_id, owner = rng.choice(known)
                was_deleted = await comment_delete(database, viewer_id=owner, comment_id=comment_id)
                deleted += was_deleted
            else:
                change = rng.choice([comment_like, comment_like, comment_unlike])
                comment_id = rng.choice(known)[1]
                await change(rng.choice(group_commits), viewer_id=actor, target_id=comment_id)

    async def act_despite_refusals() -> None:
        for _ in range(2):
            try:
                await act()
            except MutationRefused:
                continue

    await asyncio.gather(*(act_despite_refusals() for _ in range(16)))
    await assert_counts_are_exact(database)
    live = await database.fetch("SELECT count(*) FROM comments WHERE deleted_at IS NULL")
    assert live[0][0] == len(made) - deleted
    kinds = [entry[0] for entry in await events(database)]
    assert kinds.count("comment_created") == len(made)
    assert kinds.count("comment_deleted") == deleted
    assert len(made) > 20
    assert deleted > 5


async def test_comments_by_ids_omit_what_blocks_hide(services: Services) -> None:
    database = services.database
    author, commenter, viewer = await create_users(database, 3)
    (post,) = await create_posts(database, author)
    comment = await write(database, commenter, post)
    context = Context(services, viewer)
    assert await comments_by_ids(database, context.viewer_id, [comment.id, 5]) == [comment, None]
    for hidden in (commenter, author):
        await database.write("DELETE FROM blocks")
        await block(database, hidden, viewer)
        assert await comments_by_ids(database, viewer, [comment.id]) == [None]
        assert await comments_by_ids(database, None, [comment.id]) == [comment]


async def test_events_have_no_comments_of_accounts_that_are_being_deleted(
    database: Database,
) -> None:
    """Neither theirs nor those on their posts. A block hides none here: that is up to each viewer."""
    author, writer, blocked = await create_users(database, 3)
    (post,) = await create_posts(database, author)
    written = [await write(database, user, post) for user in (author, writer, blocked)]
    keys = [comment.id for comment in written]
    await block(database, author, blocked)
    assert await comments_of_events(database, keys) == written
    await hide_account(database, writer)
    assert await comments_of_events(database, keys) == [written[0], None, written[2]]
    await hide_account(database, author)
    assert await comments_of_events(database, keys) == [None, None, None]
