"""Each query of the client contract keeps to its budget of PostgreSQL's buffers and rows."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine
from typing import Any, NamedTuple

import pytest
from graphql import OperationDefinitionNode, OperationType, parse

from core.context import Services
from core.database.database import Database, Row
from core.ids import global_id
from feed.home_feeds import HomeFeeds, home_feed_build
from tests.contract.statement_costs import Cost, cost_of
from tests.contract.test_reading_and_writing import WITH_THE_LIMITS
from tests.contract.test_statements import CURSORS, create_crowd, newest
from tests.core.accounts.world import ApiClient
from tests.paths import OPERATIONS

HIDE = """
DELETE FROM follows f USING users a, users b WHERE (f.follower_id, f.followee_id) IN ((a.id, b.id), (b.id, a.id))
AND a.username = 'p1' AND b.username IN ('p3', 'p4');
INSERT INTO blocks (blocker_id, blocked_id) SELECT a.id, b.id FROM users a, users b
WHERE (a.username, b.username) IN (('p1', 'p3'), ('p4', 'p1'), ('p2', 'p5')) ORDER BY a.id;
INSERT INTO follow_requests (requester_id, target_id) SELECT a.id, b.id FROM users a, users b
WHERE a.username <> 'p1' AND b.username = 'p1' ORDER BY a.id;
INSERT INTO mutes (muter_id, muted_id) SELECT a.id, b.id FROM users a, users b
WHERE (a.username, b.username) IN (('p1', 'p6'), ('p2', 'p7')) ORDER BY a.id;
"""

NOT_VISIBLE_TO_ALL = """
SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
AND EXISTS (SELECT FROM pg_stats s WHERE s.schemaname = 'public' AND s.tablename = relname) AND relallvisible < relpages
"""
SECONDS = 100.0
"""How long a busy machine may take for one statement that fills or vacuums the tables."""
NO_KEPT_FEEDS = "TRUNCATE home_feeds, home_feed_reasons"


class Page(NamedTuple):
    """A query of the contract, as a viewer sends it."""

    operation: str
    viewer: str | None
    after_cursor: bool = False
    is_kept: bool = False
    """Whether the viewer's home feed is kept."""


