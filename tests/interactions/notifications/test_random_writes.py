"""Random writes, with the worker's transaction killed at random: notifications equal what the tables say."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from core.accounts.services import (
    block_create,
    block_delete,
    follow_create,
    follow_delete,
    mute_create,
    mute_delete,
)
from core.context import Services
from core.database.database import Database
from core.errors import ClientError, MutationRefused
from core.ids import global_id
from feed.services import post_create, post_delete
from interactions.services import comment_create, comment_delete
from tests.core.accounts.world import ApiClient
from tests.interactions.cast import create_users, present
from tests.interactions.notifications.inboxes import Work
from tests.interactions.reactions import post_like, post_share, post_unlike, post_unshare

REACTED = """
SELECT p.author_id, 1, p.id, m.user_id, 0::bigint, 0::bigint FROM post_likes m JOIN posts p ON p.id = m.post_id
UNION SELECT p.author_id, 4, p.id, m.user_id, 0, 0 FROM shares m JOIN posts p ON p.id = m.post_id
UNION SELECT followee_id, 7, 0, follower_id, 0, 0 FROM follows
"""
"""Causes by the tables alone: recipient, kind, thing, actor, comment, and the author of another's post or 0."""
COMMENTED = """
SELECT p.author_id, p.id, c.author_id, c.id, c.parent_id FROM comments c JOIN posts p ON p.id = c.post_id
WHERE c.author_id IS NOT NULL
"""
BLOCKED = (
    "SELECT blocker_id, blocked_id FROM blocks UNION SELECT blocked_id, blocker_id FROM blocks"
)
MUTED = "SELECT muter_id, muted_id FROM mutes"
USERS = 5
Cause = tuple[int, ...]


class Crowd:
    """Users who write at random."""

    def __init__(self, services: Services, rng: random.Random, users: list[int]) -> None:
        self.services, self.database, self.rng, self.users = services, services.database, rng, users
        self.posts: list[int] = []
        self.comments: list[tuple[int, int, int]] = []
        """The author, the post and the key."""
        self.author_of: dict[int | None, int] = {}

    def _user(self) -> int:
        return self.rng.choice(self.users)

    async def write(self) -> None:
        """One write by somebody, which may be refused."""
        commits = self.services.group_commits
        reactions = [post_like, post_like, post_share, post_unlike, post_unshare]
        relations = [follow_create, follow_delete, mute_create, mute_delete, block_create]
        relations += [block_delete, block_delete]
        writes: list[tuple[int, Callable[[], Awaitable[object]]]] = [
            (3, self._post),
            (
                30,
                lambda: self.rng.choice(reactions)(
                    commits, viewer_id=self._user(), target_id=self.rng.choice(self.posts)
                ),
            ),
            (14, self._comment),
            (5, self._uncomment),
            (2, self._unpost),
            (
                8,
                lambda: self.rng.choice(relations)(
                    commits, viewer_id=self._user(), user_id=self._user()
                ),
            ),
        ]
        [write] = self.rng.choices([w for _, w in writes], [weight for weight, _ in writes])
        with suppress(MutationRefused, ClientError, IndexError):
            await write()

    async def causes(self) -> set[Cause]:
        """What recipients should be notified of, before visibility. A comment that holds replies had an author."""
        found = {tuple(row) for row in await self.database.fetch(REACTED)}
        for post_author, post, author, key, parent in await self.database.fetch(COMMENTED):
            replied_to = self.author_of.get(parent)
            if replied_to is not None:
                found.add((replied_to, 3, parent, author, key, post_author))
            if replied_to != post_author:
                found.add((post_author, 2, post, author, key, 0))
        return {cause for cause in found if cause[0] != cause[3]}

    async def hides(self, cause: Cause) -> bool:
        recipient, _, _, actor, _, post_author = cause
        blocked = {tuple(row) for row in await self.database.fetch(BLOCKED)}
        muted = {tuple(row) for row in await self.database.fetch(MUTED)}
        pair = (recipient, actor)
        return pair in blocked or pair in muted or (recipient, post_author) in blocked

    async def _post(self) -> None:
        created = await post_create(self.database, author_id=self._user(), text="x")
        self.posts.append(present(created.post).id)

    async def _comment(self) -> None:
        author, post = self._user(), self.rng.choice(self.posts)
        under = [key for _, where, key in self.comments if where == post]
        parent = self.rng.choice([None, *under])
        made = await comment_create(
            self.database, author_id=author, post_id=post, text="x", parent_id=parent
        )
        key = present(made.comment).id
        self.author_of[key] = author
        self.comments.append((author, post, key))

    async def _uncomment(self) -> None:
        author, _, key = self.comments.pop(self.rng.randrange(len(self.comments)))
        await comment_delete(self.database, viewer_id=author, comment_id=key)

    async def _unpost(self) -> None:
        await post_delete(
            self.database, viewer_id=self._user(), post_id=self.rng.choice(self.posts)
        )


@pytest.mark.parametrize("seed", range(4))
async def test_notifications_equal_what_the_tables_say(
    database: Database, services: Services, seed: int
) -> None:
    rng = random.Random(seed)
    users = await create_users(database, USERS)
    crowd = Crowd(services, rng, users)
    work = Work(database)
    await crowd._post()
    muted: set[Cause] = set()
    notified: set[Cause] = set()
    for _ in range(100):
        await crowd.write()
        await work.do_with_kills(rng)
        causes = await crowd.causes()
        hidden = {cause for cause in causes if await crowd.hides(cause)}
        # What is hidden when it is done is never notified.
        muted = (muted & causes) | (hidden - notified)
        notified = (notified & causes) | (causes - muted)
        if rng.random() < 0.2:
            user = rng.choice(users)
            page = await ApiClient(services, user).data("Notifications", first=100)
            if page["edges"]:
                cursor = rng.choice(page["edges"])["cursor"]
                await ApiClient(services, user).do("MarkNotificationsSeen", upTo=cursor)
        await assert_lists_show(services, users, notified - hidden)


async def assert_lists_show(services: Services, users: list[int], causes: set[Cause]) -> None:
    names = {f"P{number}": user for number, user in enumerate(users, start=1)}
    rows = await services.database.fetch(
        "SELECT id, recipient_id, kind, thing_id FROM notifications"
    )
    places = {global_id("Notification", row[0]): tuple(row[1:]) for row in rows}
    for user in users:
        page = await ApiClient(services, user).data("Notifications", first=100)
        shown: dict[Cause, set[int]] = {}
        counted: Counter[Cause] = Counter()
        for node in (edge["node"] for edge in page["edges"]):
            actors = {names[each["node"]["displayName"]] for each in node["actors"]["edges"]}
            assert len(actors) == min(node["actorCount"], 3)
            shown[places[node["id"]]] = shown.get(places[node["id"]], set()) | actors
            counted[places[node["id"]]] += node["actorCount"]
        assert page["unseen"]["count"] == sum(not edge["node"]["isSeen"] for edge in page["edges"])
        expected: dict[Cause, set[int]] = {}
        for *place, actor, _, _ in causes:
            if place[0] == user:
                expected.setdefault(tuple(place), set()).add(actor)
        assert shown.keys() == expected.keys()
        for place_of, actors in expected.items():
            assert shown[place_of] <= actors
            # Who comments again after the first was seen is in two groups.
            assert counted[place_of] >= len(actors)
