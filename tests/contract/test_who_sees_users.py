"""Who sees a user: every surface that shows users, for every relation and state of the account."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple

import pytest

from core.accounts.services import follow_create
from core.accounts.statements import SQL
from core.context import Services
from core.ids import global_id
from feed.services import post_create
from tests.contract.leading_fields import leading_fields
from tests.contract.private_world import AUTHORS, SIGNED_IN, VIEWERS, Json, PrivateWorld
from tests.contract.world import ids
from tests.interactions.cast import close_and_restore_account, hide_account
from tests.interactions.reactions import post_like, post_share

NODES = "{ edges { node { id } } }"
REQUEST = "INSERT INTO follow_requests (requester_id, target_id) VALUES ($1, $2)"
NOTIFY = """
WITH inbox AS (
    INSERT INTO notification_inboxes (user_id) VALUES ($2) ON CONFLICT DO NOTHING
), added AS (
    INSERT INTO notifications (recipient_id, kind, thing_id, position, actor_count)
    VALUES ($2, 8, 0, $1, 1) RETURNING id
)
INSERT INTO notification_actors (notification_id, actor_id, recipient_id, thing_id, kind, subject_id)
SELECT id, $1, $2, 0, 8, 0 FROM added
"""


class UserLook(NamedTuple):
    """What a viewer asks to find a user on a surface."""

    query: str
    finds: Callable[[Json, str], bool]
    """Whether the data has the user of this id."""
    expected: Callable[[str], bool]
    """Whether the viewer finds the user, if the account is not deleted."""


def sees_name(viewer: str) -> bool:
    """The blocker sees the name, to undo the block."""
    return viewer != "blocked"


def sees_all(viewer: str) -> bool:
    return viewer not in {"blocker", "blocked"}


def sees_asked(viewer: str) -> bool:
    """The author asks everybody who is signed in."""
    return viewer not in {"author", "blocker", "blocked", "anonymous"}


def sees_notified(viewer: str) -> bool:
    """Who neither blocks the author nor mutes them, of those whom the author asks."""
    return sees_asked(viewer) and viewer != "muter"


def sees_known(viewer: str) -> bool:
    """Those who follow the author, whose follow of the host they see."""
    return viewer in {"follower", "muter"}


LOOKS: dict[str, UserLook] = {
    "Query.user": UserLook(
        "query($name: String!) { user(username: $name) { id } }",
        lambda data, _: data["user"] is not None,
        sees_name,
    ),
    "Query.node": UserLook(
        "query($id: ID!) { node(id: $id) { id } }",
        lambda data, _: data["node"] is not None,
        sees_name,
    ),
    "Query.nodes": UserLook(
        "query($id: ID!) { nodes(ids: [$id]) { id } }",
        lambda data, _: data["nodes"] != [None],
        sees_name,
    ),
    "Query.searchUsers": UserLook(
        f"query($name: String!) {{ searchUsers(query: $name, first: 100) {NODES} }}",
        lambda data, id: id in ids(data["searchUsers"]),
        sees_all,
    ),
    "Query.suggestedUsers": UserLook(
        f"{{ suggestedUsers(first: 100) {NODES} }}",
        lambda data, id: id in ids(data["suggestedUsers"]),
        # Whom the host, whom these follow, follows, and whom they neither follow nor ask themselves.
        lambda viewer: viewer in {"stranger", "mentioned", "muted"},
    ),
    "User.followers": UserLook(
        f"query($host: String!) {{ user(username: $host) {{ followers(first: 100) {NODES} }} }}",
        lambda data, id: id in ids(data["user"]["followers"]),
        sees_all,
    ),
    "User.following": UserLook(
        f"query($host: String!) {{ user(username: $host) {{ following(first: 100) {NODES} }} }}",
        lambda data, id: id in ids(data["user"]["following"]),
        sees_all,
    ),
    "User.knownFollowers": UserLook(
        f"query($host: String!) {{ user(username: $host) {{ knownFollowers(first: 100) {NODES} }} }}",
        lambda data, id: id in ids(data["user"]["knownFollowers"]),
        sees_known,
    ),
    "Post.likers": UserLook(
        f"query($post: ID!) {{ post(id: $post) {{ likers(first: 100) {NODES} }} }}",
        lambda data, id: id in ids(data["post"]["likers"]),
        sees_all,
    ),
    "Post.sharers": UserLook(
        f"query($post: ID!) {{ post(id: $post) {{ sharers(first: 100) {NODES} }} }}",
        lambda data, id: id in ids(data["post"]["sharers"]),
        sees_all,
    ),
    "TextSegment.mention": UserLook(
        "query($post: ID!) { post(id: $post) { textSegments { mention { id } } } }",
        lambda data, id: {"id": id} in [part["mention"] for part in data["post"]["textSegments"]],
        sees_name,
    ),
    "Account.followRequests": UserLook(
        f"{{ account {{ followRequests(first: 100) {NODES} }} }}",
        lambda data, id: bool(data["account"]) and id in ids(data["account"]["followRequests"]),
        sees_asked,
    ),
    "Notification.actors": UserLook(
        f"{{ notifications(first: 100) {{ edges {{ node {{ actors {NODES} }} }} }} }}",
        lambda data, id: any(
            id in ids(each["node"]["actors"]) for each in data["notifications"]["edges"]
        ),
        sees_notified,
    ),
    "Account.blockedUsers": UserLook(
        f"{{ account {{ blockedUsers(first: 100) {NODES} }} }}",
        lambda data, id: bool(data["account"]) and id in ids(data["account"]["blockedUsers"]),
        lambda viewer: viewer == "blocker",
    ),
    "Account.mutedUsers": UserLook(
        f"{{ account {{ mutedUsers(first: 100) {NODES} }} }}",
        lambda data, id: bool(data["account"]) and id in ids(data["account"]["mutedUsers"]),
        # `blocked` had muted the author before.
        lambda viewer: viewer == "muter",
    ),
}
"""A look for each field that leads to users other than the viewer and the authors of what is shown."""
OF_WHAT_IS_SHOWN = {
    "Account.user",
    "Query.viewer",
    "Session.viewer",
    # Hidden with the post, comment or share: tests/contract/test_private_posts.py and test_every_entry_point.py.
    "Post.author",
    "Comment.author",
}
LEADING = {"User", "UserConnection", "FollowRequestConnection"}
NEED_VIEWER = {"Query.suggestedUsers", "Notification.actors"}


async def suspend(world: PrivateWorld, author: str) -> None:
    await world.database.write(SQL.user_suspend, world.key[author], None)


async def deactivate(world: PrivateWorld, author: str) -> None:
    await world.database.write(
        "UPDATE users SET is_active = false WHERE id = $1", world.key[author]
    )


async def go_private(world: PrivateWorld, author: str) -> None:
    await world.database.write(
        "UPDATE users SET is_private = true WHERE id = $1", world.key[author]
    )


async def nothing(world: PrivateWorld, author: str) -> None:
    pass


async def delete(world: PrivateWorld, author: str) -> None:
    await hide_account(world.database, world.key[author])


async def delete_and_restore(world: PrivateWorld, author: str) -> None:
    await close_and_restore_account(world.database, world.key[author])


class UsersWorld(PrivateWorld):
    """Both authors, who also follow the host, like and share a post of the host's, and are mentioned in it."""

    async def create(self) -> None:
        await super().create()
        commits, host = self.services.group_commits, self.key["host"]
        names = " ".join(f"@{self.name[author]}" for author in AUTHORS)
        created = await post_create(self.database, author_id=host, text=f"Hello {names}")
        assert created.post is not None
        self.hosts_post = created.post.id
        for name in SIGNED_IN:
            await follow_create(commits, viewer_id=self.key[name], user_id=host)
        for author in AUTHORS:
            key = self.key[author]
            await follow_create(commits, viewer_id=key, user_id=host)
            await post_like(commits, viewer_id=key, target_id=self.hosts_post)
            await post_share(commits, viewer_id=key, target_id=self.hosts_post)
            # As if all that had been there before the blocks.
            await self.database.write(
                "INSERT INTO mutes (muter_id, muted_id) VALUES ($1, $2)", self.key["blocked"], key
            )
            for name in SIGNED_IN:
                await self.database.write(REQUEST, key, self.key[name])
                await self.database.write(NOTIFY, key, self.key[name])


