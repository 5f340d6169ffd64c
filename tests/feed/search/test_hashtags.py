"""Hashtags are found by prefix, and list their posts."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import feed.jobs
from core.accounts.profiles import profile_update
from core.accounts.services import block_create
from core.context import Services
from core.database.database import Database
from core.ids import global_id
from core.jobs.job_runner import JobRunner
from feed.entities import entities_of, set_arguments
from feed.jobs import recount_hashtags
from feed.post_visibility import PostVisibility
from feed.services import post_create, post_delete, post_edit
from feed.statements import SQL as FEED
from tests.core.accounts.world import ApiClient
from tests.interactions.cast import (
    account_closed,
    account_restored,
    create_users,
    hide_account,
    present,
    run_jobs,
)
from tests.ran_statements import ran_statements

WAITING = (
    "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
DIFFERENCES = """
SELECT name, post_count FROM hashtags h
WHERE post_count <> (
    SELECT count(*) FROM post_hashtags t JOIN posts p ON p.id = t.post_id JOIN users a ON a.id = p.author_id
    WHERE t.hashtag_id = h.id AND p.visibility = 0 AND NOT a.is_private
    AND NOT EXISTS (SELECT FROM account_deletions d WHERE d.user_id = a.id)
)
"""
PREFIX = """
query Search($prefix: String!, $first: Int, $after: String) {
  searchHashtags(prefix: $prefix, first: $first, after: $after) {
    edges { node { name postCount } } pageInfo { hasNextPage hasPreviousPage endCursor }
  }
}
"""

NODE = "query Q($id: ID!) { node(id: $id) { ... on Hashtag { name postCount } } }"


async def post(
    services: Services, author: int, text: str, visibility: PostVisibility | None = None
) -> int:
    created = await post_create(
        services.database, author_id=author, text=text, visibility=visibility
    )
    return present(created.post).id


async def texts(services: Services, name: str, viewer_id: int | None = None, **page: Any) -> Any:
    found = await ApiClient(services, viewer_id).data("HashtagPage", name=name, **page)
    return [edge["node"]["text"] for edge in found["posts"]["edges"]]


async def test_hashtags_by_prefix_in_pages(services: Services) -> None:
    [author] = await create_users(services.database, 1)
    for name in (
        "cat",
        "Cats",
        "CATWALK",
        "dog",
        "caf\u00e9",
        "\u732b\u306e\u65e5",
        "\u8fbb\u672c",
    ):
        await post(services, author, f"#{name}")
    await post(services, author, "again #CAT")
    client = ApiClient(services)
    page = await client.data(PREFIX, prefix="#Cat", first=2)
    assert [edge["node"] for edge in page["edges"]] == [
        {"name": "cat", "postCount": 2},
        {"name": "cats", "postCount": 1},
    ]
    assert page["pageInfo"]["hasNextPage"] is True
    after = page["pageInfo"]["endCursor"]
    page = await client.data(PREFIX, prefix="#Cat", first=2, after=after)
    assert [edge["node"]["name"] for edge in page["edges"]] == ["catwalk"]
    assert (page["pageInfo"]["hasNextPage"], page["pageInfo"]["hasPreviousPage"]) == (False, True)
    for prefix, name in (
        ("\u732b", "\u732b\u306e\u65e5"),
        ("CAF\u00c9", "caf\u00e9"),
        ("\u8fbb\U000e0100", "\u8fbb\u672c"),
    ):
        found = await client.data("SearchHashtags", prefix=prefix)
        assert [edge["node"]["name"] for edge in found["edges"]] == [name]
    assert (await client.data(PREFIX, prefix="%"))["edges"] == []
    result = await client.execute(PREFIX, prefix="d", after=after)
    assert result["errors"][0]["extensions"]["code"] == "INVALID_CURSOR"


async def test_a_hashtag_without_posts_is_left_out(services: Services) -> None:
    [author] = await create_users(services.database, 1)
    key = await post(services, author, "#alone")
    await post_delete(services.database, viewer_id=author, post_id=key)
    assert (await ApiClient(services).data(PREFIX, prefix="alo"))["edges"] == []
    assert await ApiClient(services).data("HashtagPage", name="alone") is None


async def test_hashtags_without_posts_hide_none_after_them(services: Services) -> None:
    [author] = await create_users(services.database, 1)
    await post(services, author, "#plan_y", PostVisibility.FOLLOWERS)
    await post(services, author, "#plan_z")
    await services.database.write(
        "INSERT INTO hashtags (name) SELECT 'plan_' || n FROM generate_series(1, 1000) AS n"
    )
    assert await names(services) == ["plan_z"]
    assert await names(services, author) == ["plan_y", "plan_z"]


async def names(
    services: Services, viewer_id: int | None = None, prefix: str = "plan"
) -> list[str]:
    found = await ApiClient(services, viewer_id).data(PREFIX, prefix=prefix)
    return [edge["node"]["name"] for edge in found["edges"]]


async def test_a_hashtag_is_found_by_who_may_see_a_post_with_it(services: Services) -> None:
    database = services.database
    author, follower, mentioned, stranger = await create_users(database, 4)
    await database.write(
        "INSERT INTO follows (follower_id, followee_id) VALUES ($1, $2)", follower, author
    )
    await post(services, author, "#plan_all")
    await post(services, author, "#plan_followers", PostVisibility.FOLLOWERS)
    await post(services, author, "@p3 #plan_mentioned", PostVisibility.MENTIONED)
    for viewer in (None, stranger):
        assert await names(services, viewer) == ["plan_all"]
    assert await names(services, follower) == ["plan_all", "plan_followers"]
    assert await names(services, mentioned) == ["plan_all", "plan_mentioned"]
    assert await names(services, author) == ["plan_all", "plan_followers", "plan_mentioned"]
    await profile_update(database, viewer_id=author, is_private=True)
    for viewer in (None, stranger):
        assert await names(services, viewer) == []
    assert await names(services, follower) == ["plan_all", "plan_followers"]
    await profile_update(database, viewer_id=author, is_private=False)
    await block_create(services.group_commits, viewer_id=author, user_id=stranger)
    assert await names(services, stranger) == []
    await hide_account(database, author)
    for viewer in (None, follower, mentioned):
        assert await names(services, viewer) == []


async def test_a_thousand_names_and_a_hundred_posts_of_each_are_looked_at(
    services: Services,
) -> None:
    database = services.database
    [author] = await create_users(database, 1)
    await post(services, author, "#plan_z #quiet")
    for _ in range(99):
        await post(services, author, "#quiet", PostVisibility.MENTIONED)
    assert await names(services, prefix="quiet") == ["quiet"]
    await post(services, author, "#quiet", PostVisibility.MENTIONED)
    assert await names(services, prefix="quiet") == []
    assert await names(services) == ["plan_z"]
    await database.write(
        "INSERT INTO hashtags (name, post_count) SELECT 'plan_' || n, 1 FROM generate_series(1, 1000) AS n"
    )
    assert await names(services) == []
    assert await names(services, prefix="plan_z") == ["plan_z"]


async def counted(services: Services, name: str, viewer_id: int | None = None) -> int | None:
    client = ApiClient(services, viewer_id)
    found = await client.data("HashtagPage", name=name)
    # The id says no more than the name.
    [[key]] = await services.database.fetch("SELECT id FROM hashtags WHERE name = $1", name)
    node = await client.data(NODE, id=global_id("Hashtag", key))
    assert node == (found and {"name": name, "postCount": found["postCount"]})
    return None if found is None else int(found["postCount"])


async def test_a_hashtag_tells_nothing_of_posts_that_not_everybody_may_see(
    services: Services,
) -> None:
    database = services.database
    author, follower, stranger = await create_users(database, 3)
    await database.write(
        "INSERT INTO follows (follower_id, followee_id) VALUES ($1, $2)", follower, author
    )
    hidden = await post(services, author, "#secret #known", PostVisibility.FOLLOWERS)
    for viewer in (None, stranger):
        assert await counted(services, "secret", viewer) is None
    for viewer in (author, follower):
        assert await counted(services, "secret", viewer) == 0
    key = await post(services, stranger, "#known")
    assert await counted(services, "known") == 1
    await post_edit(database, viewer_id=author, post_id=hidden, text="#known #other")
    await post_edit(database, viewer_id=stranger, post_id=key, text="#known #other")
    assert [await counted(services, name) for name in ("known", "other", "secret")] == [1, 1, None]
    await post_delete(database, viewer_id=author, post_id=hidden)
    assert await counted(services, "known") == 1
    await post_delete(database, viewer_id=stranger, post_id=key)
    assert await counted(services, "known") is None
    assert not await database.fetch(DIFFERENCES)


async def test_a_hashtag_counts_posts_as_accounts_are_hidden_and_shown(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed.jobs, "POSTS_AT_ONCE", 2)
    database = services.database
    author, other = await create_users(database, 2)
    for _ in range(5):
        await post(services, author, "#news #mine")
    await post(services, author, "#news #mine", PostVisibility.FOLLOWERS)
    await post(services, other, "#news")

    async def counts() -> list[int | None]:
        await run_jobs(database, recount_hashtags)
        assert not await database.fetch(DIFFERENCES)
        return [await counted(services, name) for name in ("news", "mine")]

    assert await counts() == [6, 5]
    await profile_update(database, viewer_id=author, is_private=True)
    await post(services, author, "#news #mine")
    assert await counts() == [1, None]
    await profile_update(database, viewer_id=author, is_private=False)
    assert await counts() == [6, 5]
    await account_closed(database, author)
    assert await counts() == [1, None]
    await account_restored(database, author)
    assert await counts() == [6, 5]


async def test_the_last_of_many_changes_of_an_account_counts_its_posts(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed.jobs, "POSTS_AT_ONCE", 2)
    database = services.database
    [author] = await create_users(database, 1)
    for _ in range(5):
        await post(services, author, "#news")
    await profile_update(database, viewer_id=author, is_private=True)
    await run_some(database, 2)
    for is_private in (False, True) * 20:
        await profile_update(database, viewer_id=author, is_private=is_private)
    with ran_statements() as ran:
        await run_jobs(database, recount_hashtags)
    assert await database.fetch("SELECT FROM jobs") == []
    assert await database.fetch("SELECT post_count FROM hashtags") == [(0,)]
    # Each of the 41 would look four times. Where a worker claims them one after the other, a few do.
    assert ran.count(FEED.public_posts_of_author_lock) < 80


async def run_some(database: Database, count: int) -> None:
    """Runs jobs of hashtags one after the other."""
    runner = JobRunner(database, database, {recount_hashtags.name: recount_hashtags}, slots=1)
    for _ in range(count):
        await runner.start_due()
        while runner.runs:  # noqa: ASYNC110  # no event to wait for
            await asyncio.sleep(0.002)


async def test_an_edit_that_goes_on_while_the_account_becomes_private_is_not_counted(
    services: Services,
) -> None:
    database = services.database
    [author] = await create_users(database, 1)
    key = await post(services, author, "plain")
    async with database.transaction() as editing:
        await editing.fetch(FEED.own_post_lock, author, key)
        entities = await entities_of(editing, author, "#late")
        await editing.fetch(FEED.post_entities_set, *set_arguments({key: entities}))
        await profile_update(database, viewer_id=author, is_private=True)
        recount = asyncio.create_task(run_jobs(database, recount_hashtags))
        while not await database.fetch(WAITING):  # noqa: ASYNC110  # another connection waits
            await asyncio.sleep(0.01)
    await recount
    assert await database.fetch("SELECT post_count FROM hashtags") == [(0,)]
    assert not await database.fetch(DIFFERENCES)


async def test_old_rows_are_judged_by_a_job(services: Services) -> None:
    database = services.database
    [author] = await create_users(database, 1)
    await post(services, author, "#old", PostVisibility.FOLLOWERS)
    await post(services, author, "#old")
    # As the migration leaves them.
    await database.write("UPDATE post_hashtags SET is_public = true")
    assert await counted(services, "old") == 2
    await database.write("INSERT INTO jobs (kind, arguments) VALUES ('hashtags_recount', '{}')")
    await run_jobs(database, recount_hashtags)
    assert await counted(services, "old") == 1
    assert not await database.fetch(DIFFERENCES)


@pytest.mark.parametrize("prefix", ["", "#", "  "])
async def test_an_empty_prefix_is_an_error(services: Services, prefix: str) -> None:
    result = await ApiClient(services).execute(PREFIX, prefix=prefix)
    assert result["errors"][0]["extensions"] == {"code": "INVALID_QUERY", "position": 1}


async def test_the_posts_of_a_hashtag(services: Services) -> None:
    database = services.database
    author, follower, stranger = await create_users(database, 3)
    keys = [await post(services, author, f"{number} #News") for number in range(5)]
    await post(services, author, "for followers #news", PostVisibility.FOLLOWERS)
    await database.write(
        "INSERT INTO follows (follower_id, followee_id) VALUES ($1, $2)", follower, author
    )
    public = [f"{number} #News" for number in (4, 3, 2, 1, 0)]
    assert await texts(services, "#NEWS") == public
    assert await texts(services, "news", follower) == ["for followers #news", *public]
    page = (await ApiClient(services).data("HashtagPage", name="news", first=2))["posts"]
    after = page["pageInfo"]["endCursor"]
    assert await texts(services, "news", first=2, after=after) == public[2:4]
    await post_edit(database, viewer_id=author, post_id=keys[4], text="no more")
    await post_delete(database, viewer_id=author, post_id=keys[3])
    assert await texts(services, "news") == public[2:]
    await block_create(services.group_commits, viewer_id=author, user_id=stranger)
    assert await ApiClient(services, stranger).data("HashtagPage", name="news") is None
    [[key]] = await database.fetch("SELECT id FROM hashtags WHERE name = 'news'")
    assert await ApiClient(services, stranger).data(NODE, id=global_id("Hashtag", key)) is None


@pytest.mark.parametrize("name", ["unknown", "", "#", "12", "a b", "x" * 200, "\x00"])
async def test_an_unknown_hashtag_is_null(services: Services, name: str) -> None:
    assert await ApiClient(services).data("HashtagPage", name=name) is None


async def test_a_hashtag_is_a_node_with_posts(services: Services) -> None:
    [author] = await create_users(services.database, 1)
    await post(services, author, "#news")
    [[key]] = await services.database.fetch("SELECT id FROM hashtags")
    query = "query Q($id: ID!) { node(id: $id) { ... on Hashtag { name posts { edges { node { text } } } } } }"
    found = await ApiClient(services).data(query, id=global_id("Hashtag", key))
    assert found == {"name": "news", "posts": {"edges": [{"node": {"text": "#news"}}]}}
