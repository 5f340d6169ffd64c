"""A process is killed while it likes: every acknowledged write is stored and counted."""

from __future__ import annotations

import asyncio
import sys

from core.database.database import Database
from tests.interactions.cast import assert_counts_are_exact, create_posts, create_users, events
from tests.paths import ROOT

ACKNOWLEDGED = 400
RUNNING = """
SELECT FROM pg_stat_activity
WHERE query LIKE '%post_likes%' AND pid <> pg_backend_pid() AND state = 'active'
"""


async def test_acknowledged_writes_survive_a_kill(database: Database) -> None:
    author, *users = await create_users(database, 21)
    (post,) = await create_posts(database, author)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.interactions.liker", str(post), *map(str, users)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    async with asyncio.timeout(60):
        lines = [await process.stdout.readline() for _ in range(ACKNOWLEDGED)]
        process.kill()
        lines += (await process.stdout.read()).splitlines()
        await process.wait()
        while await database.fetch(RUNNING):
            pass  # Statements in flight may still commit.

    reported: dict[int, list[str]] = {user: [] for user in users}
    for line in lines:
        user, name = line.split()
        reported[int(user)].append(name.decode())
    log: dict[int, list[str]] = {user: [] for user in users}
    for kind, actor, *_ in await events(database):
        assert isinstance(actor, int)
        log[actor].append(str(kind).removeprefix("post_"))
    for viewer in users:
        done, acknowledged = log[viewer], reported[viewer]
        assert done[: len(acknowledged)] == acknowledged
        assert len(done) - len(acknowledged) <= 1, "at most the write in flight is unacknowledged"
    await assert_counts_are_exact(database)
