"""Private accounts: who follows them asks, and is accepted, rejected or removed."""

from __future__ import annotations

import asyncio
import random
from inspect import isawaitable
from typing import Any

import orjson
import pytest

from core.accounts.services import (
    block_create,
    block_delete,
    follow_create,
    follow_delete,
    follow_request_accept,
    follow_request_reject,
    follower_delete,
)
from core.accounts.statements import SQL
from core.accounts.validators import PENDING_REQUESTS
from core.context import Context, Services
from core.database.database import Database
from core.database.group_commit import GroupCommits
from core.errors import MutationRefused
from core.ids import global_id
from tests.core.accounts.world import ApiClient, assert_invariants, codes, events, number_of
from tests.interactions.cast import create_users, delete_account, hide_account
from tests.interactions.conftest import EXECUTORS
from tests.valid_documents import valid_document

RELATION = (
    "query R($name: String!) { user(username: $name) { viewerFollowState viewerIsFollowing } }"
)
LISTS = """query L($name: String!) { user(username: $name) { followerCount followingCount
    followers { edges { node { username } } } following { edges { node { username } } }
    knownFollowers { edges { node { username } } } } }"""


@pytest.fixture
async def cast(services: Services) -> list[ApiClient]:
    """Users p1 to p4; the account of p1 is private."""
    clients = [ApiClient(services, key) for key in await create_users(services.database, 4)]
    payload = await clients[0].do("UpdateProfile", isPrivate=True)
    assert payload["user"]["isPrivate"] is True
    await services.database.write("DELETE FROM events")
    return clients


def key(client: ApiClient) -> int:
    assert client.viewer_id is not None
    return client.viewer_id


async def state(client: ApiClient, name: str = "p1") -> str:
    found = await client.data(RELATION, name=name)
    assert found["viewerIsFollowing"] == (found["viewerFollowState"] == "FOLLOWING")
    return str(found["viewerFollowState"])


async def requests(client: ApiClient) -> list[str]:
    account = await client.data("FollowRequests")
    names = [edge["node"]["username"] for edge in account["followRequests"]["edges"]]
    counted = await client.data("{ account { followRequestCount { count capped } } }")
    assert counted["followRequestCount"] == {"count": len(names), "capped": False}
    return names


async def lists(client: ApiClient, name: str = "p1") -> dict[str, Any]:
    found = await client.data(LISTS, name=name)
    return {
        field: value
        if isinstance(value, int)
        else [edge["node"]["username"] for edge in value["edges"]]
        for field, value in found.items()
    }


async def test_following_a_private_account_asks_and_being_accepted_follows(
    cast: list[ApiClient], database: Database
) -> None:
    owner, fan, *_ = cast
    payload = await fan.change("FollowPrivate", key(owner))
    assert payload == {
        "user": {
            "id": global_id("User", key(owner)),
            "viewerFollowState": "REQUESTED",
            "viewerIsFollowing": False,
            "followerCount": 0,
        },
        "changed": True,
        "errors": [],
    }
    assert (await fan.change("FollowPrivate", key(owner)))["changed"] is False
    assert (await state(fan), await requests(owner), await requests(fan)) == (
        "REQUESTED",
        ["p2"],
        [],
    )
    assert await events(database) == [("follow_requested", key(fan), key(owner), None)]
    payload = await owner.change("AcceptFollowRequest", key(fan))
    assert payload == {
        "user": {"id": global_id("User", key(fan)), "followsViewer": True},
        "account": {
            "id": global_id("Account", key(owner)),
            "followRequestCount": {"count": 0, "capped": False},
        },
        "changed": True,
        "errors": [],
    }
    assert (await state(fan), await requests(owner)) == ("FOLLOWING", [])
    assert (await owner.change("AcceptFollowRequest", key(fan)))["changed"] is False
    assert (await fan.change("FollowPrivate", key(owner)))["changed"] is False
    assert await events(database) == [
        ("follow_requested", key(fan), key(owner), None),
        ("user_followed", key(fan), key(owner), None),
        ("follow_accepted", key(owner), key(fan), None),
    ]
    await assert_invariants(database)


async def test_a_request_can_be_taken_back_and_rejected_and_made_again(
    cast: list[ApiClient], database: Database
) -> None:
    owner, fan, *_ = cast
    for answer in ("UnfollowUser", "RejectFollowRequest"):
        assert (await fan.change("FollowUser", key(owner)))["changed"] is True
        who, other = (fan, owner) if answer == "UnfollowUser" else (owner, fan)
        payload = await who.change(answer, key(other))
        assert (payload["changed"], payload["errors"]) == (True, [])
        assert (await state(fan), await requests(owner)) == ("NOT_FOLLOWING", [])
        assert (await who.change(answer, key(other)))["changed"] is False
    assert [kind for kind, *_ in await events(database)] == [
        "follow_requested",
        "follow_request_deleted",
    ] * 2
    assert (await owner.change("AcceptFollowRequest", key(fan)))["changed"] is False
    assert await number_of(database, "follows") == 0
    await assert_invariants(database)


