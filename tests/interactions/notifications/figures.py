"""Measures the consumer of notifications: `python -m tests.interactions.notifications.figures`.

Starts its own PostgreSQL. Prints the events a second that one core consumes, the processor time of the worker and of
PostgreSQL together, for likes of as many posts and users, for likes spread over posts, and for likes of one.
"""

from __future__ import annotations

import os
import resource
import time

from tests.servers import servers_of_program

USERS = 20_000
FILL = """
WITH liked AS (
    INSERT INTO post_likes (user_id, post_id)
    SELECT u.id, p.id FROM (
        SELECT id, row_number() OVER (ORDER BY id) AS n FROM users
    ) u CROSS JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n FROM posts) p
    WHERE {which}
    ON CONFLICT DO NOTHING RETURNING user_id, post_id
)
INSERT INTO events (kind, actor_id, post_id) SELECT 'post_liked', user_id, post_id FROM liked ORDER BY random()
"""
SCATTERED = f"p.n = u.n % {USERS} + 1"
"""One user likes each post, each by another author."""
SPREAD = "u.n <= 2000 AND p.n <= 2000 AND (u.n * 7 + p.n) % 200 = 0"
"""Ten users like each post, each by another author."""
ONE = "p.n = 1"
FIRST_POSTS = "INSERT INTO posts (author_id, text) SELECT id, 'x' FROM users"
ROWS = "SELECT (SELECT count(*) FROM notifications), (SELECT count(*) FROM notification_actors)"


def processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def measure() -> None:
    from core.database.database import Database  # noqa: PLC0415  # after Django is set up
    from tests.benchmarks.postgres_cpu import PostgresCPU  # noqa: PLC0415
    from tests.interactions.cast import create_users  # noqa: PLC0415
    from tests.interactions.notifications.inboxes import Work  # noqa: PLC0415

    database = await Database(os.environ["DATABASE_URL"], size=1).open()
    await create_users(database, USERS)
    await database.write(FIRST_POSTS)
    for what, which in (
        ("a like of each of many posts", SCATTERED),
        ("ten likes of each of many posts", SPREAD),
        ("likes of one post", ONE),
    ):
        await database.write(FILL.replace("{which}", which))
        await database.write("ANALYZE")
        [[events]] = await database.fetch("SELECT count(*) FROM events WHERE kind = 'post_liked'")
        [[backend]] = await database.fetch("SELECT pg_backend_pid()")
        postgres = PostgresCPU(backend)
        work = Work(database)
        began, used = time.monotonic(), processor_seconds() + postgres.seconds
        await work.do()
        used = processor_seconds() + postgres.seconds - used
        seconds = time.monotonic() - began
        [[notifications, actors]] = await database.fetch(ROWS)
        print(
            f"{what}: {events:,} events, {events / used:,.0f} a second of processor time "
            f"({events / seconds:,.0f} a second); {notifications:,} notifications, {actors:,} actors"
        )
        await database.write("TRUNCATE events, post_likes, notifications CASCADE")
    await database.close()


def main() -> None:
    with servers_of_program():
        import uvloop  # noqa: PLC0415

        uvloop.run(measure())


if __name__ == "__main__":
    main()
