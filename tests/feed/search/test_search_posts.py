"""Posts are found by their words, newest first."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.accounts.services import block_create
from core.context import Services
from core.database.database import Database
from core.database.time_ordered_keys import key_at
from feed.post_visibility import PostVisibility
from feed.search.jobs import fill_post_words
from feed.search.words import phrase, words_of_post
from feed.services import post_create, post_delete, post_edit
from tests.core.accounts.world import ApiClient
from tests.interactions.cast import create_users, hide_account, present, run_jobs

SEARCH = """
query Search($query: String!, $first: Int, $after: String) {
  searchPosts(query: $query, first: $first, after: $after) {
    edges { cursor node { text } }
    pageInfo { hasNextPage hasPreviousPage endCursor }
    eventCursor
  }
}
"""
TEXTS = [
    "Hello World, don't panic!",
    "A café in Zürich, crème brûlée",
    "東京タワーに行きました",
    "今天天气很好\uff0c我们去公园",
    "한국어를 공부해요",
    "Москва — Ёлка и ёжик",
    "ภาษาไทยง่ายมาก",
    "नमस्ते दुनिया",
    "Party tonight 🎉🎉 #Fête2026",
    "snake_case and C3PO, iPhone手机",
    "مُحَمَّد كتاب",
    "I \u2764\ufe0f NY, \u8fbb\U000e0100\u672c",
    "수고ㄳ ㅋㅋㅠㅠ",
    "Lumen™ lamp №17",
    "п\u02bcять o\u02bbzbek",
]


async def found(services: Services, query: str, viewer_id: int | None = None) -> list[str]:
    page = await ApiClient(services, viewer_id).data(SEARCH, query=query)
    return [edge["node"]["text"] for edge in page["edges"]]


async def post(
    services: Services, author: int, text: str, visibility: PostVisibility | None = None
) -> int:
    created = await post_create(
        services.database, author_id=author, text=text, visibility=visibility
    )
    return present(created.post).id


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("hello", 0),
        ("WORLD hello", 0),
        ("don't", 0),
        ('"hello world"', 0),
        ("\u201chello world\u201d", 0),
        ("cafe", 1),
        ("ZURICH Brulee", 1),
        ("東", 2),
        ("タワー", 2),
        ("東京タワー", 2),
        ("公园", 3),
        ('"天气很好" 公', 3),
        ("한국", 4),
        ("공부해", 4),
        ("елка", 5),
        ("ЁЖИК москва", 5),
        ("ไทย", 6),
        ("दुनिया", 7),
        ("🎉", 8),
        ("#fête2026", 8),
        ("#FÊTE2026 tonight", 8),
        ("tonight: #fête2026!", 8),
        ("fete2026", 8),
        ("c3po", 9),
        ("snake_case", 9),
        ("iphone", 9),
        ("手机", 9),
        ("محمد", 10),
        ("\u2764", 11),
        ("\u2764\ufe0f", 11),
        ('"i \u2764 ny"', 11),
        ("\u8fbb\u672c", 11),
        ("수고", 12),
        ("ㄳ", 12),
        ("ㅠㅠ", 12),
        ("ㅋㅋㅠㅠ", 12),
        ("lumen", 13),
        ("lumen™", 13),
        ("17", 13),
        ("№ 17", 13),
        ("п'ять", 14),
        ("п\u2019ять", 14),
        ("п\u02bcять", 14),
        ("O'ZBEK", 14),
        ("o\u2018zbek", 14),
    ],
)
async def test_words_of_any_script_are_found(services: Services, query: str, number: int) -> None:
    [author] = await create_users(services.database, 1)
    for text in TEXTS:
        await post(services, author, text)
    assert await found(services, query) == [TEXTS[number]]


@pytest.mark.parametrize(
    "query",
    [
        "hell",
        '"world hello"',
        '"hello panic"',
        "京東",
        "#hello",
        "#fete2026",
        "hello moscow",
        "公天",
    ],
)
async def test_other_words_are_not_found(services: Services, query: str) -> None:
    [author] = await create_users(services.database, 1)
    for text in TEXTS:
        await post(services, author, text)
    assert await found(services, query) == []


async def test_a_phrase_finds_with_its_pairs_what_its_order_finds(services: Services) -> None:
    rng = random.Random(1)
    letters = ["a", "bc", "d", " ", " ", ", ", "猫", "犬", "鳥", "カ", "한", "🎉", "\u2764"]
    texts, queries, orders = [], [], []
    for _ in range(3_000):
        text = "".join(rng.choices(letters, k=rng.randint(1, 12)))
        begin = rng.randrange(len(text))
        # Any part, now and then with another sign between.
        part = text[begin : begin + rng.randint(1, 8)]
        query = phrase(rng.choice(["", " ", "、"]).join(part) if rng.random() < 0.3 else part)
        if query:
            texts.append(words_of_post(1, text))
            queries.append(query)
            orders.append(query.split(" & ")[0])
    [[found, by_order, differ, pairs]] = await services.database.fetch(
        """SELECT count(*) FILTER (WHERE t::tsvector @@ q::tsquery), count(*) FILTER (WHERE t::tsvector @@ o::tsquery),
            array_agg(ARRAY[t, q]) FILTER (WHERE t::tsvector @@ q::tsquery <> (t::tsvector @@ o::tsquery)),
            count(*) FILTER (WHERE q <> o)
        FROM unnest($1::text[], $2::text[], $3::text[]) AS k(t, q, o)""",
        *(texts, queries, orders),
    )
    assert (found, differ) == (by_order, None)
    assert found > 1_000
    assert pairs > 500


async def test_the_hashtags_of_a_post_find_it(services: Services) -> None:
    """The first twenty: what comes after them is words."""
    [author] = await create_users(services.database, 1)
    text = " ".join(f"#tag{number}" for number in range(21))
    await post(services, author, text)
    assert await found(services, "#tag19 tag20") == [text]
    assert await found(services, "#tag20") == []


async def test_signs_are_no_operators(services: Services) -> None:
    [author] = await create_users(services.database, 1)
    await post(services, author, TEXTS[0])
    assert await found(services, "!hello !panic :* | &") == [TEXTS[0]]


async def test_from_since_and_until(services: Services) -> None:
    database = services.database
    first, second = await create_users(database, 2)
    await post(services, first, "tea one")
    await post(services, second, "tea two")
    assert await found(services, "tea from:p1") == ["tea one"]
    assert await found(services, "from:@P2") == ["tea two"]
    assert await found(services, "from:nobody tea") == []
    for day in (3, 4, 5):
        key = key_at(datetime(2020, 2, day, 12, tzinfo=UTC), day)
        await database.write(
            "INSERT INTO posts (id, author_id, text) VALUES ($1, $2, $3)", key, first, f"tea {day}"
        )
        await database.write(
            "INSERT INTO post_words VALUES ($1, $2::text::tsvector)",
            key,
            words_of_post(first, f"tea {day}"),
        )
    assert await found(services, "tea until:2020-02-05") == ["tea 4", "tea 3"]
    assert await found(services, "tea since:2020-02-04 until:2020-02-05") == ["tea 4"]
    assert await found(services, "SINCE:2020-02-05 tea from:p1") == ["tea one", "tea 5"]
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    assert await found(services, f"tea since:{tomorrow}") == []


async def test_pages_are_complete_and_newest_first(services: Services) -> None:
    author, hidden, viewer = await create_users(services.database, 3)
    texts = [f"same {number}" for number in range(60)]
    for text in texts:
        await post(services, author, text)
        for copy in range(4):
            await post(services, hidden, f"{text} {copy}")
    await block_create(services.group_commits, viewer_id=hidden, user_id=viewer)
    client = ApiClient(services, viewer)
    read: list[str] = []
    after: str | None = None
    while True:
        page = await client.data(SEARCH, query="same", first=7, after=after)
        edges, info = page["edges"], page["pageInfo"]
        read += [edge["node"]["text"] for edge in edges]
        assert info["hasPreviousPage"] is (after is not None)
        if not info["hasNextPage"]:
            break
        assert len(edges) == 7
        # What is new comes before all pages.
        await post(services, author, "the same again")
        after = info["endCursor"]
    assert read == texts[::-1]
    page = await client.data(SEARCH, query="same", first=0)
    assert (page["edges"], page["pageInfo"]["hasNextPage"]) == ([], True)


async def test_edits_deletion_blocks_and_visibility_hold_for_the_next_search(
    services: Services,
) -> None:
    database = services.database
    author, follower, stranger = await create_users(database, 3)
    key = await post(services, author, "before")
    await post_edit(database, viewer_id=author, post_id=key, text="afterwards #new")
    assert await found(services, "before") == []
    assert await found(services, "#new") == ["afterwards #new"]
    await post_delete(database, viewer_id=author, post_id=key)
    assert await found(services, "afterwards") == []
    assert await database.fetch("SELECT FROM post_words") == []
    await post(services, author, "secret", PostVisibility.FOLLOWERS)
    await post(services, author, "secret for @p3", PostVisibility.MENTIONED)
    await database.write(
        "INSERT INTO follows (follower_id, followee_id) VALUES ($1, $2)", follower, author
    )
    assert await found(services, "secret", author) == ["secret for @p3", "secret"]
    assert await found(services, "secret", follower) == ["secret"]
    assert await found(services, "secret", stranger) == ["secret for @p3"]
    assert await found(services, "secret from:p1") == []
    await post(services, author, "open")
    await block_create(services.group_commits, viewer_id=stranger, user_id=author)
    assert await found(services, "open", stranger) == []
    assert await found(services, "open from:p1", stranger) == []
    assert await found(services, "open", author) == ["open"]
    await database.write("UPDATE users SET is_private = true WHERE id = $1", author)
    assert await found(services, "open") == []
    assert await found(services, "open", follower) == ["open"]
    await hide_account(database, author)
    assert await found(services, "open", follower) == []


@pytest.mark.parametrize(
    ("query", "position"),
    [
        ("", 1),
        ("  \n ", 1),
        ("... !!", 1),
        ('cats "dogs', 6),
        ('cats "" dogs', 6),
        ("a #", 3),
        ("a #1", 3),
        ("a ##b", 3),
        ("from:", 6),
        ("a from:no-name", 8),
        ("from:a from:b", 8),
        ("a since:yesterday", 9),
        ("a since:2026-02-30", 9),
        ("a since:2026-W01-1", 9),
        ("a since:٢٠٢٦-01-01", 9),
        ("a since:2026-01-01 since:2026-01-02", 20),
        ("a since:2026-01-02 until:2026-01-02", 26),
        ("since:2026-01-01", 1),
        ("a\x00", 2),
        ("x" * 201, 201),
    ],
)
async def test_a_bad_query_says_where(services: Services, query: str, position: int) -> None:
    result = await ApiClient(services).execute(SEARCH, query=query)
    [error] = result["errors"]
    assert result["data"] is None
    assert error["extensions"] == {"code": "INVALID_QUERY", "position": position}, error


@pytest.mark.parametrize(
    "query",
    [
        "'a' & !b | (c",
        "a\\'b :* <->",
        "\ufdfa" * 200,
        "a" * 200,
        "字" * 200,
        "🎉" * 200,
        "\u0301a\u0301",
        "since:0001-01-01 until:9999-12-31 a",
    ],
)
async def test_any_text_may_be_searched_for_and_written(services: Services, query: str) -> None:
    [author] = await create_users(services.database, 1)
    await post(services, author, query)
    assert await found(services, query) in ([query], [])


async def test_a_cursor_belongs_to_its_query(services: Services) -> None:
    [author] = await create_users(services.database, 1)
    for number in range(3):
        await post(services, author, f"tea {number}")
    client = ApiClient(services)
    after = (await client.data(SEARCH, query="tea", first=1))["pageInfo"]["endCursor"]
    result: Any = await client.execute(SEARCH, query="coffee", after=after)
    assert result["errors"][0]["extensions"]["code"] == "INVALID_CURSOR"


async def test_words_of_imported_posts_are_written_by_a_job(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    database: Database = services.database
    [author] = await create_users(database, 1)
    for text in TEXTS:
        await post(services, author, text)
    before = await database.fetch("SELECT post_id, words::text FROM post_words ORDER BY 1")
    await database.write("DELETE FROM post_words WHERE post_id <> $1", before[3][0])
    assert await found(services, "hello") == []
    monkeypatch.setattr("feed.search.jobs.POSTS_AT_ONCE", 4)
    await database.write("INSERT INTO jobs (kind, arguments) VALUES ('post_words_fill', '{}')")
    await run_jobs(database, fill_post_words)
    assert await database.fetch("SELECT post_id, words::text FROM post_words ORDER BY 1") == before
    assert await database.fetch("SELECT FROM jobs") == []
