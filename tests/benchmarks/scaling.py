"""What things take on disk, and what they cost as numbers grow: `python -m tests.benchmarks.scaling`.

Starts its own PostgreSQL. Prints the tables of docs/scaling.md: rows and bytes of each write by table, and of what the
worker makes of its events, then the CPU time of PostgreSQL's process for each write and read, alone on one connection,
against followers, followees and rows.
"""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, TypeVar

import asyncpg

from tests.paths import ROOT
from tests.servers import servers_of_program

if TYPE_CHECKING:
    from core.context import Services

USERS = 110_000
FIRST_ACTOR = 102_000
"""In order: users who have not followed or liked anything yet."""
NUMBERS = count()
ACTS = 2_000
"""How often each write is done where its rows and bytes are measured."""
REPEATED = 40
ROUNDS = 5
COUNTS = (0, 1_000, 10_000, 100_000)
"""How many followers, likes, shares and comments there are before a write."""
FOLLOWED = (5, 50, 500, 5_000)
POSTS = 200_000
TABLES = """
SELECT relname, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname NOT LIKE 'django%'
"""
FILL = """
INSERT INTO users (username, email, password, display_name, bio, avatar_url, is_active, is_staff, is_superuser)
SELECT 'p' || n, 'p' || n || '@example.invalid', '!', 'P' || n, '', '', true, false, false
FROM generate_series(1, $1::int) n
"""
CROWD = Path(__file__).parent / "sql" / "scaling.sql"
COPIES = 50
COPY = """
WITH made AS (
    INSERT INTO home_feeds (reader_id, floor, built_transaction, retired_at)
    SELECT n, 0, 1, now() FROM generate_series(1, $1::int) n RETURNING id
)
INSERT INTO home_feed_reasons
SELECT made.id, position, post_id, sharer_id, transaction FROM made
CROSS JOIN (SELECT r.* FROM home_feed_reasons r JOIN home_feeds h ON h.id = r.feed_id WHERE h.retired_at IS NULL) kept
ORDER BY made.id, position
"""
TARGETS = "SELECT author, post FROM targets ORDER BY size"
NUMBERED = "SELECT id FROM crowd WHERE n >= $1 ORDER BY n LIMIT $2"

T = TypeVar("T")
Act = Callable[[int], Awaitable[object]]
"""One write; the argument is a new number each time."""


class Backend:
    """CPU time of the process of PostgreSQL that serves a connection."""

    def __init__(self, pid: int) -> None:
        self._counters = Path(f"/proc/{pid}/schedstat")

    @property
    def microseconds(self) -> float:
        return int(self._counters.read_text().split()[0]) / 1_000


async def sizes(database: Any) -> dict[str, tuple[int, int, int]]:
    """Rows, bytes without and bytes of indexes, by table."""
    async with database.connection() as connection:
        await connection.execute("VACUUM")
        tables = await connection.fetch(TABLES)
        return {
            name: (
                await connection.fetchval(f"SELECT count(*) FROM {name}"),  # noqa: S608  # a table of ours
                size,
                indexes,
            )
            for name, size, indexes in tables
        }


async def print_growth(
    database: Any, name: str, acts: int, act: Callable[[], Awaitable[object]]
) -> None:
    """Prints what a write adds to each table."""
    before = await sizes(database)
    await act()
    after = await sizes(database)
    total = 0.0
    parts = []
    for table, (rows, size, indexes) in after.items():
        added = tuple(
            (new - old) / acts
            for new, old in zip((rows, size, indexes), before[table], strict=True)
        )
        total += added[1] + added[2]
        if round(added[0]):
            parts.append(f"`{table}` {added[0]:,.0f} of {added[1]:.0f} + {added[2]:.0f}")
    print(f"| {name} | {'; '.join(parts)} | {total:.0f} |", flush=True)


