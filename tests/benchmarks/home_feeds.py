"""Home feeds of any size: what a page costs, and how soon new posts are in the kept feeds.

    python -m tests.benchmarks.home_feeds FILE [PART ...] [--results FILE]

FILE is the activity trace of the Higgs announcement (see docs/live.md). The first run imports it, which takes minutes;
the data stays in `.data/benchmark-home-feeds`. PostgreSQL writes every commit to disk; one server process and, but for
the part `pages`, one worker run beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from statistics import median, quantiles
from time import perf_counter, process_time
from typing import Any

import asyncpg
import httpx
import uvloop

from core.devserver.ports import free_port
from core.devserver.product_processes import LocalWorker, Web
from tests.benchmarks.figures import Figure, table, write_results
from tests.benchmarks.home_feed_load import POLL_SECONDS, POST, SHARE, Lag, TraceUsers
from tests.benchmarks.home_feed_world import FANS, FOLDER, SIZES, User, Users, servers_with
from tests.benchmarks.live_trace import Replay, busiest_hour
from tests.benchmarks.load import load, request
from tests.benchmarks.postgres_cpu import PostgresCPU
from tests.paths import ROOT

HOME = """query($after: String) { homeFeed(first: 20, after: $after) {
  edges { cursor sharedBy { id displayName }
    node { id text createdAt likeCount viewerHasLiked author { id displayName } } }
  pageInfo { hasNextPage endCursor } eventCursor
} }"""
RETIRE = "UPDATE home_feeds SET retired_at = now() WHERE reader_id = $1 AND retired_at IS NULL"
IS_KEPT = "SELECT EXISTS (SELECT FROM home_feeds WHERE reader_id = $1 AND retired_at IS NULL)"
ROUNDS = 7
PAGES = 30
ACKS = 21
ACKS_MEANWHILE = 5
HALF_HOUR = 1_800
SPEED = 10
READS = 20
"""Pages a second that are read while the trace is replayed."""
STORM = 2_000
STORM_CALLERS = 32
MILLISECONDS = 1_000
MICROSECONDS = 1_000_000


class Bench:
    """The servers of one run."""

    def __init__(self, database: asyncpg.Connection, users: Users, port: int) -> None:
        self.database = database
        self.users = users
        self.port = port
        self.client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60)

    async def do(self, user: User, query: str, **variables: Any) -> Any:
        answer = await self.client.post(
            "/graphql/",
            json={"query": query, "variables": variables},
            headers={"authorization": user.authorization},
        )
        data = answer.json()
        assert "errors" not in data, data
        [payload] = data["data"].values()
        assert not payload.get("errors"), payload
        return payload

    async def post(self, user: User) -> Any:
        return await self.do(user, POST, input={"text": "Is it there?"})

    async def keep(self, user: User) -> None:
        """Returns when the reader has a kept feed."""
        await self.do(user, HOME)
        async with asyncio.timeout(60):
            while not await self.database.fetchval(IS_KEPT, user.key):  # noqa: ASYNC110
                await asyncio.sleep(POLL_SECONDS)


def spread(name: str, seconds: Sequence[float]) -> tuple[float, float]:
    """Prints a line; the median and the 99th percentile in milliseconds."""
    p50, p99 = median(seconds) * MILLISECONDS, quantiles(seconds, n=100)[98] * MILLISECONDS
    most = max(seconds) * MILLISECONDS
    print(f"{name:<58}{len(seconds):>8}{p50:>10.1f}{p99:>10.1f}{most:>10.1f} ms", flush=True)
    return p50, p99


async def pages(bench: Bench) -> list[Figure]:
    """What a page takes of PostgreSQL's CPU, by the number of users followed, kept and first."""
    readers = {size: await bench.users.readers(size) for size in SIZES}
    deep: dict[int, str] = {}
    for of_size in readers.values():
        for reader in of_size:
            await bench.database.execute(RETIRE, reader.key)
            await bench.keep(reader)
    for reader in readers[SIZES[-1]]:
        after = None
        for _ in range(49):
            after = (await bench.do(reader, HOME, after=after))["pageInfo"]["endCursor"]
        deep[reader.key] = str(after)
    cpu = PostgresCPU(await bench.database.fetchval("SELECT pg_backend_pid()"))
    measured: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for size, of_size in readers.items():
            for name, cursors in ((f"{size}", None), (f"{size}, page 50", deep)):
                if cursors is not None and size != SIZES[-1]:
                    continue
                before = cpu.seconds
                for number in range(PAGES):
                    reader = of_size[number % len(of_size)]
                    await bench.do(reader, HOME, after=cursors and cursors[reader.key])
                measured.setdefault(name, []).append((cpu.seconds - before) / PAGES)
    milliseconds = {name: median(values) * MILLISECONDS for name, values in measured.items()}
    for name, value in milliseconds.items():
        print(f"{name:>20} followed: {value:.3f} ms of PostgreSQL's CPU a page")
    first = milliseconds[f"{SIZES[-1]}"]
    return [
        Figure("Home feed: page at 5,000 follows / at 50", first / milliseconds["50"], "", 1.3),
        Figure(
            "Home feed: page 50 / page 1 at 5,000 follows",
            milliseconds[f"{SIZES[-1]}, page 50"] / first,
            "",
            1.5,
        ),
    ]


