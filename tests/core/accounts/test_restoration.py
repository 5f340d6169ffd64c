"""An account that is deleted, restored and erased at once: it is whole or gone, in any order."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from core.accounts.statements import SQL
from core.database.database import Database
from core.ids import global_id
from interactions.erasure import account_rows_erase
from tests.core.accounts.test_account import client_of
from tests.core.accounts.world import PASSWORD, ApiClient, codes, number_of
from tests.interactions.cast import (
    accounts_erase,
    assert_counts_are_exact,
    create_posts,
    create_users,
)

POSTS = 12
PROFILE = "query Q($username: String!) { user(username: $username) { postCount } }"


async def deleted_with_posts(anonymous: ApiClient, name: str) -> int:
    """The key of a new user with posts, who has deleted the account."""
    database = anonymous.services.database
    ada = await client_of(anonymous, (await anonymous.sign_up(name))["session"])
    await create_posts(database, ada.viewer_id or 0, POSTS)
    assert (await ada.do("DeleteAccount", password=PASSWORD))["errors"] == []
    return ada.viewer_id or 0


async def erased_when_due(database: Database, user: int) -> None:
    """Erases the account in steps, as the worker does from the end of the grace period on; unless it is restored."""
    while await database.fetch("SELECT FROM account_deletions WHERE user_id = $1", user):
        async with database.transaction() as transaction:
            await account_rows_erase(transaction, user)
        await asyncio.sleep(0.002)


async def test_a_restoration_that_began_in_time_restores_nothing_of_which_is_erased(
    anonymous: ApiClient, database: Database
) -> None:
    """It waited until the worker had erased some rows: the time at which it has the lock decides."""
    user = await deleted_with_posts(anonymous, "ada")
    async with database.transaction() as restoring:
        await restoring.fetch("SELECT now()")
        await database.write("UPDATE account_deletions SET erases_at = clock_timestamp()")
        async with database.transaction() as erasing:
            assert not await account_rows_erase(erasing, user)
        assert await number_of(database, "posts") < POSTS
        await restoring.fetch(SQL.account_restore_lock, user)
        await restoring.fetch(SQL.users_lock, [user])
        assert await restoring.fetch(SQL.account_restore, user) == []
    assert await number_of(database, "account_deletions") == 1
    assert codes(await anonymous.do("RestoreAccount", login="ada", password=PASSWORD)) == [
        ("CREDENTIALS_REFUSED", "input")
    ]
    await accounts_erase(database)
    assert await number_of(database, "users") == 0


async def test_of_restoration_and_erasure_at_once_one_wins(
    anonymous: ApiClient, database: Database
) -> None:
    chance = random.Random(2)
    outcomes = set()
    for number in range(8):
        name = f"ada_{number}"
        user = await deleted_with_posts(anonymous, name)
        milliseconds = (
            0 if number == 0 else 600_000 if number == 1 else chance.choice([1, 5, 20, 40, 80])
        )
        await database.write(
            "UPDATE account_deletions SET erases_at = clock_timestamp() + $1 * interval '1 ms'",
            milliseconds,
        )

        restored, _ = await asyncio.gather(
            ApiClient(anonymous.services).do("RestoreAccount", login=name, password=PASSWORD),
            erased_when_due(database, user),
        )
        is_restored = restored["session"] is not None
        outcomes.add(is_restored)
        of_user = f"WHERE author_id = {user}"
        assert await number_of(database, f"posts {of_user}") == (POSTS if is_restored else 0)
        assert await number_of(database, f"users WHERE id = {user}") == int(is_restored)
        assert await number_of(database, f"account_deletions WHERE user_id = {user}") == 0
        if is_restored:
            shown = await anonymous.data(PROFILE, username=name)
            assert shown == {"postCount": POSTS}
            assert codes(await anonymous.sign_in(name)) == []
        else:
            assert codes(restored) == [("CREDENTIALS_REFUSED", "input")]
            assert codes(await anonymous.sign_up(name, email="other@example.com")) == [
                ("USERNAME_TAKEN", "input", "username")
            ]
        await assert_counts_are_exact(database)
    assert outcomes == {True, False}


async def test_who_deletes_the_account_while_writing_leaves_nothing_behind(
    anonymous: ApiClient, database: Database
) -> None:
    services = anonymous.services
    [other] = await create_users(database, 1)
    posts = [global_id("Post", post) for post in await create_posts(database, other, 4)]
    ada = await client_of(anonymous, (await anonymous.sign_up("ada"))["session"])

    async def write(name: str, **values: Any) -> Any:
        return await ApiClient(services, ada.viewer_id).execute(name, input=values)

    writes = [
        *(write("CreatePost", text=f"Post {number}") for number in range(12)),
        *(write("CreateComment", postId=post, text="Hear.") for post in posts),
        *(write("LikePost", postId=post) for post in posts),
        *(write("SharePost", postId=post) for post in posts),
        write("FollowUser", userId=global_id("User", other)),
    ]
    half = len(writes) // 2
    results = await asyncio.gather(
        *writes[:half], write("DeleteAccount", password=PASSWORD), *writes[half:]
    )
    deleted = results.pop(half)
    assert deleted["data"]["deleteAccount"]["errors"] == []
    for result in results:
        if result.get("errors"):
            assert result["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    # Whatever was written is hidden, and erased in the end.
    feed = await anonymous.data("{ publicFeed(first: 100) { edges { node { id } } } }")
    assert {edge["node"]["id"] for edge in feed["edges"]} == set(posts)
    thread = "query Q($id: ID!) { post(id: $id) { comments { edges { node { id } } } } }"
    for post in posts:
        assert (await anonymous.data(thread, id=post))["comments"]["edges"] == []
    await database.write("UPDATE account_deletions SET erases_at = now()")
    await accounts_erase(database)
    assert await number_of(database, "users") == 1
    for table in ("comments", "post_likes", "shares", "follows"):
        assert await number_of(database, table) == 0
    assert await number_of(database, "posts") == len(posts)
    await assert_counts_are_exact(database)
    await services.group_commits.close()
