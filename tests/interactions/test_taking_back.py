"""What a user has done can be taken back when it is hidden, whatever hides it, and the answer shows nothing of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import pytest

from core.database.database import Database
from core.ids import global_id
from tests.core.accounts.world import assert_invariants, number_of
from tests.interactions.cast import (
    account_closed,
    assert_counts_are_exact,
    block,
    create_posts,
    create_users,
    hide_account,
)
from tests.interactions.conftest import Execute

UNLIKE_COMMENT = """
mutation Unlike($input: UnlikeCommentInput!) {
  unlikeComment(input: $input) { comment { text } changed errors { code } }
}
"""


class Undo(NamedTuple):
    """How something is done, of which there is a row then, and how it is taken back."""

    do: str
    undo: str
    table: str
    target: str
    """What it is done to: a post, a comment or a user."""


UNDOS = [
    Undo("LikePost", "UnlikePost", "post_likes", "post"),
    Undo("SharePost", "UnsharePost", "shares", "post"),
    Undo("BookmarkPost", "UnbookmarkPost", "bookmarks", "post"),
    Undo("LikeComment", UNLIKE_COMMENT, "comment_likes", "comment"),
    Undo("MuteUser", "UnmuteUser", "mutes", "user"),
    Undo("BlockUser", "UnblockUser", "blocks", "user"),
    Undo("FollowUser", "UnfollowUser", "follows", "user"),
    Undo("FollowPrivate", "UnfollowUser", "follow_requests", "user"),
]
ENDED_BY_BLOCKS = {"follows", "follow_requests"}


async def blocked_by(database: Database, author: int, actor: int) -> None:
    await block(database, author, actor)


async def in_grace(database: Database, author: int, actor: int) -> None:
    await account_closed(database, author)


async def deleted(database: Database, author: int, actor: int) -> None:
    await hide_account(database, author)


Hide = Callable[[Database, int, int], Awaitable[None]]


@pytest.mark.parametrize(
    ("undo", "hide"),
    [
        pytest.param(undo, hide, id=f"{undo.table}-{hide.__name__}")
        for undo in UNDOS
        for hide in (blocked_by, in_grace, deleted)
        if not (hide is blocked_by and undo.table in ENDED_BY_BLOCKS)
    ],
)
async def test_what_is_hidden_can_be_taken_back(
    database: Database, execute: Execute, undo: Undo, hide: Hide
) -> None:
    author, actor = await create_users(database, 2)
    [post] = await create_posts(database, author)
    commented = await execute(
        author, "CreateComment", input={"postId": global_id("Post", post), "text": "so"}
    )
    if undo.table == "follow_requests":
        await execute(author, "UpdateProfile", input={"isPrivate": True})
    ids = {
        "post": global_id("Post", post),
        "comment": commented["createComment"]["comment"]["id"],
        "user": global_id("User", author),
    }
    values = {f"{undo.target}Id": ids[undo.target]}

    async def payload(name: str) -> Any:
        (found,) = (await execute(actor, name, input=values)).values()
        return found

    assert (await payload(undo.do))["errors"] == []
    await hide(database, author, actor)
    rows = await number_of(database, undo.table)
    taken_back = await payload(undo.undo)
    assert (taken_back["changed"], taken_back["errors"]) == (True, [])
    assert taken_back[undo.target] is None
    assert await number_of(database, undo.table) == rows - 1
    again = await payload(undo.undo)
    assert (again["changed"], again[undo.target]) == (False, None)
    assert [error["code"] for error in again["errors"]] == ["NOT_FOUND"]
    await assert_counts_are_exact(database)
    await assert_invariants(database)


@pytest.mark.parametrize("hide", [in_grace, deleted])
async def test_a_hidden_follower_can_be_removed(
    database: Database, execute: Execute, hide: Hide
) -> None:
    owner, fan, stranger = await create_users(database, 3)
    await execute(fan, "FollowUser", input={"userId": global_id("User", owner)})
    for user in (fan, stranger):
        await hide(database, user, owner)

    async def remove(user: int) -> Any:
        values = {"userId": global_id("User", user)}
        return (await execute(owner, "RemoveFollower", input=values))["removeFollower"]

    removed = await remove(fan)
    assert removed == {"user": None, "changed": True, "errors": []}
    assert await number_of(database, "follows") == 0
    for user in (fan, stranger):
        refused = await remove(user)
        assert [error["code"] for error in refused["errors"]] == ["NOT_FOUND"]
    await assert_invariants(database)
