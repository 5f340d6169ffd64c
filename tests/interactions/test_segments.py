"""Texts in segments: what was found when they were written, as each viewer may see it, and what is counted by it."""

from __future__ import annotations

import asyncio
from typing import Any

from core.database.database import Database
from feed.services import post_create, post_edit
from tests.interactions.cast import (
    block,
    create_users,
    delete_account,
    hide_account,
    present,
)
from tests.interactions.conftest import Execute

SEGMENTS = "textSegments { text mention { id username } hashtag { id name postCount } url }"
POST = f"query Post($id: ID!) {{ post(id: $id) {{ text {SEGMENTS} }} }}"
COMMENT = f"query Comment($id: ID!) {{ node(id: $id) {{ ... on Comment {{ text {SEGMENTS} }} }} }}"
CREATE = f"mutation M($input: CreatePostInput!) {{ createPost(input: $input) {{ post {{ id text {SEGMENTS} }} }} }}"
EDIT = f"""mutation M($input: EditPostInput!) {{
    editPost(input: $input) {{ post {{ id text {SEGMENTS} }} errors {{ code }} }}
}}"""
COMMENT_ON = f"""mutation M($input: CreateCommentInput!) {{
    createComment(input: $input) {{ comment {{ id text {SEGMENTS} }} }}
}}"""
WRONG_COUNTS = """
SELECT name, post_count FROM hashtags h
WHERE post_count <> (SELECT count(*) FROM post_hashtags WHERE hashtag_id = h.id AND is_public)
"""


async def create(execute: Execute, viewer: int, text: str) -> Any:
    return (await execute(viewer, CREATE, input={"text": text}))["createPost"]["post"]


def short(item: Any) -> list[Any]:
    """The segments: plain text, or the text with what it names."""
    assert "".join(each["text"] for each in item["textSegments"]) == item["text"]
    found: list[Any] = []
    for each in item["textSegments"]:
        mention, hashtag, url = each["mention"], each["hashtag"], each["url"]
        name = (mention and mention["username"]) or (hashtag and "#" + hashtag["name"]) or url
        found.append((each["text"], name) if name else each["text"])
    return found


async def hashtags(database: Database) -> dict[str, int]:
    """The hashtags with posts, and how many; the counts are right."""
    assert await database.fetch(WRONG_COUNTS) == []
    rows = await database.fetch("SELECT name, post_count FROM hashtags WHERE post_count > 0")
    return {row[0]: row[1] for row in rows}


async def mentioned(database: Database) -> list[tuple[int, int]]:
    rows = await database.fetch("SELECT post_id, user_id FROM post_mentions ORDER BY 1, 2")
    return [(row[0], row[1]) for row in rows]


async def test_a_post_and_a_comment_are_divided(database: Database, execute: Execute) -> None:
    author, other = await create_users(database, 2)
    text = "Hi @P2, @nobody!\n#Straße https://example.com/#x."
    expected = [
        "Hi ",
        ("@P2", "p2"),
        ", @nobody!\n",
        ("#Straße", "#strasse"),
        " ",
        ("https://example.com/#x", "https://example.com/#x"),
        ".",
    ]
    post = await create(execute, author, text)
    assert short(post) == expected
    for viewer in (author, other, None):
        assert short((await execute(viewer, POST, id=post["id"]))["post"]) == expected
    comment = (await execute(other, COMMENT_ON, input={"postId": post["id"], "text": text}))[
        "createComment"
    ]["comment"]
    assert short(comment) == expected
    assert short((await execute(None, COMMENT, id=comment["id"]))["node"]) == expected
    # Hashtags count posts.
    assert await hashtags(database) == {"strasse": 1}
    tag = post["textSegments"][3]["hashtag"]
    node = "query Node($id: ID!) { node(id: $id) { ... on Hashtag { id name postCount } } }"
    assert (await execute(None, node, id=tag["id"]))["node"] == tag | {"postCount": 1}


async def test_a_mention_counts_if_neither_blocks_the_other(
    database: Database, execute: Execute
) -> None:
    author, blocker, blocked, leaver, deleted = await create_users(database, 5)
    await block(database, blocker, author)
    await block(database, author, blocked)
    await hide_account(database, deleted)
    text = "@p1 @p2 @p3 @p5 @p4"
    post = await create(execute, author, text)
    assert short(post) == [("@p1", "p1"), " @p2 @p3 @p5 ", ("@p4", "p4")]
    [(key, _), _] = await mentioned(database)
    assert await mentioned(database) == [(key, author), (key, leaver)]
    # Who is mentioned may block a reader afterwards, or leave.
    await block(database, leaver, blocked)
    await database.write("DELETE FROM blocks WHERE blocker_id = $1", author)
    assert short((await execute(blocked, POST, id=post["id"]))["post"]) == [
        ("@p1", "p1"),
        " @p2 @p3 @p5 ",
        "@p4",
    ]
    await delete_account(database, leaver)
    assert short((await execute(None, POST, id=post["id"]))["post"])[-1] == "@p4"
    assert await mentioned(database) == [(key, author)]