async def storage(services: Services) -> None:
    """Rows and bytes of each write."""
    from core.accounts.services import follow_create  # noqa: PLC0415  # after Django is set up
    from feed.reactions import POST_LIKE, SHARE  # noqa: PLC0415
    from feed.services import post_create  # noqa: PLC0415
    from interactions.services import comment_create, reaction_create  # noqa: PLC0415

    database, commits = services.database, services.group_commits
    users = [
        row[0]
        for row in await database.fetch("SELECT id FROM users ORDER BY id LIMIT $1", ACTS + 1)
    ]
    text = (
        "Have they found it? They have, at five sigma, they say, both of them, and the room stood up."
        * 2
    )
    posts: list[int] = []

    async def post(number: int) -> None:
        created = await post_create(
            database, author_id=users[number], text=text, client_mutation_id=f"{number}"
        )
        assert created.post is not None
        posts.append(created.post.id)

    reader = users[-1]
    writes: dict[str, Act] = {
        "a post of 186 characters, with an idempotency key": post,
        "a follow": lambda n: follow_create(commits, viewer_id=reader, user_id=users[n]),
        "a like": lambda n: reaction_create(
            commits, POST_LIKE, viewer_id=users[n], target_id=posts[n - 1]
        ),
        "a share": lambda n: reaction_create(
            commits, SHARE, viewer_id=users[n], target_id=posts[-1 - n]
        ),
        "a comment of 93 characters": lambda n: comment_create(
            database, author_id=users[n], post_id=posts[n - 1], text=text[:93]
        ),
    }
    print("| a write | rows; bytes in the table + in its indexes | bytes |\n| --- | --- | --- |")
    for name, write in writes.items():

        async def act(write: Act = write) -> None:
            for number in range(ACTS):
                await write(number)

        await print_growth(database, name, ACTS, act)
        await print_growth(database, "… and the worker, of its event", ACTS, work)
        if name in {"a follow", "a share"}:
            await print_kept_feed(services, reader, name.replace("follow", "post"))


async def work() -> None:
    """Has a worker handle all events."""
    command = (sys.executable, "-W", "ignore", "manage.py", "work", "--once")
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE)
    await process.communicate()
    assert process.returncode == 0, process.returncode


async def print_kept_feed(services: Services, reader: int, newest: str) -> None:
    """Prints what a kept feed takes. `newest`: what its entries are."""
    from feed.home_feeds import RETIRE_ALL, home_feed_build  # noqa: PLC0415

    database = services.database
    for statement in RETIRE_ALL[1:]:
        await database.write(statement)
    await home_feed_build(database, reader)
    await print_growth(
        database, f"a kept feed, each entry {newest}", COPIES, lambda: database.write(COPY, COPIES)
    )


async def print_costs(
    name: str, backend: Backend, targets: Sequence[T], act: Callable[[T, int], Awaitable[object]]
) -> None:
    """Prints the microseconds of an act on each target: medians of rounds in alternation."""
    measured: list[list[float]] = [[] for _ in targets]
    for _ in range(ROUNDS + 1):
        for target, found in zip(targets, measured, strict=True):
            before = backend.microseconds
            for _ in range(REPEATED):
                await act(target, next(NUMBERS))
            found.append((backend.microseconds - before) / REPEATED)
    # The first round fills caches.
    print_row(name, [median(found[1:]) for found in measured])


def print_row(name: str, values: Sequence[float]) -> None:
    print(f"| {name} | {' | '.join(f'{value:,.0f}' for value in values)} |", flush=True)


def print_head(numbers: Sequence[int]) -> None:
    print(f"\n| µs | {' | '.join(f'{number:,}' for number in numbers)} |")
    print(f"| --- |{' --- |' * len(numbers)}")


async def fill(connection: asyncpg.Connection) -> None:
    await connection.execute(
        "CREATE TEMPORARY TABLE counts (n int, size int);"
        "CREATE TEMPORARY TABLE followed (n int, size int);"
        "CREATE TEMPORARY TABLE posts_wanted (number int)"
    )
    await connection.copy_records_to_table("counts", records=enumerate(COUNTS, 1))
    await connection.copy_records_to_table("followed", records=enumerate(FOLLOWED, 1))
    await connection.copy_records_to_table("posts_wanted", records=[(POSTS,)])
    await connection.execute(CROWD.read_text())
    await connection.execute("VACUUM (ANALYZE)")


