"""Profiles, lists of users, and their visibility."""

from __future__ import annotations

from typing import Any

import pytest

from core.accounts.services import block_create, follow_create, mute_create
from core.context import Services
from core.ids import global_id
from tests.core.accounts.world import ApiClient
from tests.interactions.cast import create_users, delete_account

CROWD = 51


@pytest.fixture
async def crowd(services: Services) -> list[int]:
    """Users of whom all but the first follow the first, in order."""
    keys = await create_users(services.database, CROWD)
    for follower in keys[1:]:
        await follow_create(services.group_commits, viewer_id=follower, user_id=keys[0])
    return keys


def ids(connection: Any) -> list[str]:
    return [edge["node"]["id"] for edge in connection["edges"]]


@pytest.mark.usefixtures("known_horizon")
async def test_a_profile_is_found_by_username_ignoring_case(
    services: Services, crowd: list[int]
) -> None:
    viewer = ApiClient(services, crowd[1])
    profile = await viewer.data("Profile", username="P1")
    assert profile["id"] == global_id("User", crowd[0])
    assert profile["username"] == "p1"
    assert profile["createdAt"].endswith("+00:00")
    assert (profile["followerCount"], profile["followingCount"]) == (CROWD - 1, 0)
    assert (profile["viewerIsFollowing"], profile["followsViewer"]) == (True, False)
    assert (profile["viewerHasBlocked"], profile["viewerHasMuted"]) == (False, False)
    assert viewer.statements <= 3


async def test_an_anonymous_viewer_has_no_relations(services: Services, crowd: list[int]) -> None:
    profile = await ApiClient(services).data("Profile", username="p1")
    fields = ("viewerIsFollowing", "followsViewer", "viewerHasBlocked", "viewerHasMuted")
    assert [profile[name] for name in fields] == [False] * 4


@pytest.mark.parametrize(
    "username", ["", "nobody", "p 1", "%", "p_", "\0", "x" * 10_000, "ä", "\ud800"]
)
async def test_an_unknown_username_gives_null(
    services: Services, crowd: list[int], username: str
) -> None:
    assert await ApiClient(services).data("Profile", username=username) is None


async def test_a_block_hides_a_profile_from_the_blocked_user_and_a_mute_hides_none(
    services: Services, crowd: list[int]
) -> None:
    ada, grace, third = crowd[:3]
    await block_create(services.group_commits, viewer_id=ada, user_id=grace)
    await mute_create(services.group_commits, viewer_id=third, user_id=ada)
    for viewer, other, is_visible in ((ada, grace, True), (grace, ada, False), (third, ada, True)):
        client = ApiClient(services, viewer)
        name = f"p{crowd.index(other) + 1}"
        for found in (
            await client.data("Profile", username=name),
            (await client.data("Nodes", ids=[global_id("User", other)]))[0],
        ):
            assert (found is not None) is is_visible
    # Others see it as before; the follow that the block has ended counts no more.
    profile = await ApiClient(services).data("Profile", username="p1")
    assert profile["followerCount"] == CROWD - 2


async def test_nodes_gives_users_in_order_and_null_for_unknown_ids(
    services: Services, crowd: list[int]
) -> None:
    client = ApiClient(services)
    wanted = [global_id("User", key) for key in (crowd[2], 7, crowd[0], crowd[2])]
    found = await client.data("Nodes", ids=wanted)
    assert [one and one["username"] for one in found] == ["p3", None, "p1", "p3"]
    assert client.statements == 1


@pytest.mark.usefixtures("known_horizon")
@pytest.mark.parametrize("first", [1, 7, 50, 100])
async def test_pages_of_followers_give_each_once_newest_first(
    services: Services, crowd: list[int], first: int
) -> None:
    viewer = ApiClient(services, crowd[5])
    await block_create(services.group_commits, viewer_id=crowd[5], user_id=crowd[9])
    await block_create(services.group_commits, viewer_id=crowd[11], user_id=crowd[5])
    expected = [
        global_id("User", key) for key in reversed(crowd[1:]) if key not in {crowd[9], crowd[11]}
    ]
    walked: list[str] = []
    after = None
    while True:
        page = (await viewer.data("Follows", username="p1", first=first, after=after))["followers"]
        assert viewer.statements <= 3
        walked += ids(page)
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
        assert len(page["edges"]) == first
    assert walked == expected


