"""A write that waits for a row which another transaction changes has the same result as without waiting.

PostgreSQL evaluates such a statement again on the new version of the row (EvalPlanQual), which not every form of
statement supports.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import pytest

from core.database.database import Database
from core.database.group_commit import GroupCommits
from interactions import services
from tests.interactions.cast import (
    assert_counts_are_exact,
    create_posts,
    create_users,
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

BLOCKED = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


class Scene(NamedTuple):
    """A post with a comment that has a reply, and another comment, all by the viewer."""

    database: Database
    group_commits: GroupCommits
    viewer: int
    post: int
    comment: int
    reply: int
    other: int

    async def like(self) -> bool:
        result = await post_like(self.group_commits, viewer_id=self.viewer, target_id=self.post)
        return result.changed and present(result.target).like_count == 1

    async def unlike(self) -> bool:
        result = await post_unlike(self.group_commits, viewer_id=self.viewer, target_id=self.post)
        return result.changed and present(result.target).like_count == 0

    async def share(self) -> bool:
        result = await post_share(self.group_commits, viewer_id=self.viewer, target_id=self.post)
        return result.changed and present(result.target).share_count == 1

    async def unshare(self) -> bool:
        result = await post_unshare(self.group_commits, viewer_id=self.viewer, target_id=self.post)
        return result.changed and present(result.target).share_count == 0

    async def like_comment(self) -> bool:
        result = await comment_like(
            self.group_commits, viewer_id=self.viewer, target_id=self.comment
        )
        return result.changed and present(result.target).like_count == 1

    async def unlike_comment(self) -> bool:
        result = await comment_unlike(
            self.group_commits, viewer_id=self.viewer, target_id=self.comment
        )
        return result.changed and present(result.target).like_count == 0

    async def write(self, parent_id: int | None = None) -> int:
        created = await services.comment_create(
            self.database,
            author_id=self.viewer,
            post_id=self.post,
            parent_id=parent_id,
            text="so",
            client_mutation_id=None,
        )
        assert created.comment is not None
        return created.comment.id

    async def write_reply(self) -> int:
        return await self.write(self.comment)

    async def delete(self, comment_id: int) -> bool:
        return await services.comment_delete(
            self.database, viewer_id=self.viewer, comment_id=comment_id
        )

    async def delete_comment(self) -> bool:
        return await self.delete(self.other)

    async def leave_tombstone(self) -> bool:
        return await self.delete(self.comment)

    async def delete_reply(self) -> bool:
        return await self.delete(self.reply)


Act = Callable[[Scene], Awaitable[Any]]


@pytest.fixture
async def scene(database: Database) -> Scene:
    (viewer,) = await create_users(database, 1)
    (post,) = await create_posts(database, viewer)
    empty = Scene(database, GroupCommits(database), viewer, post, 0, 0, 0)
    comment, other = await empty.write(), await empty.write()
    return empty._replace(comment=comment, reply=await empty.write(comment), other=other)


async def changed_meanwhile(scene: Scene, change: str, key: int, act: Awaitable[Any]) -> Any:
    """The result of a write that waits for a row which another transaction changes."""
    database = scene.database
    async with database.connection() as connection, connection.transaction():
        await connection.execute(change, key)
        waiting = asyncio.ensure_future(act)
        async with asyncio.timeout(20):
            while not await database.fetch(BLOCKED):
                assert not waiting.done()
    return await waiting


def events_of(before: Act | None) -> int:
    """How many events the act logs: a tombstone goes with its last reply by an event of its own."""
    return 2 if before is Scene.leave_tombstone else 1


@pytest.mark.parametrize(
    ("before", "act"),
    [
        (None, Scene.like),
        (Scene.like, Scene.unlike),
        (None, Scene.share),
        (Scene.share, Scene.unshare),
        (None, Scene.write),
        (None, Scene.write_reply),
        (None, Scene.delete_comment),
        (None, Scene.leave_tombstone),
        (None, Scene.delete_reply),
        (Scene.leave_tombstone, Scene.delete_reply),
    ],
)
async def test_writes_that_wait_for_a_changed_post(
    scene: Scene, before: Act | None, act: Act
) -> None:
    if before is not None:
        assert await before(scene)
    logged = len(await events(scene.database))
    change = "UPDATE posts SET text = 'changed' WHERE id = $1"
    assert await changed_meanwhile(scene, change, scene.post, act(scene))
    assert len(await events(scene.database)) == logged + events_of(before)
    await assert_counts_are_exact(scene.database)


@pytest.mark.parametrize(
    ("before", "act", "row"),
    [
        (None, Scene.like_comment, "comment"),
        (Scene.like_comment, Scene.unlike_comment, "comment"),
        (None, Scene.write_reply, "comment"),
        (None, Scene.delete_comment, "other"),
        (None, Scene.leave_tombstone, "comment"),
        (None, Scene.delete_reply, "comment"),
        (None, Scene.delete_reply, "reply"),
        (Scene.leave_tombstone, Scene.delete_reply, "comment"),
        (Scene.leave_tombstone, Scene.delete_reply, "reply"),
    ],
)
async def test_writes_that_wait_for_a_changed_comment(
    scene: Scene, before: Act | None, act: Act, row: str
) -> None:
    if before is not None:
        assert await before(scene)
    logged = len(await events(scene.database))
    change = "UPDATE comments SET created_at = now() WHERE id = $1"
    assert await changed_meanwhile(scene, change, getattr(scene, row), act(scene))
    assert len(await events(scene.database)) == logged + events_of(before)
    await assert_counts_are_exact(scene.database)
    rows = await scene.database.fetch("SELECT count(*) FROM comments WHERE id = $1", scene.reply)
    assert rows[0][0] == (0 if act is Scene.delete_reply else 1)