async def test_followers_stay_when_an_account_becomes_private_and_can_be_removed(
    cast: list[ApiClient], database: Database
) -> None:
    _, owner, fan, other = cast
    for each in (fan, other):
        await each.change("FollowUser", key(owner))
    await owner.do("UpdateProfile", isPrivate=True)
    assert await state(fan, "p2") == "FOLLOWING"
    payload = await owner.change("RemoveFollower", key(fan))
    assert payload == {
        "user": {"id": global_id("User", key(fan)), "followsViewer": False},
        "changed": True,
        "errors": [],
    }
    assert await state(fan, "p2") == "NOT_FOLLOWING"
    assert (await owner.change("RemoveFollower", key(fan)))["changed"] is False
    assert (await lists(owner, "p2"))["followers"] == ["p4"]
    assert (await events(database))[-1] == ("user_unfollowed", key(fan), key(owner), None)
    await assert_invariants(database)


async def test_going_public_accepts_nobody_and_the_pending_may_follow(
    cast: list[ApiClient], database: Database
) -> None:
    owner, fan, other, _ = cast
    for each in (fan, other):
        await each.change("FollowUser", key(owner))
    await owner.do("UpdateProfile", isPrivate=False)
    assert (await state(fan), await requests(owner)) == ("REQUESTED", ["p3", "p2"])
    assert (await fan.change("FollowUser", key(owner)))["changed"] is True
    assert (await state(fan), await requests(owner)) == ("FOLLOWING", ["p3"])
    assert (await owner.change("AcceptFollowRequest", key(other)))["changed"] is True
    assert await state(other) == "FOLLOWING"
    await assert_invariants(database)


async def test_a_block_ends_requests_both_ways(cast: list[ApiClient], database: Database) -> None:
    owner, fan, other, _ = cast
    await other.do("UpdateProfile", isPrivate=True)
    await fan.change("FollowUser", key(owner))
    await owner.change("FollowUser", key(other))
    await owner.change("BlockUser", key(fan))
    await owner.change("BlockUser", key(other))
    assert await number_of(database, "follow_requests") == 0
    payload = await owner.change("AcceptFollowRequest", key(fan))
    assert codes(payload) == [("NOT_FOUND", "input", "userId")]
    assert payload["account"] is None
    assert codes(await fan.change("FollowUser", key(owner))) == [("NOT_FOUND", "input", "userId")]
    assert await number_of(database, "follow_requests") == 0
    await owner.change("UnblockUser", key(fan))
    assert await state(fan) == "NOT_FOLLOWING"


async def test_requests_of_deleted_accounts_are_hidden_and_erased(
    cast: list[ApiClient], database: Database
) -> None:
    owner, fan, other, _ = cast
    for each in (fan, other):
        await each.change("FollowUser", key(owner))
    await hide_account(database, key(fan))
    assert await requests(owner) == ["p3"]
    payload = await owner.change("AcceptFollowRequest", key(fan))
    assert codes(payload) == [("NOT_FOUND", "input", "userId")]
    await delete_account(database, key(fan))
    assert await number_of(database, "follow_requests") == 1
    await delete_account(database, key(owner))
    assert await number_of(database, "follow_requests") == 0


