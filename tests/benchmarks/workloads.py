"""The four workloads over HTTP: the product, the baseline and the plain stack beside each other in one run.

    python -m tests.benchmarks.workloads [--rounds 5] [--seconds 2] [--people 2000] [--posts 20000]

Starts its own PostgreSQL, which writes every commit to disk, and Valkey; fills them with demo data; runs one process of
each server. The servers have a core to themselves, PostgreSQL and the load the others. A round of a workload measures
each server in turn; medians of the rounds are printed.
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
from tests.benchmarks.peers import (
    BASELINE,
    KEPT,
    OURS,
    STOCK,
    Cores,
    Peer,
    filled_servers,
    running_peers,
)
from tests.paths import OPERATIONS

W1, W2, W3, W4 = "W1 public feed", "W2 home feed", "W3 deep page", "W4 like"
WORKLOADS = (W1, W2, W3, W4)
VIEWERS = 500
CURSORS = 1_000
LIKES = 12_000
WARM_UP_SECONDS = 1.0
SESSION = 1  # There is none: for a feed and a like an access token is not looked up.
BUSY = 0.8
"""The part of the highest rate at which delays are measured."""
DISTURBED = 0.03
"""The part of the time for which others may have the server's core: each such turn, of some 4 ms, makes a tail."""
KEPT_UP = 0.97
"""The part of what is due that must be answered in time."""


class Data(NamedTuple):
    """What requests are made of."""

    people: list[int]
    posts: list[int]
    """Oldest first."""
    secret: bytes


class Measured(NamedTuple):
    """One measurement, or medians of several."""

    cpu: float
    """Milliseconds of the server process a request."""
    memory: float
    """MiB that the server process holds afterwards."""
    rate: float
    p50: float
    p99: float


Results = dict[str, dict[str, Measured]]
"""Medians by workload and server."""


class Delays(NamedTuple):
    """How long answers took at a rate that leaves the server some rest; medians of several measurements."""

    due: float
    """Requests a second."""
    rate: float
    p50: float
    p99: float
    ratio: float
    busy: float
    """The part of a core that the server used."""
    waited: float
    """The part of the time in which the server could have run and others had its core."""
    late: float
    """Milliseconds by which the client itself was late with a request, at the 99th percentile."""

    @property
    def problem(self) -> str | None:
        """Why this is no measure of delays: a long median makes a fine ratio that means nothing."""
        if self.rate < KEPT_UP * self.due:
            return "not kept up with"
        return "others had the server's core" if self.waited > DISTURBED else None


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
    """The requests of a workload, as the baseline or as GraphQL servers understand them."""
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
    bearer = {who: tokens.issue(AccessToken(who, SESSION, expires_at)) for who in people}
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
    document = (OPERATIONS / f"{operation}.graphql").read_text()
    body = {"query": document, "variables": variables, "operationName": operation}
    headers = [] if token is None else [("authorization", f"Bearer {token}")]
    return request("POST", "/graphql/", json.dumps(body).encode(), headers)


async def check_answers(found: Mapping[str, Peer], data: Data) -> None:
    """Raises AssertionError unless all servers give the same rows."""
    for workload in (W1, W2, W3):
        said = {}
        for name, peer in found.items():
            requests = requests_of(workload, data, Random(1), by_hand=name == BASELINE)
            said[name] = plain((await _ask(peer.port, requests[-1]))["data"])
        assert said[STOCK] == said[OURS] == said[KEPT], f"{workload}: the answers differ"
        assert said[BASELINE] == said[OURS], f"{workload}: the baseline's answer differs"


async def _ask(port: int, text: str) -> dict[str, Any]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(text.replace("\r\n", "\r\nconnection: close\r\n", 1).encode())
    answer = await reader.read()
    writer.close()
    found: dict[str, Any] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return found


def plain(value: Any, name: str = "") -> Any:
    """An answer with keys for ids and without cursors, which the baseline does not make."""
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
    after = peer.figures
    cpu = (after.cpu - before) / seen.requests * 1000
    return Measured(cpu, after.memory / 2**20, seen.rate, seen.p50, seen.p99)


def measure_all(found: Mapping[str, Peer], data: Data, rounds: int, seconds: float) -> Results:
    """Medians of interleaved rounds."""
    results: Results = {}
    for number, workload in enumerate(WORKLOADS):
        names = [name for name in found if name != KEPT or workload == W1]
        measured: dict[str, list[Measured]] = {name: [] for name in names}
        for turn in range(-1, rounds):
            for place, name in enumerate(names):
                # No like comes twice: the second of a pair has less to do.
                chance = Random(number * 10_000 + (turn + 1) * 10 + place)
                requests = requests_of(workload, data, chance, by_hand=name == BASELINE)
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
    return results


