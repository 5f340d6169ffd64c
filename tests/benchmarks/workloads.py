"""The four workloads over HTTP: the product, the baseline and plain Strawberry, measured side by side.

    python -m tests.benchmarks.workloads [--rounds 5] [--seconds 2] [--users 2000] [--posts 20000]

Starts its own PostgreSQL, which writes every commit to disk, and Valkey, with demo data, and one process of each
server. The servers have one core, PostgreSQL and the load the others. A round of a workload measures each server in
turn; medians of the rounds are printed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from random import Random
from statistics import median
from typing import Any, NamedTuple

import asyncpg

from core.accounts.tokens import AccessToken, AccessTokens
from core.database.cursors import CursorSigner
from core.ids import global_id, parse_id
from tests.benchmarks.figures import Figure, write_results
from tests.benchmarks.load import load, request
from tests.benchmarks.measured_servers import (
    BASELINE,
    CACHED,
    OURS,
    STOCK,
    Cores,
    MeasuredServer,
    PostgresFigures,
    filled_servers,
    running_measured_servers,
)
from tests.paths import OPERATIONS

W1, W2, W3, W4 = "W1 public feed", "W2 home feed", "W3 deep page", "W4 like"
WORKLOADS = (W1, W2, W3, W4)
BOTH_GOALS = {W1: 1.3, W2: 1.2, W3: 1.3, W4: 1.0}
"""How many times the baseline's CPU the server and PostgreSQL together may take."""
VIEWERS = 500
CURSORS = 1_000
LIKES = 12_000
WARM_UP_SECONDS = 1.0
SESSION = 1  # Does not exist: feeds and likes do not look sessions up.
BUSY = 0.8
"""The fraction of the highest rate at which delays are measured."""
DISTURBED = 0.03
"""The fraction of time that the server may wait for its core: each such wait, of some 4 ms, makes a tail."""
RATE_REACHED = 0.97
"""The fraction of the requested rate that must be reached."""


class Data(NamedTuple):
    """The keys that requests are made of, and the server's secret."""

    user_ids: list[int]
    posts: list[int]
    """Those that everybody sees, oldest first."""
    secret: bytes
    postgres: PostgresFigures


class Measured(NamedTuple):
    """One measurement, or medians of several."""

    cpu: float
    """CPU milliseconds of the server process for a request."""
    postgres: float
    """CPU milliseconds of PostgreSQL for a request."""
    memory: float
    """Resident MiB of the server process afterwards."""
    rate: float
    p50: float
    p99: float

    @property
    def both(self) -> float:
        return self.cpu + self.postgres


Results = dict[str, dict[str, Measured]]
"""Medians by workload and server."""


class Delays(NamedTuple):
    """Response times at a fraction of the highest rate; medians of several measurements."""

    due: float
    """Requests a second."""
    rate: float
    p50: float
    p99: float
    ratio: float
    busy: float
    """The fraction of a core that the server used."""
    waited: float
    """The fraction of time that the server waited for its core."""
    late: float
    """Milliseconds by which the client sent requests late, 99th percentile."""

    @property
    def problem(self) -> str | None:
        """Why the measurement is invalid, if it is: an overloaded server has a long median and thus a small ratio."""
        if self.rate < RATE_REACHED * self.due:
            return "rate not reached"
        return "the server waited for its core" if self.waited > DISTURBED else None


async def read_data(variables: Mapping[str, str]) -> Data:
    connection = await asyncpg.connect(variables["DATABASE_URL"])
    try:
        await connection.execute("VACUUM ANALYZE")
        user_ids = await connection.fetch("SELECT id FROM users WHERE is_active ORDER BY id")
        posts = await connection.fetch(
            "SELECT p.id FROM posts p JOIN users a ON a.id = p.author_id "
            "WHERE p.visibility = 0 AND NOT a.is_private ORDER BY p.id"
        )
        postgres = PostgresFigures(await connection.fetchval("SELECT pg_backend_pid()"))
    finally:
        await connection.close()
    secret = variables["SECRET_KEY"].encode()
    return Data([row[0] for row in user_ids], [row[0] for row in posts], secret, postgres)


