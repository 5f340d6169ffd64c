"""What a ranking of trends and its pages cost: `python -m tests.benchmarks.trends --posts 1000000`.

Starts its own PostgreSQL and fills it with posts of two days, with their likes, comments and hashtags, and with a hot
minute: all of the newest events are likes of one post. Prints the CPU time of PostgreSQL's process. Takes two minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg

from tests.benchmarks.scaling import Backend
from tests.servers import servers_of_program

USERS = 100_000
EVENTS = 500_000
HASHTAGS = 5_000
ROUNDS = 15
FILL = (Path(__file__).parent / "fills" / "trends.sql").read_text()


async def measure(posts: int) -> None:
    from core.database.database import Database  # noqa: PLC0415  # needs the settings
    from feed.search import jobs  # noqa: PLC0415  # likewise
    from feed.search.statements import SQL  # noqa: PLC0415  # likewise
    from feed.search.trends import spread  # noqa: PLC0415  # likewise

    database = Database(os.environ["DATABASE_URL"], size=1)
    filling = await asyncpg.connect(os.environ["DATABASE_URL"])
    for statement in FILL.format(users=USERS, posts=posts, events=EVENTS, hashtags=HASHTAGS).split(
        ";"
    ):
        await filling.execute(statement)
    await filling.close()
    await database.open()
    async with database.connection() as connection:
        backend = Backend(connection.get_server_pid())

    async def timed(name: str, statement: str, *arguments: Any) -> list[Any]:
        taken = []
        for _ in range(ROUNDS):
            before = backend.microseconds
            rows = await database.fetch(statement, *arguments)
            taken.append((backend.microseconds - before) / 1_000)
        print(f"| {name} | {len(rows):,} | {median(taken):.1f} | {max(taken):.1f} |", flush=True)
        return rows

    limits = (jobs.POSTS_OF_AUTHOR, jobs.POSTS_SCORED, jobs.TRENDING_POSTS)
    print(
        f"{posts:,} posts; CPU milliseconds of PostgreSQL\n\n| statement | rows | median | highest |"
    )
    print("| --- | --- | --- | --- |")
    ranked = await timed(
        "posts, ranked", SQL.posts_by_score, jobs.NEWEST_POSTS, jobs.NEWEST_EVENTS, *limits
    )
    hashtags = await timed(
        "hashtags, ranked", SQL.hashtags_by_score, jobs.NEWEST_HASHTAGS, jobs.TRENDING_HASHTAGS
    )
    order = spread([(row[0], row[1]) for row in ranked])
    for _ in range(3):
        await database.fetch(SQL.trend_snapshot_create, order, [row[0] for row in hashtags])
    page = SQL.trending_posts_page[""]
    [[viewer]] = await database.fetch("SELECT min(id) FROM users")
    await timed("a page of 20", page, viewer, 0, 21)
    await timed(
        "a page of 20, without a viewer", SQL.trending_posts_page[":anonymous"], None, 0, 21
    )
    await timed("a page of hashtags", SQL.trending_hashtags_page[""], viewer, 0, 11)
    await database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=1_000_000, help="how many posts are there")
    posts = parser.parse_args().posts
    with servers_of_program():
        asyncio.run(measure(posts))


if __name__ == "__main__":
    main()
