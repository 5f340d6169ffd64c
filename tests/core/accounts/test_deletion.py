"""Deleted accounts: hidden at once, restored within the grace period, erased after it. Suspensions."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from core.accounts.jobs import add_account_erasures, end_suspensions
from core.accounts.mail.jobs import mail_notice
from core.accounts.statements import SQL
from core.context import Services
from core.database.database import Database
from core.jobs.job_runner import JobRunner
from core.jobs.registry import JobKind
from feed.services import post_create
from tests.core.accounts.test_account import client_of
from tests.core.accounts.world import PASSWORD, ApiClient, Json, codes, number_of
from tests.interactions.cast import accounts_erase, create_users, delete_account, hide_account
from tests.live.test_client_goes_away import statements_wait

PROFILE = "query Q($username: String!) { user(username: $username) { id } }"
FEED = "{ publicFeed(first: 10) { edges { node { id } } } }"
HOME_FEED = "{ homeFeed(first: 20) { edges { node { author { username } } } } }"
SUSPENDED = [("ACCOUNT_SUSPENDED", "input")]
ACCOUNTS_WITHOUT_JOB = """
SELECT user_id FROM account_deletions d
WHERE NOT EXISTS (SELECT FROM jobs WHERE unique_key = 'account_erase:' || d.user_id)
"""
DELETE_ALL_OTHERS = "INSERT INTO account_deletions (user_id) SELECT id FROM users WHERE id <> $1"

LOCKED = (
    "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


async def run_schedule(database: Database, kind: JobKind) -> None:
    """Runs a scheduled job once."""
    runner = JobRunner(database, database, {kind.name: kind})
    await runner.register()
    await runner.make_scheduled_due()
    await runner.start_due()
    await runner.end(grace_seconds=20, cancel_seconds=1)


async def deleted(anonymous: ApiClient) -> ApiClient:
    """A user with a post, who has deleted the account."""
    ada = await client_of(anonymous, (await anonymous.sign_up("ada"))["session"])
    await post_create(anonymous.services.database, author_id=ada.viewer_id or 0, text="Mine.")
    payload = await ada.do("DeleteAccount", password=PASSWORD)
    assert payload["errors"] == []
    return ada


async def found(anonymous: ApiClient) -> bool:
    """Whether the user or the post is visible."""
    user = await anonymous.data(PROFILE, username="ada")
    posts = (await anonymous.data(FEED))["edges"]
    assert (user is None) == (posts == [])
    return user is not None


async def test_a_deleted_account_is_hidden_and_signed_out_at_once(
    anonymous: ApiClient, database: Database
) -> None:
    session = (await anonymous.sign_up("ada"))["session"]
    ada = await client_of(anonymous, session)
    wrong = await ada.do("DeleteAccount", password="hush, wrong")
    assert codes(wrong) == [("CREDENTIALS_REFUSED", "input", "password")]
    assert await anonymous.data(PROFILE, username="ada") is not None
    payload = await ada.do("DeleteAccount", password=PASSWORD)
    erases_at = datetime.fromisoformat(payload["erasesAt"])
    assert timedelta(days=13.9) < erases_at - datetime.now(UTC) < timedelta(days=14.1)
    names = "SELECT arguments->>'name' FROM jobs WHERE kind = $1"
    assert await database.fetch(names, mail_notice.name) == [("account_deleted",)]
    assert await anonymous.data(PROFILE, username="ada") is None
    assert codes(await anonymous.refresh(session["refreshToken"]))[0][0] == "TOKEN_REFUSED"
    assert codes(await anonymous.sign_in("ada")) == [("ACCOUNT_DELETED", "input")]
    wrong = await anonymous.sign_in("ada", "hush, wrong")
    assert codes(wrong) == [("CREDENTIALS_REFUSED", "input")]


async def test_nothing_is_erased_in_the_grace_period(
    anonymous: ApiClient, database: Database
) -> None:
    await deleted(anonymous)
    await run_schedule(database, add_account_erasures)
    # A worker of a version without grace periods adds a job for accounts that have none.
    assert await database.fetch(ACCOUNTS_WITHOUT_JOB) == []
    assert await number_of(database, "jobs WHERE kind = 'account_erase' AND run_at <= now()") == 0
    await accounts_erase(database)
    assert await number_of(database, "posts") == 1


async def test_a_moderator_ends_the_grace_period(anonymous: ApiClient, database: Database) -> None:
    ada = await deleted(anonymous)
    await hide_account(database, ada.viewer_id or 0)
    assert await number_of(database, "jobs WHERE kind = 'account_erase' AND run_at <= now()") == 1
    await accounts_erase(database)
    assert await number_of(database, "users") == 0


async def test_a_restored_account_is_as_it_was(anonymous: ApiClient) -> None:
    await deleted(anonymous)
    assert not await found(anonymous)
    notified: list[int] = []
    anonymous.services.notify = lambda: notified.append(1)
    wrong = await anonymous.do("RestoreAccount", login="ada", password="hush, wrong")
    assert codes(wrong) == [("CREDENTIALS_REFUSED", "input")]
    payload: Json = await anonymous.do("RestoreAccount", login="ada", password=PASSWORD)
    assert notified == [1]
    assert payload["session"]["viewer"]["username"] == "ada"
    assert await found(anonymous)
    assert codes(await anonymous.sign_in("ada")) == []
    assert await number_of(anonymous.services.database, "jobs WHERE kind = 'account_erase'") == 0
    again = await anonymous.do("RestoreAccount", login="ada@example.com", password=PASSWORD)
    assert codes(again) == []


async def test_an_account_is_erased_after_the_grace_period(
    anonymous: ApiClient, database: Database
) -> None:
    await deleted(anonymous)
    await database.write("UPDATE account_deletions SET erases_at = now()")
    refused = await anonymous.do("RestoreAccount", login="ada", password=PASSWORD)
    assert codes(refused) == [("CREDENTIALS_REFUSED", "input")]
    await run_schedule(database, add_account_erasures)
    await accounts_erase(database)
    for table in ("users", "posts", "sessions", "account_tokens", "account_deletions"):
        assert await number_of(database, table) == 0
    for name in ("ADA", "ada"):
        assert codes(await anonymous.sign_up(name)) == [("USERNAME_TAKEN", "input", "username")]


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("alice", "a1ice"),
        ("alice", "AlICE"),
        ("alice", "ALICE"),
        ("Ivan", "ivan"),
        ("Ivan", "lvan"),
        ("Ivan", "1VAN"),
        ("MaryAdams", "MaryAdarns"),
    ],
)
async def test_a_name_that_looks_like_a_former_one_is_not_given(
    anonymous: ApiClient, database: Database, name: str, other: str
) -> None:
    user = anonymous.viewer_of((await anonymous.sign_up(name))["session"])
    await delete_account(database, user)
    payload = await anonymous.sign_up(other, email="other@example.com")
    assert codes(payload) == [("USERNAME_TAKEN", "input", "username")]
    answer = await anonymous.data("UsernameAvailability", username=other)
    assert answer["isAvailable"] is False
    assert await number_of(database, "users") == 0


async def users_with_posts(database: Database) -> list[int]:
    """More users than the statements read at once. Every tenth has a post."""
    users = await create_users(database, 130)
    for user in users[::10]:
        await post_create(database, author_id=user, text="Mine.")
    return users


async def test_many_deleted_accounts_are_hidden(services: Services) -> None:
    users = await users_with_posts(services.database)
    await services.database.write(DELETE_ALL_OTHERS, users[0])
    for viewer in (None, users[0]):
        client = ApiClient(services, viewer)
        assert len((await client.data(FEED))["edges"]) == 1
        names = [await client.data(PROFILE, username=f"p{number}") for number in (1, 2, 130)]
        assert [name is not None for name in names] == [True, False, False]


async def test_a_home_feed_shows_nobody_of_very_many_deleted_followees(services: Services) -> None:
    database = services.database
    users = await users_with_posts(database)
    await database.write(
        "INSERT INTO follows (follower_id, followee_id) SELECT $1, id FROM users WHERE id <> $1 ORDER BY id",
        users[0],
    )
    await database.write(DELETE_ALL_OTHERS, users[0])
    feed = await ApiClient(services, users[0]).data(HOME_FEED)
    assert [edge["node"]["author"]["username"] for edge in feed["edges"]] == ["p1"]


async def test_an_active_account_is_never_deleted(services: Services) -> None:
    """Pages that read the author take it from there."""
    database = services.database
    one, other = await create_users(database, 2)
    await post_create(database, author_id=one, text="Mine.")
    await database.write("INSERT INTO account_deletions (user_id) VALUES ($1)", one)
    await database.write("UPDATE users SET is_active = true")
    rows = await database.fetch("SELECT id, is_active FROM users ORDER BY id")
    assert [tuple(row) for row in rows] == [(one, False), (other, True)]
    assert await number_of(database, "users WHERE account_is_deleted(id)") == 1
    assert (await ApiClient(services, other).data(FEED))["edges"] == []
    await database.write("DELETE FROM account_deletions")
    await database.write("UPDATE users SET is_active = true")
    assert await number_of(database, "users WHERE is_active") == 2
    assert len((await ApiClient(services, other).data(FEED))["edges"]) == 1


async def test_an_account_that_is_activated_as_it_is_deleted_is_not_active(
    database: Database,
) -> None:
    [user] = await create_users(database, 1)
    activate = "UPDATE users SET is_active = true WHERE id = $1"
    delete = "INSERT INTO account_deletions (user_id) VALUES ($1)"
    for first, second in ((delete, activate), (activate, delete)):
        await database.write("DELETE FROM account_deletions")
        await database.write("UPDATE users SET is_active = false")
        async with database.transaction() as transaction:
            await transaction.fetch(first, user)
            racing = asyncio.create_task(database.write(second, user))
            await statements_wait(database, 1)
        await racing
        assert await number_of(database, "users WHERE is_active") == 0


async def test_the_posts_of_a_suspended_user_stay(services: Services) -> None:
    database = services.database
    one, other = await create_users(database, 2)
    await post_create(database, author_id=one, text="Mine.")
    await database.write(SQL.user_suspend, one, None)
    for viewer in (None, other):
        assert len((await ApiClient(services, viewer).data(FEED))["edges"]) == 1


@pytest.mark.parametrize("days", [None, 1])
async def test_a_suspended_user_is_signed_out_and_told_so(
    anonymous: ApiClient, database: Database, days: int | None
) -> None:
    session = (await anonymous.sign_up("ada"))["session"]
    key = anonymous.viewer_of(session)
    until = None if days is None else datetime.now(UTC) + timedelta(days=days)
    await database.write(SQL.user_suspend, key, until)
    assert codes(await anonymous.refresh(session["refreshToken"]))[0][0] == "TOKEN_REFUSED"
    assert codes(await anonymous.sign_in("ada")) == SUSPENDED
    restored = await anonymous.do("RestoreAccount", login="ada", password=PASSWORD)
    assert codes(restored) == SUSPENDED
    wrong = await anonymous.sign_in("ada", "hush, wrong")
    assert codes(wrong) == [("CREDENTIALS_REFUSED", "input")]
    assert await anonymous.data(PROFILE, username="ada") is not None


async def test_a_suspension_ends_by_itself(anonymous: ApiClient, database: Database) -> None:
    for name in ("ada", "grace"):
        key = anonymous.viewer_of((await anonymous.sign_up(name))["session"])
        until = datetime.now(UTC) + timedelta(days=1)
        await database.write(SQL.user_suspend, key, until)
    await database.write(
        "UPDATE account_suspensions SET until = now() WHERE user_id = (SELECT min(user_id) FROM account_suspensions)"
    )
    await run_schedule(database, end_suspensions)
    assert codes(await anonymous.sign_in("ada")) == []
    assert codes(await anonymous.sign_in("grace")) == SUSPENDED


async def test_a_suspension_that_is_made_longer_as_it_ends_goes_on(
    anonymous: ApiClient, database: Database
) -> None:
    """The worker has found that it is over, and waits for the moderator's transaction."""
    key = anonymous.viewer_of((await anonymous.sign_up("ada"))["session"])
    await database.write(SQL.user_suspend, key, datetime.now(UTC) - timedelta(seconds=1))
    async with database.transaction() as moderator:
        await moderator.fetch(SQL.users_lock, [key])
        ending = asyncio.create_task(run_schedule(database, end_suspensions))
        while not ending.done() and not await database.fetch(LOCKED):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await moderator.fetch(SQL.user_suspend, key, datetime.now(UTC) + timedelta(days=1))
    await ending
    assert codes(await anonymous.sign_in("ada")) == SUSPENDED
    assert await number_of(database, "account_suspensions") == 1


async def test_a_restored_account_stays_suspended(anonymous: ApiClient, database: Database) -> None:
    ada = await deleted(anonymous)
    await database.write(SQL.user_suspend, ada.viewer_id, None)
    restored = await anonymous.do("RestoreAccount", login="ada", password=PASSWORD)
    assert codes(restored) == SUSPENDED
    assert codes(await anonymous.sign_in("ada")) == SUSPENDED
