"""Memory of the server after rounds of connections that are reset.

    python -m tests.benchmarks.rounds [--clients 5000] [--rounds 5] [--results FILE] [KIND ...]

Starts its own PostgreSQL, Valkey and one server process, as production runs it. In each round the
anonymous clients connect, receive their response (three events, where they subscribe) and reset the connection.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import uvloop

from core.events.notifier import Notifier
from core.ids import global_id
from tests.benchmarks.figures import Figure, write_results
from tests.benchmarks.live import CREATE_USERS, WATCH, serving
from tests.live.raw_clients import MAX_SECONDS, RawClient, open_socket, open_stream, subscribe

MAX_GROWTH = 10
MIB = 2**20
BATCH = 50
EVENTS = 3
ADD_EVENTS = """
INSERT INTO events (kind, actor_id, post_id, client_mutation_id)
SELECT 'post_liked', $1, $2, n::text FROM generate_series(1, $3::int) n
"""
QUERY = "{ publicFeed(first: 1) { edges { cursor } } }"

Opens = Callable[[str, dict[str, Any]], Awaitable[RawClient]]
"""Connects a client, given the server's address and the variables of its subscription."""


async def socket(address: str, _: dict[str, Any]) -> RawClient:
    return await open_socket(address)


async def subscribed_socket(address: str, watched: dict[str, Any]) -> RawClient:
    client = await open_socket(address)
    subscribe(client, WATCH, **watched)
    await client.receives(b"SubscriptionReady")
    return client


async def stream(address: str, _: dict[str, Any]) -> RawClient:
    client = await open_stream(address, QUERY)
    await client.receives(b"event: complete")
    return client


async def subscribed_stream(address: str, watched: dict[str, Any]) -> RawClient:
    client = await open_stream(address, WATCH, **watched)
    await client.receives(b"SubscriptionReady")
    return client


KINDS: dict[str, tuple[Opens, bool]] = {
    "sockets": (socket, False),
    "sockets with subscriptions": (subscribed_socket, True),
    "streams": (stream, False),
    "streams with subscriptions": (subscribed_stream, True),
}
"""How clients connect, and whether they receive events."""


class Rounds:
    """Rounds of clients that connect to one server process."""

    def __init__(
        self, address: str, pid: int, post: int, write_events: Callable[[], Awaitable[None]]
    ) -> None:
        """`write_events`: writes `EVENTS` events about the post to the log."""
        self._address = address
        self._files = Path(f"/proc/{pid}/fd")
        self._watched = {"postIds": [global_id("Post", post)]}
        self._write_events = write_events

    async def run(self, kind: str, count: int) -> None:
        """Returns when the server has closed the connections of all clients."""
        opens, is_sent_events = KINDS[kind]
        before = self._open_files()
        clients: list[RawClient] = []
        while len(clients) < count:
            batch = range(min(BATCH, count - len(clients)))
            clients += await asyncio.gather(*(opens(self._address, self._watched) for _ in batch))
        if is_sent_events:
            await self._write_events()
            await asyncio.gather(*(client.receives(b"PostLiked", EVENTS) for client in clients))
        for client in clients:
            client.reset()

        async with asyncio.timeout(MAX_SECONDS):
            # The pool may have opened a connection or two.
            while self._open_files() > before + 2:  # noqa: ASYNC110  # no event to wait for
                await asyncio.sleep(0.01)

    def _open_files(self) -> int:
        return sum(1 for _ in self._files.iterdir())


async def measure(arguments: argparse.Namespace) -> list[Figure]:
    """Prints a line for each kind of connection: the memory after each round."""
    figures: list[Figure] = []
    for kind in arguments.kinds or KINDS:
        with serving() as (variables, port, server):
            database = await asyncpg.connect(variables["DATABASE_URL"])
            notifier = Notifier(variables["REDIS_URL"])
            await notifier.open(lambda: None)
            actor = (await database.fetch(CREATE_USERS, 1))[0][0]
            add_post = "INSERT INTO posts (author_id, text) VALUES ($1, 'x') RETURNING id"
            post = await database.fetchval(add_post, actor)

            async def write_events(
                database: asyncpg.Connection = database,
                notifier: Notifier = notifier,
                actor: int = actor,
                post: int = post,
            ) -> None:
                await database.execute(ADD_EVENTS, actor, post, EVENTS)
                notifier.notify()

            rounds = Rounds(f"127.0.0.1:{port}", server.pid, post, write_events)
            sizes = [server.memory]
            for _ in range(arguments.rounds):
                await rounds.run(kind, arguments.clients)
                await asyncio.sleep(1)
                sizes.append(server.memory)
            await notifier.close()
            await database.close()
        growth = (sizes[-1] / sizes[1] - 1) * 100
        after = ", ".join(f"{size / MIB:.1f}" for size in sizes[1:])
        before = f"{sizes[0] / MIB:.1f}"
        print(f"{kind}: {before} MiB before, {after} after; grown by {growth:.1f} %", flush=True)
        name = f"Live: growth over {arguments.rounds} rounds of {arguments.clients:,} {kind}"
        figures.append(Figure(name, growth, "%", at_most=MAX_GROWTH))
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"one of: {', '.join(KINDS)}")
    parser.add_argument("--clients", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--results", type=Path, metavar="FILE", help="write the figures to FILE as JSON"
    )
    arguments = parser.parse_args()
    unknown = set(arguments.kinds) - KINDS.keys()
    if unknown:
        parser.error(f"unknown kind: {', '.join(sorted(unknown))}; choose from {', '.join(KINDS)}")
    write_results(arguments.results, uvloop.run(measure(arguments)))


if __name__ == "__main__":
    main()
