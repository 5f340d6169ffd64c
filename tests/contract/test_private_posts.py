"""Who sees a post: every surface, for every relation of a viewer to its author, whatever its visibility."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from core.accounts.statements import SQL
from core.context import Services
from core.ids import global_id
from feed.home_feeds import HomeFeeds, home_feed_build
from feed.search.statements import SQL as SEARCH
from tests.contract.leading_fields import leading_fields
from tests.contract.private_looks import LISTED, LOOKS, sees_at_home
from tests.contract.private_world import (
    AUTHORS,
    CASES,
    PUBLIC,
    VIEWERS,
    Case,
    PrivateWorld,
)
from tests.contract.saved_world import saved_world
from tests.empty_tables import EmptyingSession
from tests.interactions.cast import close_and_restore_account, hide_account

PIN = """
INSERT INTO pinned_posts (user_id, post_id) VALUES ($1, $2)
ON CONFLICT (user_id) DO UPDATE SET post_id = excluded.post_id
"""
NOTIFY = """
WITH inbox AS (
    INSERT INTO notification_inboxes (user_id) VALUES ($1) ON CONFLICT DO NOTHING
), added AS (
    INSERT INTO notifications (recipient_id, kind, thing_id, post_id, comment_id, position, actor_count)
    VALUES ($1, 6, $3, $2, $3, $3, 1) RETURNING id
)
INSERT INTO notification_actors (notification_id, actor_id, recipient_id, thing_id, kind, subject_id)
SELECT id, $4, $1, $3, 6, $3 FROM added
"""
RECOMMENDING = {"Query.trendingFeed"}
"""Surfaces that leave out suspended accounts: docs/decisions/trending.md."""
LEADING = {"Post", "PostConnection", "PostEditConnection", "Comment", "CommentConnection", "Node"}
OF_VIEWERS = {"Query.homeFeed", "Notification.post", "Notification.comment"}
"""Surfaces that an anonymous client does not have."""


@pytest.fixture(scope="module")
async def created(emptying_session: EmptyingSession) -> AsyncIterator[PrivateWorld]:
    async def create(services: Services) -> PrivateWorld:
        world = PrivateWorld(services)
        await world.create()
        # As if all posts had been public when they were ranked.
        ranked = list(world.posts.values())
        await services.database.write(SEARCH.trend_snapshot_create, ranked, [])
        return world

    async with saved_world(emptying_session, create) as world:
        yield world


@pytest.fixture
async def world(
    created: PrivateWorld, services: Services, emptying_session: EmptyingSession
) -> AsyncIterator[PrivateWorld]:
    emptying_session.restore_rows()
    yield created.with_services(services)
    await services.group_commits.close()


async def found(world: PrivateWorld, surface: str, viewer: str) -> dict[Case, bool]:
    look = LOOKS[surface]
    seen = {}
    for case, post in world.posts.items():
        viewer_id = world.viewer_id(viewer, case)
        if viewer_id is None and surface in OF_VIEWERS:
            seen[case] = False
            continue
        if surface.startswith("Notification"):
            await world.database.write(
                NOTIFY, viewer_id, post, world.comments[case], world.key["sharer"]
            )
        # An author can have one pinned post.
        await world.database.write(PIN, world.key[case.author], post)
        values = {
            "id": global_id("Post", post),
            "author": world.name[case.author],
            "sharer": world.name["sharer"],
            "host": world.name["host"],
            "quoting": global_id("Post", world.quoting[case]),
            "quoted": global_id("Post", world.quoted[case]),
            "comment": global_id("Comment", world.comments[case]),
            "reply": global_id("Comment", world.replies[case]),
        }
        named = {name: value for name, value in values.items() if f"${name}:" in look.query}
        data = await world.ask(viewer_id, look.query, **named)
        seen[case] = look.finds(data, values[look.of])
    return seen


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_each_surface_shows_a_post_to_its_readers_alone(
    world: PrivateWorld, viewer: str
) -> None:
    for surface, look in LOOKS.items():
        expected = {case: look.expected(viewer, case) for case in CASES}
        assert await found(world, surface, viewer) == expected, surface


@pytest.mark.parametrize("viewer", VIEWERS[:-1])
async def test_a_kept_home_feed_shows_the_same(world: PrivateWorld, viewer: str) -> None:
    expected = {case: sees_at_home(viewer, case) for case in CASES}
    world.services.register(HomeFeeds(world.database))
    for case in CASES:
        await home_feed_build(world.database, world.viewer_id(viewer, case) or 0)
    assert await found(world, "Query.homeFeed", viewer) == expected


async def suspend(world: PrivateWorld, author: str) -> None:
    await world.database.write(SQL.user_suspend, world.key[author], None)


async def deactivate(world: PrivateWorld, author: str) -> None:
    await world.database.write(
        "UPDATE users SET is_active = false WHERE id = $1", world.key[author]
    )


@pytest.mark.parametrize("change", [suspend, deactivate])
async def test_a_suspended_account_s_posts_stay_on_every_surface(
    world: PrivateWorld, change: Callable[[PrivateWorld, str], Awaitable[None]]
) -> None:
    for author in AUTHORS:
        await change(world, author)
    for surface, look in LOOKS.items():
        stays = surface not in RECOMMENDING
        for viewer in VIEWERS[1:]:
            expected = {case: stays and look.expected(viewer, case) for case in CASES}
            assert await found(world, surface, viewer) == expected, (surface, viewer)


async def test_a_deleted_account_s_posts_are_seen_by_nobody(world: PrivateWorld) -> None:
    for author in AUTHORS:
        await hide_account(world.database, world.key[author])
    for surface in LOOKS:
        for viewer in VIEWERS:
            assert not any((await found(world, surface, viewer)).values()), (surface, viewer)


async def test_a_restored_account_s_posts_are_back_on_every_surface(world: PrivateWorld) -> None:
    for author in AUTHORS:
        await close_and_restore_account(world.database, world.key[author])
    for surface, look in LOOKS.items():
        for viewer in VIEWERS:
            expected = {case: look.expected(viewer, case) for case in CASES}
            assert await found(world, surface, viewer) == expected, (surface, viewer)


async def test_a_kept_home_feed_hides_a_deleted_account_and_what_became_private(
    world: PrivateWorld,
) -> None:
    """Kept while everything was public: each entry is judged again when the feed is read."""
    world.services.register(HomeFeeds(world.database))
    for viewer in VIEWERS[1:-1]:
        await home_feed_build(world.database, world.key[viewer])
    await world.database.write(
        "UPDATE users SET is_private = true WHERE id = $1", world.key["open"]
    )
    for viewer in VIEWERS[1:-1]:
        expected = {
            case: sees_at_home(viewer, case._replace(author="closed"))
            for case in CASES
            if case.author == "open"
        }
        seen = await found(world, "Query.homeFeed", viewer)
        assert {case: seen[case] for case in expected} == expected, viewer
    for author in AUTHORS:
        await hide_account(world.database, world.key[author])
    for viewer in VIEWERS[1:-1]:
        assert not any((await found(world, "Query.homeFeed", viewer)).values()), viewer


async def test_a_kept_home_feed_hides_the_shares_of_a_deleted_account(world: PrivateWorld) -> None:
    world.services.register(HomeFeeds(world.database))
    viewer, shared = "stranger", Case("open", PUBLIC)
    await home_feed_build(world.database, world.key[viewer])
    assert (await found(world, "Query.homeFeed", viewer))[shared]
    await hide_account(world.database, world.key["sharer"])
    assert not any((await found(world, "Query.homeFeed", viewer)).values())


def test_each_field_that_leads_to_posts_has_a_look() -> None:
    """Add a look for a new field that gives posts, or comments, likes and shares of posts."""
    leads = {
        field.surface
        for field in leading_fields()
        if field.given in LEADING
        or (field.given == "UserConnection" and field.owner in {"Post", "Comment"})
    }
    assert leads == {surface.partition(" ")[0] for surface in LOOKS}


async def test_the_visibility_that_holds_now_is_shown(world: PrivateWorld) -> None:
    for case, post in world.posts.items():
        query = "query($id: ID!) { post(id: $id) { visibility } }"
        data = await world.ask(world.key[case.author], query, id=global_id("Post", post))
        assert data["post"] == {"visibility": case.now.name}


async def test_one_s_own_comment_stays_readable_and_what_is_around_it_hidden(
    world: PrivateWorld,
) -> None:
    for viewer, case in world.own_comments:
        query = (
            "query($id: ID!) { node(id: $id) { ... on Comment { text post { id } "
            f"replies {{ {LISTED} }} }} }} }}"
        )
        comment = world.own_comments[viewer, case]
        await world.database.write(
            "INSERT INTO comments (post_id, parent_id, author_id, text) VALUES ($1, $2, $3, 'x')",
            world.posts[case],
            comment,
            world.key["host"],
        )
        data = await world.ask(world.key[viewer], query, id=global_id("Comment", comment))
        assert data["node"]["text"] == "A comment."
        assert (data["node"]["post"] is not None) == case.is_seen_by(viewer)
        assert (data["node"]["replies"]["edges"] != []) == case.is_seen_by(viewer)
