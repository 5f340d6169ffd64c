"""What the benchmark of home feeds does and watches: calls of a trace, and the lag of the kept feeds."""

from __future__ import annotations

import asyncio
import json
from bisect import bisect_left
from collections.abc import Sequence
from typing import Self

import asyncpg

from core.ids import global_id
from tests.benchmarks.home_feed_world import Users
from tests.benchmarks.live_trace import Call
from tests.benchmarks.load import request

POST = "mutation($input: CreatePostInput!) { createPost(input: $input) { post { id } errors { code message } } }"
SHARE = "mutation($input: SharePostInput!) { sharePost(input: $input) { changed errors { code message } } }"
COMMENT = "mutation($input: CreateCommentInput!) { createComment(input: $input) { replayed errors { code } } }"
PROGRESS = """
SELECT extract(epoch FROM clock_timestamp())::float, transaction, event FROM home_feed_progress WHERE follow = 0
"""
ADDED = """
SELECT transaction, id, extract(epoch FROM created_at)::float, actor_id FROM events
WHERE kind IN ('post_created', 'post_shared') AND (transaction, id) > ($1, $2) ORDER BY transaction, id
"""
LAST = "SELECT transaction, id FROM events ORDER BY transaction DESC, id DESC LIMIT 1"
POLL_SECONDS = 0.02


class Lag:
    """How long each post and share takes until it is in all kept feeds, from the start of its transaction."""

    def __init__(self, database: asyncpg.Connection) -> None:
        self._database = database
        self._lock = asyncio.Lock()
        self._seen: list[tuple[tuple[int, int], float]] = []

    async def __aenter__(self) -> Self:
        self._start = await self._last()
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._watching.cancel()
        await asyncio.wait([self._watching])

    async def _last(self) -> tuple[int, int]:
        row = await self._database.fetchrow(LAST)
        return (0, 0) if row is None else (row[0], row[1])

    async def _watch(self) -> None:
        while True:
            async with self._lock:
                row = await self._database.fetchrow(PROGRESS)
            if row is not None:
                self._seen.append(((row[1], row[2]), row[0]))
            await asyncio.sleep(POLL_SECONDS)

    async def handled(self) -> None:
        """Returns when the worker has handled all events that there are now."""
        async with self._lock:
            last = await self._last()
        async with asyncio.timeout(170):
            while not self._seen or self._seen[-1][0] < last:  # noqa: ASYNC110
                await asyncio.sleep(POLL_SECONDS)

    async def seconds(self, actors: set[int] | None = None) -> list[float]:
        """The lag of each post and share, of these actors or all."""
        async with self._lock:
            rows = await self._database.fetch(ADDED, *self._start)
        lags = []
        for transaction, id, created_at, actor in rows:
            place = bisect_left(self._seen, ((transaction, id), 0.0))
            if actors is None or actor in actors:
                lags.append(self._seen[place][1] - created_at)
        return lags


class TraceUsers:
    """The requests of calls of the trace by its imported users, on a new post of each user who is addressed."""

    def __init__(self, users: Users) -> None:
        self._users = users
        self._authorizations: dict[str, str] = {}
        self._posts: dict[str, int] = {}

    async def prepare(self, database: asyncpg.Connection, calls: Sequence[Call]) -> None:
        names = {f"u{name}" for call in calls for name in (call.actor, call.target)}
        rows = await database.fetch(
            "SELECT username, id FROM users WHERE username = ANY($1)", sorted(names)
        )
        keys = {name[1:]: key for name, key in rows}
        self._authorizations = {
            name: self._users.user(key).authorization for name, key in keys.items()
        }
        targets = sorted({call.target for call in calls})
        posts = await database.fetch(
            "INSERT INTO posts (author_id, text) SELECT a, 'x' FROM unnest($1::bigint[]) a RETURNING author_id, id",
            [keys[target] for target in targets],
        )
        by_author = {int(row[0]): int(row[1]) for row in posts}
        self._posts = {target: by_author[keys[target]] for target in targets}
        self.actors = [self._users.user(keys[call.actor]) for call in calls]

    def request(self, call: Call) -> bytes:
        """The call as an HTTP request."""
        return bytes_of(self._authorizations[call.actor], call.kind, self._posts[call.target])


def bytes_of(authorization: str, kind: str, post: int) -> bytes:
    """A share (RT), comment (RE) or post (MT) as an HTTP request."""
    post_id = global_id("Post", post)
    query, values = {
        "RT": (SHARE, {"postId": post_id}),
        "RE": (COMMENT, {"postId": post_id, "text": "Is it there?"}),
        "MT": (POST, {"text": "They have found it"}),
    }[kind]
    body = json.dumps({"query": query, "variables": {"input": values}}).encode()
    return request("POST", "/graphql/", body, [("authorization", authorization)]).encode()
