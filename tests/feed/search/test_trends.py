"""What trends is ranked by a job, and read in pages of one ranking."""

from __future__ import annotations

import asyncio
import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from graphql import execute

from core.accounts.profiles import profile_update
from core.accounts.services import block_create, mute_create
from core.config.schema import graphql_schema
from core.context import Context, Services
from core.database.database import Database
from core.database.time_ordered_keys import key_at
from feed.models import Post
from feed.post_visibility import PostVisibility
from feed.search.jobs import POSTS_OF_AUTHOR, TRENDS_KEPT, rank_trends
from feed.search.trends import APART
from feed.services import post_create, post_delete
from interactions.services import comment_create
from tests.core.accounts.world import ApiClient
from tests.interactions.cast import block, create_users, hide_account, present, run_jobs
from tests.interactions.reactions import post_like, post_share, post_unlike
from tests.interactions.test_lock_order import moderate
from tests.valid_documents import valid_document

FEED = """
query Feed($first: Int, $after: String) {
  trendingFeed(first: $first, after: $after) {
    edges { cursor node { id text author { id } } } pageInfo { hasNextPage hasPreviousPage endCursor } eventCursor
  }
}
"""
HASHTAGS = """
query Hashtags($first: Int, $after: String) {
  trendingHashtags(first: $first, after: $after) {
    edges { node { name } } pageInfo { hasNextPage hasPreviousPage endCursor }
  }
}
"""
MINUTE = timedelta(minutes=1)
OLD_POST = "INSERT INTO posts (id, author_id, text) VALUES ($1, $2, $3)"
OLD_HASHTAG = """
WITH tag AS (INSERT INTO hashtags (name) VALUES ($1) ON CONFLICT (name) DO UPDATE SET name = $1 RETURNING id)
INSERT INTO post_hashtags (hashtag_id, post_id) SELECT id, $2 FROM tag
"""


