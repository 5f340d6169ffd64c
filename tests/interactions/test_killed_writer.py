"""A process that is killed amid a storm of likes: what it said yes to is there, and counted."""

from __future__ import annotations

import asyncio
import sys

from core.database.database import Database
from tests.interactions.cast import assert_counts_are_exact, events, people, posts_by
from tests.paths import ROOT

ACKNOWLEDGED = 400
RUNNING = """
SELECT FROM pg_stat_activity
WHERE query LIKE '%post_likes%' AND pid <> pg_backend_pid() AND state = 'active'
"""


async def test_what_was_acknowledged_is_there(database: Database) -> None:
    author, *crowd = await people(database, 21)
    (post,) = await posts_by(database, author)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.interactions.liker", str(post), *map(str, crowd)),
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
            pass  # What was sent may still be committed.

    told: dict[int, list[str]] = {person: [] for person in crowd}
    for line in lines:
        person, said = line.split()
        told[int(person)].append(said.decode())
    log: dict[int, list[str]] = {person: [] for person in crowd}
    for kind, actor, *_ in await events(database):
        assert isinstance(actor, int)
        log[actor].append(str(kind).removeprefix("post_"))
    for viewer in crowd:
        done, acknowledged = log[viewer], told[viewer]
        assert done[: len(acknowledged)] == acknowledged
        assert len(done) - len(acknowledged) <= 1, "only the one under way may be unacknowledged"
    await assert_counts_are_exact(database)
