"""Replays a real hour, fifty times as fast, as mutations: checks that subscribers miss no event and get none twice.

    python -m tests.benchmarks.live_trace FILE [--speed 50] [--subscribers 1000] [--posts 100]

FILE is the activity trace of the Higgs announcement (see docs/live.md). Each user of its busiest hour gets an account,
and each addressed user a post; then each line becomes a call: RT shares, RE comments, MT writes a post. The subscribers
are spread evenly over the posts addressed most. At the end each must have received exactly the events that the log has
for its post, in order.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import re
import statistics
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter, time
from typing import NamedTuple, Protocol

import asyncpg
import uvloop

from core.accounts.tokens import AccessToken, AccessTokens
from core.database.cursors import CursorSigner
from core.events.log_positions import decode_position
from core.ids import global_id
from tests.benchmarks.live import CREATE_USERS, serving
from tests.benchmarks.live_clients import Client, connected

HOUR = 3_600
CALLERS = 24
CURSOR = re.compile(rb'"cursor":"([^"]+)"')
WATCH = "subscription($ids: [ID!]!) { postInteractions(postIds: $ids) { __typename cursor } }"
SHARE = "mutation($input: SharePostInput!) { sharePost(input: $input) { changed errors { code } } }"
COMMENT = "mutation($input: CreateCommentInput!) { createComment(input: $input) { replayed errors { code } } }"
WRITE = (
    "mutation($input: CreatePostInput!) { createPost(input: $input) { replayed errors { code } } }"
)
LOG = "SELECT transaction, id FROM events WHERE post_id = $1 AND kind = ANY($2) ORDER BY transaction, id"


class Call(NamedTuple):
    """One mutation of the trace."""

    at: float
    """Seconds after the start."""
    actor: str
    target: str
    kind: str


def busiest_hour(file: Path, speed: float) -> list[Call]:
    """The calls of the trace's busiest hour, at this speed."""
    by_hour: Counter[int] = Counter()
    lines = []
    with gzip.open(file, "rt") as trace:
        for line in trace:
            actor, target, seconds, kind = line.split()
            by_hour[int(seconds) // HOUR] += 1
            lines.append((int(seconds), actor, target, kind))
    hour = by_hour.most_common(1)[0][0]
    return [
        Call((seconds - hour * HOUR) / speed, actor, target, kind)
        for seconds, actor, target, kind in sorted(lines)
        if seconds // HOUR == hour
    ]


class Requests(Protocol):
    """What a replay sends."""

    def request(self, call: Call, /) -> bytes:
        """The call as an HTTP request."""


class World:
    """The users of the trace and their posts, in the database."""

    def __init__(self, tokens: AccessTokens) -> None:
        self._tokens = tokens
        self.authorizations: dict[str, str] = {}
        self.posts: dict[str, int] = {}

    async def prepare(self, database: asyncpg.Connection, calls: Sequence[Call]) -> None:
        names = list(dict.fromkeys(name for call in calls for name in (call.actor, call.target)))
        rows = await database.fetch(CREATE_USERS, len(names))
        expires_at = int(time()) + 86_000
        keys = {}
        for name, (user_id, session) in zip(names, rows, strict=True):
            token = self._tokens.issue(AccessToken(user_id, session, expires_at))
            self.authorizations[name] = token
            keys[name] = user_id
        targets = list(dict.fromkeys(call.target for call in calls))
        posts = await database.fetch(
            "INSERT INTO posts (author_id, text) SELECT author, 'x' FROM unnest($1::bigint[]) AS a(author) "
            "RETURNING id, author_id",
            [keys[target] for target in targets],
        )
        by_author = {author: post for post, author in posts}
        self.posts = {target: by_author[keys[target]] for target in targets}

    def request(self, call: Call) -> bytes:
        """The call as an HTTP request."""
        post_id = global_id("Post", self.posts[call.target])
        query, values = {
            "RT": (SHARE, {"postId": post_id}),
            "RE": (COMMENT, {"postId": post_id, "text": "Is it there?"}),
            "MT": (WRITE, {"text": "They have found it"}),
        }[call.kind]
        body = json.dumps({"query": query, "variables": {"input": values}}).encode()
        return (
            b"POST /graphql/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Authorization: Bearer %b\r\nContent-Length: %d\r\n\r\n%b"
            % (self.authorizations[call.actor].encode(), len(body), body)
        )


class Replay:
    """Makes each call at its time, over a few connections."""

    def __init__(self, world: Requests, calls: Sequence[Call], port: int) -> None:
        self._world = world
        self._calls = iter(calls)
        self._port = port
        self._started = perf_counter()
        self.delays: list[float] = []
        """Seconds from each call's time to its response."""

    async def run(self) -> None:
        self._started = perf_counter()
        await asyncio.gather(*(self._caller() for _ in range(CALLERS)))

    async def _caller(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        for call in self._calls:
            await asyncio.sleep(max(0.0, self._started + call.at - perf_counter()))
            writer.write(self._world.request(call))
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head)
            assert length
            body = await reader.readexactly(int(length[1]))
            assert b'"errors":[]' in body, body
            self.delays.append(perf_counter() - self._started - call.at)
        writer.close()


async def assert_received(
    client: Client, expected: list[tuple[int, int]], cursors: CursorSigner
) -> None:
    """Waits until the client has received these events, in this order and no others."""
    deadline = perf_counter() + 30
    while len(client.received) < len(expected) and perf_counter() < deadline:  # noqa: ASYNC110  # no event to wait for
        await asyncio.sleep(0.1)
    received = [
        decode_position(cursors, match[1].decode())[:2]
        for _, frame in client.received
        if (match := CURSOR.search(frame))
    ]
    if received != expected:
        raise AssertionError(
            f"{len(received)} events, {len(set(received))} different, of {len(expected)}"
        )


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--speed", type=float, default=50)
    parser.add_argument("--subscribers", type=int, default=1_000)
    parser.add_argument("--posts", type=int, default=100)
    arguments = parser.parse_args()
    calls = busiest_hour(arguments.file, arguments.speed)
    with serving() as (variables, port, server):
        database = await asyncpg.connect(variables["DATABASE_URL"])
        world = World(AccessTokens(variables["SECRET_KEY"].encode()))
        await world.prepare(database, calls)
        addressed = Counter(call.target for call in calls if call.kind != "MT")
        watched = [world.posts[target] for target, _ in addressed.most_common(arguments.posts)]
        clients = await connected(
            port,
            [None] * arguments.subscribers,
            lambda number: {
                "query": WATCH,
                "variables": {"ids": [global_id("Post", watched[number % len(watched)])]},
            },
        )
        replay = Replay(world, calls, port)
        cpu_before, started = server.cpu, perf_counter()
        await replay.run()
        seconds_taken = perf_counter() - started
        kinds = ["post_shared", "comment_created"]
        expected = [
            [(row[0], row[1]) for row in await database.fetch(LOG, post, kinds)] for post in watched
        ]
        cursors = CursorSigner(variables["SECRET_KEY"].encode())
        for number, client in enumerate(clients):
            await assert_received(client, expected[number % len(watched)], cursors)
        delivered = sum(len(client.received) for client in clients)
        print(
            f"{len(calls)} calls in {seconds_taken:.0f} s ({len(calls) / seconds_taken:.0f} a second);",
            end=" ",
        )
        delays = sorted(replay.delays)
        print(f"answered {statistics.median(delays) * 1000:.0f} ms after they were due,", end=" ")
        print(f"p99 {delays[int(len(delays) * 0.99)] * 1000:.0f} ms")
        print(
            f"{delivered} events delivered to {len(clients)} subscribers, none missed, none twice"
        )
        print(
            f"CPU of the server: {(server.cpu - cpu_before) / seconds_taken * 100:.0f} % of one core"
        )
        await database.close()


if __name__ == "__main__":
    uvloop.run(main())