def requests_of(workload: str, data: Data, rng: Random, *, by_hand: bool) -> list[str]:
    """The requests of a workload, for the baseline (`by_hand`) or for GraphQL servers."""
    if workload in {W2, W4}:
        return _requests_of_viewers(workload, data, rng, by_hand=by_hand)
    if workload == W1:
        return [request("GET", "/public") if by_hand else _graphql("PublicFeed", {})]
    deep = rng.choices(data.posts[50:], k=CURSORS)
    if by_hand:
        return [request("GET", f"/public?after={post}") for post in deep]
    codec = CursorSigner(data.secret).codec("public")
    return [_graphql("PublicFeed", {"after": codec.encode(post)}) for post in deep]


def _requests_of_viewers(workload: str, data: Data, rng: Random, *, by_hand: bool) -> list[str]:
    tokens = AccessTokens(data.secret)
    expires_at = int(time.time()) + 86_400
    user_ids = rng.sample(data.user_ids, min(VIEWERS, len(data.user_ids)))
    tokens_by_viewer = {
        viewer_id: tokens.issue(AccessToken(viewer_id, SESSION, expires_at))
        for viewer_id in user_ids
    }
    if workload == W2:
        if by_hand:
            return [request("GET", f"/home?viewer={viewer_id}") for viewer_id in user_ids]
        return [_graphql("HomeFeed", {}, tokens_by_viewer[viewer_id]) for viewer_id in user_ids]
    likes = zip(rng.choices(user_ids, k=LIKES), rng.choices(data.posts, k=LIKES), strict=True)
    if by_hand:
        return [
            request("POST", f"/like?viewer={viewer_id}&post={post}") for viewer_id, post in likes
        ]
    return [
        _graphql(
            "LikePost", {"input": {"postId": global_id("Post", post)}}, tokens_by_viewer[viewer_id]
        )
        for viewer_id, post in likes
    ]


def _graphql(operation: str, variables: dict[str, Any], token: str | None = None) -> str:
    document = (OPERATIONS / f"{operation}.graphql").read_text()
    body = {"query": document, "variables": variables, "operationName": operation}
    headers = [] if token is None else [("authorization", f"Bearer {token}")]
    return request("POST", "/graphql/", json.dumps(body).encode(), headers)


async def check_answers(servers: Mapping[str, MeasuredServer], data: Data) -> None:
    """Errors: AssertionError unless all servers return the same rows."""
    for workload in (W1, W2, W3):
        responses = {}
        for name, server in servers.items():
            requests = requests_of(workload, data, Random(1), by_hand=name == BASELINE)
            responses[name] = comparable((await _send(server.port, requests[-1]))["data"])
        assert responses[STOCK] == responses[OURS] == responses[CACHED], (
            f"{workload}: the answers differ"
        )
        assert responses[BASELINE] == responses[OURS], f"{workload}: the baseline's answer differs"


async def _send(port: int, text: str) -> dict[str, Any]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(text.replace("\r\n", "\r\nconnection: close\r\n", 1).encode())
    answer = await reader.read()
    writer.close()
    body: dict[str, Any] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return body


def comparable(value: Any, name: str = "") -> Any:
    """A response with keys for ids and without cursors, which the baseline does not encode."""
    if isinstance(value, dict):
        opaque = {"cursor", "endCursor", "startCursor", "eventCursor", "hasPreviousPage"}
        return {key: comparable(each, key) for key, each in value.items() if key not in opaque}
    if isinstance(value, list):
        return [comparable(each) for each in value]
    if name == "id" and isinstance(value, str):
        return parse_id(value)[1]
    return datetime.fromisoformat(value) if name == "createdAt" else value


