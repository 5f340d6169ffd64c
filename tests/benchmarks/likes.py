"""Likes a second, on many posts and on one: `python -m tests.benchmarks.likes`.

The same statement, once in a transaction for each like and once through the write group_commit, on a
PostgreSQL that writes every commit to disk. For comparison, the least that could be done by hand:
the row and the count, without a look at blocks and without an event.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

import django
import uvloop
from django.core.management import call_command

from core.database.database import Database
from core.database.group_commit import GroupCommits
from core.database.time_ordered_keys import key_array
from core.devserver.folder_locks import folder_lock
from core.devserver.postgres import Postgres
from interactions.statements import SQL
from tests.benchmarks.figures import Figure, write_results
from tests.paths import ROOT

FOLDER = ROOT / ".data" / "benchmark-likes"
BY_HAND = """
WITH made AS (
    INSERT INTO post_likes (user_id, post_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING 1
)
UPDATE posts SET like_count = like_count + (SELECT count(*) FROM made)::int WHERE id = $2
RETURNING id, like_count
"""
FILL = """
WITH people AS (
    INSERT INTO users (
        username, email, password, display_name, bio, avatar_url, is_active, is_staff, is_superuser
    )
    SELECT 'p' || n, 'p' || n || '@example.invalid', '!', 'P', '', '', true, false, false
    FROM generate_series(1, $1::int) n RETURNING id
)
INSERT INTO posts (author_id, text) SELECT id, 'x' FROM people RETURNING id, author_id
"""
EMPTY = ("TRUNCATE post_likes, events", "UPDATE posts SET like_count = 0", "CHECKPOINT")

TOGETHER = "together"

Like = Callable[[int, int], Awaitable[object]]


class Way(NamedTuple):
    """How likes are written."""

    name: str
    like: Like


class Result(NamedTuple):
    """One measurement: likes a second, milliseconds that one took, microseconds of this process."""

    rate: float
    p50: float
    p99: float
    cpu: float


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures how many likes a second are committed.")
    parser.add_argument("--callers", type=int, default=64, help="how many like at once")
    parser.add_argument("--likes", type=int, default=6_000, help="how many likes a measurement")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each, interleaved")
    parser.add_argument("--results", type=Path, metavar="FILE", help="write them there, as JSON")
    chosen = parser.parse_args()
    with durable_database() as url:
        figures = uvloop.run(measure(url, chosen.callers, chosen.likes, chosen.rounds))
    write_results(chosen.results, figures)


@contextmanager
def durable_database() -> Iterator[str]:
    """Address of an empty database with our tables."""
    with folder_lock(FOLDER, "the benchmark of likes"):
        postgres = Postgres(FOLDER / "postgres", durable=True)
        try:
            postgres.start()
            postgres.wait()
            os.environ.update(
                DATABASE_URL=postgres.url,
                REDIS_URL="redis://127.0.0.1",
                DEBUG="true",
                DJANGO_SETTINGS_MODULE="core.config.settings",
            )
            django.setup()
            call_command("migrate", verbosity=0)
            yield postgres.url
        finally:
            postgres.stop()


def like_alone(database: Database, who: int, what: int) -> Awaitable[object]:
    return database.write(SQL.post_like, key_array([who]), key_array([what]), [None])


async def measure(url: str, callers: int, likes: int, rounds: int) -> list[Figure]:
    """Prints a table of medians."""
    figures = []
    few = await Database(url, size=8).open()
    many = await Database(url, size=64).open()
    await few.write("TRUNCATE users, events CASCADE")
    rows = await few.write(FILL, likes)
    posts, people = [row[0] for row in rows], [row[1] for row in rows]
    await few.write("VACUUM ANALYZE")
    group_commits = GroupCommits(few)
    ways = [
        Way("by hand, 64 connections", lambda who, what: many.write(BY_HAND, who, what)),
        Way("one transaction each, 8", partial(like_alone, few)),
        Way("one transaction each, 64", partial(like_alone, many)),
        Way(TOGETHER, lambda who, what: group_commits.submit(SQL.post_like, who, what, None)),
    ]
    for title, targets, at_least in (
        ("distinct posts", posts, 1.5),
        ("one hot post", posts[:1] * likes, 5),
    ):
        results: dict[str, list[Result]] = {way.name: [] for way in ways}
        for _ in range(rounds):
            for way in ways:
                for statement in EMPTY:
                    await few.write(statement)
                pairs = zip(people, targets, strict=True)
                results[way.name].append(await one_measurement(way.like, pairs, callers, likes))
        times = print_table(f"{title}, {callers} at once", results)
        name = f"Likes, {title}, {callers} at once: together / one transaction each"
        figures.append(Figure(name, times, "x", at_least=at_least))
    await group_commits.close()
    await many.close()
    await few.close()
    return figures


async def one_measurement(
    like: Like, pairs: Iterator[tuple[int, int]], callers: int, likes: int
) -> Result:
    """What it took to write all of the likes."""
    took: list[float] = []

    async def caller() -> None:
        for who, what in pairs:
            begun = time.perf_counter()
            await like(who, what)
            took.append(time.perf_counter() - begun)

    begun, used = time.perf_counter(), time.process_time()
    await asyncio.gather(*(caller() for _ in range(callers)))
    wall, cpu = time.perf_counter() - begun, time.process_time() - used
    took.sort()
    return Result(
        rate=likes / wall,
        p50=took[likes // 2] * 1e3,
        p99=took[likes * 99 // 100] * 1e3,
        cpu=cpu / likes * 1e6,
    )


def print_table(title: str, results: dict[str, list[Result]]) -> float:
    """Medians, and how they compare with the better of one transaction each. Gives that of together."""
    medians = {
        name: Result(*(median(column) for column in zip(*found, strict=True)))
        for name, found in results.items()
    }
    base = max(result.rate for name, result in medians.items() if name.startswith("one"))
    print(f"\n{title:28}{'likes/s':>9}{'times':>7}{'p50 ms':>8}{'p99 ms':>8}{'CPU us':>8}")
    for name, result in medians.items():
        print(
            f"{name:28}{result.rate:9.0f}{result.rate / base:7.2f}"
            f"{result.p50:8.2f}{result.p99:8.2f}{result.cpu:8.1f}"
        )
    return medians[TOGETHER].rate / base


if __name__ == "__main__":
    main()