async def absence(bench: Bench) -> list[Figure]:
    """The first page of a reader without a kept feed, until the answer is there."""
    figures = []
    for size in SIZES[-2:]:
        seconds = []
        for _ in range(4):
            for reader in await bench.users.readers(size):
                await bench.keep(reader)
                await bench.database.execute(RETIRE, reader.key)
                began = perf_counter()
                await bench.do(reader, HOME)
                seconds.append(perf_counter() - began)
                await bench.keep(reader)
        p50, _ = spread(f"first page after an absence, {size:,} followed", seconds)
        name = f"Home feed: first page after an absence, {size:,} follows, p50"
        figures.append(Figure(name, p50, "ms", at_most=50))
    return figures


async def acks(bench: Bench) -> list[Figure]:
    """How soon a post is acknowledged, of a user with very many followers and of one with few.

    Each when the worker has nothing to do, and of the latter also while it adds to feeds of the former's followers.
    """
    star, small = await bench.users.of("star", "small")
    of_star: list[float] = []
    of_small: list[float] = []
    meanwhile: list[float] = []

    async def post(user: User, seconds: list[float]) -> None:
        began = perf_counter()
        await bench.post(user)
        seconds.append(perf_counter() - began)

    await bench.post(small)
    async with Lag(bench.database) as lag:
        for turn in range(ACKS):
            for user, seconds in ((star, of_star), (small, of_small))[:: 1 if turn % 2 else -1]:
                await lag.handled()
                await post(user, seconds)
                if user is star:
                    for _ in range(ACKS_MEANWHILE):
                        await post(small, meanwhile)
                        await asyncio.sleep(POLL_SECONDS)
    # The first turn prepares the statements.
    star_p50, _ = spread(f"a post of a user with {FANS:,} followers", of_star[1:])
    small_p50, _ = spread("a post of a user with 10 followers", of_small[1:])
    spread("the same while the worker adds to the feeds of the many", meanwhile[ACKS_MEANWHILE:])
    name = f"Home feed: post with {FANS:,} followers / with 10, p50"
    return [Figure(name, star_p50 / small_p50, "", 1.1)]


async def entries(bench: Bench) -> list[Figure]:
    """How many entries a second the worker adds, and what one takes of PostgreSQL's CPU."""
    [star] = await bench.users.of("star")
    cpu = PostgresCPU(await bench.database.fetchval("SELECT pg_backend_pid()"))
    rates, microseconds = [], []
    for _ in range(2):
        async with Lag(bench.database) as lag:
            began, used = perf_counter(), cpu.seconds
            for _ in range(4):
                await bench.post(star)
            await lag.handled()
            rates.append(4 * FANS / (perf_counter() - began))
            microseconds.append((cpu.seconds - used) / (4 * FANS) * MICROSECONDS)
    print(f"entries a second: {', '.join(f'{rate:,.0f}' for rate in rates)}")
    print(f"microseconds of PostgreSQL's CPU: {', '.join(f'{each:.1f}' for each in microseconds)}")
    return [Figure("Home feed: entries added a second", median(rates), "", at_least=50_000)]


async def hour(bench: Bench, trace: Path) -> list[Figure]:
    """Half the trace's busiest hour at ten times its speed, while feeds are read: the lag of the kept feeds."""
    calls = [call for call in busiest_hour(trace, SPEED) if call.at < HALF_HOUR / SPEED]
    world = TraceUsers(bench.users)
    await world.prepare(bench.database, calls)
    large = [reader for size in SIZES for reader in await bench.users.readers(size)]
    actors = Random(1).sample(world.actors, 300)
    reads = [
        request(
            "POST",
            "/graphql/",
            json.dumps({"query": HOME, "variables": {}}).encode(),
            [("authorization", reader.authorization)],
        )
        for reader in [*large * 4, *actors]
    ]
    Random(1).shuffle(reads)
    for reader in large:
        await bench.keep(reader)
    replay = Replay(world, calls, bench.port)
    async with Lag(bench.database) as lag:
        reading = asyncio.create_task(
            asyncio.to_thread(load, bench.port, reads, seconds=HALF_HOUR / SPEED, rate=READS)
        )
        await replay.run()
        read = await reading
        await lag.handled()
        seconds = await lag.seconds()
    spread("calls, until answered", replay.delays)
    print(f"{read.requests} pages read: p50 {read.p50:.1f} ms, p99 {read.p99:.1f} ms")
    _, p99 = spread("posts and shares, until in all kept feeds", seconds)
    return [Figure("Home feed: lag in the trace's hour, p99", p99, "ms", at_most=2_000)]