def measure(
    server: MeasuredServer, postgres: PostgresFigures, requests: Sequence[str], seconds: float
) -> Measured:
    """One measurement of a server under the load of the requests."""
    before = server.figures.cpu, postgres.cpu
    figures = load(server.port, requests, seconds=seconds)
    after = server.figures.cpu, postgres.cpu
    cpu, database_cpu = (
        (now - then) / figures.requests * 1000 for now, then in zip(after, before, strict=True)
    )
    memory = server.figures.memory / 2**20
    return Measured(cpu, database_cpu, memory, figures.rate, figures.p50, figures.p99)


def measure_all(
    servers: Mapping[str, MeasuredServer], data: Data, rounds: int, seconds: float
) -> Results:
    """Measures all workloads in interleaved rounds."""
    results: Results = {}
    for number, workload in enumerate(WORKLOADS):
        names = [name for name in servers if name != CACHED or workload == W1]
        measured: dict[str, list[Measured]] = {name: [] for name in names}
        for turn in range(-1, rounds):
            for place, name in enumerate(names):
                # Each measurement has likes of its own: a repeated like costs less.
                rng = Random(number * 10_000 + (turn + 1) * 10 + place)
                requests = requests_of(workload, data, rng, by_hand=name == BASELINE)
                # The first turn is the warm-up.
                duration = seconds if turn >= 0 else WARM_UP_SECONDS
                single = measure(servers[name], data.postgres, requests, duration)
                if turn >= 0:
                    measured[name].append(single)
        results[workload] = {
            name: Measured(*(median(column) for column in zip(*several, strict=True)))
            for name, several in measured.items()
        }
        print_rows(workload, results[workload])
    return results


def print_rows(workload: str, rows: Mapping[str, Measured]) -> None:
    base = rows[BASELINE]
    heads = (
        f"{'CPU ms':>9}{'x base':>8}{'PG ms':>8}{'x base':>8}{'both':>8}{'x base':>8}{'req/s':>8}"
    )
    print(f"{workload:<30}{heads}{'p50 ms':>8}{'p99 ms':>8}{'MiB':>5}")
    for name, row in rows.items():
        print(
            f"  {name:<28}{row.cpu:>9.3f}{row.cpu / base.cpu:>8.2f}"
            f"{row.postgres:>8.3f}{row.postgres / base.postgres:>8.2f}"
            f"{row.both:>8.3f}{row.both / base.both:>8.2f}"
            f"{row.rate:>8.0f}{row.p50:>8.2f}{row.p99:>8.2f}{row.memory:>5.0f}",
            flush=True,
        )


def measure_delays(
    servers: Mapping[str, MeasuredServer], data: Data, rounds: int, seconds: float
) -> dict[str, dict[str, Delays]]:
    """Response times at four fifths of the rate reached just before, by workload and server."""
    results: dict[str, dict[str, Delays]] = {}
    for workload in (W1, W2, W3):
        measured: dict[str, list[Delays]] = {BASELINE: [], OURS: []}
        for _ in range(rounds):
            for name, several in measured.items():
                requests = requests_of(workload, data, Random(1), by_hand=name == BASELINE)
                several.append(delays(servers[name], requests, seconds))
        results[workload] = {
            name: Delays(*(median(column) for column in zip(*undisturbed(several), strict=True)))
            for name, several in measured.items()
        }
        print_delays(workload, results[workload])
    return results


def undisturbed(measured: list[Delays]) -> list[Delays]:
    """The measurements in which the server had its core to itself; all if there are none."""
    return [single for single in measured if single.waited <= DISTURBED] or measured