async def test_only_the_first_twenty_of_a_kind_count(database: Database, execute: Execute) -> None:
    author, _ = await create_users(database, 2)
    post = await create(execute, author, "@nobody @p2 " * 22 + "#a1 " * 25 + "http://a.b " * 10)
    names = [each[1] for each in short(post) if isinstance(each, tuple)]
    assert names == ["p2"] * 20 + ["#a1"] * 20 + ["http://a.b"] * 10
    assert await hashtags(database) == {"a1": 1}


async def test_an_edit_changes_them(database: Database, execute: Execute) -> None:
    author, other = await create_users(database, 2)
    post = await create(execute, author, "#a #b @p1")
    key = (await mentioned(database))[0][0]
    for text, tags, users in (
        ("#b #c @p2", {"b": 1, "c": 1}, [other]),
        ("#c #b @p2", {"b": 1, "c": 1}, [other]),
        ("plain", {}, []),
        ("plain", {}, []),
        ("#B", {"b": 1}, []),
    ):
        edited = (await execute(author, EDIT, input={"postId": post["id"], "text": text}))[
            "editPost"
        ]
        assert "".join(each["text"] for each in edited["post"]["textSegments"]) == text
        assert await hashtags(database) == tags
        assert await mentioned(database) == [(key, user) for user in users]
    # Denied, unchanged.
    denied = (await execute(other, EDIT, input={"postId": post["id"], "text": "#z @p1"}))[
        "editPost"
    ]
    assert denied["errors"] == [{"code": "NOT_ALLOWED"}]
    assert (await hashtags(database), await mentioned(database)) == ({"b": 1}, [])


async def test_deletion_takes_them_away(database: Database, execute: Execute) -> None:
    author, leaver = await create_users(database, 2)
    kept = await create(execute, author, "#a #b @p1")
    gone = await create(execute, author, "#a @p2")
    for number in range(25):
        await create(execute, leaver, f"#a #c{number} @p1")
    assert (await hashtags(database))["a"] == 27
    await execute(author, "DeletePost", input={"postId": gone["id"]})
    assert (await hashtags(database))["a"] == 26
    await delete_account(database, leaver)
    assert await hashtags(database) == {"a": 1, "b": 1}
    assert len(await mentioned(database)) == 1
    assert short((await execute(None, POST, id=kept["id"]))["post"])[0] == ("#a", "#a")


async def test_a_post_with_many_likes_leaves_its_hashtags_when_it_is_hidden(
    database: Database, execute: Execute
) -> None:
    author, *_ = await create_users(database, 500)
    post = await create(execute, author, "#a")
    await database.write(
        "INSERT INTO post_likes (user_id, post_id) SELECT u.id, p.id FROM users u CROSS JOIN posts p"
    )
    await database.write("UPDATE posts SET like_count = 500")
    await execute(author, "DeletePost", input={"postId": post["id"]})
    assert len(await database.fetch("SELECT FROM posts")) == 1  # It waits for its removal.
    assert await hashtags(database) == {}


async def test_counts_hold_under_a_storm_of_writers(database: Database) -> None:
    authors = await create_users(database, 6)
    tags = ["#a", "#b", "#c", "#d", "#e"]

    async def write(number: int) -> None:
        author = authors[number % 6]
        text = " ".join([*tags[number % 5 :], *tags[: number % 5]][: 1 + number % 4])
        created = await post_create(database, author_id=author, text=text)
        post_id = present(created.post).id
        for step in range(3):
            text = " ".join([*tags[(number + step) % 5 :], f"#new{step}"])
            await post_edit(database, viewer_id=author, post_id=post_id, text=text)

    await asyncio.gather(*(write(number) for number in range(40)))
    found = await hashtags(database)
    assert found["new2"] == 40
    assert "new1" not in found


async def test_a_text_without_entities_is_a_single_segment(
    database: Database, execute: Execute
) -> None:
    author, other = await create_users(database, 2)
    post = await create(execute, author, "#a @p2")
    comment = (await execute(other, COMMENT_ON, input={"postId": post["id"], "text": "#b"}))[
        "createComment"
    ]["comment"]
    await database.write("UPDATE posts SET entities = NULL")
    await database.write("UPDATE comments SET entities = NULL")
    assert short((await execute(None, POST, id=post["id"]))["post"]) == ["#a @p2"]
    assert short((await execute(None, COMMENT, id=comment["id"]))["node"]) == ["#b"]
