"""Follows, blocks and mutes set a state, which counts, lists and events reflect."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest

from core.accounts import services as writes
from core.accounts.services import RelationChange
from core.context import Services
from core.database.database import Database
from core.database.group_commit import GroupCommits
from core.errors import MutationRefused
from core.ids import global_id
from tests.core.accounts.world import ApiClient, assert_invariants, codes, events
from tests.empty_tables import EMPTY_TABLES
from tests.interactions.cast import create_users, delete_account
from tests.ran_statements import ran_statements

Change = Callable[..., Awaitable[RelationChange]]
PAIRS = [
    ("FollowUser", "UnfollowUser", "viewerIsFollowing", "user_followed", "user_unfollowed"),
    ("BlockUser", "UnblockUser", "viewerHasBlocked", "user_blocked", "user_unblocked"),
    ("MuteUser", "UnmuteUser", "viewerHasMuted", "user_muted", "user_unmuted"),
]
RELATION = """
query Relation($id: ID!) {
  node(id: $id) { ... on User {
    followerCount followingCount viewerIsFollowing followsViewer viewerHasBlocked viewerHasMuted
  } }
}
"""


@pytest.fixture
async def cast(services: Services) -> list[ApiClient]:
    """Clients of three users."""
    return [ApiClient(services, key) for key in await create_users(services.database, 3)]


def key(client: ApiClient) -> int:
    assert client.viewer_id is not None
    return client.viewer_id


async def relation(viewer: ApiClient, other: ApiClient) -> Any:
    """The relation between two users as the viewer sees it; None if the other is hidden."""
    return await viewer.data(RELATION, id=global_id("User", key(other)))


@pytest.mark.parametrize("pair", PAIRS)
async def test_repeating_a_change_changes_nothing(
    cast: list[ApiClient], database: Database, pair: tuple[str, str, str, str, str]
) -> None:
    ada, grace, _ = cast
    do, undo, field, done, undone = pair
    notified: list[int] = []
    ada.services.notify = lambda: notified.append(1)
    for name, on in ((do, True), (undo, False)):
        for changed in (True, False):
            payload = await ada.change(name, key(grace))
            assert payload["errors"] == []
            assert payload["changed"] is changed
            assert payload["user"]["id"] == global_id("User", key(grace))
            assert payload["user"][field] is on
    assert await events(database) == [
        (done, key(ada), key(grace), None),
        (undone, key(ada), key(grace), None),
    ]
    assert notified == [1, 1]
    await assert_invariants(database)


@pytest.mark.parametrize("name", [name for pair in PAIRS for name in pair[:2]])
class TestEachChange:
    async def test_of_oneself_is_refused(
        self, cast: list[ApiClient], database: Database, name: str
    ) -> None:
        payload = await cast[0].change(name, key(cast[0]))
        assert codes(payload) == [("INVALID_INPUT", "input", "userId")]
        assert (payload["user"], payload["changed"]) == (None, False)
        assert await events(database) == []

    @pytest.mark.parametrize(
        "user_id", ["", "garbage", global_id("User", 7), global_id("Post", 7), "\ud800", "x" * 9999]
    )
    async def test_of_an_unknown_user_is_refused(
        self, cast: list[ApiClient], name: str, user_id: str
    ) -> None:
        payload = await cast[0].do(name, userId=user_id)
        assert codes(payload) == [("NOT_FOUND", "input", "userId")]
        assert (payload["user"], payload["changed"]) == (None, False)

    async def test_needs_a_viewer(self, cast: list[ApiClient], name: str) -> None:
        anonymous = ApiClient(cast[0].services)
        result = await anonymous.execute(name, input={"userId": global_id("User", key(cast[1]))})
        assert result["data"] is None
        assert "Sign in first" in result["errors"][0]["message"]
        assert anonymous.statements == 0

    async def test_by_a_deleted_user_changes_nothing(
        self, cast: list[ApiClient], database: Database, name: str
    ) -> None:
        await delete_account(database, key(cast[0]))
        payload = await cast[0].change(name, key(cast[1]))
        assert payload["changed"] is False
        assert [kind for kind, *_ in await events(database)] == ["user_deleted"]

    async def test_refuses_an_invalid_client_mutation_id(
        self, cast: list[ApiClient], name: str
    ) -> None:
        user_id = global_id("User", key(cast[1]))
        for bad in ("", "x" * 101, "a\nb"):
            payload = await cast[0].do(name, userId=user_id, clientMutationId=bad)
            assert codes(payload) == [("INVALID_INPUT", "input", "clientMutationId")]


async def test_payload_and_event_carry_the_client_mutation_id(
    cast: list[ApiClient], database: Database
) -> None:
    ada, grace, _ = cast
    query = """
    mutation M($input: FollowUserInput!) { followUser(input: $input) { clientMutationId } }
    """
    payload = await ada.do(query, userId=global_id("User", key(grace)), clientMutationId="k1")
    assert payload == {"clientMutationId": "k1"}
    assert [row[3] for row in await events(database)] == ["k1"]


async def test_payloads_show_counts_and_relations_after_each_change(cast: list[ApiClient]) -> None:
    ada, grace, _ = cast
    query = """
    mutation M($id: ID!) {
      a: followUser(input: {userId: $id}) { user { followerCount viewerIsFollowing } }
      b: unfollowUser(input: {userId: $id}) { user { followerCount viewerIsFollowing } }
      c: followUser(input: {userId: $id}) { user { followerCount viewerIsFollowing } }
    }
    """
    result = await ada.execute(query, id=global_id("User", key(grace)))
    on = {"user": {"followerCount": 1, "viewerIsFollowing": True}}
    off = {"user": {"followerCount": 0, "viewerIsFollowing": False}}
    assert result == {"data": {"a": on, "b": off, "c": on}}


async def test_a_block_ends_follows_and_hides_in_both_directions(
    cast: list[ApiClient], database: Database
) -> None:
    ada, grace, third = cast
    for follower, followee in ((ada, grace), (grace, ada), (third, ada), (grace, third)):
        await follower.change("FollowUser", key(followee))
    await database.write("DELETE FROM events")

    assert (await ada.change("BlockUser", key(grace)))["changed"] is True
    logged = [row[:3] for row in await events(database)]
    assert sorted(logged) == sorted(
        [
            ("user_blocked", key(ada), key(grace)),
            ("user_unfollowed", key(ada), key(grace)),
            ("user_unfollowed", key(grace), key(ada)),
        ]
    )
    assert (await relation(ada, grace))["viewerHasBlocked"]
    assert await relation(grace, ada) is None
    seen = await relation(third, ada)
    assert (seen["followerCount"], seen["followingCount"]) == (1, 0)
    await assert_invariants(database)

    for one, other in ((ada, grace), (grace, ada)):
        for name in ("FollowUser", "UnfollowUser", "MuteUser", "UnmuteUser"):
            payload = await one.change(name, key(other))
            assert codes(payload) == [("NOT_FOUND", "input", "userId")]

    # Only the blocker can unblock, and follows are not restored.
    hidden = await grace.change("UnblockUser", key(ada))
    assert (hidden["user"], hidden["changed"]) == (None, False)
    assert codes(hidden) == [("NOT_FOUND", "input", "userId")]
    assert await relation(grace, ada) is None
    assert (await ada.change("UnblockUser", key(grace)))["changed"] is True
    seen = await relation(ada, grace)
    assert (seen["viewerIsFollowing"], seen["followsViewer"]) == (False, False)
    assert seen["viewerHasBlocked"] is False
    await assert_invariants(database)


CONTENT = """
    username displayName bio followerCount viewerHasBlocked
    followers { edges { node { id } } pageInfo { hasNextPage hasPreviousPage } }
    following { edges { node { id } } pageInfo { hasNextPage hasPreviousPage } }
    posts { edges { node { text } } pageInfo { hasNextPage hasPreviousPage } eventCursor }