async def storm(bench: Bench) -> list[Figure]:
    """A storm of shares of one post: how long posts of others take until they are in the kept feeds."""
    star, small = await bench.users.of("star", "small")
    post = (await bench.post(star))["post"]["id"]
    names = [
        f"u{row[0]}"
        for row in await bench.database.fetch(
            "SELECT substr(username, 2) FROM users WHERE email LIKE 'u%' ORDER BY id LIMIT $1",
            STORM,
        )
    ]
    sharers = await bench.users.of(*names)

    async def others(until: Callable[[], bool]) -> list[float]:
        answered = []
        while not until():
            began = perf_counter()
            await bench.post(small)
            answered.append(perf_counter() - began)
            await asyncio.sleep(max(0.0, 0.1 - (perf_counter() - began)))
        return answered

    async with Lag(bench.database) as lag:
        ends = perf_counter() + 10
        quiet_acks = await others(lambda: perf_counter() > ends)
        await lag.handled()
        quiet = await lag.seconds({small.key})
    async with Lag(bench.database) as lag:
        left: Iterator[User] = iter(sharers)

        async def share() -> None:
            for sharer in left:
                await bench.do(sharer, SHARE, input={"postId": post})

        began = perf_counter()
        sharing = asyncio.gather(*(share() for _ in range(STORM_CALLERS)))
        storm_acks = await others(sharing.done)
        await sharing
        print(f"{STORM:,} shares of one post in {perf_counter() - began:.1f} s")
        await lag.handled()
        stormy = await lag.seconds({small.key})
    spread("others' posts before, until answered", quiet_acks)
    spread("others' posts in the storm, until answered", storm_acks)
    _, before = spread("others' posts before, until in all kept feeds", quiet)
    _, during = spread("others' posts in the storm, until in all kept feeds", stormy)
    return [
        Figure("Home feed: delay of others in a share storm, p99", during - before, "ms", 1_000)
    ]


@contextmanager
def served(variables: dict[str, str], *, with_worker: bool) -> Iterator[int]:
    """Runs a server process, and a worker; gives the server's port."""
    port = free_port()
    web = Web(root=ROOT, variables={**variables, "PORT": str(port)}, host="127.0.0.1", port=port)
    worker = LocalWorker(root=ROOT, variables=variables, log=FOLDER / "worker.log")
    try:
        web.start()
        if with_worker:
            worker.start()
        web.wait()
        yield port
    finally:
        worker.stop()
        web.stop()


PARTS = {
    "pages": pages,
    "absence": absence,
    "acks": acks,
    "entries": entries,
    "hour": hour,
    "storm": storm,
}


async def measure(
    arguments: argparse.Namespace, variables: dict[str, str], part: str, port: int
) -> list[Figure]:
    database = await asyncpg.connect(variables["DATABASE_URL"])
    try:
        bench = Bench(database, Users(database, variables["SECRET_KEY"]), port)
        began, used = perf_counter(), process_time()
        if part == "hour":
            found = await hour(bench, arguments.file)
        else:
            run: Callable[[Bench], Awaitable[list[Figure]]] = PARTS[part]  # type: ignore[assignment]
            found = await run(bench)
        took = perf_counter() - began
        print(f"({part}: {took:.0f} s, {process_time() - used:.0f} s of CPU of this program)")
        await bench.client.aclose()
        return found
    finally:
        await database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"one of {', '.join(PARTS)}; default: all"
    )
    parser.add_argument(
        "--results", type=Path, metavar="FILE", help="write the figures to FILE as JSON"
    )
    arguments = parser.parse_args()
    unknown = set(arguments.parts) - PARTS.keys()
    if unknown:
        parser.error(f"unknown part: {', '.join(sorted(unknown))}; choose from {', '.join(PARTS)}")
    figures: list[Figure] = []
    with servers_with(arguments.file.resolve()) as variables:
        for part in arguments.parts or PARTS:
            with served(variables, with_worker=part not in {"pages", "absence"}) as port:
                figures += uvloop.run(measure(arguments, variables, part, port))
    print(table(figures))
    write_results(arguments.results, figures)


if __name__ == "__main__":
    main()