@pytest.fixture
async def world(services: Services) -> AsyncIterator[UsersWorld]:
    created = UsersWorld(services)
    await created.create()
    yield created
    await services.group_commits.close()


async def found(world: UsersWorld, surface: str, viewer: str, author: str) -> bool:
    look = LOOKS[surface]
    key = world.key[author] if viewer == "author" else world.key.get(viewer)
    values = {
        "id": global_id("User", world.key[author]),
        "name": world.name[author],
        "host": world.name["host"],
        "post": global_id("Post", world.hosts_post),
    }
    named = {name: value for name, value in values.items() if f"${name}:" in look.query}
    return look.finds(await world.ask(key, look.query, **named), values["id"])


STATES: list[Callable[[PrivateWorld, str], Awaitable[None]]]
STATES = [nothing, go_private, suspend, deactivate, delete, delete_and_restore]


@pytest.mark.parametrize("change", STATES)
async def test_each_surface_shows_a_user_to_whom_it_may(
    world: UsersWorld, change: Callable[[PrivateWorld, str], Awaitable[None]]
) -> None:
    """A private account's name, and what it did in public, stays public; so it is with a suspended one."""
    for author in AUTHORS:
        await change(world, author)
        for surface, look in LOOKS.items():
            viewers = [
                viewer
                for viewer in VIEWERS
                if surface not in NEED_VIEWER or viewer not in {"anonymous", "author"}
            ]
            if change is delete:
                # The author's own access token may still be valid for some minutes.
                viewers = [viewer for viewer in viewers if viewer != "author"]
            expected = {v: change is not delete and look.expected(v) for v in viewers}
            if surface == "Notification.actors" and change is suspend:
                # Nobody is notified of what a suspended user does.
                expected = dict.fromkeys(expected, False)
            if surface == "Query.suggestedUsers" and author == "open":
                # `requester` has asked the other one alone.
                expected["requester"] = change is not delete
            seen = {v: await found(world, surface, v, author) for v in expected}
            assert seen == expected, (surface, author)


