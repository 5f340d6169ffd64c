"""Language, content warning and edits of posts: what is stored, and what a post said before."""

from __future__ import annotations

from typing import Any

import pytest

from core.database.database import Database
from core.ids import global_id
from tests.interactions.cast import block, create_posts, create_users, events
from tests.interactions.conftest import Execute

FIELDS = "id text language contentWarning editedAt"
CREATE = f"""mutation Create($input: CreatePostInput!) {{
  createPost(input: $input) {{ post {{ {FIELDS} }} errors {{ code path }} }}
}}"""
EDIT = f"""mutation Edit($input: EditPostInput!) {{
  editPost(input: $input) {{ post {{ {FIELDS} }} errors {{ code path }} }}
}}"""
POST = f"query Post($id: ID!) {{ post(id: $id) {{ {FIELDS} }} }}"


async def create(execute: Execute, viewer: int, **values: Any) -> Any:
    return (await execute(viewer, CREATE, input=values))["createPost"]


async def edit(execute: Execute, viewer: int, post: Any, **values: Any) -> Any:
    return (await execute(viewer, EDIT, input={"postId": post["id"], **values}))["editPost"]


async def edits(execute: Execute, viewer: int | None, post: Any, **arguments: Any) -> Any:
    data = await execute(viewer, "PostEdits", id=post["id"], **arguments)
    return data["post"] and data["post"]["edits"]


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("de", "de"),
        ("PT-br", "pt-BR"),
        ("ZH-hANT-tw", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("sl-Rozaj-1994", "sl-rozaj-1994"),
        (None, None),
    ],
)
async def test_a_language_is_a_tag(
    database: Database, execute: Execute, sent: str | None, stored: str | None
) -> None:
    (author,) = await create_users(database, 1)
    payload = await create(execute, author, text="x", language=sent)
    assert payload["post"]["language"] == stored
    shown = await execute(None, POST, id=payload["post"]["id"])
    assert shown["post"] == payload["post"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(
            ("language", tag)
            for tag in (
                "",
                "d",
                "german",
                "de_DE",
                "de-",
                "x-private",
                "de\n",
                "a" * 36,
                "\uff41\uff42",
            )
        ),
        *(
            ("contentWarning", text)
            for text in ("x" * 101, "a\nb", "a\tb", "a\u2028b", "\0", "\u202e")
        ),
    ],
)
async def test_bad_values_are_refused_and_nothing_changes(
    database: Database, execute: Execute, field: str, value: str
) -> None:
    (author,) = await create_users(database, 1)
    kept = (await create(execute, author, text="x", language="de", contentWarning="Spiders"))[
        "post"
    ]
    payload = await create(execute, author, text="x", **{field: value})
    assert payload == {
        "post": None,
        "errors": [{"code": "INVALID_INPUT", "path": ["input", field]}],
    }
    payload = await edit(execute, author, kept, text="y", **{field: value})
    assert payload == {
        "post": None,
        "errors": [{"code": "INVALID_INPUT", "path": ["input", field]}],
    }
    assert (await execute(author, POST, id=kept["id"]))["post"] == kept
    assert len(await database.fetch("SELECT FROM posts")) == 1


async def test_left_out_null_and_a_value_are_three_things(
    database: Database, execute: Execute
) -> None:
    (author,) = await create_users(database, 1)
    post = (await create(execute, author, text="x", language="de", contentWarning=" Spiders "))[
        "post"
    ]
    assert (post["language"], post["contentWarning"], post["editedAt"]) == ("de", "Spiders", None)
    for values, language, warning in (
        ({}, "de", "Spiders"),
        ({"language": "fr"}, "fr", "Spiders"),
        ({"contentWarning": "Snakes"}, "fr", "Snakes"),
        ({"contentWarning": "\u200b"}, "fr", None),
        ({"contentWarning": "Snakes", "language": None}, None, "Snakes"),
        ({"contentWarning": None}, None, None),
    ):
        edited = (await edit(execute, author, post, text="x", **values))["post"]
        assert (edited["language"], edited["contentWarning"]) == (language, warning)


async def test_what_a_post_said_is_kept(database: Database, execute: Execute) -> None:
    author, other = await create_users(database, 2)
    post = (await create(execute, author, text="one"))["post"]
    created_at = (await database.fetch("SELECT created_at FROM posts"))[0][0]
    assert (await edits(execute, other, post))["edges"] == []
    await database.write("DELETE FROM events")
    for values, is_event in (
        ({"text": "two"}, True),
        ({"text": "two"}, False),
        ({"text": "two", "contentWarning": "W"}, True),
        ({"text": "two", "contentWarning": "W", "language": "de"}, True),
        ({"text": "three"}, True),
    ):
        before = len(await events(database))
        await edit(execute, author, post, **values)
        assert len(await events(database)) - before == is_event
    edges = (await edits(execute, None, post))["edges"]
    assert [(edge["node"]["text"], edge["node"]["contentWarning"]) for edge in edges] == [
        ("two", "W"),
        ("two", None),
        ("one", None),
    ]
    times = [edge["node"]["createdAt"] for edge in edges]
    assert times == sorted(times, reverse=True)
    assert times[-1] == created_at.isoformat(timespec="microseconds")
    first = await edits(execute, None, post, first=2)
    assert first["pageInfo"]["hasNextPage"] is True
    rest = await edits(execute, None, post, after=first["pageInfo"]["endCursor"])
    assert [edge["node"]["text"] for edge in rest["edges"]] == ["one"]
    await block(database, author, other)
    assert await edits(execute, other, post) is None
    denied = await edit(execute, other, post, text="stolen")
    assert denied["errors"] == [{"code": "NOT_FOUND", "path": ["input", "postId"]}]
    await execute(author, "DeletePost", input={"postId": post["id"]})
    assert await database.fetch("SELECT FROM post_edits") == []


async def test_only_the_last_hundred_versions_are_kept(
    database: Database, execute: Execute
) -> None:
    (author,) = await create_users(database, 1)
    (key,) = await create_posts(database, author)
    post = {"id": global_id("Post", key)}
    for number in range(103):
        await edit(execute, author, post, text=str(number))
    page = await edits(execute, author, post, first=100)
    assert [edge["node"]["text"] for edge in page["edges"]] == [str(n) for n in range(101, 1, -1)]
    assert page["pageInfo"]["hasNextPage"] is False


async def test_who_is_mentioned_by_an_edit_reads_nothing_of_before(
    database: Database, execute: Execute
) -> None:
    author, first, second = await create_users(database, 3)
    created = await create(execute, author, text="@p2, about p3", visibility="MENTIONED")
    post = created["post"]
    await edit(execute, author, post, text="@p2 @p3 hello")
    await edit(execute, author, post, text="@p3 hello")
    assert (await execute(second, POST, id=post["id"]))["post"]["text"] == "@p3 hello"
    assert (await edits(execute, second, post))["edges"] == []
    assert await edits(execute, first, post) is None
    edges = (await edits(execute, author, post))["edges"]
    assert [edge["node"]["text"] for edge in edges] == ["@p2 @p3 hello", "@p2, about p3"]
    # Nor by the cursor of another's page.
    start = edges[0]["cursor"]
    assert (await edits(execute, second, post, after=start))["edges"] == []
