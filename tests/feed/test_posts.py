"""Writing posts: rules, one effect for each key, and nothing by those who may not."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from core.context import Services
from core.database.database import Database
from core.ids import global_id
from feed.services import post_create, post_delete
from tests.core.accounts.world import ApiClient, codes, events, number_of
from tests.interactions.cast import delete_account, people

WRONG_POST_COUNTS = """
SELECT id FROM users u WHERE post_count <> (SELECT count(*) FROM posts WHERE author_id = u.id)
"""


@pytest.fixture
async def cast(services: Services) -> list[ApiClient]:
    """Two people who can ask."""
    return [ApiClient(services, key) for key in await people(services.database, 2)]


async def assert_counts_are_exact(database: Database) -> None:
    assert [tuple(row) for row in await database.fetch(WRONG_POST_COUNTS)] == []


async def test_times_are_utc_with_microseconds(cast: list[ApiClient]) -> None:
    before = datetime.now(UTC)
    post = (await cast[0].do("CreatePost", text="Now."))["post"]
    said = post["createdAt"]
    assert len(said) == len("2026-01-01T00:00:00.000000+00:00")
    assert said.endswith("+00:00")
    assert before <= datetime.fromisoformat(said) <= datetime.now(UTC)


@pytest.mark.parametrize("text", ["x" * 500, "e\u0301" * 500, f" \n{'👍' * 500}\n"])
async def test_texts_up_to_their_bound(cast: list[ApiClient], text: str) -> None:
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
async def test_texts_that_break_a_rule_change_nothing(
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
async def test_lines_are_kept_as_they_are(cast: list[ApiClient], text: str, kept: str) -> None:
    post = (await cast[0].do("CreatePost", text=text))["post"]
    edited = (await cast[0].do("EditPost", postId=post["id"], text=text))["post"]
    assert (post["text"], edited["text"]) == (kept, kept)


async def test_a_key_that_comes_again_with_another_text_is_refused(
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


async def test_what_a_key_made_may_be_gone_when_it_comes_again(
    cast: list[ApiClient], database: Database
) -> None:
    ada = cast[0]
    post = (await ada.do("CreatePost", text="One.", clientMutationId="k"))["post"]
    assert (await ada.do("DeletePost", postId=post["id"]))["changed"]
    again = await ada.do("CreatePost", text="One.", clientMutationId="k")
    assert (again["post"], again["replayed"], again["errors"]) == (None, True, [])
    assert await number_of(database, "posts") == 0


async def test_a_storm_of_keys_has_one_effect_each(services: Services) -> None:
    database = services.database
    cast = await people(database, 4)
    made = await asyncio.gather(
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
    assert sum(not created.replayed for created in made) == 20
    assert len({created.post.id for created in made if created.post}) == 20
    assert await number_of(database, "posts") == 20
    assert len(await events(database)) == 20
    await assert_counts_are_exact(database)

    gone = await asyncio.gather(
        *(
            post_delete(database, viewer_id=created.post.author.id, post_id=created.post.id)
            for created in made
            if created.post
        )
    )
    assert sum(gone) == 20
    assert await number_of(database, "posts") == 0
    assert len(await events(database)) == 40
    await assert_counts_are_exact(database)


async def test_an_edit_to_the_same_text_is_no_edit(
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
async def test_posts_that_are_not_there(cast: list[ApiClient], id: str) -> None:
    ada = cast[0]
    assert codes(await ada.do("EditPost", postId=id, text="One.")) == [
        ("NOT_FOUND", "input", "postId")
    ]


@pytest.mark.parametrize("id", ["", "garbage", global_id("User", 7), "\ud800"])
async def test_what_is_no_post_can_t_be_deleted(cast: list[ApiClient], id: str) -> None:
    payload = await cast[0].do("DeletePost", postId=id)
    assert codes(payload) == [("NOT_FOUND", "input", "postId")]
    assert (payload["deletedPostId"], payload["changed"]) == (None, False)


async def test_a_deleted_post_stays_deleted(cast: list[ApiClient], database: Database) -> None:
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


async def test_strangers_write_nothing(cast: list[ApiClient], database: Database) -> None:
    stranger = ApiClient(cast[0].services)
    for name, values in (
        ("CreatePost", {"text": "One."}),
        ("EditPost", {"postId": global_id("Post", 7), "text": "One."}),
        ("DeletePost", {"postId": global_id("Post", 7)}),
    ):
        answer = await stranger.execute(name, input=values)
        assert answer["data"] is None
        assert "Sign in first" in answer["errors"][0]["message"]
        assert stranger.statements == 0


@pytest.mark.parametrize("key", [None, "k"])
async def test_somebody_who_has_been_removed_writes_nothing(
    cast: list[ApiClient], database: Database, key: str | None
) -> None:
    """The access token outlives the account by some minutes."""
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
