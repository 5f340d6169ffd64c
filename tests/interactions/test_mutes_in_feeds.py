"""A mute hides users below posts in feeds, not below a post or profile that is requested by id or name."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from core.accounts.services import follow_create, mute_create
from core.database.database import Database
from core.database.group_commit import GroupCommits
from core.ids import global_id
from feed.services import post_create
from interactions.services import comment_create
from tests.interactions.cast import create_posts, create_users, present
from tests.interactions.conftest import Execute
from tests.interactions.reactions import post_like, post_share

UNDER = """
  comments(first: 3) { edges { node { author { username } replies { edges { node { author { username } } } } } } }
  likers { edges { node { username } } }
  sharers { edges { node { username } } }
"""
QUERY = f"""
query Everywhere($post: ID!) {{
  feed: homeFeed(first: 1) {{ edges {{ ...Edge }} }}
  public: publicFeed(first: 1) {{ edges {{ ...Edge }} }}
  user(username: "p2") {{ posts(first: 1) {{ edges {{ ...Edge }} }} }}
  post(id: $post) {{ ...Under }}
  node(id: $post) {{ ...Under }}
  nodes(ids: [$post]) {{ ...Under }}
}}
fragment Edge on PostEdge {{ node {{ ...Under }} }}
fragment Under on Post {{ {UNDER} }}
"""


class Found(NamedTuple):
    """The users shown below a post."""

    commenters: list[str]
    repliers: list[str]
    likers: list[str]
    sharers: list[str]


def found(post: Any) -> Found:
    comments = [edge["node"] for edge in post["comments"]["edges"]]
    return Found(
        [comment["author"]["username"] for comment in comments],
        [
            edge["node"]["author"]["username"]
            for comment in comments
            for edge in comment["replies"]["edges"]
        ],
        [edge["node"]["username"] for edge in post["likers"]["edges"]],
        [edge["node"]["username"] for edge in post["sharers"]["edges"]],
    )


async def busy_post(database: Database, post: int, actors: list[int]) -> None:
    """Each actor comments, replies to the first comment, likes and shares."""
    group_commits = GroupCommits(database)
    first: int | None = None
    for actor in actors:
        for parent in dict.fromkeys((None, first)):
            created = await comment_create(
                database, author_id=actor, post_id=post, text="so", parent_id=parent
            )
            assert created.comment is not None
            first = first or created.comment.id
        await post_like(group_commits, viewer_id=actor, target_id=post)
        await post_share(group_commits, viewer_id=actor, target_id=post)
    await group_commits.close()


@pytest.mark.parametrize("blocked_too", [False, True])
async def test_a_mute_hides_in_feeds_only(
    database: Database, execute: Execute, blocked_too: bool
) -> None:
    viewer, author, muted, other, blocked = await create_users(database, 5)
    (post,) = await create_posts(database, author)
    group_commits = GroupCommits(database)
    await follow_create(group_commits, viewer_id=viewer, user_id=author)
    await busy_post(database, post, [other, muted, muted, muted, blocked])
    await mute_create(GroupCommits(database), viewer_id=viewer, user_id=muted)
    if blocked_too:
        await database.write(
            "INSERT INTO blocks (blocker_id, blocked_id) VALUES ($1, $2)", blocked, viewer
        )
    await group_commits.close()

    variables = {"post": global_id("Post", post)}
    seen = await execute(viewer, QUERY, **variables)
    fifth = [] if blocked_too else ["p5"]
    # Pages are full: three comments that are not hidden.
    in_feed = Found([*fifth, "p4"], [*fifth], [*fifth, "p4"], [*fifth, "p4"])
    for feed in ("feed", "public"):
        assert found(seen[feed]["edges"][0]["node"]) == in_feed, feed
    by_id = found(seen["post"])
    assert by_id.commenters == ([*fifth, "p3", "p3", "p3"][:3])
    assert (by_id.likers, by_id.sharers) == ([*fifth, "p3", "p4"],) * 2
    for post_seen in (
        seen["node"],
        seen["nodes"][0],
        seen["user"]["posts"]["edges"][0]["node"],
    ):
        assert found(post_seen) == by_id
    # The mute applies to the viewer only.
    public = f"{{ publicFeed(first: 1) {{ edges {{ node {{ {UNDER} }} }} }} }}"
    unfiltered = found((await execute(None, public))["publicFeed"]["edges"][0]["node"])
    assert "p3" in unfiltered.commenters


QUOTES = """
query Quotes($post: ID!) {
  homeFeed(first: 1) { edges { ...Edge } }
  publicFeed(first: 1) { edges { ...Edge } }
  user(username: "p2") { posts(first: 1) { edges { ...Edge } } }
  post(id: $post) { ...Quoting }
  node(id: $post) { ...Quoting }
}
fragment Edge on PostEdge { node { ...Quoting } }
fragment Quoting on Post { language quote { state post { text author { username } } } textSegments { text } }
"""
PUBLIC_QUOTES = QUOTES.replace("homeFeed(first: 1)", "homeFeed: publicFeed(first: 1)")


@pytest.mark.parametrize("is_muted", [False, True])
async def test_a_mute_hides_quoted_posts_in_feeds_only(
    database: Database, execute: Execute, is_muted: bool
) -> None:
    viewer, author, quoted = await create_users(database, 3)
    (post,) = await create_posts(database, quoted)
    made = await post_create(database, author_id=author, text="Look.", quoted_post_id=post)
    group_commits = GroupCommits(database)
    await follow_create(group_commits, viewer_id=viewer, user_id=author)
    await group_commits.close()
    if is_muted:
        await mute_create(group_commits, viewer_id=viewer, user_id=quoted)
    variables = {"post": global_id("Post", present(made.post).id)}
    visible = {"state": "VISIBLE", "post": {"text": "x", "author": {"username": "p3"}}}
    hidden = {"state": "UNAVAILABLE", "post": None}
    for reader in (viewer, author, None):
        seen = await execute(reader, QUOTES if reader else PUBLIC_QUOTES, **variables)
        for root, found in seen.items():
            is_feed = root in {"homeFeed", "publicFeed"}
            page = found if is_feed else found.get("posts")
            quoting = page["edges"][0]["node"] if page else found
            hides = is_muted and is_feed and reader == viewer
            assert quoting["quote"] == (hidden if hides else visible), root
            assert quoting["textSegments"] == [{"text": "Look."}]
