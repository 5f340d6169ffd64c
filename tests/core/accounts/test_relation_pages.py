"""Pages of follow requests, known followers, blocked and muted users."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.accounts.services import (
    block_create,
    follow_create,
    mute_create,
)
from core.context import Services
from core.ids import global_id
from tests.core.accounts.world import ApiClient
from tests.interactions.cast import create_users, hide_account


async def test_known_followers_are_the_same_by_either_way(services: Services) -> None:
    """Through the followers of an account with few, through whom the viewer follows for one with many."""
    database = services.database
    viewer, few, many, *others = await create_users(database, 40)
    for follower, followee in (
        *((other, many) for other in others),
        *((other, few) for other in others[:7]),
        *((viewer, other) for other in others[3:12]),
    ):
        await database.write(
            "INSERT INTO follows (follower_id, followee_id) VALUES ($1, $2)", follower, followee
        )
    await database.write(
        "UPDATE users u SET follower_count = (SELECT count(*) FROM follows WHERE followee_id = u.id), "
        "following_count = (SELECT count(*) FROM follows WHERE follower_id = u.id)"
    )
    await hide_account(database, others[4])
    client = ApiClient(services, viewer)
    query = """query K($name: String!, $first: Int, $after: String) { user(username: $name) {
        knownFollowers(first: $first, after: $after) { edges { node { id } } pageInfo { hasNextPage endCursor } } } }"""
    for name, expected in (("p2", [others[3], *others[5:7]]), ("p3", [others[3], *others[5:12]])):
        found: list[str] = []
        after = None
        while True:
            page = (await client.data(query, name=name, first=2, after=after))["knownFollowers"]
            found += [edge["node"]["id"] for edge in page["edges"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        assert found == [global_id("User", other) for other in reversed(expected)]
    assert (await ApiClient(services).data(query, name="p3"))["knownFollowers"]["edges"] == []
    # The blocker sees the user's name, but not who follows them.
    await block_create(services.group_commits, viewer_id=viewer, user_id=many)
    assert (await client.data(query, name="p3"))["knownFollowers"]["edges"] == []
    await services.group_commits.close()


async def test_requests_are_pages_newest_first_with_their_times(services: Services) -> None:
    owner, *fans = await create_users(services.database, 8)
    client = ApiClient(services, owner)
    await client.do("UpdateProfile", isPrivate=True)
    for fan in fans:
        await follow_create(services.group_commits, viewer_id=fan, user_id=owner)
    found: list[str] = []
    times: list[datetime] = []
    after = None
    while True:
        page = (await client.data("FollowRequests", first=3, after=after))["followRequests"]
        found += [edge["node"]["id"] for edge in page["edges"]]
        times += [datetime.fromisoformat(edge["requestedAt"]) for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert found == [global_id("User", fan) for fan in reversed(fans)]
    assert times == sorted(times, reverse=True)
    assert datetime.now(UTC) - timedelta(minutes=1) < times[-1] <= datetime.now(UTC)
    await services.database.write(
        "INSERT INTO follow_requests (requester_id, target_id) SELECT id, $1 FROM users u WHERE id > $1 "
        "ON CONFLICT DO NOTHING",
        owner,
    )
    await create_users(services.database, 110, first=100)
    await services.database.write(
        "INSERT INTO follow_requests (requester_id, target_id) SELECT id, $1 FROM users u WHERE id > $1 "
        "ON CONFLICT DO NOTHING",
        owner,
    )
    counted = await client.data("{ account { followRequestCount { count capped } } }")
    assert counted["followRequestCount"] == {"count": 99, "capped": True}
    await services.group_commits.close()


@pytest.mark.parametrize(
    ("operation", "field", "flag", "write"),
    [
        ("BlockedUsers", "blockedUsers", "viewerHasBlocked", block_create),
        ("MutedUsers", "mutedUsers", "viewerHasMuted", mute_create),
    ],
)
async def test_blocked_and_muted_users_are_their_owner_s_pages(
    services: Services, operation: str, field: str, flag: str, write: Any
) -> None:
    viewer, other, *hidden = await create_users(services.database, 9)
    order = random.Random(1).sample(hidden, len(hidden))
    for user in order:
        await write(services.group_commits, viewer_id=viewer, user_id=user)
    await hide_account(services.database, hidden[0])
    client = ApiClient(services, viewer)
    found: list[str] = []
    after = None
    while True:
        page = (await client.data(operation, first=2, after=after))[field]
        assert all(edge["node"][flag] for edge in page["edges"])
        found += [edge["node"]["id"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert found == [global_id("User", user) for user in reversed(hidden[1:])]
    page_query = f"{field}(last: 3, before: $before) {{ edges {{ cursor node {{ id }} }} }}"
    query = f"query B($before: String) {{ account {{ {page_query} }} }}"
    oldest = (await client.data(query))[field]["edges"]
    assert [edge["node"]["id"] for edge in oldest] == found[-3:]
    newer = (await client.data(query, before=oldest[0]["cursor"]))[field]["edges"]
    assert [edge["node"]["id"] for edge in newer] == found[-6:-3]
    assert (await ApiClient(services, other).data(operation))[field]["edges"] == []
    assert await ApiClient(services).data(operation) is None
    await services.group_commits.close()