def test_each_field_that_leads_to_users_has_a_look() -> None:
    """Add a look for a new field that gives users."""
    leads = {field.surface for field in leading_fields() if field.given in LEADING}
    assert leads == ({*LOOKS} - {"Query.node", "Query.nodes"}) | OF_WHAT_IS_SHOWN


async def test_the_lists_of_a_private_account_are_its_followers_to_see(world: UsersWorld) -> None:
    for author in AUTHORS:
        query = f"query($name: String!) {{ user(username: $name) {{ followers {NODES} following {NODES} }} }}"
        for viewer in VIEWERS:
            key = world.key[author] if viewer == "author" else world.key.get(viewer)
            user = (await world.ask(key, query, name=world.name[author]))["user"]
            seen = bool(user) and all(user[side]["edges"] != [] for side in user)
            follows = viewer in {"author", "follower", "muter"}
            expected = sees_all(viewer) and (author == "open" or follows)
            assert seen == expected, (author, viewer)


@pytest.mark.parametrize("change", [suspend, deactivate])
async def test_a_suspended_account_s_own_surfaces_stay(
    world: UsersWorld, change: Callable[[PrivateWorld, str], Awaitable[None]]
) -> None:
    """Nothing of it is hidden by the suspension: posts are in tests/contract/test_private_posts.py."""
    counts = "query($name: String!) { user(username: $name) { bio followerCount followingCount postCount } }"
    for author in AUTHORS:
        before = await world.ask(None, counts, name=world.name[author])
        await change(world, author)
        assert await world.ask(None, counts, name=world.name[author]) == before