NESTED = {"CommentThread", "ProfilePage"}
"""Operations that select the same fields at two levels: both together have the budget."""
PAGES: dict[Page, dict[str, Cost]] = {
    Page("PostPage", "p1"): {
        "posts_by_ids": Cost(14, 4),
        "post_details_by_ids": Cost(6, 4),
        "media_of_posts": Cost(24, 14),
        "comments_of_posts": Cost(13, 90),
        "comment_details_by_ids": Cost(210, 66),
        "reactions_of_viewer:comment_like": Cost(4, 2),
        "quotes_of_posts": Cost(9, 132),
    },
    Page("ProfilePage", "p2"): {
        "user_by_username": Cost(11, 2),
        "relations_by_ids": Cost(10, 4),
        "pinned_posts_of_users": Cost(16, 5),
        "known_followers_pages": Cost(77, 133),
        "profile_feed_pages": Cost(150, 87),
        "post_details_by_ids": Cost(31, 26),
        "media_of_posts": Cost(385, 277),
    },
    Page("Bookmarks", "p1"): {
        "bookmarks_of_users": Cost(223, 232),
        "post_details_by_ids": Cost(26, 44),
        "media_of_posts": Cost(359, 264),
    },
    Page("ProfileComments", "p1"): {
        "user_by_username": Cost(20, 10),
        "comments_of_users": Cost(115, 75),
        "comment_details_by_ids": Cost(120, 120),
        "reactions_of_viewer:comment_like": Cost(60, 60),
        "posts_by_ids": Cost(120, 120),
    },
    Page("Liked", "p1"): {
        "likes_of_users": Cost(96, 180),
    },
    Page("CommentThread", "p1"): {
        "comments_by_ids": Cost(20, 10),
        "posts_by_ids": Cost(20, 10),
        "ancestors_of_comments": Cost(40, 30),
        "comments_of_comments": Cost(60, 60),
        "comment_details_by_ids": Cost(120, 120),
        "reactions_of_viewer:comment_like": Cost(40, 40),
    },
    Page("PostEdits", "p1"): {
        "posts_by_ids": Cost(20, 10),
        "edits_of_posts": Cost(20, 60),
    },
    Page("PublicFeed", None): {
        "public_feed_page:anonymous": Cost(50, 47),
    },
    Page("PublicFeed", None, after_cursor=True): {
        "public_feed_page:anonymous": Cost(50, 47),
    },
    Page("PublicFeed", "p1"): {
        "public_feed_page": Cost(61, 55),
    },
    Page("HomeFeed", "p1"): {
        "home_feed_page_with_snapshot": Cost(486, 308),
        "comments_of_posts": Cost(75, 126),
    },
    Page("HomeFeed", "p1", after_cursor=True): {
        "home_feed_page_with_snapshot": Cost(485, 304),
        "comments_of_posts": Cost(74, 126),
        "home_feed_page_with_snapshot:oldest_first:unseen": Cost(261, 301),
    },
    Page("HomeFeed", "p1", is_kept=True): {
        "kept_home_feed_page_with_snapshot": Cost(240, 202),
        "comments_of_posts": Cost(75, 126),
    },
    Page("HomeFeed", "p1", after_cursor=True, is_kept=True): {
        "kept_home_feed_page_with_snapshot": Cost(239, 199),
        "comments_of_posts": Cost(74, 126),
        "kept_home_feed_page_with_snapshot:oldest_first:unseen": Cost(42, 244),
    },
    Page("HomeFeedUpdates", "p1", is_kept=True): {
        "kept_home_feed_updates:oldest_first:unseen": Cost(64, 261),
    },
    Page("HomeFeedUpdates", "p1"): {
        "home_feed_updates:oldest_first:unseen": Cost(274, 310),
    },
    Page("Profile", None): {
        "user_by_username:anonymous": Cost(9, 6),
        "profile_feed_pages:anonymous": Cost(105, 251),
    },
    Page("Profile", "p2"): {
        "user_by_username": Cost(12, 6),
        "profile_feed_pages": Cost(140, 84),
        "relations_by_ids": Cost(11, 7),
    },
    Page("Follows", None): {
        "user_by_username:anonymous": Cost(9, 6),
        "followers_pages:anonymous": Cost(11, 116),
    },
    Page("Follows", "p2"): {
        "user_by_username": Cost(12, 6),
        "followers_pages": Cost(112, 117),
        "relations_by_ids": Cost(205, 5),
    },
    Page("PostDetail", None): {
        "posts_by_ids:anonymous": Cost(10, 7),
        "comments_of_posts:anonymous": Cost(12, 86),
        "likers_of_posts:anonymous": Cost(11, 68),
        "comments_of_comments:anonymous": Cost(128, 125),
    },
    Page("PostDetail", "p2"): {
        "posts_by_ids": Cost(16, 8),
        "comments_of_posts": Cost(16, 87),
        "likers_of_posts": Cost(15, 70),
        "reactions_of_viewer:comment_like": Cost(7, 5),
        "comments_of_comments": Cost(132, 126),
    },
    Page("Nodes", None): {
        "users_by_ids:anonymous": Cost(8, 38),
        "posts_by_ids:anonymous": Cost(74, 71),
        "comments_by_ids:anonymous": Cost(176, 137),
    },
    Page("Nodes", "p2"): {
        "users_by_ids": Cost(41, 38),
        "posts_by_ids": Cost(277, 108),
        "comments_by_ids": Cost(362, 137),
    },
    Page("Notifications", "p1"): {
        "notifications_page": Cost(1654, 450),
        "actors_of_notifications": Cost(685, 198),
        "posts_by_ids": Cost(151, 50),
    },
    Page("NotificationSettings", "p1"): {
        "notification_settings_of_user": Cost(10, 5),
    },
    Page("Me", "p1"): {
        "notifications_unseen": Cost(947, 256),
        "follow_request_count": Cost(7, 200),
        "account_details": Cost(9, 6),
        "sessions_of_user": Cost(9, 6),
        "user_details_by_ids": Cost(15, 8),
    },
    Page("UsernameAvailability", None): {
        "username_taken": Cost(12, 8),
    },
    Page("ExportState", "p1"): {
        "data_exports_by_ids": Cost(7, 5),
    },
    Page("MediaState", "p1"): {
        "media_by_ids": Cost(26, 17),
    },
    Page("FollowRequests", "p1"): {
        "follow_requests_pages": Cost(14, 88),
    },
    Page("BlockedUsers", "p1"): {
        "blocked_pages": Cost(11, 7),
        "relations_by_ids": Cost(12, 7),
    },
    Page("MutedUsers", "p1"): {
        "muted_pages": Cost(11, 7),
        "relations_by_ids": Cost(13, 8),
    },
    Page("HashtagPage", None): {
        "hashtag_by_name:anonymous": Cost(12, 6),
        "posts_of_hashtags:anonymous": Cost(141, 209),
    },
    Page("HashtagPage", "p2"): {
        "hashtag_by_name": Cost(14, 6),
        "posts_of_hashtags": Cost(207, 214),
    },
    Page("SearchHashtags", None): {
        "hashtags_by_prefix:anonymous": Cost(76, 49),
    },
    Page("SearchPosts", None): {
        "posts_by_words:anonymous": Cost(118, 68),
    },
    Page("SearchPosts", "p2"): {
        "posts_by_words": Cost(184, 73),
    },
    Page("SearchUsers", None): {
        "users_by_name:anonymous": Cost(37, 24),
    },
    Page("SearchUsers", "p2"): {
        "users_by_name": Cost(64, 31),
        "relations_by_ids": Cost(49, 8),
    },
    Page("Explore", None): {
        "trending_posts_page:anonymous": Cost(98, 69),
        "trending_hashtags_page:anonymous": Cost(102, 62),
    },
    Page("Explore", "p2"): {
        "trending_posts_page": Cost(110, 74),
        "trending_hashtags_page": Cost(102, 62),
    },
    Page("WhoToFollow", "p2"): {
        "users_suggested": Cost(137, 69),
        "known_followers_pages": Cost(66, 98),
        "user_details_by_ids": Cost(31, 16),
        "relations_by_ids": Cost(47, 6),
    },
    Page("PushConfiguration", "p1"): {},
    Page("Viewer", "p1"): {
        "users_by_ids": Cost(9, 6),
        "user_details_by_ids": Cost(13, 8),
    },
}
"""What each statement of a page may read: its cost, and five more, since PostgreSQL may choose another index.
A statement that gets cheaper gets a smaller budget."""


