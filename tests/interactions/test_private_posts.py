"""Writing posts that are not public, and writing to them."""

from __future__ import annotations

from typing import Any

import pytest

from core.accounts.services import block_create, follow_create
from core.database.database import Database
from core.database.group_commit import GroupCommits
from core.ids import global_id
from feed.post_visibility import PostVisibility
from feed.services import post_create
from tests.contract.world import TABLES
from tests.core.accounts.world import codes
from tests.interactions.cast import assert_counts_are_exact, create_users, present
from tests.interactions.conftest import Execute
from tests.interactions.reactions import post_bookmark, post_like, post_share

CREATE = """mutation C($input: CreatePostInput!) { createPost(input: $input) {
    post { id visibility } replayed errors { code message path } } }"""
PROFILE = """mutation P($input: UpdateProfileInput!) {
    updateProfile(input: $input) { user { isPrivate } errors { code } } }"""
QUOTE = """mutation Q($input: CreatePostInput!) { createPost(input: $input) {
    post { quote { state } } errors { code message path } } }"""
WRITES = [
    *("LikePost", "SharePost", "BookmarkPost", "CreateComment", "ReportContent", "EditPost"),
    *("UnlikePost", "UnsharePost", "UnbookmarkPost"),
]
NOT_PUBLIC = [None, PostVisibility.FOLLOWERS, PostVisibility.MENTIONED]
"""The visibility of posts that not everybody sees; None for a public one of an author who goes private later."""


@pytest.fixture
async def cast(database: Database) -> dict[str, int]:
    """A private author with a follower, a stranger, and a user whom posts mention."""
    keys = await create_users(database, 4)
    found = dict(zip(("author", "follower", "stranger", "mentioned"), keys, strict=True))
    commits = GroupCommits(database)
    await follow_create(commits, viewer_id=found["follower"], user_id=found["author"])
    await commits.close()
    return found


async def go_private(execute: Execute, user: int, *, is_private: bool = True) -> None:
    payload = (await execute(user, PROFILE, input={"isPrivate": is_private}))["updateProfile"]
    assert payload == {"user": {"isPrivate": is_private}, "errors": []}


async def rows(database: Database) -> dict[str, Any]:
    found = {}
    for table in [*TABLES, "users"]:
        found[table] = sorted(
            row[0]
            for row in await database.fetch(f"SELECT t::text FROM {table} t")  # noqa: S608  # fixed names
        )
    return found


async def post(database: Database, author: int, visibility: PostVisibility | None = None) -> int:
    created = await post_create(database, author_id=author, text="For @p4.", visibility=visibility)
    return present(created.post).id


def input_of(name: str, post_id: int) -> dict[str, str]:
    id = global_id("Post", post_id)
    return {
        "CreateComment": {"postId": id, "text": "Hello?"},
        "EditPost": {"postId": id, "text": "Mine now."},
        "ReportContent": {"subjectId": id, "reason": "SPAM"},
    }.get(name, {"postId": id})


@pytest.mark.parametrize("is_private", [False, True])
@pytest.mark.parametrize("chosen", [None, "PUBLIC", "FOLLOWERS", "MENTIONED"])
async def test_a_post_gets_the_chosen_visibility_or_the_widest_allowed(
    database: Database, execute: Execute, cast: dict[str, int], chosen: str | None, is_private: bool
) -> None:
    author = cast["author"]
    if is_private:
        await go_private(execute, author)
    before = await rows(database)
    for values in [{"visibility": chosen}] if chosen else [{}, {"visibility": None}]:
        payload = (await execute(author, CREATE, input={"text": "x", **values}))["createPost"]
        if is_private and chosen == "PUBLIC":
            assert (payload["post"], codes(payload)) == (
                None,
                [("INVALID_INPUT", "input", "visibility")],
            )
            assert await rows(database) == before
        else:
            expected = chosen or ("FOLLOWERS" if is_private else "PUBLIC")
            assert payload["post"]["visibility"] == expected


async def test_going_public_again_shows_what_was_public(
    database: Database, execute: Execute, cast: dict[str, int]
) -> None:
    author, stranger = cast["author"], cast["stranger"]
    before = await post(database, author)
    await go_private(execute, author)
    during = await post(database, author)
    query = "query V($ids: [ID!]!) { nodes(ids: $ids) { ... on Post { visibility } } }"
    ids = [global_id("Post", key) for key in (before, during)]
    assert await execute(stranger, query, ids=ids) == {"nodes": [None, None]}
    assert await execute(author, query, ids=ids) == {"nodes": [{"visibility": "FOLLOWERS"}] * 2}
    await go_private(execute, author, is_private=False)
    # What was written for followers stays theirs.
    assert await execute(stranger, query, ids=ids) == {"nodes": [{"visibility": "PUBLIC"}, None]}


