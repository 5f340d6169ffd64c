"""Kills workers that send mails: `python -m tests.core.accounts.mail_kills --kills 100`.

Three workers send mails by SMTP, while more are added. One of them is killed again and again, by SIGKILL at a random
moment, and replaced. The mail server answers a moment after it has taken a mail, so many kills come between both. In
the end every mail must have arrived, and be repeated for kills only, each time with the same Message-ID.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import time
from collections import Counter
from functools import partial
from typing import Any

from tests.servers import servers_of_program

WORKERS = 3
PAUSE_SECONDS = 0.02
ANSWER_SECONDS = 0.1
FINISH_SECONDS = 300.0
USERS = 50
LEFT = "SELECT FROM jobs WHERE kind = 'mail.notice' AND failed_at IS NULL LIMIT 1"
DEAD = "SELECT count(*) FROM jobs WHERE failed_at IS NOT NULL"


async def add_mails(database: Any, users: list[int], stopping: asyncio.Event) -> int:
    """Adds mails until it is stopped; returns their number."""
    from core.accounts.mail.jobs import mail_notice  # noqa: PLC0415  # after Django is set up

    number = 0
    while not stopping.is_set():
        notice = {"user_id": users[number % len(users)], "name": "password_changed"}
        async with database.transaction() as transaction:
            await mail_notice.enqueue(transaction, notice)
        number += 1
        await asyncio.sleep(PAUSE_SECONDS)
    return number


async def measure(kills: int, seed: int) -> None:
    from core.database.database import Database  # noqa: PLC0415
    from tests.core.accounts.mailbox import Mailbox  # noqa: PLC0415
    from tests.core.jobs.processes import kill_at_random, start_worker  # noqa: PLC0415
    from tests.interactions.cast import create_users  # noqa: PLC0415

    rng = random.Random(seed)
    database = await Database(os.environ["DATABASE_URL"], size=2).open()
    users = await create_users(database, USERS)
    mailbox, stopping = Mailbox(answers_after=ANSWER_SECONDS), asyncio.Event()
    with mailbox.serving() as url:
        start = partial(start_worker, MAIL_URL=url)
        workers = [await start() for _ in range(WORKERS)]
        try:
            for worker in workers:
                await worker.started()
            adding = asyncio.create_task(add_mails(database, users, stopping))
            await kill_at_random(workers, start, rng, kills=kills)
            stopping.set()
            number = await adding
            began = time.monotonic()
            async with asyncio.timeout(FINISH_SECONDS):
                while await database.fetch(LEFT):  # noqa: ASYNC110  # nothing notifies of it
                    await asyncio.sleep(0.1)
            seconds = time.monotonic() - began
        finally:
            stopping.set()
            for worker in workers:
                await worker.kill()
    sent = Counter(str(mail["Message-ID"]) for mail in mailbox.received)
    times = Counter(sent.values())
    assert (await database.fetch(DEAD))[0][0] == 0
    assert len(sent) == number, (len(sent), number)
    print(
        f"{kills} kills, {number} mails: all arrived; arrivals of a mail: {dict(sorted(times.items()))}; "
        f"all sent {seconds:.1f} s after the last kill"
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