NODES: dict[str, dict[str, tuple[str, int]]] = {
    "Nodes": {"Post": ("posts", 33), "Comment": ("comments", 33), "User": ("users", 33)},
    "MediaState": {"Media": ("media", 4)},
}
"""How many objects of each type a query by ids requests, and their table."""

FIXED: dict[str, dict[str, Any]] = {
    "ExportState": {"id": global_id("DataExport", 1)},
    "HashtagPage": {"name": "tag1"},
    "SearchHashtags": {"prefix": "tag"},
    "SearchPosts": {"query": "post"},
    "SearchUsers": {"query": "p"},
}
"""Variables that depend on nothing."""


class RecordingDatabase(Database):
    """A database that keeps the reading statements that it runs, with their arguments."""

    reads: list[tuple[str, tuple[object, ...]]]

    def fetch(self, statement: str, *arguments: object) -> Coroutine[Any, Any, list[Row]]:
        self.reads.append((statement, arguments))
        return super().fetch(statement, *arguments)


@pytest.fixture(scope="module")
async def crowd(django_db_setup: None) -> None:
    """The crowd, vacuumed."""
    database = await Database(os.environ["DATABASE_URL"], size=1, statement_seconds=SECONDS).open()
    await database.write("TRUNCATE users, events CASCADE")
    await create_crowd(database)
    async with database.connection() as connection:
        await connection.execute(HIDE)
        # While another transaction is open (of autovacuum), VACUUM marks no page as visible to all, and statements that
        # read an index alone look into the table, too.
        async with asyncio.timeout(SECONDS):
            await connection.execute("VACUUM (ANALYZE)")
            while await connection.fetchval(NOT_VISIBLE_TO_ALL):
                await connection.execute("VACUUM (ANALYZE)")
    await database.close()