async def test_the_visibility_is_part_of_what_a_key_stands_for(
    execute: Execute, cast: dict[str, int]
) -> None:
    values = {"text": "x", "visibility": "FOLLOWERS", "clientMutationId": "k"}
    first, again = [
        (await execute(cast["author"], CREATE, input=values))["createPost"] for _ in range(2)
    ]
    assert again == {**first, "replayed": True}
    other = {**values, "visibility": "MENTIONED"}
    payload = (await execute(cast["author"], CREATE, input=other))["createPost"]
    assert [error["code"] for error in payload["errors"]] == ["IDEMPOTENCY_KEY_REUSED"]


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("visibility", NOT_PUBLIC)
async def test_writes_to_a_post_that_may_not_be_seen_are_not_found(
    database: Database,
    execute: Execute,
    cast: dict[str, int],
    name: str,
    visibility: PostVisibility | None,
) -> None:
    author = cast["author"]
    secret = await post(database, author, visibility)
    if visibility is None:
        await go_private(execute, author)
    outsider = cast["follower" if visibility is PostVisibility.MENTIONED else "stranger"]
    before = await rows(database)
    [payload] = (await execute(outsider, name, input=input_of(name, secret))).values()
    field = "subjectId" if name == "ReportContent" else "postId"
    assert codes(payload) == [("NOT_FOUND", "input", field)]
    assert await rows(database) == before


@pytest.mark.parametrize("visibility", NOT_PUBLIC)
async def test_only_its_author_shares_and_quotes_a_post_that_is_not_public(
    database: Database,
    execute: Execute,
    cast: dict[str, int],
    visibility: PostVisibility | None,
) -> None:
    author = cast["author"]
    secret = await post(database, author, visibility)
    if visibility is None:
        await go_private(execute, author)
    reader = cast["mentioned" if visibility is PostVisibility.MENTIONED else "follower"]
    id = global_id("Post", secret)
    before = await rows(database)
    shared = (await execute(reader, "SharePost", input={"postId": id}))["sharePost"]
    assert codes(shared) == [("NOT_ALLOWED", "input", "postId")]
    quoted = (await execute(reader, QUOTE, input={"text": "x", "quotedPostId": id}))["createPost"]
    assert codes(quoted) == [("NOT_ALLOWED", "input", "quotedPostId")]
    stranger = cast["stranger"]
    quoted = (await execute(stranger, QUOTE, input={"text": "x", "quotedPostId": id}))["createPost"]
    assert codes(quoted) == [("NOT_FOUND", "input", "quotedPostId")]
    assert await rows(database) == before
    for name in ("LikePost", "BookmarkPost", "CreateComment"):
        [payload] = (await execute(reader, name, input=input_of(name, secret))).values()
        assert payload["errors"] == []
    assert (await execute(author, "SharePost", input={"postId": id}))["sharePost"]["changed"]
    own = (await execute(author, QUOTE, input={"text": "x", "quotedPostId": id}))["createPost"]
    assert own == {"post": {"quote": {"state": "VISIBLE"}}, "errors": []}
    await assert_counts_are_exact(database)


async def test_what_one_has_done_can_be_taken_back_when_the_post_is_hidden(
    database: Database, execute: Execute, cast: dict[str, int]
) -> None:
    author, stranger = cast["author"], cast["stranger"]
    secret = await post(database, author)
    commits = GroupCommits(database)
    for write in (post_like, post_share, post_bookmark):
        await write(commits, viewer_id=stranger, target_id=secret)
    await go_private(execute, author)
    for name in ("UnlikePost", "UnsharePost", "UnbookmarkPost"):
        [payload] = (await execute(stranger, name, input=input_of(name, secret))).values()
        assert (payload["post"], payload["changed"], payload["errors"]) == (None, True, [])
    await assert_counts_are_exact(database)
    await commits.close()


async def test_a_block_comes_before_a_mention(
    database: Database, execute: Execute, cast: dict[str, int]
) -> None:
    author, mentioned = cast["author"], cast["mentioned"]
    secret = await post(database, author, PostVisibility.MENTIONED)
    query = "query V($id: ID!) { post(id: $id) { id } }"
    assert (await execute(mentioned, query, id=global_id("Post", secret)))["post"] is not None
    await block_create(GroupCommits(database), viewer_id=author, user_id=mentioned)
    assert (await execute(mentioned, query, id=global_id("Post", secret)))["post"] is None


async def test_changing_the_text_changes_who_sees_a_post_for_the_mentioned(
    database: Database, execute: Execute, cast: dict[str, int]
) -> None:
    author, mentioned, stranger = cast["author"], cast["mentioned"], cast["stranger"]
    id = global_id("Post", await post(database, author, PostVisibility.MENTIONED))
    await execute(author, "EditPost", input={"postId": id, "text": "For @p3."})
    query = "query V($id: ID!) { post(id: $id) { id } }"
    seen = [(await execute(each, query, id=id))["post"] for each in (mentioned, stranger)]
    assert seen == [None, {"id": id}]


async def test_a_share_of_ones_own_post_hides_it_from_nobody_who_may_see_it(
    database: Database, execute: Execute, cast: dict[str, int]
) -> None:
    """Whom a post mentions sees it in the profile, but not that its private author shared it."""
    author = cast["author"]
    key = await post(database, author, PostVisibility.MENTIONED)
    await go_private(execute, author)
    commits = GroupCommits(database)
    await post_share(commits, viewer_id=author, target_id=key)
    await commits.close()
    query = """query Q { user(username: "p1") {
        posts { edges { node { id } sharedBy { id } } } } }"""
    seen = {}
    for name in cast:
        edges = (await execute(cast[name], query))["user"]["posts"]["edges"]
        seen[name] = [(edge["node"]["id"], edge["sharedBy"] is not None) for edge in edges]
    id = global_id("Post", key)
    shared, plain = [(id, True)], [(id, False)]
    assert seen == {"author": shared, "follower": [], "stranger": [], "mentioned": plain}
