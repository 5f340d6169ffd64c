"""Suggested users are those whom one's followees follow."""

from __future__ import annotations

from typing import Any

from core.accounts.services import block_create, follow_create, mute_create
from core.context import Services
from tests.core.accounts.world import ApiClient
from tests.interactions.cast import create_users, hide_account

PAGE = """
query Suggested($first: Int, $after: String) {
  suggestedUsers(first: $first, after: $after) {
    edges { node { username } } pageInfo { hasNextPage hasPreviousPage endCursor }
  }
}
"""


def names(page: Any) -> list[str]:
    return [edge["node"]["username"] for edge in page["edges"]]


async def test_those_whom_most_followees_follow_come_first(services: Services) -> None:
    viewer, *friends = await create_users(services.database, 4)
    others = await create_users(services.database, 8, first=10)
    group_commits = services.group_commits

    async def follow(who: int, whom: int) -> None:
        await follow_create(group_commits, viewer_id=who, user_id=whom)

    for friend in friends:
        await follow(viewer, friend)
        await follow(friend, viewer)
        await follow(friend, friends[0] if friend != friends[0] else friends[1])
        await follow(friend, others[0])
    for friend in friends[:2]:
        await follow(friend, others[1])
    for other in others[2:]:
        await follow(friends[2], other)
    client = ApiClient(services, viewer)
    expected = ["p10", "p11", *(f"p{number}" for number in range(17, 11, -1))]
    assert names(await client.data(PAGE)) == expected
    read: list[str] = []
    after: str | None = None
    while True:
        page = await client.data(PAGE, first=3, after=after)
        read += names(page)
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert read == expected

    await services.database.write("UPDATE users SET is_private = true WHERE id = $1", others[2])
    await follow(viewer, others[2])
    await mute_create(group_commits, viewer_id=viewer, user_id=others[3])
    await block_create(group_commits, viewer_id=viewer, user_id=others[4])
    await block_create(group_commits, viewer_id=others[5], user_id=viewer)
    await hide_account(services.database, others[6])
    await follow(viewer, others[0])
    assert names(await client.data(PAGE)) == ["p11", "p17"]
    await hide_account(services.database, friends[2])
    assert names(await client.data(PAGE)) == ["p11"]
    refused: Any = await ApiClient(services, friends[0]).execute(PAGE, after=after)
    assert refused["errors"][0]["extensions"]["code"] == "INVALID_CURSOR"


async def test_who_follows_nobody_gets_none(services: Services) -> None:
    [viewer] = await create_users(services.database, 1)
    assert names(await ApiClient(services, viewer).data(PAGE)) == []
    result: Any = await ApiClient(services).execute(PAGE)
    assert result["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
