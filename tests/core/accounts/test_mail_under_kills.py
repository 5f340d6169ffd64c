"""No mail is lost when workers are killed, and a kill repeats a mail once at most, with the same Message-ID."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

import pytest

from core.accounts.mail.jobs import mail_notice
from core.database.database import Database
from tests.core.accounts.mailbox import Mailbox
from tests.core.jobs.processes import start_worker
from tests.interactions.cast import create_users

MAILS = 300
KILLS = 4
LEFT = "SELECT FROM jobs WHERE kind = $1 LIMIT 1"


@pytest.mark.timeout(300)
async def test_killed_workers_lose_no_mail(database: Database) -> None:
    chance = random.Random(1)
    mailbox = Mailbox()
    users = await create_users(database, MAILS)
    async with database.transaction() as transaction:
        for user in users:
            await mail_notice.enqueue(transaction, {"user_id": user, "name": "password_changed"})
    kills = 0
    with mailbox.serving() as url:
        while await database.fetch(LEFT, mail_notice.name):
            worker = await start_worker(MAIL_URL=url)
            await worker.started()
            if kills < KILLS:
                await asyncio.sleep(0.05 + chance.random() * 0.2)
                kills += 1
            else:
                while await database.fetch(LEFT, mail_notice.name):  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
            await worker.kill()
            # As if 20 s had passed: the lease of the killed worker has expired.
            await database.write("UPDATE jobs SET run_at = now() WHERE lease IS NOT NULL")
    sent = Counter(str(mail["Message-ID"]) for mail in mailbox.received)
    assert len(sent) == MAILS
    assert max(sent.values()) <= 1 + kills
    assert kills >= 1
