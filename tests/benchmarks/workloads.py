"""The four workloads over HTTP: the product, the floor and the plain stack beside each other in one run.

    python -m tests.benchmarks.workloads [--rounds 5] [--seconds 2] [--people 2000] [--posts 20000]

Starts its own PostgreSQL, which writes every commit to disk, and Valkey; fills them with demo data; runs one process of
each server. A round of a workload measures each server in turn; medians of the rounds are printed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from random import Random
from statistics import median
from typing import Any, NamedTuple

import asyncpg

from core.accounts.tokens import AccessToken, AccessTokens
from core.config.local_processes import LocalProcess
from core.database.cursors import CursorSigner
from core.embedded.locks import folder_lock
from core.embedded.ports import free_port
from core.embedded.servers import running_servers
from core.graphql.node import global_id, parse_id
from tests.benchmarks.live import ServerFigures
from tests.benchmarks.load import ROOT, load, request
from tests.servers import SETTINGS

FOLDER = ROOT / ".data" / "benchmark-workloads"
DOCUMENTS = ROOT / "tests" / "operations"
SERVE = ("-W", "ignore", "-m", "core.config.serve")
UVICORN = (
    "-m",
    "uvicorn",
    "--loop=uvloop",
    "--http=httptools",
    "--no-access-log",
    "--no-server-header",
    "--log-level=warning",
)
OURS, KEPT, FLOOR, STOCK = "ours", "ours, bytes kept 1 s", "the floor", "plain Strawberry"
W1, W2, W3, W4 = "W1 public feed", "W2 home feed", "W3 deep page", "W4 like"
WORKLOADS = (W1, W2, W3, W4)
VIEWERS = 500
CURSORS = 1_000
LIKES = 12_000
WARM_UP_SECONDS = 1.0
SESSION = 1  # There is none: for a feed and a like an access token is not looked up.
BUSY = 0.8
"""The part of the highest rate at which delays are measured."""
KEPT_UP = 0.97
"""The part of what is due that must be answered in time."""


class Data(NamedTuple):
    """What requests are made of."""

    people: list[int]
    posts: list[int]
    """Oldest first."""
    secret: bytes


class Peer:
    """One server process."""

    def __init__(self, name: str, command: Sequence[str], variables: Mapping[str, str]) -> None:
        self.name = name
        self.port = free_port()
        if command != SERVE:
            command = (*command, "--port", str(self.port))
        everything = {**variables, "PORT": str(self.port)}
        self._process = LocalProcess(name, *command, root=ROOT, variables=everything)

    def start(self) -> None:
        self._process.start()

    async def wait(self) -> None:
        """Returns when the server listens, which it does when it can serve."""
        async with asyncio.timeout(60):
            while True:
                if self._process.process.has_ended():
                    raise RuntimeError(f"{self.name} did not start; its messages are above.")
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                except OSError:
                    await asyncio.sleep(0.1)
                else:
                    writer.close()
                    return

    def stop(self) -> None:
        self._process.stop()

    @property
    def figures(self) -> ServerFigures:
        return ServerFigures(self._process.process.pid)


class Measured(NamedTuple):
    """One measurement, or medians of several."""

    cpu: float
    """Milliseconds of the server process a request."""
    rate: float
    p50: float
    p99: float


Results = dict[str, dict[str, Measured]]
"""Medians by workload and server."""


def environment_of(servers: Mapping[str, str]) -> dict[str, str]:
    return {**SETTINGS, **servers, "DEBUG": "false"}


@contextmanager
def filled_servers(people: int, posts: int) -> Iterator[dict[str, str]]:
    """The settings for PostgreSQL and Valkey with demo data, which are removed at the end."""
    with folder_lock(FOLDER, "the benchmark over HTTP"):
        try:
            with running_servers(FOLDER, durable=True) as servers:
                variables = environment_of(servers.variables)
                for command in (
                    ("migrate", "--verbosity=0"),
                    ("seed_demo", f"--people={people}", f"--posts={posts}"),
                ):
                    manage = [sys.executable, "-W", "ignore", "manage.py", *command]
                    subprocess.run(manage, cwd=ROOT, env=variables, check=True)
                yield variables
        finally:
            for server in ("postgres", "valkey"):
                shutil.rmtree(FOLDER / server, ignore_errors=True)


@contextmanager
def peers(variables: Mapping[str, str]) -> Iterator[dict[str, Peer]]:
    """The servers by name, up."""
    plain = {**variables, "BYTE_CACHE_SECONDS": "0"}
    found = {
        FLOOR: Peer(FLOOR, (*UVICORN, "tests.benchmarks.floor:application"), plain),
        OURS: Peer(OURS, SERVE, plain),
        KEPT: Peer(KEPT, SERVE, {**variables, "BYTE_CACHE_SECONDS": "1"}),
        STOCK: Peer(STOCK, (*UVICORN, "tests.benchmarks.stock:application"), plain),
    }
    with ExitStack() as stack:
        for peer in found.values():
            stack.callback(peer.stop)
            peer.start()
        for peer in found.values():
            asyncio.run(peer.wait())
        yield found


async def read_data(variables: Mapping[str, str]) -> Data:
    connection = await asyncpg.connect(variables["DATABASE_URL"])
    try:
        await connection.execute("VACUUM ANALYZE")
        people = await connection.fetch("SELECT id FROM users WHERE is_active ORDER BY id")
        posts = await connection.fetch("SELECT id FROM posts ORDER BY id")
    finally:
        await connection.close()
    secret = variables["SECRET_KEY"].encode()
    return Data([row[0] for row in people], [row[0] for row in posts], secret)


def requests_of(workload: str, data: Data, chance: Random, *, by_hand: bool) -> list[str]:
    """The requests of a workload, as the floor or as GraphQL servers understand them."""
    if workload in {W2, W4}:
        return _requests_of_people(workload, data, chance, by_hand=by_hand)
    if workload == W1:
        return [request("GET", "/public") if by_hand else _graphql("PublicFeed", {})]
    deep = chance.choices(data.posts[50:], k=CURSORS)
    if by_hand:
        return [request("GET", f"/public?after={post}") for post in deep]
    codec = CursorSigner(data.secret).codec("public")
    return [_graphql("PublicFeed", {"after": codec.encode(post)}) for post in deep]


def _requests_of_people(workload: str, data: Data, chance: Random, *, by_hand: bool) -> list[str]:
    tokens = AccessTokens(data.secret)
    expires_at = int(time.time()) + 86_400
    people = chance.sample(data.people, min(VIEWERS, len(data.people)))
    bearer = {who: tokens.give(AccessToken(who, SESSION, expires_at)) for who in people}
    if workload == W2:
        if by_hand:
            return [request("GET", f"/home?viewer={who}") for who in people]
        return [_graphql("HomeFeed", {}, bearer[who]) for who in people]
    pairs = zip(chance.choices(people, k=LIKES), chance.choices(data.posts, k=LIKES), strict=True)
    if by_hand:
        return [request("POST", f"/like?viewer={who}&post={post}") for who, post in pairs]
    return [
        _graphql("LikePost", {"input": {"postId": global_id("Post", post)}}, bearer[who])
        for who, post in pairs
    ]


def _graphql(operation: str, variables: dict[str, Any], token: str | None = None) -> str:
    document = (DOCUMENTS / f"{operation}.graphql").read_text()
    body = {"query": document, "variables": variables, "operationName": operation}
    headers = [] if token is None else [("authorization", f"Bearer {token}")]
    return request("POST", "/graphql/", json.dumps(body).encode(), headers)


async def check_answers(found: Mapping[str, Peer], data: Data) -> None:
    """Raises AssertionError unless all servers give the same rows."""
    for workload in (W1, W2, W3):
        said = {}
        for name, peer in found.items():
            requests = requests_of(workload, data, Random(1), by_hand=name == FLOOR)
            said[name] = plain((await _ask(peer.port, requests[-1]))["data"])
        assert said[STOCK] == said[OURS] == said[KEPT], f"{workload}: the answers differ"
        assert said[FLOOR] == said[OURS], f"{workload}: the floor's answer differs"


async def _ask(port: int, text: str) -> dict[str, Any]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(text.replace("\r\n", "\r\nconnection: close\r\n", 1).encode())
    answer = await reader.read()
    writer.close()
    found: dict[str, Any] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return found


def plain(value: Any, name: str = "") -> Any:
    """An answer with keys for ids and without cursors, which the floor does not make."""
    if isinstance(value, dict):
        opaque = {"cursor", "endCursor", "startCursor", "eventCursor", "hasPreviousPage"}
        return {key: plain(each, key) for key, each in value.items() if key not in opaque}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if name == "id" and isinstance(value, str):
        return parse_id(value)[1]
    return datetime.fromisoformat(value) if name == "createdAt" else value


def measure(peer: Peer, requests: Sequence[str], seconds: float) -> Measured:
    """CPU time of the server for a request, and what the clients saw."""
    before = peer.figures.cpu
    seen = load(peer.port, requests, seconds=seconds)
    return Measured(
        (peer.figures.cpu - before) / seen.requests * 1000, seen.rate, seen.p50, seen.p99
    )


def measure_all(found: Mapping[str, Peer], data: Data, rounds: int, seconds: float) -> Results:
    """Medians of interleaved rounds. The memory of our process is printed after W2."""
    results: Results = {}
    for number, workload in enumerate(WORKLOADS):
        names = [name for name in found if name != KEPT or workload == W1]
        measured: dict[str, list[Measured]] = {name: [] for name in names}
        for turn in range(-1, rounds):
            for place, name in enumerate(names):
                # No like comes twice: the second of a pair has less to do.
                chance = Random(number * 10_000 + (turn + 1) * 10 + place)
                requests = requests_of(workload, data, chance, by_hand=name == FLOOR)
                # The first turn warms all servers up.
                lasts = seconds if turn >= 0 else WARM_UP_SECONDS
                one = measure(found[name], requests, lasts)
                if turn >= 0:
                    measured[name].append(one)
        results[workload] = {
            name: Measured(*(median(column) for column in zip(*several, strict=True)))
            for name, several in measured.items()
        }
        print_rows(workload, results[workload])
        if workload == W2:
            for name in (OURS, FLOOR, STOCK):
                print(f"  {'memory of ' + name:<38}{found[name].figures.memory / 2**20:>9.0f} MiB")
    return results


def print_rows(workload: str, rows: Mapping[str, Measured]) -> None:
    floor = rows[FLOOR].cpu
    print(f"{workload:<40}{'CPU ms':>9}{'x floor':>9}{'req/s':>9}{'p50 ms':>9}{'p99 ms':>9}")
    for name, row in rows.items():
        print(
            f"  {name:<38}{row.cpu:>9.3f}{row.cpu / floor:>9.2f}"
            f"{row.rate:>9.0f}{row.p50:>9.2f}{row.p99:>9.2f}",
            flush=True,
        )


def print_delays(peer: Peer, data: Data, rounds: int, seconds: float) -> None:
    """Prints how long answers take at four fifths of the rate that was reached just before."""
    title = f"ours at {BUSY:.0%} of the highest rate"
    print(f"{title:<40}{'due/s':>9}{'req/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'p99/p50':>9}")
    for workload in (W1, W2, W3):
        requests = requests_of(workload, data, Random(1), by_hand=False)
        measured = []
        for _ in range(rounds):
            due = load(peer.port, requests, seconds=seconds).rate * BUSY
            seen = load(peer.port, requests, seconds=seconds, rate=due)
            measured.append((due, seen.rate, seen.p50, seen.p99, seen.p99 / seen.p50))
        due, rate, p50, p99, ratio = (median(column) for column in zip(*measured, strict=True))
        # A queue that grows has a long median and so a fine ratio, which means nothing.
        warning = "" if rate > KEPT_UP * due else "  not kept up with: no measure of delays"
        print(
            f"  {workload:<38}{due:>9.0f}{rate:>9.0f}{p50:>9.2f}{p99:>9.2f}{ratio:>9.1f}{warning}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures the four workloads over HTTP.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2, help="of one measurement")
    parser.add_argument("--people", type=int, default=2_000)
    parser.add_argument("--posts", type=int, default=20_000)
    parser.add_argument("--results", type=Path, metavar="FILE", help="write medians there, as JSON")
    chosen = parser.parse_args()
    with filled_servers(chosen.people, chosen.posts) as variables, peers(variables) as found:
        data = asyncio.run(read_data(variables))
        asyncio.run(check_answers(found, data))
        results = measure_all(found, data, chosen.rounds, chosen.seconds)
        print_delays(found[OURS], data, chosen.rounds, chosen.seconds)
    if chosen.results:
        chosen.results.write_text(json.dumps(results))


if __name__ == "__main__":
    main()
