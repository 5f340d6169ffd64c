"""Kills workers under load: `python -m tests.core.jobs.kills --kills 100`.

Three workers handle events, jobs of events, jobs that wait amid their transaction, and jobs with an effect outside of
their transaction, while a writer adds more. One of them is killed again and again, by SIGKILL at a random moment, and
replaced. In the end every effect in PostgreSQL must have happened once, and every other one at least once, always with
the same key.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from tests.core.jobs.processes import kill_at_random
from tests.servers import servers_of_program

WORKERS = 3
PAUSE_SECONDS = 0.03
SLOW_EVERY = 4
"""Of so many events one has a job that waits amid its transaction, so that most kills meet one."""
HANDLED = """
SELECT NOT EXISTS (SELECT FROM jobs WHERE failed_at IS NULL AND unique_key IS NULL)
AND NOT EXISTS (SELECT FROM events e, event_consumers c WHERE (e.transaction, e.id) > (c.transaction, c.event))
"""
DEAD = "SELECT kind, error FROM jobs WHERE failed_at IS NOT NULL"
FINISH_SECONDS = 180.0

Start = Callable[[], Awaitable[Any]]


async def write(database: Any, stopping: asyncio.Event) -> int:
    """Adds events and jobs until it is stopped; returns the number of each."""
    from tests.core.jobs import effects  # noqa: PLC0415  # after Django is set up

    number = 0
    while not stopping.is_set():
        number += 1
        async with database.transaction() as transaction:
            await transaction.fetch(effects.EVENT, 1_000 + number)
            await effects.outside.enqueue(transaction, {"number": number})
            if number % SLOW_EVERY == 0:
                await effects.slow.enqueue(transaction, {"number": number, "seconds": 0.2})
        await asyncio.sleep(PAUSE_SECONDS)
    return number


async def kill_under_load(database: Any, start: Start, kills: int, seed: int) -> tuple[int, float]:
    """Kills workers so many times, waits until all is handled, and checks the effects.

    The number of events, and the seconds after the last kill.
    """
    rng = random.Random(seed)
    workers = [await start() for _ in range(WORKERS)]
    stopping = asyncio.Event()
    try:
        for worker in workers:
            await worker.started()
        writing = asyncio.create_task(write(database, stopping))
        await kill_at_random(workers, start, rng, kills=kills)
        stopping.set()
        number = await writing
        began = time.monotonic()
        async with asyncio.timeout(FINISH_SECONDS):
            while not (await database.fetch(HANDLED))[0][0]:  # noqa: ASYNC110  # nothing notifies of it
                await asyncio.sleep(0.1)
        seconds = time.monotonic() - began
    finally:
        stopping.set()
        for worker in workers:
            await worker.kill()
    await check(database, number)
    return number, seconds


async def check(database: Any, number: int) -> None:
    """Asserts that each effect happened, those that commit with their cause once."""
    assert await database.fetch(DEAD) == []
    rows = await database.fetch("SELECT cause, detail FROM effects")
    outside: dict[str, set[str]] = {}
    once: Counter[str] = Counter()
    for cause, detail in rows:
        if cause.startswith("outside"):
            outside.setdefault(cause, set()).add(detail)
        else:
            once[cause] += 1
    posts = [1_000 + each for each in range(1, number + 1)]
    expected = {f"event {post}" for post in posts} | {f"job {post}" for post in posts if post % 2}
    expected |= {f"slow {each}" for each in range(SLOW_EVERY, number + 1, SLOW_EVERY)}
    assert set(once) == expected, set(once) ^ expected
    assert set(once.values()) == {1}, [cause for cause, times in once.items() if times > 1]
    assert outside.keys() == {f"outside {each}" for each in range(1, number + 1)}
    assert all(len(keys) == 1 for keys in outside.values())


async def measure(kills: int, seed: int) -> None:
    from core.database.database import Database  # noqa: PLC0415
    from tests.core.jobs import effects  # noqa: PLC0415
    from tests.core.jobs.processes import start_worker  # noqa: PLC0415

    database = await Database(os.environ["DATABASE_URL"], size=2).open()
    await database.write(effects.TABLE)
    number, seconds = await kill_under_load(database, start_worker, kills, seed)
    rows = await database.fetch("SELECT count(*) FROM effects WHERE cause LIKE 'outside%'")
    print(
        f"{kills} kills, {number} events: every effect once, {rows[0][0]} effects outside; "
        f"all handled {seconds:.1f} s after the last kill"
    )
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