class Trends:
    """Users who write and react, and the job."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.database: Database = services.database

    async def create(self, users: int) -> list[int]:
        self.users = await create_users(self.database, users)
        return self.users

    async def post(
        self, author: int, text: str = "x", *, likes: int = 0, age: timedelta | None = None
    ) -> int:
        """A post that the first other users like."""
        if age is None:
            created = await post_create(self.database, author_id=author, text=text)
            key = present(created.post).id
        else:
            key = key_at(datetime.now(UTC) - age, author)
            await self.database.write(OLD_POST, key, author, text)
        for user in [each for each in self.users if each != author][:likes]:
            await post_like(self.services.group_commits, viewer_id=user, target_id=key)
        return key

    async def rank(self) -> None:
        await self.database.write(
            "INSERT INTO jobs (kind, arguments, unique_key) VALUES ('trends_rank', '{}', 'x') ON CONFLICT DO NOTHING"
        )
        await run_jobs(self.database, rank_trends)

    async def texts(self, viewer: int | None = None, **page: Any) -> list[str]:
        found = await ApiClient(self.services, viewer).data(FEED, **{"first": 100, **page})
        return [edge["node"]["text"] for edge in found["edges"]]

    async def hashtags(self, viewer: int | None = None, **page: Any) -> list[str]:
        found = await ApiClient(self.services, viewer).data(HASHTAGS, **page)
        return [edge["node"]["name"] for edge in found["edges"]]

    async def pass_time(self, time: timedelta) -> None:
        """Makes all snapshots older."""
        await self.database.write(
            "UPDATE trend_snapshots SET created_at = created_at - $1::interval", time
        )


@pytest.fixture
async def trends(services: Services) -> Trends:
    return Trends(services)


async def test_before_the_first_ranking_pages_are_empty(trends: Trends) -> None:
    page = await ApiClient(trends.services).data(FEED)
    assert page["edges"] == []
    assert page["pageInfo"] == {"hasNextPage": False, "hasPreviousPage": False, "endCursor": None}
    assert page["eventCursor"]
    assert await trends.hashtags() == []
    await trends.rank()
    assert await trends.texts() == []


async def test_reactions_of_others_count_and_lose_half_of_their_weight_in_two_hours(
    trends: Trends,
) -> None:
    author, other, *users = await trends.create(12)
    commits = trends.services.group_commits
    await trends.post(author, "four likes", likes=4)
    await trends.post(users[0], "eight likes, three hours ago", likes=8, age=timedelta(hours=3))
    await trends.post(users[1], "eight likes, nine hours ago", likes=8, age=timedelta(hours=9))
    await trends.post(users[2], "two likes", likes=2)
    await trends.post(users[3], "none")
    own = await trends.post(users[4], "liked, shared and often commented on by its author")
    for reaction in (post_like, post_share):
        await reaction(commits, viewer_id=users[4], target_id=own)
    shared = await trends.post(users[5], "three by comment, share and like", likes=1)
    await post_share(commits, viewer_id=users[6], target_id=shared)
    for post, commenter in ((shared, other), (own, users[4])):
        for _ in range(20):
            await comment_create(
                trends.database, author_id=commenter, post_id=post, text="x", parent_id=None
            )
    await trends.rank()
    assert await trends.texts() == [
        "eight likes, three hours ago",
        "four likes",
        "three by comment, share and like",
        "two likes",
        "eight likes, nine hours ago",
    ]


async def test_posts_that_are_not_for_everybody_are_not_ranked(trends: Trends) -> None:
    author, private, suspended, deleted, *users = await trends.create(9)
    await trends.post(author, "shown", likes=1)
    warned = await trends.post(users[0], "with a warning", likes=5)
    await trends.database.write("UPDATE posts SET content_warning = 'x' WHERE id = $1", warned)
    for visibility in (PostVisibility.FOLLOWERS, PostVisibility.MENTIONED):
        key = await trends.post(users[1], visibility.name, likes=5)
        await trends.database.write(
            "UPDATE posts SET visibility = $2 WHERE id = $1", key, visibility
        )
    for user in (private, suspended, deleted):
        await trends.post(user, f"of {user}", likes=5)
    await trends.database.write("UPDATE users SET is_private = true WHERE id = $1", private)
    await trends.database.write("UPDATE users SET is_active = false WHERE id = $1", suspended)
    await hide_account(trends.database, deleted)
    await trends.rank()
    ranked = await trends.database.fetch(
        "SELECT text FROM trending_posts JOIN posts ON id = post_id ORDER BY position"
    )
    assert [row[0] for row in ranked] == ["shown"]


async def test_what_is_hidden_later_is_gone_at_once_and_pages_stay_full(trends: Trends) -> None:
    viewer, *authors = await trends.create(12)
    keys = [
        await trends.post(author, str(number), likes=11 - number)
        for number, author in enumerate(authors)
    ]
    await trends.rank()
    assert await trends.texts(viewer) == [str(number) for number in range(11)]
    commits = trends.services.group_commits
    await block_create(commits, viewer_id=viewer, user_id=authors[0])
    await block_create(commits, viewer_id=authors[1], user_id=viewer)
    await mute_create(commits, viewer_id=viewer, user_id=authors[2])
    page = await ApiClient(trends.services, viewer).data(FEED, first=2)
    assert [edge["node"]["text"] for edge in page["edges"]] == ["3", "4"]
    assert page["pageInfo"]["hasNextPage"] is True
    assert await trends.texts() == [str(number) for number in range(11)]
    write = trends.database.write
    await hide_account(trends.database, authors[3])
    await write("UPDATE users SET is_active = false WHERE id = $1", authors[4])
    await write("UPDATE users SET is_private = true WHERE id = $1", authors[5])
    await write("UPDATE posts SET visibility = 1 WHERE id = $1", keys[6])
    await post_delete(trends.database, viewer_id=authors[7], post_id=keys[7])
    assert await trends.texts(viewer) == ["8", "9", "10"]
    assert await trends.texts() == ["0", "1", "2", "8", "9", "10"]


@pytest.mark.usefixtures("orm")
async def test_a_post_that_a_moderator_removes_is_gone_at_once(trends: Trends) -> None:
    author, other, _ = await trends.create(3)
    await trends.post(author, "good", likes=1)
    bad = await trends.post(other, "bad", likes=2)
    await trends.rank()
    assert await trends.texts() == ["bad", "good"]
    await asyncio.to_thread(moderate, Post, [bad])
    assert await trends.texts() == ["good"]


async def test_an_author_can_not_fill_a_page(trends: Trends) -> None:
    loud, *authors = await trends.create(25)
    for number in range(POSTS_OF_AUTHOR + 4):
        await trends.post(loud, f"loud {number}", likes=20)
    for author in authors:
        await trends.post(author, "quiet", likes=1)
    await trends.rank()
    texts = await trends.texts()
    places = [place for place, text in enumerate(texts) if text.startswith("loud")]
    assert places == [n * APART for n in range(POSTS_OF_AUTHOR)]
    assert len(texts) == len(authors) + POSTS_OF_AUTHOR


@pytest.mark.parametrize("seed", range(4))
async def test_pages_are_of_one_ranking_for_ten_minutes_whatever_is_written(
    trends: Trends, seed: int
) -> None:
    rng = random.Random(seed)
    users = await trends.create(20)
    posts = {
        str(number): await trends.post(author, str(number), likes=rng.randrange(1, 12))
        for number, author in enumerate(users)
    }
    await trends.rank()
    expected = await trends.texts()
    assert len(expected) == len(users)
    client = ApiClient(trends.services)
    minutes = rng.sample(range(1, 10), 4)
    page = await client.data(FEED, first=4)
    read = [edge["node"]["text"] for edge in page["edges"]]
    removed = set()
    cursor = None
    for step in range(4):
        await trends.pass_time(minutes[step] * MINUTE / 10)
        for _ in range(3):
            text, key = rng.choice(list(posts.items()))
            await rng.choice([post_like, post_unlike, post_share])(
                trends.services.group_commits, viewer_id=rng.choice(users), target_id=key
            )
            if text not in read and rng.random() < 0.3:
                await trends.database.write("DELETE FROM posts WHERE id = $1", key)
                removed.add(text)
                del posts[text]
        await trends.post(rng.choice(users), "new", likes=15)
        await trends.rank()
        cursor = page["pageInfo"]["endCursor"] or cursor
        page = await client.data(FEED, first=4, after=cursor)
        assert page["pageInfo"]["hasPreviousPage"] is True
        read += [edge["node"]["text"] for edge in page["edges"]]
    assert read == [text for text in expected if text not in removed]
    assert page["pageInfo"]["hasNextPage"] is False
    assert (await trends.texts())[0] == "new"


async def test_a_cursor_expires_ten_minutes_after_its_ranking_was_replaced(trends: Trends) -> None:
    users = await trends.create(3)
    for user in users:
        await trends.post(user, "#one #two", likes=1)
    await trends.rank()
    anonymous = ApiClient(trends.services)
    after = {}
    for query in (FEED, HASHTAGS):
        after[query] = (await anonymous.data(query, first=1))["pageInfo"]["endCursor"]
    await trends.pass_time(60 * MINUTE)
    # It is current, however old.
    for query in after:
        assert (await anonymous.data(query, after=after[query]))["edges"]
    await trends.rank()
    await trends.pass_time(TRENDS_KEPT - MINUTE)
    await trends.rank()
    for query in after:
        assert (await anonymous.data(query, after=after[query]))["edges"]
    await trends.pass_time(MINUTE)
    await trends.rank()
    for query, cursor in after.items():
        result = await anonymous.execute(query, after=cursor)
        assert result["errors"][0]["extensions"] == {"code": "CURSOR_EXPIRED"}
        assert (await anonymous.data(query))["edges"]
    for table in ("trend_snapshots", "trending_posts", "trending_hashtags"):
        [[rows]] = await trends.database.fetch(f"SELECT count(*) FROM {table}")  # noqa: S608  # fixed names
        # Those of the last ten minutes, and the one that was current when these began.
        assert rows == {"trend_snapshots": 3, "trending_posts": 9, "trending_hashtags": 6}[table]


async def test_cursors_of_other_lists_are_invalid(trends: Trends) -> None:
    users = await trends.create(3)
    for user in users:
        await trends.post(user, "#one #two", likes=1)
    await trends.rank()
    client = ApiClient(trends.services)
    of_posts = (await client.data(FEED, first=1))["pageInfo"]["endCursor"]
    of_hashtags = (await client.data(HASHTAGS, first=1))["pageInfo"]["endCursor"]
    for query, cursors in (
        (FEED, [of_hashtags, "x", ""]),
        (HASHTAGS, [of_posts, of_hashtags[:-1]]),
    ):
        for cursor in cursors:
            result = await client.execute(query, after=cursor)
            assert result["errors"][0]["extensions"]["code"] == "INVALID_CURSOR"
        for first in (-1, 101):
            result = await client.execute(query, first=first)
            assert result["errors"][0]["extensions"]["code"] == "BAD_PAGE"
        page = await client.data(query, first=0)
        assert (page["edges"], page["pageInfo"]["hasNextPage"]) == ([], True)


async def test_a_hashtag_trends_by_its_authors(trends: Trends) -> None:
    users = await trends.create(8)
    for number in range(6):
        await trends.post(users[0], f"#alone {number}")
    for user in users[:2]:
        await trends.post(user, "#two")
        await trends.post(user, "#two again")
        await trends.post(user, "#TWO #once_more")
    for user in users[:3]:
        await trends.post(user, "#three")
        private = await trends.post(user, "#private")
        await trends.database.write("UPDATE posts SET visibility = 1 WHERE id = $1", private)
    await trends.rank()
    for viewer in (None, users[0]):  # Who may see one of the private posts.
        assert await trends.hashtags(viewer) == ["three", "once_more", "two"]
    await trends.database.write("UPDATE users SET is_active = false WHERE id = $1", users[0])
    await trends.rank()
    assert await trends.hashtags() == ["three"]
    assert await trends.hashtags(first=0) == []


async def test_a_hashtag_leaves_with_the_posts_that_are_visible(trends: Trends) -> None:
    *users, viewer = await trends.create(5)
    for user in users[:2]:
        await trends.post(user, "#gone")
    for user in users[2:]:
        await trends.post(user, "#private")
    await trends.rank()
    assert sorted(await trends.hashtags(viewer)) == ["gone", "private"]
    await block(trends.database, viewer, users[0])
    await block(trends.database, users[1], viewer)
    assert await trends.hashtags(viewer) == ["private"]
    for user in users[:2]:
        await hide_account(trends.database, user)
    for user in users[2:]:
        await profile_update(trends.database, viewer_id=user, is_private=True)
    assert await trends.hashtags() == []


async def test_an_older_use_of_a_hashtag_counts_less(trends: Trends) -> None:
    users = await trends.create(8)
    for user in users[:5]:
        # Five uses count as 1.8 after six hours.
        key = await trends.post(user, age=timedelta(hours=6))
        await trends.database.write(OLD_HASHTAG, "earlier", key)
    for user in users[:2]:
        await trends.post(user, "#now")
    await trends.rank()
    assert await trends.hashtags() == ["now", "earlier"]


async def test_a_ranking_reads_a_bounded_part(
    trends: Trends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feed.search.jobs.NEWEST_POSTS", 2)
    monkeypatch.setattr("feed.search.jobs.NEWEST_EVENTS", 3)
    first, second, third, *users = await trends.create(6)
    old = [await trends.post(author, str(author), likes=1) for author in (first, second)]
    await trends.post(third, "newest", likes=1)
    await trends.post(users[0], "newer", likes=1)
    await trends.rank()
    assert await trends.texts() == ["newer", "newest"]
    # A post that users react to now is found however old it is.
    await post_share(trends.services.group_commits, viewer_id=users[1], target_id=old[0])
    await trends.rank()
    assert await trends.texts() == [str(first), "newer", "newest"]
    # And one that trends stays.
    for _ in range(2):
        await trends.post(users[2])
    await trends.rank()
    assert await trends.texts() == [str(first), "newer", "newest"]


async def test_both_executors_give_the_same(trends: Trends) -> None:
    users = await trends.create(6)
    for user in users:
        await trends.post(user, "#one #two", likes=2)
    await trends.rank()
    for viewer in (None, users[0]):
        compiled = await ApiClient(trends.services, viewer).execute("Explore", first=3)
        execution: Any = execute(
            graphql_schema,
            valid_document("Explore"),
            variable_values={"first": 3},
            context_value=Context(trends.services, viewer),
        )
        result = await execution
        assert not result.errors
        assert json.loads(json.dumps(result.data, default=str)) == json.loads(
            json.dumps(compiled["data"], default=str)
        )
