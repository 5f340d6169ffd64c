"""Posts carry up to four pictures of their author, which nobody else can use, and change when these are ready."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from core.context import Services
from core.database.database import Database
from core.ids import global_id, parse_id
from tests.core.accounts.world import ApiClient, codes, events, operation
from tests.feed.media.pictures import Json, Uploader, picture
from tests.feed.media.worker import work
from tests.interactions.cast import block, create_users, delete_account
from tests.live.world import websocket_client

CREATE = """
mutation Create($input: CreatePostInput!) {
  createPost(input: $input) {
    post { id text editedAt media { id altText state } } replayed errors { code message path }
  }
}
"""
EDIT = """
mutation Edit($input: EditPostInput!) {
  editPost(input: $input) { post { id text editedAt media { id altText } } errors { code message path } }
}
"""
POST = "query Post($id: ID!) { post(id: $id) { media { id altText url(size: SMALL) } } }"
NODE = "query Node($id: ID!) { node(id: $id) { ... on Media { id } } }"
INSERT = """
INSERT INTO media (owner_id, content_type, byte_size, state, width, height)
VALUES ($1, 'image/png', 1, $2, 4, 3) RETURNING id
"""
RICH_POST_STATEMENTS = 7
NOT_USABLE = [("MEDIA_NOT_USABLE", "input", "media")]


@pytest.fixture
async def cast(services: Services) -> list[ApiClient]:
    """Two users who send operations."""
    return [ApiClient(services, key) for key in await create_users(services.database, 2)]


async def media_of(client: ApiClient, count: int = 1, state: str = "READY") -> list[str]:
    """Ids of new pictures of the user."""
    database = client.services.database
    return [
        global_id("Media", (await database.write(INSERT, client.viewer_id, state))[0][0])
        for _ in range(count)
    ]


async def create(client: ApiClient, *media: str, **values: Any) -> Json:
    sent = [{"mediaId": each} for each in media]
    payload: Json = await client.do(CREATE, **{"text": "Look.", "media": sent, **values})
    return payload


def ids(payload: Json) -> list[str]:
    return [each["id"] for each in payload["post"]["media"]]


async def test_a_post_shows_its_pictures_in_their_order(cast: list[ApiClient]) -> None:
    ada, bob = cast
    media = await media_of(ada, 4)
    order = [media[2], media[0], media[3], media[1]]
    payload = await create(ada, *order)
    assert ids(payload) == order
    assert payload["post"]["editedAt"] is None
    shown = (await bob.data(POST, id=payload["post"]["id"]))["media"]
    assert [each["id"] for each in shown] == order
    assert all(each["url"].endswith("/320.webp") for each in shown)
    assert (await bob.data(NODE, id=order[0])) == {"id": order[0]}
    plain = await create(ada)
    assert ids(plain) == []


async def test_a_rich_post_takes_seven_statements_at_most(cast: list[ApiClient]) -> None:
    ada, bob = cast
    media = [{"mediaId": each, "altText": "A pier."} for each in await media_of(ada, 2)]
    quoted = (await bob.do("CreatePost", text="Old."))["post"]["id"]
    created = await ada.do(
        "CreateRichPost", text="See #here, @p2", media=media, quotedPostId=quoted, language="en"
    )
    assert created["errors"] == []
    assert [each["altText"] for each in created["post"]["media"]] == ["A pier."] * 2
    post = created["post"]["id"]
    edited = await ada.do("EditRichPost", postId=post, text="See.", media=media[1:])
    assert [each["id"] for each in edited["post"]["media"]] == [media[1]["mediaId"]]
    fragments = operation("CreateRichPost").partition("mutation")[0]
    query = fragments + "query Rich($id: ID!) { post(id: $id) { ...RichPost } }"
    assert (await bob.data(query, id=post))["media"][0]["altText"] == "A pier."
    assert bob.statements <= RICH_POST_STATEMENTS


async def test_alt_texts_are_cleaned_kept_and_removed(cast: list[ApiClient]) -> None:
    ada, _ = cast
    first, second = await media_of(ada, 2)
    sent = [{"mediaId": first, "altText": "Cafe\u0301\r\n"}, {"mediaId": second, "altText": None}]
    payload = await create(ada, media=sent)
    assert [each["altText"] for each in payload["post"]["media"]] == ["Café", ""]
    post = payload["post"]["id"]
    kept = await ada.do(
        EDIT,
        postId=post,
        text="Look.",
        media=[{"mediaId": second, "altText": "B"}, {"mediaId": first}],
    )
    assert [each["altText"] for each in kept["post"]["media"]] == ["B", "Café"]
    for text in ("x" * 1_001, "a\0b"):
        refused = await ada.do(
            EDIT, postId=post, text="!", media=[{"mediaId": first, "altText": text}]
        )
        assert codes(refused) == [("INVALID_INPUT", "input", "media")]
    assert [each["altText"] for each in (await ada.data(POST, id=post))["media"]] == ["B", "Café"]


async def test_only_own_pictures_that_no_post_has_can_be_used(
    cast: list[ApiClient], database: Database
) -> None:
    ada, bob = cast
    [used], [foreign] = await media_of(ada), await media_of(bob)
    [unfinished], [failed] = (
        await media_of(ada, state="UPLOADING"),
        await media_of(ada, state="FAILED"),
    )
    [removed], [own] = await media_of(ada), await media_of(ada)
    await database.write("UPDATE media SET removed_at = now() WHERE id = $1", parse_id(removed)[1])
    first = await create(ada, used)
    [error] = (await create(ada, used, own, removed))["errors"]
    assert error["message"].startswith("Pictures 1, 3 can't be used: ")
    before = await database.fetch("SELECT t::text FROM media t ORDER BY id")
    written = await events(database)
    missing = global_id("Media", 5)
    for wrong in (used, foreign, unfinished, failed, removed, missing, first["post"]["id"], "x"):
        payload = await create(ada, own, wrong)
        assert codes(payload) == NOT_USABLE
        assert payload["errors"][0]["message"].startswith("Picture 2 can't be used: ")
        edit = {"postId": first["post"]["id"], "text": "New."}
        if wrong != used:
            changed = await ada.do(EDIT, **edit, media=[{"mediaId": own}, {"mediaId": wrong}])
            assert codes(changed) == NOT_USABLE
    five = await media_of(ada, 5)
    for wrong_list in (five, [own, own]):
        assert codes(await create(ada, *wrong_list)) == [("INVALID_INPUT", "input", "media")]
    after = await database.fetch("SELECT t::text FROM media t ORDER BY id LIMIT $1", len(before))
    assert before == after
    assert written == await events(database)
    assert (await database.fetch("SELECT post_count FROM users WHERE id = $1", ada.viewer_id))[0][
        0
    ] == 1
    # Nobody else can change the pictures of a post.
    theirs = await bob.do(
        EDIT, postId=first["post"]["id"], text="Mine.", media=[{"mediaId": foreign}]
    )
    assert codes(theirs) == [("NOT_ALLOWED", "input", "postId")]
    assert ids({"post": await ada.data(POST, id=first["post"]["id"])}) == [used]


async def test_an_edit_replaces_pictures_or_leaves_them(
    cast: list[ApiClient], database: Database
) -> None:
    ada, _ = cast
    one, two, three = await media_of(ada, 3)
    post = (await create(ada, one, two))["post"]["id"]

    async def edit(**values: Any) -> Json:
        payload: Json = await ada.do(EDIT, postId=post, text="Look.", **values)
        return payload

    assert ids(await edit()) == [one, two]
    unchanged = await edit(media=[{"mediaId": one}, {"mediaId": two}])
    assert unchanged["post"]["editedAt"] is None
    assert [event[0] for event in await events(database)] == ["post_created"]
    assert ids(await edit(media=[{"mediaId": two}, {"mediaId": three}])) == [two, three]
    assert [event[0] for event in await events(database)] == ["post_created", "post_edited"]
    assert (await edit())["post"]["editedAt"] is not None
    # What a post no longer shows can be used again.
    assert ids(await create(ada, one)) == [one]
    assert ids(await edit(media=None)) == []
    assert ids(await edit(media=[{"mediaId": three}])) == [three]


async def test_a_repeated_post_gets_the_first_answer(cast: list[ApiClient]) -> None:
    ada, _ = cast
    one, two = await media_of(ada, 2)
    payloads = await asyncio.gather(*(create(ada, one, clientMutationId="k") for _ in range(4)))
    assert {tuple(ids(each)) for each in payloads} == {(one,)}
    assert sorted(each["replayed"] for each in payloads) == [False, True, True, True]
    other = await create(ada, two, clientMutationId="k")
    assert codes(other) == [("IDEMPOTENCY_KEY_REUSED", "input", "clientMutationId")]


async def test_of_posts_at_once_one_gets_the_picture(cast: list[ApiClient]) -> None:
    ada, _ = cast
    one, two = await media_of(ada, 2)
    payloads = await asyncio.gather(
        *(create(ada, *order) for order in [(one, two), (two, one)] * 5)
    )
    assert sum(not each["errors"] for each in payloads) == 1
    assert [codes(each) for each in payloads if each["errors"]] == [NOT_USABLE] * 9


async def test_who_does_not_see_the_post_does_not_see_the_picture(
    cast: list[ApiClient], database: Database
) -> None:
    ada, bob = cast
    [media] = await media_of(ada)
    post = (await create(ada, media))["post"]["id"]
    assert await bob.data(NODE, id=media) == {"id": media}
    await block(database, ada.viewer_id or 0, bob.viewer_id or 0)
    assert await bob.data(NODE, id=media) is None
    assert await bob.data(POST, id=post) is None
    assert await ada.data(NODE, id=media) == {"id": media}
    anonymous = ApiClient(ada.services)
    assert await anonymous.data(NODE, id=media) == {"id": media}
    await delete_account(database, ada.viewer_id or 0)
    assert await anonymous.data(NODE, id=media) is None


async def test_a_post_changes_when_its_picture_is_ready(uploaders: list[Uploader]) -> None:
    ada, bob = uploaders
    good, bad = picture(), b"GIF89a, but nothing follows"
    media = [await ada.upload(file) for file in (good, bad)]
    for each in media:
        await ada.finish(each)
    answer = await ada.http.post(
        "/graphql/",
        json={
            "query": CREATE,
            "variables": {
                "input": {"text": "Soon.", "media": [{"mediaId": each} for each in media]}
            },
        },
        headers={"authorization": ada.user.authorization},
    )
    post = answer.json()["data"]["createPost"]["post"]
    assert [each["state"] for each in post["media"]] == ["PROCESSING", "PROCESSING"]
    watch = """
    subscription Watch($ids: [ID!]!) {
      postInteractions(postIds: $ids) {
        __typename cursor ... on PostEdited { post { id editedAt media { id state failure url(size: LARGE) } } }
      }
    }
    """
    async with websocket_client(ada.api.address, bob.user.authorization) as listener:
        await listener.subscribe("1", watch, ids=[post["id"]])
        assert (await listener.event())["__typename"] == "SubscriptionReady"
        await work()
        seen = [await listener.event() for _ in range(2)]
    assert {event["__typename"] for event in seen} == {"PostEdited"}
    ready, failed = seen[-1]["post"]["media"]
    assert (ready["state"], failed["state"], failed["failure"]) == ("READY", "FAILED", "DAMAGED")
    assert ready["url"].endswith("/1280.webp")
    assert failed["url"] is None
    assert seen[-1]["post"]["editedAt"] is None
