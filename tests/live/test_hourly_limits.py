"""Limits by the hour as clients meet them: of writes, and of sign-ups and sign-ins."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.database.database import Database
from core.ids import global_id
from tests.live.small_limits import (
    HOME,
    SMALL,
    empty_buckets,
    limited,
    post,
    times,
    until_limited,
)
from tests.live.world import operation, serving, signed_in


@pytest.fixture(autouse=True)
def unused_buckets(django_db_setup: None) -> None:
    empty_buckets()


@pytest.fixture(scope="module")
def address(django_db_setup: None) -> Iterator[str]:
    with serving(**SMALL) as address:
        yield address


async def test_writes_have_limits_of_their_own(address: str, database: Database) -> None:
    viewer, *others = await signed_in(database, 4)
    create = operation("CreatePost")
    count, refused = await until_limited(address, create, viewer, input={"text": "A post."})
    assert count == 3
    assert limited(refused)["limit"] == "posts"
    assert 1_100 < limited(refused)["retryAfterSeconds"] <= 1_200  # a third of an hour
    rows = await database.fetch("SELECT count(*) FROM posts")
    assert rows[0][0] == 3
    follow = operation("FollowUser")
    statuses = [
        (
            await post(address, follow, viewer, input={"userId": global_id("User", other.key)})
        ).status_code
        for other in others
    ]
    assert statuses == [200, 200, 429]
    target = {"postId": global_id("Post", (await database.fetch("SELECT id FROM posts"))[0][0])}
    like, unlike = operation("LikePost"), operation("UnlikePost")
    for _ in range(4):
        for each in (like, unlike):  # Only reacting is limited.
            assert (await post(address, each, viewer, input=target)).status_code == 200
    assert limited(await post(address, like, viewer, input=target))["limit"] == "reactions"
    assert (await post(address, unlike, viewer, input=target)).status_code == 200
    assert (await post(address, HOME, viewer, first=1)).status_code == 200


async def test_blocks_and_mutes_are_limited_together(
    django_db_setup: None, database: Database
) -> None:
    """A user who hides all authors within minutes would make each page look through all posts."""
    viewer, other = await signed_in(database, 2)
    input = f'(input: {{ userId: "{other.id}" }})'
    with serving(**SMALL | {"blocks_per_hour": 3}) as address:
        for mutation in (f"blockUser{input}", f"muteUser{input}", f"muteUser{input}"):
            assert (await post(address, times(1, mutation), viewer)).status_code == 200
        for mutation in (f"blockUser{input}", f"muteUser{input}"):
            refused = await post(address, times(1, mutation), viewer)
            assert limited(refused)["limit"] == "blocks"
        for mutation in (f"unblockUser{input}", f"unmuteUser{input}"):
            assert (await post(address, times(1, mutation), viewer)).status_code == 200


async def test_an_edit_takes_as_much_as_what_it_edits(address: str, database: Database) -> None:
    """It mentions others, and reaches subscribers, as a new post or comment does."""
    [viewer] = await signed_in(database, 1)
    created = await post(address, operation("CreatePost"), viewer, input={"text": "a"})
    id = created.json()["data"]["createPost"]["post"]["id"]
    edit = {"postId": id, "text": "b"}
    count, refused = await until_limited(address, operation("EditPost"), viewer, input=edit)
    assert count == SMALL["posts_per_hour"] - 1
    assert limited(refused)["limit"] == "posts"

    comment = {"postId": id, "text": "a"}
    created = await post(address, operation("CreateComment"), viewer, input=comment)
    id = created.json()["data"]["createComment"]["comment"]["id"]
    edit = {"commentId": id, "text": "b"}
    count, refused = await until_limited(address, operation("EditComment"), viewer, input=edit)
    assert count == SMALL["comments_per_hour"] - 1
    assert limited(refused)["limit"] == "comments"


async def test_aliases_do_not_get_around_the_limit(address: str, database: Database) -> None:
    [viewer] = await signed_in(database, 1)
    posts = " ".join(
        f'p{n}: createPost(input: {{ text: "{n}" }}) {{ changed: replayed }}' for n in range(4)
    )
    # Four never fit, however long the client waits.
    response = await post(address, f"mutation {{ {posts} }}", viewer)
    [error] = response.json()["errors"]
    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
    expected = {"limit": "posts at once", "allowed": 3, "found": 4}
    assert error["extensions"].items() >= expected.items()
    assert (await database.fetch("SELECT count(*) FROM posts"))[0][0] == 0
    # Nothing was taken: three are left.
    two = posts.partition("p2:")[0]
    assert (await post(address, f"mutation {{ {two} }}", viewer)).status_code == 200
    assert limited(await post(address, f"mutation {{ {two} }}", viewer))["limit"] == "posts"
    count, _ = await until_limited(
        address, operation("CreatePost"), viewer, input={"text": "A post."}
    )
    assert count == 1


async def test_sign_up_and_sign_in_are_limited_by_address_with_any_token(
    address: str, database: Database
) -> None:
    users = await signed_in(database, 6)
    for operation_name, limit, values in (
        ("SignIn", 3, {"login": "nobody", "password": "hush, not that"}),
        ("SignUp", 2, {"username": "?", "email": "?", "password": "hush", "displayName": "?"}),
    ):
        statuses = [
            (await post(address, operation(operation_name), user, input=values)).status_code
            for user in users
        ]
        assert statuses == [200] * limit + [429] * (6 - limit)
