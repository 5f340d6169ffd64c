"""A write whose viewer or target is deleted concurrently gets the same response as a later write."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from core.context import Services
from core.database.database import Database, Transaction
from core.ids import global_id
from tests.core.accounts.world import ApiClient
from tests.interactions.cast import create_posts, create_users
from tests.live.world import operation

LOCKED = (
    "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


async def remove(transaction: Transaction, user_id: int) -> None:
    """Deletes an account without data in an open transaction."""
    await transaction.fetch("INSERT INTO account_deletions (user_id) VALUES ($1)", user_id)
    await transaction.fetch("DELETE FROM users WHERE id = $1", user_id)


async def answer_after(
    services: Services, viewer: int, name: str, deleted: int, **values: Any
) -> Any:
    """The response to a write that waits for a transaction which deletes the account."""
    database = services.database
    async with database.transaction() as transaction:
        await remove(transaction, deleted)
        request = asyncio.create_task(
            ApiClient(services, viewer).execute(operation(name), input=values)
        )
        async with asyncio.timeout(20):
            while not await database.fetch(LOCKED):  # no event to wait for
                assert not request.done(), request.result()
                await asyncio.sleep(0.01)
    return await request


@pytest.mark.parametrize("name", ["MuteUser", "FollowUser", "BlockUser"])
async def test_a_deleted_target_is_not_found(services: Services, name: str) -> None:
    viewer, target = await create_users(services.database, 2)
    answer = await answer_after(services, viewer, name, target, userId=global_id("User", target))
    assert "errors" not in answer or not answer["errors"], answer
    [payload] = answer["data"].values()
    assert [(e["code"], e["path"]) for e in payload["errors"]] == [
        ("NOT_FOUND", ["input", "userId"])
    ]


@pytest.mark.parametrize(
    "name",
    [
        *("MuteUser", "FollowUser", "BlockUser", "CreatePost", "CreateComment"),
        *("LikePost", "SharePost", "LikeComment"),
    ],
)
@pytest.mark.parametrize("key", [None, "k"])
async def test_a_deleted_viewer_is_unauthenticated(
    services: Services, database: Database, name: str, key: str | None
) -> None:
    viewer, other = await create_users(database, 2)
    (post,) = await create_posts(database, other)
    created = await ApiClient(services, other).do(
        "CreateComment", postId=global_id("Post", post), text="A word."
    )
    values: dict[str, Any] = {"clientMutationId": key}
    if name.endswith("User"):
        values["userId"] = global_id("User", other)
    elif name == "LikeComment":
        values["commentId"] = created["comment"]["id"]
    elif name != "CreatePost":
        values["postId"] = global_id("Post", post)
    if name.startswith("Create"):
        values["text"] = "Ghost."
    answer = await answer_after(services, viewer, name, viewer, **values)
    if answer.get("errors"):
        [error] = answer["errors"]
        assert error["extensions"]["code"] == "UNAUTHENTICATED"
    else:
        [payload] = answer["data"].values()
        assert [e["code"] for e in payload["errors"]] == ["NOT_FOUND"]
    assert not await database.fetch("SELECT FROM users WHERE id = $1", viewer)
