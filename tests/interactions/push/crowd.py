"""Counts what very many likes cost their recipient: `python -m tests.interactions.push.crowd --likes 100000`.

A real worker makes the notification and pushes it to a browser, by a push service on this machine that speaks TLS.
Prints the rows, and the pushes until one says how many likes there are.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from tests.core.jobs.processes import start_worker
from tests.interactions.push.browser import Browser
from tests.interactions.push.receiver import Received, Receiver, make_certificate
from tests.servers import servers_of_program

if TYPE_CHECKING:
    from core.database.database import Database

LIKES_AT_ONCE = 2_000
WAIT_SECONDS = 1_800
LIKE = """
WITH liked AS (
    INSERT INTO post_likes (user_id, post_id) SELECT unnest($1::bigint[]), $2 RETURNING user_id, post_id
)
INSERT INTO events (kind, actor_id, post_id) SELECT 'post_liked', user_id, post_id FROM liked
"""
HANDLED = """
SELECT NOT EXISTS (
    SELECT FROM events e, event_consumers c
    WHERE c.name = 'notifications' AND (e.transaction, e.id) > (c.transaction, c.event)
)
"""
ROWS = """
SELECT (SELECT count(*) FROM notifications), (SELECT max(actor_count) FROM notifications),
    (SELECT count(*) FROM notification_actors), (SELECT count(*) FROM events WHERE kind LIKE 'notification%'),
    (SELECT count(*) FROM jobs WHERE kind = 'push.send')
"""
SESSION = """
INSERT INTO sessions (user_id, salt, token_hash, expires_at) VALUES ($1, '', '', now() + interval '1 day') RETURNING id
"""


class Crowd(NamedTuple):
    """What the likes have cost."""

    notifications: int
    counted: int
    actors: int
    events: int
    """Events that tell clients of changes."""
    jobs: int
    pushes: list[Received]
    consumed_seconds: float
    """Until all likes were counted."""
    seconds: float
    """Until the last push had come."""


async def crowd_likes(
    database: Database, receiver: Receiver, browser: Browser, likes: int, certificate: Path
) -> Crowd:
    """So many users like one post of a user with a browser, while a worker runs."""
    from interactions.push.services import PushAddress, push_target_register  # noqa: PLC0415  # after Django is set up
    from interactions.push.vapid import vapid_pair  # noqa: PLC0415
    from tests.interactions.cast import create_posts, create_users  # noqa: PLC0415

    [author] = await create_users(database, 1)
    [post] = await create_posts(database, author)
    [[session]] = await database.write(SESSION, author)
    address = PushAddress("WEB_PUSH", f"{receiver.url}/{browser.name}", *browser.keys)
    await push_target_register(database, viewer_id=author, session_id=session, address=address)
    worker = await start_worker(
        (),
        PUSH_PRIVATE_ADDRESSES="true",
        VAPID_CONTACT="mailto:ops@push.invalid",
        VAPID_PRIVATE_KEY=vapid_pair()[0],
        SSL_CERT_FILE=str(certificate),
    )
    try:
        await worker.started()
        began = time.monotonic()
        async with asyncio.timeout(WAIT_SECONDS):
            for first in range(2, likes + 2, LIKES_AT_ONCE):
                count = min(LIKES_AT_ONCE, likes + 2 - first)
                fans = await create_users(database, count, first)
                await database.write(LIKE, fans, post)
            await _until(database, HANDLED)
            consumed = time.monotonic()
            while not receiver.received or f"and {likes - 1:,} others" not in _summary(
                browser, receiver
            ):
                receiver.arrived.clear()
                await receiver.arrived.wait()
    finally:
        await worker.kill()
    ended = time.monotonic()
    [[notifications, counted, actors, events, jobs]] = await database.fetch(ROWS)
    return Crowd(
        *(notifications, counted, actors, events, jobs),
        receiver.received,
        consumed - began,
        ended - began,
    )


def _summary(browser: Browser, receiver: Receiver) -> str:
    return str(browser.read(receiver.received[-1].body)["summary"])


async def _until(database: Database, statement: str) -> None:
    while not (await database.fetch(statement))[0][0]:  # noqa: ASYNC110  # nothing notifies of it
        await asyncio.sleep(0.1)


async def measure(likes: int) -> None:
    from core.database.database import Database  # noqa: PLC0415

    with TemporaryDirectory() as folder:
        certificate = Path(folder) / "certificate.pem"
        make_certificate(certificate)
        receiver = Receiver()
        database = await Database(os.environ["DATABASE_URL"], size=2).open()
        async with receiver.serving(certificate):
            found = await crowd_likes(database, receiver, Browser(), likes, certificate)
        await database.close()
    sys.stdout.write(
        f"{likes:,} likes, {found.counted:,} counted after {found.consumed_seconds:.0f} s: "
        f"{found.notifications} notification, {found.actors} rows of actors, {found.events} events for clients; "
        f"{len(found.pushes)} pushes, the last one after {found.seconds:.0f} s\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--likes", type=int, default=100_000)
    likes = parser.parse_args().likes
    with servers_of_program():
        asyncio.run(measure(likes))


if __name__ == "__main__":
    main()
