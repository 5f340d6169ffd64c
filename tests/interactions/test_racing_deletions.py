"""A write that finds its user or its target there, and gone when it writes, is answered as if it had come later."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from core.context import Services
from core.database.database import Database, Transaction
from core.ids import global_id
from tests.core.accounts.world import ApiClient
from tests.interactions.cast import people, posts_by
from tests.live.world import operation

LOCKED = (
    "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


async def remove(transaction: Transaction, user_id: int) -> None:
    """What hides and removes an account of which nothing is left, in a transaction that is still open."""
    await transaction.fetch("INSERT INTO account_deletions (user_id) VALUES ($1)", user_id)
    await transaction.fetch("DELETE FROM users WHERE id = $1", user_id)


async def answer_after(services: Services, viewer: int, name: str, gone: int, **sent: Any) -> Any:
    """The answer to a write that waits for an open transaction, in which the account is removed."""
    database = services.database
    async with database.transaction() as transaction:
        await remove(transaction, gone)
        asking = asyncio.create_task(
            ApiClient(services, viewer).execute(operation(name), input=sent)
        )
        async with asyncio.timeout(20):
            while not await database.fetch(LOCKED):  # nothing notifies of it
                assert not asking.done(), asking.result()
                await asyncio.sleep(0.01)
    return await asking


@pytest.mark.parametrize("name", ["MuteUser", "FollowUser", "BlockUser"])
async def test_the_target_is_not_found(services: Services, name: str) -> None:
    viewer, target = await people(services.database, 2)
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
async def test_the_viewer_is_not_signed_in(
    services: Services, database: Database, name: str, key: str | None
) -> None:
    viewer, other = await people(database, 2)
    (post,) = await posts_by(database, other)
    made = await ApiClient(services, other).do(
        "CreateComment", postId=global_id("Post", post), text="A word."
    )
    sent: dict[str, Any] = {"clientMutationId": key}
    if name.endswith("User"):
        sent["userId"] = global_id("User", other)
    elif name == "LikeComment":
        sent["commentId"] = made["comment"]["id"]
    elif name != "CreatePost":
        sent["postId"] = global_id("Post", post)
    if name.startswith("Create"):
        sent["text"] = "Ghost."
    answer = await answer_after(services, viewer, name, viewer, **sent)
    if answer.get("errors"):
        [error] = answer["errors"]
        assert error["extensions"]["code"] == "UNAUTHENTICATED"
    else:
        [payload] = answer["data"].values()
        assert [e["code"] for e in payload["errors"]] == ["NOT_FOUND"]
    assert not await database.fetch("SELECT FROM users WHERE id = $1", viewer)
