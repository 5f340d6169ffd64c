"""Writing posts: input rules, idempotency keys and permissions."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from core.context import Services
from core.database.database import Database
from core.ids import global_id
from feed.services import post_create, post_delete
from tests.core.accounts.world import ApiClient, codes, events, number_of
from tests.interactions.cast import create_users, delete_account

WRONG_POST_COUNTS = """
SELECT id FROM users u WHERE post_count <> (SELECT count(*) FROM posts WHERE author_id = u.id)
"""


@pytest.fixture
async def cast(services: Services) -> list[ApiClient]:
    """Two users who send operations."""
    return [ApiClient(services, key) for key in await create_users(services.database, 2)]


async def assert_counts_are_exact(database: Database) -> None:
    assert [tuple(row) for row in await database.fetch(WRONG_POST_COUNTS)] == []


async def test_times_are_utc_with_microseconds(cast: list[ApiClient]) -> None:
    before = datetime.now(UTC)
    post = (await cast[0].do("CreatePost", text="Now."))["post"]
    created_at = post["createdAt"]
    assert len(created_at) == len("2026-01-01T00:00:00.000000+00:00")
    assert created_at.endswith("+00:00")
    assert before <= datetime.fromisoformat(created_at) <= datetime.now(UTC)


@pytest.mark.parametrize("text", ["x" * 500, "e\u0301" * 500, f" \n{'👍' * 500}\n"])
async def test_texts_of_maximal_length_are_accepted(cast: list[ApiClient], text: str) -> None:
    payload = await cast[0].do("CreatePost", text=text)
    assert payload["errors"] == []
    assert len(payload["post"]["text"]) == 500


@pytest.mark.parametrize(
    "text",
    [
        *"\u200b\u2800\u3164\u00ad\u2060\u202e\u0301",
        "\u200f",
        "a\u202db",
        "",
        " \n",
        "x" * 501,
        "\0",
        "a\0b",
        "\ud800",
        "\x1f",
        "x" * 10_000,
    ],
)
async def test_invalid_texts_change_nothing(
    cast: list[ApiClient], database: Database, text: str
) -> None:
    ada = cast[0]
    post = (await ada.do("CreatePost", text="There."))["post"]
    for name, values in (("CreatePost", {}), ("EditPost", {"postId": post["id"]})):
        payload = await ada.do(name, text=text, **values)
        assert codes(payload) == [("INVALID_INPUT", "input", "text")]
        assert payload["post"] is None
        assert ada.statements == 0
    assert await number_of(database, "posts") == 1
    assert len(await events(database)) == 1
    await assert_counts_are_exact(database)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\rb", "a\nb"),
        ("\r\n  /\\\r\n /  \\\n", "  /\\\n /  \\"),
        ("\u200bx\u2066", "\u200bx\u2066"),
    ],
)
async def test_line_breaks_and_indentation_are_kept(
    cast: list[ApiClient], text: str, kept: str
) -> None:
    post = (await cast[0].do("CreatePost", text=text))["post"]
    edited = (await cast[0].do("EditPost", postId=post["id"], text=text))["post"]
    assert (post["text"], edited["text"]) == (kept, kept)


async def test_a_repeated_key_with_another_text_is_refused(
    cast: list[ApiClient], database: Database
) -> None:
    ada, grace = cast
    first = await ada.do("CreatePost", text="One.", clientMutationId="k")
    again = await ada.do("CreatePost", text="\n \r\nOne.\n", clientMutationId="k")
    assert (again["post"]["id"], again["replayed"]) == (first["post"]["id"], True)
    other = await ada.do("CreatePost", text="Two.", clientMutationId="k")
    assert codes(other) == [("IDEMPOTENCY_KEY_REUSED", "input", "clientMutationId")]
    assert (other["post"], other["clientMutationId"]) == (None, "k")
    assert (await grace.do("CreatePost", text="Two.", clientMutationId="k"))["replayed"] is False
    assert await number_of(database, "posts") == 2
    assert [event[3] for event in await events(database)] == ["k", "k"]


async def test_a_replay_of_a_deleted_post_returns_null(
    cast: list[ApiClient], database: Database
) -> None:
    ada = cast[0]
    post = (await ada.do("CreatePost", text="One.", clientMutationId="k"))["post"]
    assert (await ada.do("DeletePost", postId=post["id"]))["changed"]
    again = await ada.do("CreatePost", text="One.", clientMutationId="k")
    assert (again["post"], again["replayed"], again["errors"]) == (None, True, [])
    assert await number_of(database, "posts") == 0


async def test_concurrent_requests_with_one_key_create_one_post(services: Services) -> None:
    database = services.database
    cast = await create_users(database, 4)
    results = await asyncio.gather(
        *(
            post_create(
                database,
                author_id=author,
                text=f"Number {number}.",
                client_mutation_id=f"k{number}",
            )
            for _ in range(5)
            for author in cast
            for number in range(5)
        )
    )
    assert sum(not created.replayed for created in results) == 20
    assert len({created.post.id for created in results if created.post}) == 20
    assert await number_of(database, "posts") == 20
    assert len(await events(database)) == 20
    await assert_counts_are_exact(database)

    deleted = await asyncio.gather(
        *(
            post_delete(database, viewer_id=created.post.author.id, post_id=created.post.id)
            for created in results
            if created.post
        )
    )
    assert sum(deleted) == 20
    assert await number_of(database, "posts") == 0
    assert len(await events(database)) == 40
    await assert_counts_are_exact(database)


async def test_an_edit_to_the_same_text_changes_nothing(
    cast: list[ApiClient], database: Database
) -> None:
    ada = cast[0]
    post = (await ada.do("CreatePost", text="One."))["post"]
    same = (await ada.do("EditPost", postId=post["id"], text=" \nOne.\r\n"))["post"]
    assert (same["text"], same["editedAt"]) == ("One.", None)
    assert len(await events(database)) == 1
    edited = (await ada.do("EditPost", postId=post["id"], text="Two."))["post"]
    again = (await ada.do("EditPost", postId=post["id"], text="Two."))["post"]
    assert edited == again
    assert [event[0] for event in await events(database)] == ["post_created", "post_edited"]


@pytest.mark.parametrize(
    "id", ["", "garbage", global_id("Post", 7), global_id("User", 7), "\ud800"]
)
async def test_missing_posts_are_not_found(cast: list[ApiClient], id: str) -> None:
    ada = cast[0]
    assert codes(await ada.do("EditPost", postId=id, text="One.")) == [
        ("NOT_FOUND", "input", "postId")
    ]


@pytest.mark.parametrize("id", ["", "garbage", global_id("User", 7), "\ud800"])
async def test_deleting_an_id_of_another_type_is_not_found(cast: list[ApiClient], id: str) -> None:
    payload = await cast[0].do("DeletePost", postId=id)
    assert codes(payload) == [("NOT_FOUND", "input", "postId")]
    assert (payload["deletedPostId"], payload["changed"]) == (None, False)


async def test_a_deleted_post_takes_no_more_writes(
    cast: list[ApiClient], database: Database
) -> None:
    ada, grace = cast
    post = (await ada.do("CreatePost", text="One."))["post"]
    await grace.do("LikePost", postId=post["id"])
    await grace.do("SharePost", postId=post["id"])
    await grace.do("CreateComment", postId=post["id"], text="Yes.")
    await ada.do("DeletePost", postId=post["id"])
    for table in ("posts", "post_likes", "shares", "comments"):
        assert await number_of(database, table) == 0
    before = await events(database)
    for name, values in (
        ("LikePost", {}),
        ("SharePost", {}),
        ("CreateComment", {"text": "Still?"}),
        ("EditPost", {"text": "Back."}),
    ):
        payload = await ada.do(name, postId=post["id"], **values)
        assert [code for code, *_ in codes(payload)] == ["NOT_FOUND"]
    assert await events(database) == before


async def test_anonymous_clients_can_not_write(cast: list[ApiClient], database: Database) -> None:
    anonymous = ApiClient(cast[0].services)
    for name, values in (
        ("CreatePost", {"text": "One."}),
        ("EditPost", {"postId": global_id("Post", 7), "text": "One."}),
        ("DeletePost", {"postId": global_id("Post", 7)}),
    ):
        answer = await anonymous.execute(name, input=values)
        assert answer["data"] is None
        assert "Sign in first" in answer["errors"][0]["message"]
        assert anonymous.statements == 0


@pytest.mark.parametrize("key", [None, "k"])
async def test_deleted_users_can_not_write(
    cast: list[ApiClient], database: Database, key: str | None
) -> None:
    """Access tokens remain valid for some minutes after the account is deleted."""
    ada, grace = cast
    post = (await grace.do("CreatePost", text="There."))["post"]
    assert ada.viewer_id is not None
    await delete_account(database, ada.viewer_id)
    answer = await ada.execute("CreatePost", input={"text": "Ghost.", "clientMutationId": key})
    assert answer["data"] is None
    assert "removed" in answer["errors"][0]["message"]
    comment = {"postId": post["id"], "text": "Ghost.", "clientMutationId": key}
    assert "Ghost" not in str(await ada.execute("CreateComment", input=comment))
    assert await number_of(database, "posts") == 1
    assert await number_of(database, "comments") == 0
