"""Likes a second, on many posts and on one: `python -m tests.benchmarks.likes`.

Compares the same statement in one transaction for each like and by group commit, on a PostgreSQL that writes every
commit to disk. For comparison, the least that can be done by hand: the row and the count, without blocks and events.
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
WITH made AS (
    INSERT INTO users (
        username, email, password, display_name, bio, avatar_url, is_active, is_staff, is_superuser
    )
    SELECT 'p' || n, 'p' || n || '@example.invalid', '!', 'P', '', '', true, false, false
    FROM generate_series(1, $1::int) n RETURNING id
)
INSERT INTO posts (author_id, text) SELECT id, 'x' FROM made RETURNING id, author_id
"""
EMPTY = ("TRUNCATE post_likes, events", "UPDATE posts SET like_count = 0", "CHECKPOINT")

GROUP_COMMIT = "group commit"

Like = Callable[[int, int], Awaitable[object]]


class Variant(NamedTuple):
    """A way to write likes."""

    name: str
    like: Like


class Result(NamedTuple):
    """One measurement: likes a second, milliseconds of a like, microseconds of CPU time of this process for a like."""

    rate: float
    p50: float
    p99: float
    cpu: float


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures how many likes a second are committed.")
    parser.add_argument("--callers", type=int, default=64, help="concurrent callers")
    parser.add_argument("--likes", type=int, default=6_000, help="likes per measurement")
    parser.add_argument(
        "--rounds", type=int, default=3, help="interleaved measurements of each variant"
    )
    parser.add_argument(
        "--results", type=Path, metavar="FILE", help="write the figures to FILE as JSON"
    )
    arguments = parser.parse_args()
    with durable_database() as url:
        figures = uvloop.run(measure(url, arguments.callers, arguments.likes, arguments.rounds))
    write_results(arguments.results, figures)


@contextmanager
def durable_database() -> Iterator[str]:
    """URL of an empty database with the product's tables."""
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


def like_alone(database: Database, viewer_id: int, post_id: int) -> Awaitable[object]:
    return database.write(
        SQL.reaction_create["post_like"], key_array([viewer_id]), key_array([post_id]), [None]
    )


async def measure(url: str, callers: int, likes: int, rounds: int) -> list[Figure]:
    """Prints tables of medians; returns the figures that have goals."""
    figures = []
    small_pool = await Database(url, size=8).open()
    large_pool = await Database(url, size=64).open()
    await small_pool.write("TRUNCATE users, events CASCADE")
    rows = await small_pool.write(FILL, likes)
    posts, user_ids = [row[0] for row in rows], [row[1] for row in rows]
    await small_pool.write("VACUUM ANALYZE")
    group_commits = GroupCommits(small_pool)
    variants = [
        Variant(
            "by hand, 64 connections",
            lambda viewer_id, post_id: large_pool.write(BY_HAND, viewer_id, post_id),
        ),
        Variant("one transaction each, 8", partial(like_alone, small_pool)),
        Variant("one transaction each, 64", partial(like_alone, large_pool)),
        Variant(
            GROUP_COMMIT,
            lambda viewer_id, post_id: group_commits.submit(
                SQL.reaction_create["post_like"], viewer_id, post_id, None
            ),
        ),
    ]
    for title, targets, at_least in (
        ("distinct posts", posts, 1.5),
        ("one hot post", posts[:1] * likes, 5),
    ):
        results: dict[str, list[Result]] = {variant.name: [] for variant in variants}
        for _ in range(rounds):
            for variant in variants:
                for statement in EMPTY:
                    await small_pool.write(statement)
                pairs = zip(user_ids, targets, strict=True)
                results[variant.name].append(
                    await one_measurement(variant.like, pairs, callers, likes)
                )
        times = print_table(f"{title}, {callers} at once", results)
        name = f"Likes, {title}, {callers} at once: group commit / one transaction each"
        figures.append(Figure(name, times, "x", at_least=at_least))
    await group_commits.close()
    await large_pool.close()
    await small_pool.close()
    return figures


async def one_measurement(
    like: Like, pairs: Iterator[tuple[int, int]], callers: int, likes: int
) -> Result:
    """Writes all likes and measures them."""
    durations: list[float] = []

    async def caller() -> None:
        for viewer_id, post_id in pairs:
            started = time.perf_counter()
            await like(viewer_id, post_id)
            durations.append(time.perf_counter() - started)

    started, used = time.perf_counter(), time.process_time()
    await asyncio.gather(*(caller() for _ in range(callers)))
    wall, cpu = time.perf_counter() - started, time.process_time() - used
    durations.sort()
    return Result(
        rate=likes / wall,
        p50=durations[likes // 2] * 1e3,
        p99=durations[likes * 99 // 100] * 1e3,
        cpu=cpu / likes * 1e6,
    )


def print_table(title: str, results: dict[str, list[Result]]) -> float:
    """Prints medians, relative to the better variant of one transaction each; returns the ratio of group commit."""
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
    return medians[GROUP_COMMIT].rate / base


if __name__ == "__main__":
    main()