"""


@pytest.mark.parametrize("blocks_back", [False, True])
async def test_the_blocker_sees_the_name_and_no_content(
    cast: list[ApiClient], database: Database, blocks_back: bool
) -> None:
    ada, grace, third = cast
    await database.write("UPDATE users SET bio = 'A secret.'")
    for post in ("One.", "Two."):
        await grace.do("CreatePost", text=post)
    await third.change("FollowUser", key(grace))
    await grace.change("FollowUser", key(third))
    if blocks_back:
        await grace.change("BlockUser", key(ada))
    query = "mutation B($input: BlockUserInput!) { blockUser(input: $input) { user { %s } } }"
    blocked = (await ada.change(query % CONTENT, key(grace)))["user"]
    by_id = f"query U($id: ID!) {{ node(id: $id) {{ ... on User {{ {CONTENT} }} }} }}"
    for seen in (
        blocked,
        await ada.data(f'{{ user(username: "p2") {{ {CONTENT} }} }}'),
        await ada.data(by_id, id=global_id("User", key(grace))),
    ):
        assert (seen["username"], seen["displayName"], seen["bio"]) == ("p2", "P2", "")
        assert (seen["viewerHasBlocked"], seen["followerCount"]) == (True, 1)
        for name in ("followers", "following", "posts"):
            assert seen[name]["edges"] == []
            assert seen[name]["pageInfo"] == {"hasNextPage": False, "hasPreviousPage": False}
    # Other viewers are not affected.
    assert (
        len((await third.data(f'{{ user(username: "p2") {{ {CONTENT} }} }}'))["posts"]["edges"])
        == 2
    )


@pytest.mark.parametrize(
    "name", ["unblockUser", "muteUser", "unmuteUser", "followUser", "unfollowUser"]
)
async def test_no_payload_shows_who_blocks_the_viewer(cast: list[ApiClient], name: str) -> None:
    ada, grace, _ = cast
    await ada.change("MuteUser", key(grace))
    await grace.change("BlockUser", key(ada))
    given = name[0].upper() + name[1:]
    query = (
        f"mutation M($input: {given}Input!) {{ {name}(input: $input) {{ user {{ {CONTENT} }} }} }}"
    )
    assert (await ada.change(query, key(grace)))["user"] is None


async def test_a_blocked_user_can_block_back(cast: list[ApiClient], database: Database) -> None:
    ada, grace, _ = cast
    await ada.change("BlockUser", key(grace))
    payload = await grace.change("BlockUser", key(ada))
    assert (payload["changed"], payload["user"]["viewerHasBlocked"]) == (True, True)
    unblocked = await ada.change("UnblockUser", key(grace))
    assert (unblocked["user"], unblocked["changed"], unblocked["errors"]) == (None, True, [])
    assert codes(await ada.change("UnblockUser", key(grace))) == [("NOT_FOUND", "input", "userId")]
    assert await relation(ada, grace) is None
    assert (await grace.change("UnblockUser", key(ada)))["changed"] is True
    assert await relation(ada, grace) is not None


async def test_a_user_who_blocks_the_viewer_can_be_unmuted(cast: list[ApiClient]) -> None:
    ada, grace, _ = cast
    await ada.change("MuteUser", key(grace))
    await grace.change("BlockUser", key(ada))
    unmuted = await ada.change("UnmuteUser", key(grace))
    assert (unmuted["user"], unmuted["changed"], unmuted["errors"]) == (None, True, [])
    assert codes(await ada.change("UnmuteUser", key(grace))) == [("NOT_FOUND", "input", "userId")]


async def test_a_mute_hides_no_profile_and_is_invisible_to_the_muted_user(
    cast: list[ApiClient],
) -> None:
    ada, grace, _ = cast
    await ada.change("FollowUser", key(grace))
    await ada.change("MuteUser", key(grace))
    seen = await relation(ada, grace)
    assert seen["viewerHasMuted"]
    assert seen["viewerIsFollowing"]
    assert await relation(grace, ada) == {
        "followerCount": 0,
        "followingCount": 1,
        "viewerIsFollowing": False,
        "followsViewer": True,
        "viewerHasBlocked": False,
        "viewerHasMuted": False,
    }


async def test_follows_that_arrive_together_take_one_transaction(services: Services) -> None:
    database = services.database
    ada, *others = await create_users(database, 40)
    pairs = [(ada, other) for other in others] + [(other, ada) for other in others]
    with ran_statements() as statements:
        done = await asyncio.gather(
            *(
                writes.follow_create(services.group_commits, viewer_id=one, user_id=other)
                for one, other in pairs + pairs[:10]
            )
        )
    assert [change.changed for change in done] == [True] * 78 + [False] * 10
    assert len(statements) == 2
    assert len(await events(database)) == 78
    await assert_invariants(database)


async def test_a_refused_follow_does_not_affect_others_of_the_group(services: Services) -> None:
    database = services.database
    ada, grace, third = await create_users(database, 3)
    await writes.block_create(GroupCommits(database), viewer_id=third, user_id=ada)
    done = await asyncio.gather(
        *(
            writes.follow_create(services.group_commits, viewer_id=one, user_id=other)
            for one, other in [(ada, grace), (ada, third), (ada, 7), (7, ada), (grace, ada)]
        ),
        return_exceptions=True,
    )
    assert [isinstance(one, MutationRefused) for one in done] == [False, True, True, True, False]
    await assert_invariants(database)


@pytest.mark.parametrize("seed", range(3))
async def test_a_storm_leaves_counts_exact_and_one_event_a_change(
    services: Services, seed: int
) -> None:
    """Two group commits as of two processes, few users, all changes concurrently."""
    database = services.database
    chance = random.Random(seed)
    cast = await create_users(database, 5)
    changes: list[tuple[str, Change]] = []
    for group_commits in (services.group_commits, GroupCommits(database)):
        changes += [("user_followed", partial(writes.follow_create, group_commits))] * 3
        changes += [("user_unfollowed", partial(writes.follow_delete, group_commits))]
    changes += [("user_blocked", partial(writes.block_create, GroupCommits(database)))]
    changes += [("user_unblocked", partial(writes.block_delete, GroupCommits(database)))] * 2
    changes += [("user_muted", partial(writes.mute_create, GroupCommits(database)))]
    changes += [("user_unmuted", partial(writes.mute_delete, GroupCommits(database)))]
    changed: Counter[str] = Counter()

    async def one() -> None:
        kind, change = chance.choice(changes)
        viewer, other = chance.sample(cast, 2)
        try:
            done = await change(viewer_id=viewer, user_id=other)
        except MutationRefused:
            return
        changed[kind] += done.changed

    await asyncio.gather(*(one() for _ in range(600)))
    await assert_invariants(database)
    log = await events(database)
    logged = Counter(row[0] for row in log)
    for kind in ("user_followed", "user_blocked", "user_unblocked", "user_muted", "user_unmuted"):
        assert logged[kind] == changed[kind], kind
    # A block also logs the follows that it ends.
    assert logged["user_unfollowed"] >= changed["user_unfollowed"]
    rows = await database.fetch("SELECT count(*) FROM follows")
    assert rows[0][0] == logged["user_followed"] - logged["user_unfollowed"]


async def test_follow_and_block_at_once_end_without_a_follow(services: Services) -> None:
    database = services.database
    for _ in range(40):
        ada, grace = await two_new_users(database)
        await asyncio.gather(
            writes.follow_create(services.group_commits, viewer_id=ada, user_id=grace),
            writes.block_create(GroupCommits(database), viewer_id=grace, user_id=ada),
            writes.follow_create(GroupCommits(database), viewer_id=grace, user_id=ada),
            return_exceptions=True,
        )
        await assert_invariants(database)


async def two_new_users(database: Database) -> list[int]:
    await database.write(EMPTY_TABLES)
    return await create_users(database, 2)
