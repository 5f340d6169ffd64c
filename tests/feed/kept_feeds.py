"""A small crowd whose members write at random, with kept home feeds and a worker's consumer that is moved by hand."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta

from core.accounts.profiles import profile_update
from core.accounts.services import (
    block_create,
    block_delete,
    follow_create,
    follow_delete,
    follow_request_accept,
    follower_delete,
    mute_create,
    mute_delete,
)
from core.context import Context, Services
from core.database.time_ordered_keys import HIGHEST_KEY
from core.errors import ClientError, MutationRefused
from core.events.event_log import EventLog
from core.events.log_positions import START, Position
from core.paging import NO_HORIZON, EdgeRow, PageRequest
from feed.consumers import add_to_home_feeds
from feed.home_feeds import HomeFeeds, home_feed_build
from feed.post_visibility import PostVisibility
from feed.reactions import SHARE
from feed.selectors import KeptFeedOutcome, home_feed_page, page_outcome
from feed.services import post_create, post_delete
from feed.statements import SQL
from interactions.services import reaction_create, reaction_delete
from tests.feed.test_home_feed import ORACLE, entries, oracle
from tests.interactions.cast import create_users

Entry = tuple[int, int, int | None]
LIVE = "SELECT id FROM home_feeds WHERE reader_id = $1 AND retired_at IS NULL"


class Killed(Exception):
    """The worker ends in the middle of a batch."""


def _end_if(killed: bool) -> None:
    if killed:
        raise Killed


class Crowd:
    """Users who write at random by the services, and the work on their kept home feeds."""

    def __init__(self, services: Services, rng: random.Random) -> None:
        self.services = services
        self.database = services.database
        self.rng = rng
        self.users: list[int] = []
        self.posts: list[int] = []
        self.shares: list[tuple[int, int]] = []
        self.log = EventLog(self.database, services.cursors, retention=timedelta(hours=24))
        self.handled: Position = START
        self.seen: set[KeptFeedOutcome] = set()
        """The outcomes that reads of kept feeds had."""
        if services.find(HomeFeeds) is None:
            services.register(HomeFeeds(self.database))

    async def create(self, count: int) -> None:
        self.users = await create_users(self.database, count)

    async def write(self) -> None:
        """One write by somebody, which may be refused."""
        writes: list[tuple[int, Callable[[], Awaitable[object]]]] = [
            (30, self.post),
            (30, self.share),
            (12, self.unshare),
            (12, self.follow),
            (5, self.unfollow),
            (8, self.post_to_some),
            (4, self.change_privacy),
            (8, lambda: self._relate(follow_request_accept)),
            (2, lambda: self._relate(follower_delete)),
            (4, self.delete),
            (3, lambda: self._relate(mute_create)),
            (3, lambda: self._relate(mute_delete)),
            (1, lambda: self._relate(block_create)),
            (2, lambda: self._relate(block_delete)),
        ]
        [write] = self.rng.choices([w for _, w in writes], [weight for weight, _ in writes])
        with suppress(MutationRefused, ClientError):
            await write()

    async def post(self, author: int | None = None) -> int:
        author = author or self.rng.choice(self.users)
        created = await post_create(self.database, author_id=author, text="x")
        assert created.post is not None
        self.posts.append(created.post.id)
        return created.post.id

    async def post_to_some(self) -> None:
        """A post for followers, or for somebody whom it mentions."""
        author = self.rng.choice(self.users)
        text = f"For @p{self.rng.randint(1, len(self.users))}."
        visibility = self.rng.choice([PostVisibility.FOLLOWERS, PostVisibility.MENTIONED])
        created = await post_create(
            self.database, author_id=author, text=text, visibility=visibility
        )
        assert created.post is not None
        self.posts.append(created.post.id)

    async def change_privacy(self) -> None:
        user, is_private = self.rng.choice(self.users), self.rng.random() < 0.4
        await profile_update(self.database, viewer_id=user, is_private=is_private)

    async def share(self, user: int | None = None, post: int | None = None) -> None:
        if not self.posts:
            return
        # Few posts are shared by many.
        post = post or self.posts[-1 - int(len(self.posts) * self.rng.random() ** 3)]
        user = user or self.rng.choice(self.users)
        commits = self.services.group_commits
        await reaction_create(commits, SHARE, viewer_id=user, target_id=post)
        self.shares.append((user, post))

    async def unshare(self, user: int | None = None, post: int | None = None) -> None:
        if user is None or post is None:
            if not self.shares:
                return
            user, post = self.rng.choice(self.shares)
        commits = self.services.group_commits
        await reaction_delete(commits, SHARE, viewer_id=user, target_id=post)

    async def delete(self, post: int | None = None) -> None:
        if self.posts:
            post = post or self.rng.choice(self.posts)
            author = await self.database.fetch("SELECT author_id FROM posts WHERE id = $1", post)
            if author:
                await post_delete(self.database, viewer_id=author[0][0], post_id=post)

    async def follow(self, user: int | None = None, other: int | None = None) -> None:
        await self._relate(follow_create, user, other)

    async def unfollow(self, user: int | None = None, other: int | None = None) -> None:
        await self._relate(follow_delete, user, other)

    async def _relate(
        self,
        write: Callable[..., Awaitable[object]],
        user: int | None = None,
        other: int | None = None,
    ) -> None:
        if user is None or other is None:
            user, other = self.rng.sample(self.users, 2)
        await write(self.services.group_commits, viewer_id=user, user_id=other)

    async def touch(self, users: Sequence[int]) -> tuple[set[int], int]:
        """A new post, and a share, the end of a share and the deletion of others, by these users.

        The posts whose entries these may add, move or remove, and the one among them that may move down.
        """
        author = self.rng.choice(users)
        new = await self.post(author)
        shared, deleted = self.rng.sample(self.posts, 2)
        user, unshared = self.rng.choice(self.shares)
        with suppress(MutationRefused):
            await self.share(author, shared)
        with suppress(MutationRefused):
            await self.unshare(user, unshared)
        await self.delete(deleted)
        return {new, shared, unshared, deleted}, unshared

    async def work(self, *, limit: int = 1_000, killed: bool = False) -> bool:
        """Hands the next events to the consumer, as a worker does; whether there were any.

        `killed`: the worker ends before it commits.
        """
        reading = await self.log.since(self.handled, limit=limit)
        if not reading.events:
            return False
        with suppress(Killed):
            async with self.database.transaction() as transaction:
                handled = await add_to_home_feeds(transaction, reading.events)
                _end_if(killed)
            if handled:
                self.handled = Position(*reading.events[handled - 1].identity)
        return True

    async def work_all(self) -> None:
        while await self.work():
            pass

    async def keep(self, reader: int) -> None:
        await home_feed_build(self.database, reader)

    async def cut(self, reader: int) -> None:
        """Makes the kept feed end somewhere, as if it had reached its limit."""
        [(feed,)] = await self.database.fetch(LIVE, reader) or [(None,)]
        rows = await self.database.fetch(
            "SELECT position FROM home_feed_reasons WHERE feed_id = $1 ORDER BY position", feed
        )
        if rows:
            floor = self.rng.choice(rows)[0]
            async with self.database.transaction() as transaction:
                await transaction.fetch(
                    "DELETE FROM home_feed_reasons WHERE feed_id = $1 AND position < $2",
                    *(feed, floor),
                )
                await transaction.fetch(
                    "UPDATE home_feeds SET floor = $2 WHERE id = $1", feed, floor
                )

    async def oracle(self, reader: int) -> list[Entry]:
        return await oracle(self.database, reader)

    async def walk(self, reader: int, limit: int) -> list[Entry]:
        """The whole home feed, page by page, by what requests use."""
        context = Context(self.services, viewer_id=reader)
        codec = self.services.cursors.codec("home", reader)
        found: list[EdgeRow] = []
        request = PageRequest(limit)
        while True:
            page = await home_feed_page(context, codec, request)
            found += page.edges
            if len(page.edges) < limit:
                return entries(found)
            request = PageRequest(limit, below=page.edges[-1].position)

    async def check_in_one_snapshot(self, reader: int) -> None:
        """What the kept feed gives equals the definition, both read in one snapshot, whatever goes on."""
        limit = self.rng.choice([1, 3, 10, 50])
        async with (
            self.database.connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            rows = await connection.fetch(ORACLE, reader)
            expected = sorted((tuple(row) for row in rows), key=lambda row: -row[1])
            below = self.rng.choice([HIGHEST_KEY, *(entry[1] for entry in expected)])
            above = self.rng.choice([0, 0, *(entry[1] for entry in expected)])
            inside = [entry for entry in expected if above < entry[1] < below]
            for variant in ("", ":oldest_first"):
                page = inside[:limit] if not variant else inside[::-1][:limit]
                statement = SQL.kept_home_feed_page[variant]
                for breadth in (limit, 4 * limit, 1_000):
                    found = await connection.fetch(
                        statement, *(reader, below, above, limit, breadth, NO_HORIZON)
                    )
                    outcome = page_outcome(found, limit)
                    self.seen.add(outcome)
                    if outcome == KeptFeedOutcome.COMPLETE:
                        given = [
                            (row[3], row[1], row[2] and row[2][0])
                            for row in found
                            if row[1] is not None
                        ]
                        given.sort(key=lambda entry: entry[1], reverse=not variant)
                        assert given == page
                    if outcome != KeptFeedOutcome.TOO_NARROW:
                        break