def delays(server: MeasuredServer, requests: Sequence[str], seconds: float) -> Delays:
    """Measures the highest rate, then the response times at a fraction of it."""
    due = load(server.port, requests, seconds=seconds, precise=True).rate * BUSY
    cpu, waited = server.figures.cpu, server.figures.waited
    figures = load(server.port, requests, seconds=seconds, rate=due, precise=True)
    busy, waited = (
        (now - before) / figures.seconds
        for now, before in ((server.figures.cpu, cpu), (server.figures.waited, waited))
    )
    ratio = figures.p99 / figures.p50
    return Delays(due, figures.rate, figures.p50, figures.p99, ratio, busy, waited, figures.late)


def print_delays(workload: str, rows: Mapping[str, Delays]) -> None:
    title = f"{workload}, {BUSY:.0%} of the highest rate"
    heads = f"{'due/s':>9}{'req/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'p99/p50':>9}"
    print(f"{title:<40}{heads}{'busy':>6}{'waited':>8}{'late ms':>9}")
    for name, row in rows.items():
        warning = f"  invalid: {row.problem}" if row.problem else ""
        print(
            f"  {name:<38}{row.due:>9.0f}{row.rate:>9.0f}{row.p50:>9.2f}{row.p99:>9.2f}"
            f"{row.ratio:>9.1f}{row.busy:>6.0%}{row.waited:>8.1%}{row.late:>9.2f}{warning}",
            flush=True,
        )


def figures_of(results: Results, delays: Mapping[str, Mapping[str, Delays]]) -> Iterator[Figure]:
    """The figures of the measurements, with their goals."""
    for workload, rows in results.items():
        ours, baseline = rows[OURS].cpu, rows[BASELINE].cpu
        yield Figure(f"{workload}: CPU a request", ours, "ms")
        yield Figure(f"{workload}: PostgreSQL's CPU a request", rows[OURS].postgres, "ms")
        both = rows[OURS].both / rows[BASELINE].both
        yield Figure(
            f"{workload}: both, ours / the baseline", both, "x", at_most=BOTH_GOALS[workload]
        )
        most = 1.3 if workload == W4 else 1.5
        yield Figure(f"{workload}: CPU, ours / the baseline", ours / baseline, "x", at_most=most)
        yield Figure(f"{workload}: CPU, {STOCK} / ours", rows[STOCK].cpu / ours, "x")
        if CACHED in rows:
            cached = rows[CACHED].cpu / baseline
            yield Figure(f"{workload}: CPU, {CACHED} / the baseline", cached, "x", at_most=0.3)
        if workload == W2:
            yield Figure("Memory after W2", rows[OURS].memory, "MiB", at_most=90)
    for workload, by_name in delays.items():
        ours_ratio, baseline_ratio = (
            None if by_name[name].problem else by_name[name].ratio for name in (OURS, BASELINE)
        )
        title = f"{workload}: p99 / p50 at {BUSY:.0%} of the highest rate"
        yield Figure(title, ours_ratio, "x", at_most=4)
        yield Figure(f"{title}, the baseline", baseline_ratio, "x")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures the four workloads over HTTP.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2, help="duration of one measurement")
    parser.add_argument("--users", "--people", type=int, default=2_000)
    parser.add_argument("--posts", type=int, default=20_000)
    parser.add_argument(
        "--results", type=Path, metavar="FILE", help="write the figures to FILE as JSON"
    )
    arguments = parser.parse_args()
    cores = Cores()
    if not cores.are_separate:
        print("Servers, PostgreSQL and the load share one core: delays mean little.")
    with (
        cores.for_everything_else(),
        filled_servers(arguments.users, arguments.posts) as variables,
        running_measured_servers(variables, cores) as servers,
    ):
        data = asyncio.run(read_data(variables))
        asyncio.run(check_answers(servers, data))
        results = measure_all(servers, data, arguments.rounds, arguments.seconds)
        delayed = measure_delays(servers, data, arguments.rounds, arguments.seconds)
    cpu = {
        workload: {name: row.cpu for name, row in rows.items()}
        for workload, rows in results.items()
    }
    write_results(arguments.results, figures_of(results, delayed), cpu=cpu)


if __name__ == "__main__":
    main()