async def costs(services: Services) -> None:
    """PostgreSQL's CPU time of writes and reads, by size."""
    from core.accounts.services import follow_create  # noqa: PLC0415  # after Django is set up
    from core.context import Context  # noqa: PLC0415
    from core.ids import global_id  # noqa: PLC0415
    from core.paging import PageRequest  # noqa: PLC0415
    from feed.home_feeds import HomeFeeds, home_feed_build  # noqa: PLC0415
    from feed.reactions import POST_LIKE, SHARE  # noqa: PLC0415
    from feed.selectors import home_feed_page, public_feed_page  # noqa: PLC0415
    from feed.services import post_create  # noqa: PLC0415
    from interactions.services import comment_create, reaction_create  # noqa: PLC0415
    from tests.core.accounts.world import ApiClient  # noqa: PLC0415

    database, commits = services.database, services.group_commits
    async with database.connection() as connection:
        backend = Backend(await connection.fetchval("SELECT pg_backend_pid()"))
    # Without the API's timeouts and planner settings.
    connection = await asyncpg.connect(os.environ["DATABASE_URL"])
    try:
        await fill(connection)
        targets = [tuple(row) for row in await connection.fetch(TARGETS)]
        actors = [row[0] for row in await connection.fetch(NUMBERED, FIRST_ACTOR, USERS)]
        readers = [row[0] for row in await connection.fetch(NUMBERED, 30_001, len(FOLLOWED))]
    finally:
        await connection.close()
    authors, posts = ([target[column] for target in targets] for column in (0, 1))

    def post(author: int, _: int) -> Awaitable[object]:
        return post_create(database, author_id=author, text="x")

    def like(post: int, number: int) -> Awaitable[object]:
        return reaction_create(commits, POST_LIKE, viewer_id=actors[number], target_id=post)

    def share(post: int, number: int) -> Awaitable[object]:
        return reaction_create(commits, SHARE, viewer_id=actors[number], target_id=post)

    def comment(post: int, number: int) -> Awaitable[object]:
        return comment_create(database, author_id=actors[number], post_id=post, text="x")

    def follow(author: int, number: int) -> Awaitable[object]:
        return follow_create(commits, viewer_id=actors[number], user_id=author)

    def detail(post: int, number: int) -> Awaitable[object]:
        return ApiClient(services, actors[number]).data("PostDetail", id=global_id("Post", post))

    def home(reader: int, _: int) -> Awaitable[object]:
        context, codec = Context(services, reader), services.cursors.codec("home", reader)
        return home_feed_page(context, codec, PageRequest(20), with_snapshot=True)

    def public(_: None, __: int) -> Awaitable[object]:
        codec = services.cursors.codec("public")
        return public_feed_page(Context(services), codec, PageRequest(20))

    print_head(COUNTS)
    await print_costs("post, by followers", backend, authors, post)
    await print_costs("follow, by followers", backend, authors, follow)
    await print_costs("like, by likes", backend, posts, like)
    await print_costs("share, by shares", backend, posts, share)
    await print_costs("comment, by comments", backend, posts, comment)
    await print_costs(
        "post with comments, replies and likers, by all these", backend, posts, detail
    )

    print_head(FOLLOWED)
    await print_costs("home feed by the plain query", backend, readers, home)
    builds = []
    for reader in readers:
        before = backend.microseconds
        await home_feed_build(database, reader)
        builds.append(backend.microseconds - before)
    print_row("building a kept feed, once", builds)
    services.register(HomeFeeds(database))
    await print_costs("home feed, kept", backend, readers, home)

    print_head([POSTS])
    await print_costs("public feed, by posts", backend, [None], public)


async def measure() -> None:
    from core.context import Services  # noqa: PLC0415
    from core.database.cursors import CursorSigner  # noqa: PLC0415
    from core.database.database import Database  # noqa: PLC0415

    database = await Database(os.environ["DATABASE_URL"], size=1).open()
    services = Services(database=database, cursors=CursorSigner(b"scaling"), notify=lambda: None)
    try:
        await database.write(FILL, USERS)
        await storage(services)
        await database.write(
            "TRUNCATE posts, follows, events, home_feeds, home_feed_reasons CASCADE"
        )
        await costs(services)
    finally:
        await services.group_commits.close()
        await database.close()


def main() -> None:
    with servers_of_program():
        asyncio.run(measure())


if __name__ == "__main__":
    main()