@pytest.fixture
async def database(crowd: None) -> AsyncIterator[Database]:
    """A recording database with the crowd, in which no home feed is kept."""
    opened = RecordingDatabase(os.environ["DATABASE_URL"], size=2)
    opened.reads = []
    await opened.open()
    await opened.write(NO_KEPT_FEEDS)
    yield opened
    await opened.close()


async def variables_of(client: ApiClient, page: Page) -> dict[str, Any]:  # noqa: PLR0911  # one for each operation
    database = client.services.database
    if page.operation in NODES:
        return {
            "ids": [
                global_id(name, key)
                for name, (table, count) in NODES[page.operation].items()
                for key in await newest(database, table, count)
            ]
        }
    if page.operation == "CommentThread":
        replies = """
            SELECT max(c.id) FROM comments c JOIN users u ON u.id = c.author_id
            WHERE parent_id IS NOT NULL AND username = 'p9'
        """
        return {"id": global_id("Comment", (await database.fetch(replies))[0][0])}
    if page.operation in {"PostDetail", "PostEdits", "PostPage"}:
        return {"id": global_id("Post", (await newest(database, "posts", 1))[0])}
    if page.operation == "HomeFeedUpdates":
        value = await client.data(CURSORS["HomeFeed"])
        return {"since": value["pageInfo"]["endCursor"]}
    if page.after_cursor:
        return {"after": (await client.data(CURSORS[page.operation]))["pageInfo"]["endCursor"]}
    if page.operation in FIXED:
        return FIXED[page.operation]
    by_name = {"Profile", "ProfileComments", "ProfilePage", "Follows", "UsernameAvailability"}
    return {"username": "p1"} if page.operation in by_name else {}


@pytest.mark.usefixtures("known_horizon")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: "-".join(map(str, page)))
async def test_a_page_keeps_to_its_budget(
    services: Services, database: RecordingDatabase, page: Page
) -> None:
    viewer_id = None
    if page.viewer is not None:
        find = "SELECT id FROM users WHERE username = $1"
        viewer_id = (await database.fetch(find, page.viewer))[0][0]
    if page.is_kept and viewer_id is not None:
        services.register(HomeFeeds(database))
        await home_feed_build(database, viewer_id)
    client = ApiClient(services, viewer_id)
    variables = await variables_of(client, page)
    database.reads.clear()
    await client.execute(page.operation, **variables)
    costs: dict[str, Cost] = {}
    async with database.connection() as connection:
        for statement, arguments in database.reads:
            name = statement.partition("\n")[0].removeprefix("-- ")
            assert name not in costs or page.operation in NESTED, (
                "The page runs this statement twice."
            )
            cost = await cost_of(connection, statement, arguments)
            earlier = costs.get(name, Cost(0, 0))
            costs[name] = Cost(earlier.buffers + cost.buffers, earlier.rows + cost.rows)
    budgets = PAGES[page]
    assert costs.keys() == budgets.keys(), str(costs)
    too_dear = {
        name: (cost, budgets[name])
        for name, cost in costs.items()
        if cost.buffers > budgets[name].buffers or cost.rows > budgets[name].rows
    }
    assert not too_dear, str(costs)


def test_each_query_of_the_contract_has_a_budget() -> None:
    queries = set()
    for path in OPERATIONS.glob("*.graphql"):
        kinds = {
            definition.operation
            for definition in parse(path.read_text()).definitions
            if isinstance(definition, OperationDefinitionNode)
        }
        if OperationType.QUERY in kinds and path.stem not in WITH_THE_LIMITS:
            queries.add(path.stem)
    assert queries == {page.operation for page in PAGES}
