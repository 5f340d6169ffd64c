"""Who has a post by the share of another queries the feed again when its author hides or shows it, and nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from core.database.database import Database
from core.ids import global_id
from feed.graphql import home_feed_topic
from feed.statements import SQL
from tests.interactions.cast import account_closed, account_restored, create_posts, delete_account
from tests.live.world import Api, SignedInUser, WebSocketClient, signed_in, websocket_client

OTHERS = tuple(f"other {n}" for n in range(12))
CAST = ("author", "sharer", "reader", "follower", "muter", "stranger")
WATCHERS = ("reader", "follower", "muter", "stranger")
LAST = "The last word."
Cast = dict[str, SignedInUser]
Seen = dict[str, list[tuple[str, str]]]
CHANGED = ("HomeFeedChanged", "")


@pytest.fixture
async def cast(database: Database, api: Api) -> Cast:
    """The sharer is followed by all but the stranger."""
    names = CAST + OTHERS
    found = dict(zip(names, await signed_in(database, len(names)), strict=True))
    for name in ("reader", "follower", "muter"):
        await api.change(found[name], "FollowUser", userId=found["sharer"].id)
    await api.change(found["follower"], "FollowUser", userId=found["author"].id)
    await api.change(found["muter"], "MuteUser", userId=found["author"].id)
    return found


async def share(api: Api, cast: Cast, post: int) -> str:
    id = global_id("Post", post)
    await api.change(cast["sharer"], "SharePost", postId=id)
    return id


async def has_post(api: Api, user: SignedInUser, post: str) -> bool:
    page = await api.do(user, "HomeFeed")
    return post in [edge["node"]["id"] for edge in page["edges"]]


async def until_the_last(client: WebSocketClient) -> list[tuple[str, str]]:
    """The kinds of the events up to the viewer's own last word, with the posts that are removed."""
    found: list[tuple[str, str]] = []
    while True:
        event = await client.event()
        if LAST in str(event):
            return found
        found.append((event["__typename"], event.get("postId", "")))


@asynccontextmanager
async def watched(
    address: str, api: Api, cast: Cast, *, resumes: bool, names: Sequence[str] = WATCHERS
) -> AsyncIterator[Seen]:
    """What each of these receives of what is done inside. `resumes`: by subscriptions made afterwards."""
    seen: Seen = {}
    cursors = {name: (await api.do(cast[name], "HomeFeed"))["eventCursor"] for name in names}
    async with AsyncExitStack() as stack:
        clients: dict[str, WebSocketClient] = {}

        async def subscribe() -> None:
            for name in names:
                opened = websocket_client(address, cast[name].authorization)
                clients[name] = await stack.enter_async_context(opened)
                await clients[name].watch_home(after=cursors[name])

        if not resumes:
            await subscribe()
        yield seen
        if resumes:
            await subscribe()
        for name, client in clients.items():
            await api.change(cast[name], "CreatePost", text=LAST)
            seen[name] = await until_the_last(client)


async def change(api: Api, database: Database, author: SignedInUser, how: str) -> None:
    if how == "deleted":
        await account_closed(database, author.key)
    elif how == "restored":
        await account_restored(database, author.key)
    else:
        await api.change(author, "UpdateProfile", isPrivate=how == "private")


@pytest.mark.parametrize("resumes", [False, True])
@pytest.mark.parametrize("hides", ["private", "deleted"])
@pytest.mark.parametrize("beyond", ["shares", "posts"])
async def test_no_reader_is_missed_however_many_shares_and_posts_are_newer(
    address: str, api: Api, database: Database, cast: Cast, hides: str, resumes: bool, beyond: str
) -> None:
    author = cast["author"]
    (key,) = await create_posts(database, author.key)
    post = await share(api, cast, key)
    if beyond == "shares":
        for name in OTHERS:
            await api.change(cast[name], "SharePost", postId=post)
    else:
        await create_posts(database, author.key, 60)
    assert await has_post(api, cast["reader"], post)
    for how in (hides, {"private": "public", "deleted": "restored"}[hides]):
        async with watched(address, api, cast, resumes=resumes) as seen:
            await change(api, database, author, how)
        of_follower = [CHANGED] if hides == "deleted" else []
        assert seen == {
            "reader": [CHANGED],
            "follower": of_follower,
            "muter": [],
            "stranger": [],
        }
        assert await has_post(api, cast["reader"], post) is (how in {"public", "restored"})


@pytest.mark.parametrize("resumes", [False, True])
@pytest.mark.parametrize("beyond", ["posts", "shares"])
async def test_of_an_account_that_is_too_large_all_but_those_who_gain_and_lose_nothing_query_again(
    address: str,
    api: Api,
    database: Database,
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
    resumes: bool,
    beyond: str,
) -> None:
    for name in ("ROWS_LOOKED_AT", "LEAST_ROWS_LOOKED_AT"):
        monkeypatch.setattr(home_feed_topic, name, 3)
    author = cast["author"]
    (key,) = await create_posts(database, author.key)
    post = await share(api, cast, key)
    if beyond == "posts":
        await create_posts(database, author.key, 3)
    if beyond == "shares":
        for name in OTHERS[:3]:
            await api.change(cast[name], "SharePost", postId=post)
    async with watched(address, api, cast, resumes=resumes) as seen:
        await change(api, database, author, "private")
    assert seen == {"reader": [CHANGED], "follower": [], "muter": [], "stranger": [CHANGED]}


