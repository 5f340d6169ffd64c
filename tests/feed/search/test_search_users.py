"""Users are found by the beginning of a name."""

from __future__ import annotations

from typing import Any

import pytest

from core.accounts.services import block_create, follow_create
from core.context import Services
from core.database.database import Database
from tests.core.accounts.world import ApiClient
from tests.interactions.cast import create_users, hide_account

SEARCH = """
query Search($query: String!, $first: Int, $after: String) {
  searchUsers(query: $query, first: $first, after: $after) {
    edges { cursor node { username displayName } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""
NAMES = [
    ("ada", "Ada Lovelace"),
    ("elodie", "Élodie Ñandú"),
    ("lukasz", "ŁUKASZ Øster"),
    ("ivan", "Иван Ёлкин"),
    ("taro", "山田太郎"),
    ("kim", "김철수"),
    ("strasse", "Große Straße"),
    ("under_score", "✨Sparkle✨"),
    ("shalom", "שָׁלוֹם"),
    ("dots", "J.R.R. Tolkien"),
    ("ziggy", "п\u02bcять O\u02bbzbek"),
]


async def name(database: Database, key: int, username: str, display_name: str) -> None:
    await database.write(
        "UPDATE users SET username = $2, display_name = $3 WHERE id = $1",
        key,
        username,
        display_name,
    )


@pytest.fixture
async def users(services: Services) -> dict[str, int]:
    keys = await create_users(services.database, len(NAMES))
    for key, (username, display_name) in zip(keys, NAMES, strict=True):
        await name(services.database, key, username, display_name)
    return {username: key for key, (username, _) in zip(keys, NAMES, strict=True)}


async def found(services: Services, query: str, viewer_id: int | None = None) -> list[str]:
    page = await ApiClient(services, viewer_id).data(SEARCH, query=query)
    return [edge["node"]["username"] for edge in page["edges"]]


@pytest.mark.parametrize(
    ("query", "username"),
    [
        ("ada", "ada"),
        ("ADA LOVE", "ada"),
        ("love", "ada"),
        ("@ada", "ada"),
        ("elo", "elodie"),
        ("ÉLO", "elodie"),
        ("E\u0301lodie nan", "elodie"),
        ("łuk", "lukasz"),
        ("luk", "lukasz"),
        ("oster", "lukasz"),
        ("ИВАН ел", "ivan"),
        ("п'ят", "ziggy"),
        ("п\u2019ят", "ziggy"),
        ("п\u02bcять o\u2018z", "ziggy"),
        ("山田", "taro"),
        ("山", "taro"),
        ("김철", "kim"),
        ("grosse strasse", "strasse"),
        ("GROẞE", "strasse"),
        ("\uff53\uff50\uff41\uff52\uff4b", "under_score"),
        ("under_s", "under_score"),
        ("score", "under_score"),
        ("שלום", "shalom"),
        ("j.r.r. tol", "dots"),
        ("Tolkien", "dots"),
    ],
)
async def test_accents_case_and_punctuation_are_ignored(
    services: Services, users: dict[str, int], query: str, username: str
) -> None:
    assert await found(services, query) == [username]


@pytest.mark.parametrize("query", ["daniel", "velace", "%", "_", "\\", "a\U0010ffff"])
async def test_only_the_beginning_of_a_word_is_found(
    services: Services, users: dict[str, int], query: str
) -> None:
    assert await found(services, query) == []


async def test_followed_users_come_first_and_each_user_once(services: Services) -> None:
    keys = await create_users(services.database, 30)
    for number, key in enumerate(keys):
        await name(services.database, key, f"ann{number:02}", "Ann Ann Annabel")
    viewer, *others = keys
    for other in (others[20], others[10]):
        await follow_create(services.group_commits, viewer_id=viewer, user_id=other)
    expected = ["ann11", "ann21", *(f"ann{n:02}" for n in range(30) if n not in {11, 21})]
    # All share the display name, which comes first; so the order is that of the keys.
    assert await found_by_pages(services, "ann", viewer, 7) == expected
    assert await found(services, "ann1", viewer) == [
        "ann11",
        *(f"ann{n}" for n in [10, *range(12, 20)]),
    ]
    assert await found_by_pages(services, "ann", None, 30) == sorted(expected)


FOLLOW_MANY = """
WITH named AS (
    UPDATE users u SET username = 'ann' || lpad(n::text, 3, '0'), display_name = 'X'
    FROM unnest($1::bigint[]) WITH ORDINALITY AS k(id, n) WHERE u.id = k.id
), counted AS (
    UPDATE users SET following_count = 505 WHERE id = $2
)
INSERT INTO follows (follower_id, followee_id)
SELECT $2, id FROM unnest($1::bigint[]) WITH ORDINALITY AS k(id, n) WHERE n > 5
"""
NAMES_BEFORE = """
INSERT INTO user_names (user_id, name) SELECT $1, 'ann ' || lpad(n::text, 5, '0') FROM generate_series(1, $2::int) n
"""


@pytest.mark.parametrize("names_before", [0, 20_500])
async def test_who_follows_many_finds_them_first(services: Services, names_before: int) -> None:
    """By the names, and by the followed users where more names come before than are looked through."""
    viewer, *others = await create_users(services.database, 511)
    await services.database.write(FOLLOW_MANY, others, viewer)
    await services.database.write(NAMES_BEFORE, others[0], names_before)
    await hide_account(services.database, others[9])
    expected = [f"ann{n:03}" for n in [*range(6, 10), *range(11, 511), *range(1, 6)]]
    assert await found_by_pages(services, "ann", viewer, 100) == expected


async def found_by_pages(
    services: Services, query: str, viewer_id: int | None, first: int
) -> list[str]:
    client, names = ApiClient(services, viewer_id), []
    after: str | None = None
    while True:
        page = await client.data(SEARCH, query=query, first=first, after=after)
        names += [edge["node"]["username"] for edge in page["edges"]]
        info = page["pageInfo"]
        assert info["hasPreviousPage"] is (after is not None)
        assert info["endCursor"] == page["edges"][-1]["cursor"]
        if not info["hasNextPage"]:
            return names
        after = info["endCursor"]


async def test_a_page_goes_on_where_its_cursor_was_though_the_user_is_gone(
    services: Services,
) -> None:
    keys = await create_users(services.database, 6)
    for number, key in enumerate(keys):
        await name(services.database, key, f"bob{number}", "Bob")
    client = ApiClient(services)
    page = await client.data(SEARCH, query="bob", first=3)
    await hide_account(services.database, keys[2])
    await name(services.database, keys[0], "zoe", "Zoe")
    after = page["pageInfo"]["endCursor"]
    page = await client.data(SEARCH, query="bob", first=3, after=after)
    assert [edge["node"]["username"] for edge in page["edges"]] == ["bob3", "bob4", "bob5"]
    assert page["pageInfo"]["hasPreviousPage"] is True


async def test_blocks_and_deletion_hide_at_once(services: Services, users: dict[str, int]) -> None:
    viewer = users["ivan"]
    await block_create(services.group_commits, viewer_id=viewer, user_id=users["ada"])
    await block_create(services.group_commits, viewer_id=users["elodie"], user_id=viewer)
    assert await found(services, "ada", viewer) == []
    assert await found(services, "elodie", viewer) == []
    assert await found(services, "ada") == ["ada"]
    await hide_account(services.database, users["ada"])
    assert await found(services, "ada") == []


async def test_a_new_name_holds_for_the_next_search(
    services: Services, users: dict[str, int]
) -> None:
    await name(services.database, users["ada"], "ada", "Augusta King")
    assert await found(services, "love") == []
    assert await found(services, "king") == ["ada"]
    # Counts change in the same row and touch no name.
    rows = await services.database.fetch(
        "SELECT ctid FROM user_names WHERE user_id = $1", users["ada"]
    )
    await services.database.write("UPDATE users SET post_count = 7 WHERE id = $1", users["ada"])
    assert rows == await services.database.fetch(
        "SELECT ctid FROM user_names WHERE user_id = $1", users["ada"]
    )


@pytest.mark.parametrize(
    ("query", "position"), [("", 1), (" \u3000 ", 1), ("a\x00b", 2), ("x" * 101, 101)]
)
async def test_a_bad_query_says_where(services: Services, query: str, position: int) -> None:
    result = await ApiClient(services).execute(SEARCH, query=query)
    [error] = result["errors"]
    assert result["data"] is None
    assert error["extensions"] == {"code": "INVALID_QUERY", "position": position}


async def test_a_cursor_belongs_to_its_query_and_viewer(
    services: Services, users: dict[str, int]
) -> None:
    client = ApiClient(services, users["ivan"])
    after = (await client.data(SEARCH, query="a", first=1))["pageInfo"]["endCursor"]
    other = ApiClient(services, users["taro"])
    for who, query, cursor in [
        (client, "b", after),
        (other, "a", after),
        (ApiClient(services), "a", after),
        (client, "a", after[:-1]),
        (client, "a", f"{after}="),
        (client, "a", "é"),
        (client, "a", ""),
    ]:
        result: Any = await who.execute(SEARCH, query=query, first=1, after=cursor)
        assert result["errors"][0]["extensions"]["code"] == "INVALID_CURSOR", cursor
    assert (await client.data(SEARCH, query="a", first=1, after=after))["edges"] == []