def print_rows(workload: str, rows: Mapping[str, Measured]) -> None:
    baseline = rows[BASELINE].cpu
    heads = f"{'CPU ms':>9}{'x base':>9}{'req/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'MiB':>6}"
    print(f"{workload:<40}{heads}")
    for name, row in rows.items():
        print(
            f"  {name:<38}{row.cpu:>9.3f}{row.cpu / baseline:>9.2f}"
            f"{row.rate:>9.0f}{row.p50:>9.2f}{row.p99:>9.2f}{row.memory:>6.0f}",
            flush=True,
        )


def measure_delays(
    found: Mapping[str, Peer], data: Data, rounds: int, seconds: float
) -> dict[str, dict[str, Delays]]:
    """How long answers take at four fifths of the rate that was reached just before, by workload and server."""
    results: dict[str, dict[str, Delays]] = {}
    for workload in (W1, W2, W3):
        measured: dict[str, list[Delays]] = {BASELINE: [], OURS: []}
        for _ in range(rounds):
            for name, several in measured.items():
                requests = requests_of(workload, data, Random(1), by_hand=name == BASELINE)
                several.append(delays(found[name], requests, seconds))
        results[workload] = {
            name: Delays(
                *(median(column) for column in zip(*retry_on_deadlock(several), strict=True))
            )
            for name, several in measured.items()
        }
        print_delays(workload, results[workload])
    return results


def retry_on_deadlock(measured: list[Delays]) -> list[Delays]:
    """Those in which the server had its core to itself; all if there are none."""
    return [one for one in measured if one.waited <= DISTURBED] or measured


def delays(peer: Peer, requests: Sequence[str], seconds: float) -> Delays:
    """One measurement of delays, after one of the highest rate."""
    due = load(peer.port, requests, seconds=seconds, precise=True).rate * BUSY
    cpu, waited = peer.figures.cpu, peer.figures.waited
    seen = load(peer.port, requests, seconds=seconds, rate=due, precise=True)
    busy, waited = (
        (now - before) / seen.seconds
        for now, before in ((peer.figures.cpu, cpu), (peer.figures.waited, waited))
    )
    ratio = seen.p99 / seen.p50
    return Delays(due, seen.rate, seen.p50, seen.p99, ratio, busy, waited, seen.late)


def print_delays(workload: str, rows: Mapping[str, Delays]) -> None:
    title = f"{workload}, {BUSY:.0%} of the highest rate"
    heads = f"{'due/s':>9}{'req/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'p99/p50':>9}"
    print(f"{title:<40}{heads}{'busy':>6}{'waited':>8}{'late ms':>9}")
    for name, row in rows.items():
        warning = f"  no measure: {row.problem}" if row.problem else ""
        print(
            f"  {name:<38}{row.due:>9.0f}{row.rate:>9.0f}{row.p50:>9.2f}{row.p99:>9.2f}"
            f"{row.ratio:>9.1f}{row.busy:>6.0%}{row.waited:>8.1%}{row.late:>9.2f}{warning}",
            flush=True,
        )


def figures_of(results: Results, delays: Mapping[str, Mapping[str, Delays]]) -> Iterator[Figure]:
    """What was measured, with its goals."""
    for workload, rows in results.items():
        ours, baseline = rows[OURS].cpu, rows[BASELINE].cpu
        yield Figure(f"{workload}: CPU a request", ours, "ms")
        most = 1.3 if workload == W4 else 1.5
        yield Figure(f"{workload}: CPU, ours / the baseline", ours / baseline, "x", at_most=most)
        yield Figure(f"{workload}: CPU, {STOCK} / ours", rows[STOCK].cpu / ours, "x")
        if KEPT in rows:
            kept = rows[KEPT].cpu / baseline
            yield Figure(f"{workload}: CPU, {KEPT} / the baseline", kept, "x", at_most=0.3)
        if workload == W2:
            yield Figure("Memory after W2", rows[OURS].memory, "MiB", at_most=80)
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
    parser.add_argument("--seconds", type=float, default=2, help="of one measurement")
    parser.add_argument("--people", type=int, default=2_000)
    parser.add_argument("--posts", type=int, default=20_000)
    parser.add_argument("--results", type=Path, metavar="FILE", help="write them there, as JSON")
    chosen = parser.parse_args()
    cores = Cores()
    if not cores.are_parted:
        print("Servers, PostgreSQL and the load share one core: delays say little.")
    with (
        cores.for_all_else(),
        filled_servers(chosen.people, chosen.posts) as variables,
        running_peers(variables, cores) as found,
    ):
        data = asyncio.run(read_data(variables))
        asyncio.run(check_answers(found, data))
        results = measure_all(found, data, chosen.rounds, chosen.seconds)
        delayed = measure_delays(found, data, chosen.rounds, chosen.seconds)
    cpu = {
        workload: {name: row.cpu for name, row in rows.items()}
        for workload, rows in results.items()
    }
    write_results(chosen.results, figures_of(results, delayed), cpu=cpu)


if __name__ == "__main__":
    main()