@pytest.mark.parametrize("resumes", [False, True])
async def test_many_large_accounts_at_once(
    address: str,
    api: Api,
    database: Database,
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
    resumes: bool,
) -> None:
    for name in ("ROWS_LOOKED_AT", "LEAST_ROWS_LOOKED_AT"):
        monkeypatch.setattr(home_feed_topic, name, 1)
    keys = [cast[name].key for name in OTHERS]
    for key in keys:
        await create_posts(database, key)
    async with watched(address, api, cast, resumes=resumes, names=("reader", "muter")) as seen:
        await database.write(
            "UPDATE users SET is_private = true WHERE id = ANY($1::bigint[])", keys
        )
    assert seen == {"reader": [CHANGED], "muter": [CHANGED]}


@pytest.mark.parametrize("resumes", [False, True])
async def test_who_is_blocked_and_who_is_not_blocked_any_more(
    address: str, api: Api, database: Database, cast: Cast, resumes: bool
) -> None:
    author = cast["author"]
    (key,) = await create_posts(database, author.key)
    post = await share(api, cast, key)
    for how in ("BlockUser", "UnblockUser"):
        async with watched(address, api, cast, resumes=resumes, names=CAST) as seen:
            for name in ("reader", "stranger", "muter"):
                await api.change(author, how, userId=cast[name].id)
        # A block shows to whom it hides something, and nobody learns who blocks whom.
        assert set(seen.pop("author")) == {CHANGED}
        assert seen == {
            "sharer": [],
            "reader": [CHANGED],
            "follower": [],
            "muter": [],
            "stranger": [],
        }
        assert await has_post(api, cast["reader"], post) is (how == "UnblockUser")


@pytest.mark.parametrize("resumes", [False, True])
async def test_a_block_behind_the_viewers_own_hides_nothing_more(
    address: str, api: Api, database: Database, cast: Cast, resumes: bool
) -> None:
    (key,) = await create_posts(database, cast["author"].key)
    await share(api, cast, key)
    await api.change(cast["reader"], "BlockUser", userId=cast["author"].id)
    async with watched(address, api, cast, resumes=resumes, names=["reader"]) as seen:
        for how in ("BlockUser", "UnblockUser"):
            await api.change(cast["author"], how, userId=cast["reader"].id)
    assert seen == {"reader": []}


async def test_who_was_blocked_of_a_share_that_has_ended_since(
    address: str, api: Api, database: Database, cast: Cast
) -> None:
    """The end of the share is hidden by the block, so the block counts."""
    author, sharer, reader = cast["author"], cast["sharer"], cast["reader"]
    (key,) = await create_posts(database, author.key)
    post = await share(api, cast, key)
    names = ("reader", "stranger")
    async with watched(address, api, cast, resumes=True, names=names) as seen:
        for name in names:
            await api.change(author, "BlockUser", userId=cast[name].id)
        await api.change(sharer, "UnsharePost", postId=post)
    assert seen == {"reader": [CHANGED], "stranger": []}
    async with watched(address, api, cast, resumes=True, names=names) as seen:
        await api.change(sharer, "SharePost", postId=post)
        await api.change(sharer, "UnsharePost", postId=post)
    assert seen == {"reader": [], "stranger": []}
    assert not await has_post(api, reader, post)


@pytest.mark.parametrize("how", ["the post", "the account"])
async def test_what_becomes_private_and_is_deleted_before_the_viewer_resumes(
    address: str, api: Api, database: Database, cast: Cast, how: str
) -> None:
    author = cast["author"]
    (key,) = await create_posts(database, author.key)
    post = await share(api, cast, key)
    async with watched(address, api, cast, resumes=True, names=("reader", "stranger")) as seen:
        await change(api, database, author, "private")
        if how == "the post":
            await api.change(author, "DeletePost", postId=post)
        else:
            await delete_account(database, author.key)
    assert ("FeedEntryRemoved", post) in seen["reader"]
    assert seen["stranger"] == []


async def test_of_sharers_with_too_many_followers_all_viewers_are_readers(
    database: Database, api: Api, cast: Cast
) -> None:
    (key,) = await create_posts(database, cast["author"].key)
    await share(api, cast, key)
    viewers = [user.key for name, user in cast.items() if name not in {"author", "sharer"}]
    count = "UPDATE users SET follower_count = $2 WHERE id = $1"

    async def readers(followers: int, looked_at: int) -> set[int]:
        await database.write(count, cast["sharer"].key, followers)
        columns = [[0], [cast["author"].key], [None], [None]]
        rows = await database.fetch(SQL.home_readers_by_shares, *columns, viewers * 2, looked_at)
        return {viewer_id for _, viewer_id in rows}

    by_share = {cast["reader"].key}
    assert await readers(20, 2) == by_share
    assert await readers(21, 2) == set(viewers) - {cast["follower"].key, cast["muter"].key}
    # Through the viewers, of whom there are less.
    assert await readers(1_000, 10) == by_share
    await database.write(count, cast["sharer"].key, 3)
