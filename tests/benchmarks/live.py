"""How soon subscribers receive an event, and what they cost.

    python -m tests.benchmarks.live [--subscribers 5000] [--idle 10000] [--seconds 20] [--results FILE]

Starts its own PostgreSQL, Valkey and one server process, as production runs it. Each subscriber, in this
process, is a signed-in user with one connection and the contract's PostInteractions. An event is a row in the log; its
delay is the time from the return of the commit, here, to the arrival at the client's socket.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, time

import asyncpg
import uvloop

from core.accounts.tokens import AccessToken, AccessTokens
from core.devserver.ports import free_port
from core.devserver.product_processes import Web
from core.events.notifier import Notifier
from core.ids import global_id
from tests.benchmarks.figures import Figure, write_results
from tests.benchmarks.live_clients import Client, connected
from tests.paths import ROOT
from tests.servers import SETTINGS, temporary_servers

WATCH = (ROOT / "tests/operations/PostInteractions.graphql").read_text()
ADD = "INSERT INTO events (kind, actor_id, post_id, client_mutation_id) VALUES ('post_liked', $1, $2, $3)"
CREATE_USERS = """
WITH made AS (
    INSERT INTO users (username, email, password, display_name, bio, avatar_url, is_active, is_staff, is_superuser)
    SELECT 'p' || n, 'p' || n || '@example.invalid', '!', 'P' || n, '', '', true, false, false
    FROM generate_series(1, $1::int) n
    RETURNING id
)
INSERT INTO sessions (user_id, salt, token_hash, expires_at)
SELECT id, '', '', now() + interval '1 day' FROM made
RETURNING user_id, id
"""
NUMBER = re.compile(rb'"clientMutationId":"(\d+)"')
MANY = 5_000
"""The number of subscribers that the goal applies to."""
MILLISECONDS = 1_000
"""In a second."""


class ServerFigures:
    """Memory and CPU time of a server process."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._folder = Path(f"/proc/{pid}")

    @property
    def memory(self) -> int:
        """Resident memory in bytes."""
        return int((self._folder / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    @property
    def cpu(self) -> float:
        """Seconds of CPU time."""
        user, system = (self._folder / "stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    @property
    def waited(self) -> float:
        """Seconds that its main thread waited for a core; 0 where the kernel does not count them."""
        counters = self._folder / "schedstat"
        return int(counters.read_text().split()[1]) / 1e9 if counters.exists() else 0.0


@contextmanager
def serving() -> Iterator[tuple[dict[str, str], int, ServerFigures]]:
    """Runs PostgreSQL, Valkey and a server; gives their settings, the server's port and its process."""
    port = free_port()
    with (
        tempfile.TemporaryDirectory() as folder,
        temporary_servers(Path(folder)) as servers,
    ):
        variables = {
            **SETTINGS,
            **servers.variables,
            "DEBUG": "true",
            "CONNECTIONS_PER_ADDRESS": "20000",
            "PORT": str(port),
        }
        subprocess.run(
            [sys.executable, "-W", "ignore", "manage.py", "migrate", "--verbosity=0"],
            cwd=ROOT,
            env=variables,
            check=True,
        )
        web = Web(root=ROOT, variables=variables, host="127.0.0.1", port=port)
        web.start()
        try:
            web.wait()
            yield variables, port, ServerFigures(web.process.pid)
        finally:
            web.stop()


class Bench:
    """Users and a post, and events about the post."""

    def __init__(
        self,
        variables: dict[str, str],
        port: int,
        server: ServerFigures,
        database: asyncpg.Connection,
        notifier: Notifier,
    ) -> None:
        self.port = port
        self.server = server
        self._database = database
        self._notifier = notifier
        self._tokens = AccessTokens(variables["SECRET_KEY"].encode())
        self.authorizations: list[str] = []
        self._actor = self._post = 0
        self._written: dict[int, float] = {}

    async def prepare(self, users: int) -> None:
        rows = await self._database.fetch(CREATE_USERS, users)
        expires_at = int(time()) + 86_000
        self.authorizations = [
            f"Bearer {self._tokens.issue(AccessToken(user_id, session, expires_at))}"
            for user_id, session in rows
        ]
        self._actor = rows[0][0]
        self._post = await self._database.fetchval(
            "INSERT INTO posts (author_id, text) VALUES ($1, 'x') RETURNING id", self._actor
        )

    async def subscribers(self, count: int) -> list[Client]:
        ids = [global_id("Post", self._post)]
        payload = {"query": WATCH, "variables": {"postIds": ids}}
        return await connected(self.port, self.authorizations[:count], lambda _: payload)

    async def events(self, count: int, *, a_second: float, notify: bool) -> None:
        """Writes events at this rate; `notify`: notifies the server of each."""
        self._written = {}
        for number in range(count):
            began = perf_counter()
            await self._database.execute(ADD, self._actor, self._post, str(number))
            self._written[number] = perf_counter()
            if notify:
                self._notifier.notify()
            await asyncio.sleep(max(0.0, 1 / a_second - (perf_counter() - began)))

    async def delays(self, clients: Sequence[Client], seconds: float = 30) -> list[list[float]]:
        """For each event, its delays in seconds. Errors: TimeoutError unless every client receives it."""
        deadline = perf_counter() + seconds
        while any(len(client.received) < len(self._written) for client in clients):
            if perf_counter() > deadline:
                raise TimeoutError("not every event has reached every client")
            await asyncio.sleep(0.05)
        delays_by_event: list[list[float]] = [[] for _ in self._written]
        for client in clients:
            for at, frame in client.received:
                match = NUMBER.search(frame)
                assert match
                delays_by_event[int(match[1])].append(at - self._written[int(match[1])])
            client.received.clear()
        assert all(len(times) == len(clients) for times in delays_by_event), (
            "an event was delivered twice or never"
        )
        return delays_by_event


def row(name: str, times: Sequence[float]) -> tuple[float, float]:
    """Prints a line of the table; returns the median and the 99th percentile."""
    ordered = sorted(times)
    p50 = statistics.median(ordered) * MILLISECONDS
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * MILLISECONDS
    print(f"{name:<58}{p50:>9.1f}{p99:>9.1f}{ordered[-1] * MILLISECONDS:>9.1f}", flush=True)
    return p50, p99


async def measure(bench: Bench, arguments: argparse.Namespace) -> list[Figure]:
    """Prints a table; returns the figures that have goals."""
    await bench.prepare(max(arguments.subscribers, arguments.idle))
    # First, so that no memory freed by other clients is reused.
    (single,) = await bench.subscribers(1)
    before = bench.server.memory
    began = perf_counter()
    idle = await bench.subscribers(arguments.idle)
    took = perf_counter() - began
    each = (bench.server.memory - before) / len(idle) / 1024
    print(f"{len(idle)} idle subscribers: connected in {took:.1f} s, {each:.1f} KiB each")

    print(f"{'milliseconds from commit to socket':<58}{'p50':>9}{'p99':>9}{'most':>9}")
    await bench.events(8, a_second=1, notify=True)
    row(f"{len(idle)} subscribers, until all have an event", most(await bench.delays(idle)))
    single.received.clear()
    await leave(idle)

    singles = [single]
    await bench.events(20, a_second=20, notify=True)
    await bench.delays(singles)
    await bench.events(300, a_second=20, notify=True)
    p50, p99 = row("one subscriber, notified through Valkey", flat(await bench.delays(singles)))
    await bench.events(15, a_second=1.3, notify=False)
    _, polled = row("one subscriber, polling only", flat(await bench.delays(singles)))

    many = await bench.subscribers(arguments.subscribers)
    cpu_before = bench.server.cpu
    count = int(arguments.seconds * 4)
    await bench.events(count, a_second=4, notify=True)
    delays = await bench.delays(many)
    cpu_after = bench.server.cpu
    _, to_many = row(f"{len(many)} subscribers, 4 events a second, each message", flat(delays))
    row(f"{len(many)} subscribers, until all have an event", most(delays))
    cpu = (cpu_after - cpu_before) / count
    print(f"CPU time of the server for an event to all: {cpu * MILLISECONDS:.0f} ms")
    await leave([*singles, *many])
    goal = 500 if len(many) >= MANY else None
    return [
        Figure("Live: commit to socket, p50", p50, "ms", at_most=10),
        Figure("Live: commit to socket, p99", p99, "ms", at_most=50),
        Figure("Live: commit to socket without Redis, p99", polled, "ms", at_most=2_000),
        Figure(f"Live: {len(many):,} subscribers, p99", to_many, "ms", at_most=goal),
        Figure("Live: an idle connection", each, "KiB", at_most=30),
    ]


async def leave(clients: Sequence[Client]) -> None:
    for client in clients:
        client.transport.abort()
    await asyncio.sleep(2)


def most(delays: list[list[float]]) -> list[float]:
    """The longest delay of each event."""
    return [max(each) for each in delays]


def flat(delays: list[list[float]]) -> list[float]:
    return [delay for each in delays for delay in each]


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subscribers", type=int, default=5_000)
    parser.add_argument("--idle", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument(
        "--results", type=Path, metavar="FILE", help="write the figures to FILE as JSON"
    )
    arguments = parser.parse_args()
    with serving() as (variables, port, server):
        database = await asyncpg.connect(variables["DATABASE_URL"])
        notifier = Notifier(variables["REDIS_URL"])
        await notifier.open(lambda: None)
        try:
            figures = await measure(Bench(variables, port, server, database, notifier), arguments)
        finally:
            await notifier.close()
            await database.close()
    write_results(arguments.results, figures)


if __name__ == "__main__":
    uvloop.run(main())
