"""Kills the workers that add to kept home feeds: `python -m tests.feed.kills --kills 100`.

Users write at random, readers read, feeds are built, and one user has more followers than a worker handles in one
transaction. Meanwhile one of the workers is killed again and again, by SIGKILL at a random moment, and replaced. Each
read must equal the definition in its snapshot. In the end no event may be left, and every reader's kept feed must give
the definition by itself.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from tests.core.jobs.processes import kill_at_random
from tests.servers import servers_of_program

if TYPE_CHECKING:
    from tests.feed.kept_feeds import Crowd

WORKERS = 2
USERS = 20
WRITERS = 3
PAUSE_SECONDS = 0.005
FANS = 21_000
"""More followers of one user than `FOLLOWERS_AT_ONCE`."""
STAR_WRITES_IN = 40
"""One post in so many writes is of that user."""
FINISH_SECONDS = 240.0
FOLLOW = """
WITH fans AS (
    INSERT INTO users (username, email, password, display_name, bio, avatar_url, is_active, is_staff, is_superuser)
    SELECT 'fan' || n, 'fan' || n || '@example.invalid', '!', 'Fan', '', '', true, false, false
    FROM generate_series(1, $2::int) n RETURNING id
), followed AS (
    INSERT INTO follows (follower_id, followee_id) SELECT id, $1 FROM fans
)
UPDATE users SET follower_count = follower_count + $2::int WHERE id = $1
"""
HANDLED = """
SELECT NOT EXISTS (
    SELECT FROM events e WHERE kind IN ('post_created', 'post_shared')
    AND (e.transaction, e.id) > (SELECT transaction, event FROM home_feed_progress)
)
"""
KEPT = """
SELECT h.floor, r.position FROM home_feeds h LEFT JOIN home_feed_reasons r ON r.feed_id = h.id
WHERE h.reader_id = $1 AND h.retired_at IS NULL AND h.is_adopted
"""

Start = Callable[[], Awaitable[Any]]


class Load:
    """What goes on while workers are killed, until it is stopped."""

    def __init__(self, crowd: Crowd, star: int) -> None:
        self._crowd = crowd
        self._star = star
        self._is_stopping = False
        self.writes = 0
        self.reads = 0

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for part in (*[self._write] * WRITERS, self._read, self._keep):
                group.create_task(part())

    def stop(self) -> None:
        self._is_stopping = True

    async def _write(self) -> None:
        while not self._is_stopping:
            if self._crowd.rng.randrange(STAR_WRITES_IN):
                await self._crowd.write()
            else:
                await self._crowd.post(self._star)
            self.writes += 1
            await asyncio.sleep(PAUSE_SECONDS)

    async def _read(self) -> None:
        while not self._is_stopping:
            await self._crowd.check_in_one_snapshot(self._crowd.rng.choice(self._crowd.users))
            self.reads += 1
            await asyncio.sleep(PAUSE_SECONDS)

    async def _keep(self) -> None:
        while not self._is_stopping:
            await self._crowd.keep(self._crowd.rng.choice(self._crowd.users))
            await asyncio.sleep(20 * PAUSE_SECONDS)


async def kill_under_load(crowd: Crowd, start: Start, kills: int) -> tuple[Load, float]:
    """Kills workers so many times, waits until all is handled, and checks every reader's feed.

    The load that there was, and the seconds from the last kill until all was handled.
    """
    rng = random.Random(crowd.rng.random())
    await crowd.create(USERS)
    star = crowd.users[0]
    await crowd.database.write(FOLLOW, star, FANS)
    await crowd.database.write("ANALYZE users, follows")  # Else each statement scans them.
    for follower in crowd.users[1 : USERS // 2]:
        await crowd.follow(follower, star)
    load = Load(crowd, star)
    workers = [await start() for _ in range(WORKERS)]
    try:
        for worker in workers:
            await worker.started()
        loading = asyncio.create_task(load.run())
        await kill_at_random(workers, start, rng, kills=kills, most_seconds=1.5)
        load.stop()
        await loading
        began = time.monotonic()
        async with asyncio.timeout(FINISH_SECONDS):
            for reader in crowd.users:
                await crowd.keep(reader)
            # An event after the last feed, so that the workers adopt it.
            await crowd.post(star)
            while not (await crowd.database.fetch(HANDLED))[0][0]:  # noqa: ASYNC110  # nothing notifies of it
                await asyncio.sleep(0.1)
        seconds = time.monotonic() - began
    finally:
        load.stop()
        for worker in workers:
            await worker.kill()
    for reader in crowd.users:
        await check(crowd, reader)
    return load, seconds


async def check(crowd: Crowd, reader: int) -> None:
    """Asserts that the reader's feed is that of the definition, and the kept one has all of its reasons."""
    expected = await crowd.oracle(reader)
    assert await crowd.walk(reader, 20) == expected
    rows = await crowd.database.fetch(KEPT, reader)
    kept = {position for _, position in rows}
    missing = {position for _, position, _ in expected if position >= rows[0][0]} - kept
    assert not missing, f"the kept feed of {reader} lacks {sorted(missing)}"


async def measure(kills: int, seed: int) -> None:
    from core.context import Services  # noqa: PLC0415
    from core.database.cursors import CursorSigner  # noqa: PLC0415
    from core.database.database import Database  # noqa: PLC0415
    from feed.home_feeds import HomeFeeds  # noqa: PLC0415
    from tests.core.jobs.processes import start_worker  # noqa: PLC0415
    from tests.feed.kept_feeds import Crowd  # noqa: PLC0415

    database = await Database(os.environ["DATABASE_URL"], size=8).open()
    services = Services(database=database, cursors=CursorSigner(b"for tests"), notify=lambda: None)
    crowd = Crowd(services, random.Random(seed))
    load, seconds = await kill_under_load(crowd, partial(start_worker, ()), kills)
    print(
        f"{kills} kills, {load.writes} writes, {load.reads} reads: every feed is that of the definition; "
        f"all handled {seconds:.1f} s after the last kill"
    )
    await services.get(HomeFeeds).close()
    await services.group_commits.close()
    await database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with servers_of_program():
        asyncio.run(measure(arguments.kills, arguments.seed))


if __name__ == "__main__":
    main()
