"""A mail server that hangs leaves room for other jobs."""

from __future__ import annotations

import asyncio

from django.test import override_settings

from core.accounts.mail.jobs import mail_notice
from core.config.mail_server import django_mail
from core.database.database import Database
from core.jobs.job_run import JobRun
from core.jobs.job_runner import SLOTS, JobRunner
from core.jobs.registry import JobKind, Priority
from tests.core.server.served import TIMEOUT
from tests.live.world import signed_in


async def test_other_jobs_run_while_mails_wait(database: Database) -> None:
    [user] = await signed_in(database, 1)
    has_run, has_failed, ends = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ending = asyncio.create_task(ends.wait())
        reading = asyncio.create_task(reader.read())
        await asyncio.wait([ending, reading], return_when=asyncio.FIRST_COMPLETED)
        if not ends.is_set():
            has_failed.set()
        ending.cancel()
        reading.cancel()
        writer.close()

    async def perform(_: JobRun) -> None:
        has_run.set()

    other = JobKind("other", perform, Priority.LOW, TIMEOUT, 1, None)
    runner = JobRunner(database, database, {kind.name: kind for kind in (mail_notice, other)})
    async with await asyncio.start_server(hang, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with override_settings(**django_mail(f"smtp://127.0.0.1:{port}")):
            async with database.transaction() as transaction:
                for _ in range(SLOTS + 8):
                    arguments = {"user_id": user.key, "name": "password_changed"}
                    await mail_notice.enqueue(transaction, arguments)
                await other.enqueue(transaction)
            while not has_run.is_set():
                await runner.start_due()
                assert not has_failed.is_set()
                await asyncio.sleep(0.01)
            ends.set()
            await runner.end(grace_seconds=TIMEOUT, cancel_seconds=1)