async def test_followed_users_are_paged_in_both_directions(services: Services) -> None:
    ada, *others = await create_users(services.database, 6)
    for other in others:
        await follow_create(services.group_commits, viewer_id=ada, user_id=other)
    client = ApiClient(services)
    query = """
    query Q($first: Int, $after: String, $last: Int, $before: String) {
      user(username: "p1") { following(first: $first, after: $after, last: $last, before: $before) {
        edges { node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      } }
    }
    """
    newest_first = [global_id("User", key) for key in reversed(others)]
    page = (await client.data(query, first=3))["following"]
    assert ids(page) == newest_first[:3]
    older = (await client.data(query, first=3, after=page["pageInfo"]["endCursor"]))["following"]
    assert ids(older) == newest_first[3:]
    assert (older["pageInfo"]["hasPreviousPage"], older["pageInfo"]["hasNextPage"]) == (True, False)
    back = (await client.data(query, last=2, before=older["pageInfo"]["startCursor"]))["following"]
    assert ids(back) == newest_first[1:3]
    assert (back["pageInfo"]["hasPreviousPage"], back["pageInfo"]["hasNextPage"]) == (True, True)


async def test_a_cursor_of_another_list_is_refused(services: Services, crowd: list[int]) -> None:
    client = ApiClient(services)
    page = (await client.data("Follows", username="p1", first=1))["followers"]
    cursor = page["pageInfo"]["endCursor"]
    changed = cursor[:-1] + ("B" if cursor.endswith("A") else "A")
    for username, text in (("p2", cursor), ("p1", "garbage"), ("p1", changed)):
        result = await client.execute("Follows", username=username, first=1, after=text)
        assert "does not belong to this list" in result["errors"][0]["message"]


@pytest.mark.parametrize("first", [-1, 101])
async def test_page_sizes_are_bounded(services: Services, crowd: list[int], first: int) -> None:
    result = await ApiClient(services).execute("Follows", username="p1", first=first)
    assert "between 0 and 100" in result["errors"][0]["message"]


async def test_a_user_has_no_email_field(services: Services) -> None:
    user = await ApiClient(services).data('{ __type(name: "User") { fields { name } } }')
    names = {field["name"] for field in user["fields"]}
    assert "username" in names
    assert not {name for name in names if "email" in name.lower()}


@pytest.mark.usefixtures("known_horizon")
async def test_the_number_of_statements_does_not_grow_with_the_page(
    services: Services, crowd: list[int]
) -> None:
    viewer = ApiClient(services, crowd[1])
    query = """
    query Q($first: Int) { user(username: "p1") { followers(first: $first) { edges { node {
      id username bio createdAt followerCount followingCount postCount
      viewerIsFollowing followsViewer viewerHasBlocked viewerHasMuted
    } } } } }
    """
    counts = []
    for first in (1, 50):
        page = (await viewer.data(query, first=first))["followers"]
        assert len(page["edges"]) == first
        counts.append(viewer.statements)
    assert counts == [4, 4]


async def test_a_user_who_is_deleted_between_statements_affects_no_other_node(
    services: Services, crowd: list[int]
) -> None:
    """A user of a list is deleted after the list was read: its other fields are empty, and nothing fails."""
    database = services.database
    query = """
    { user(username: "p1") { followers(first: 3) { edges { node { username bio followingCount } } } } }
    """
    client = ApiClient(services)
    fetch = database.fetch

    async def fetch_then_delete(statement: str, *arguments: object) -> Any:
        rows = await fetch(statement, *arguments)
        if "FROM follows" in statement:
            await delete_account(database, crowd[-2])
        return rows

    database.fetch = fetch_then_delete  # type: ignore[method-assign]  # a concurrent write
    result = await client.execute(query)
    assert "errors" not in result
    nodes = [edge["node"] for edge in result["data"]["user"]["followers"]["edges"]]
    assert [(node["bio"], node["followingCount"] > 0) for node in nodes] == [
        ("", True),
        ("", False),
        ("", True),
    ]