@pytest.mark.parametrize("name", ["AcceptFollowRequest", "RejectFollowRequest", "RemoveFollower"])
async def test_nobody_answers_for_another(
    cast: list[ApiClient], database: Database, name: str
) -> None:
    owner, fan, other, _ = cast
    await fan.change("FollowUser", key(owner))
    before = await events(database)
    payload = await other.change(name, key(fan))
    assert (payload["changed"], payload["errors"]) == (False, [])
    assert codes(await owner.change(name, key(owner))) == [("INVALID_INPUT", "input", "userId")]
    assert (await state(fan), await events(database)) == ("REQUESTED", before)
    result = await ApiClient(owner.services).execute(
        name, input={"userId": global_id("User", key(fan))}
    )
    assert result["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert await state(fan) == "REQUESTED"


async def test_the_lists_of_a_private_account_are_its_followers_to_see(
    cast: list[ApiClient], database: Database
) -> None:
    owner, fan, known, stranger = cast
    commits = GroupCommits(database)
    for follower in (fan, known):
        await follower.change("FollowUser", key(owner))
        await owner.change("AcceptFollowRequest", key(follower))
    await owner.change("FollowUser", key(stranger))
    for each in (fan, stranger):
        await follow_create(commits, viewer_id=key(each), user_id=key(known))
    shown = {
        "followers": ["p3", "p2"],
        "following": ["p4"],
        "followerCount": 2,
        "followingCount": 1,
    }
    hidden = {**shown, "followers": [], "following": [], "knownFollowers": []}
    assert await lists(owner) == {**shown, "knownFollowers": []}
    assert await lists(fan) == {**shown, "knownFollowers": ["p3"]}
    assert await lists(stranger) == hidden
    assert await lists(ApiClient(fan.services)) == hidden
    await stranger.change("FollowUser", key(owner))
    assert await lists(stranger) == hidden
    await owner.change("AcceptFollowRequest", key(stranger))
    assert (await lists(stranger))["knownFollowers"] == ["p3"]
    await owner.change("RemoveFollower", key(stranger))
    assert await lists(stranger) == hidden


async def test_both_executors_give_the_same(cast: list[ApiClient]) -> None:
    owner, fan, other, blocked = cast
    for each in (fan, other):
        await each.change("FollowUser", key(owner))
    await owner.change("BlockUser", key(blocked))
    await owner.change("MuteUser", key(other))
    queries: list[tuple[ApiClient, str, dict[str, str]]] = [
        *((owner, name, {}) for name in ("FollowRequests", "BlockedUsers", "MutedUsers", "Me")),
        *((fan, query, {"name": "p1"}) for query in (RELATION, LISTS)),
    ]
    for client, query, variables in queries:
        found = []
        for executor in EXECUTORS.values():
            context = Context(owner.services, client.viewer_id)
            result: Any = executor.execute(
                valid_document(query), variables=variables, context=context
            )
            if isawaitable(result):
                result = await result
            assert not result.errors, result.errors
            found.append(orjson.loads(orjson.dumps(result.data)))
        assert found[0] == found[1]


async def test_requests_that_arrive_at_once_have_one_effect(services: Services) -> None:
    owner, fan = await create_users(services.database, 2)
    client = ApiClient(services, owner)
    await client.do("UpdateProfile", isPrivate=True)
    write = services.group_commits
    asked = await asyncio.gather(
        *(follow_create(write, viewer_id=fan, user_id=owner) for _ in range(20))
    )
    assert sum(change.changed for change in asked) == 1
    taken = await asyncio.gather(
        *(follow_delete(write, viewer_id=fan, user_id=owner) for _ in range(20))
    )
    assert sum(change.changed for change in taken) == 1
    assert [kind for kind, *_ in await events(services.database)] == [
        "user_privacy_changed",
        "follow_requested",
        "follow_request_deleted",
    ]
    await services.group_commits.close()


async def test_nobody_waits_for_more_answers_than_are_allowed(services: Services) -> None:
    database = services.database
    fan, public, *owners = await create_users(database, PENDING_REQUESTS + 5)
    await database.write("UPDATE users SET is_private = true WHERE id = ANY($1)", owners)
    await database.write(
        "INSERT INTO follow_requests (requester_id, target_id) SELECT $1, unnest($2::bigint[])",
        fan,
        owners[: PENDING_REQUESTS - 1],
    )
    pending = f"follow_requests WHERE requester_id = {fan}"

    async def follow(user: int) -> Any:
        return await ApiClient(services, fan).change("FollowUser", user)

    # Of three that arrive at once, also as one transaction, one finds room. The same one twice is one.
    last = owners[PENDING_REQUESTS - 1 :]
    payloads = await asyncio.gather(*(follow(owner) for owner in (*last, last[0])))
    refused = [payload for payload in payloads if payload["errors"]]
    assert {code for payload in refused for code in codes(payload)} == {
        ("LIMIT_REACHED", "input", "userId")
    }
    assert await number_of(database, pending) == PENDING_REQUESTS
    assert sum(payload["changed"] for payload in payloads) == 1
    [[kinds]] = await database.fetch("SELECT count(*) FROM events WHERE kind = 'follow_requested'")
    assert kinds == 1
    # What waits already is no further request, and who is not asked can be followed.
    assert (await follow(owners[0]))["errors"] == []
    assert (await follow(public))["changed"] is True
    taken_back = await ApiClient(services, fan).change("UnfollowUser", owners[0])
    assert taken_back["changed"] is True
    assert (await follow(owners[0]))["changed"] is True
    assert codes(await follow(last[-1])) + codes(await follow(last[-2])) != []
    assert await number_of(database, pending) == PENDING_REQUESTS
    # Others are not concerned.
    assert (await ApiClient(services, public).change("FollowUser", owners[0]))["changed"] is True
    await services.group_commits.close()


async def test_counts_and_requests_stay_right_under_any_writes_at_once(services: Services) -> None:
    users = await create_users(services.database, 5)
    commits = services.group_commits
    chance = random.Random(3)
    writes = [
        *([follow_create] * 4),
        *([follow_request_accept] * 2),
        *(follow_delete, follow_request_reject, follower_delete, block_create, block_delete),
    ]

    async def write() -> None:
        for _ in range(60):
            viewer, other = chance.sample(users, 2)
            if chance.random() < 0.2:
                await services.database.write(
                    SQL.profile_update, viewer, None, None, None, chance.random() < 0.6
                )
                continue
            try:
                await chance.choice(writes)(commits, viewer_id=viewer, user_id=other)
            except MutationRefused:
                continue

    await asyncio.gather(*(write() for _ in range(6)))
    await assert_invariants(services.database)
    await commits.close()
