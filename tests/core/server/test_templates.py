"""The processes that a supervisor lets its template fork."""

from __future__ import annotations

import asyncio
import http.client
import os
import signal
from contextlib import closing
from pathlib import Path

from core.database.database import Database
from core.devserver.server_processes import wait_until_ended
from core.server.template import Template
from tests.child_processes import children
from tests.core.database.interruption import CANCELLATIONS, Interrupted
from tests.core.server.served import TIMEOUT, Served, served

FORGET_MIGRATION = """
DELETE FROM django_migrations WHERE id = (SELECT max(id) FROM django_migrations WHERE app = 'feed')
RETURNING app, name, applied::text
"""
RECORD_MIGRATION = """
INSERT INTO django_migrations (app, name, applied) VALUES ($1, $2, $3::text::timestamptz)
"""


def request_id(server: Served) -> str:
    """The id that a process has made for a request on a connection of its own."""
    with closing(http.client.HTTPConnection(server.address, timeout=TIMEOUT)) as connection:
        connection.request("GET", "/graphql/?query={__typename}")
        response = connection.getresponse()
        assert response.status == 200, response.read()
        return response.headers["x-request-id"]


def template_of(server: Served) -> int:
    (template,) = children(server.process.pid)
    return template


def memory(process: int, kind: str) -> int:
    """Units: KiB."""
    found = Path(f"/proc/{process}/smaps_rollup").read_text().split(f"\n{kind}:")[1]
    return int(found.split()[0])


async def test_forked_processes_share_memory_and_make_ids_of_their_own(
    database: Database, tmp_path: Path
) -> None:
    with served(tmp_path, 2) as server:
        processes = await server.becomes_ready(2)
        assert sorted(processes) == sorted(children(template_of(server)))
        made: list[str] = []
        async with asyncio.timeout(TIMEOUT):
            while len({one.partition("-")[0] for one in made}) < 2:
                made.append(await asyncio.to_thread(request_id, server))
        assert len(set(made)) == len(made)
        for process in processes:
            assert memory(process, "Private_Dirty") < memory(process, "Rss") / 2


async def test_processes_serve_on_without_their_template(
    database: Database, tmp_path: Path
) -> None:
    with served(tmp_path, 2) as server:
        first, second = await server.becomes_ready(2)
        os.kill(template_of(server), signal.SIGKILL)
        assert await asyncio.to_thread(wait_until_ended, [template_of(server)], TIMEOUT)
        assert "-" in await asyncio.to_thread(request_id, server)
        os.kill(first, signal.SIGKILL)
        third = (await server.becomes_ready(3))[-1]
        assert children(template_of(server)) == [third]
        await server.stopped_by(signal.SIGTERM)
    assert f"Process {first} ended unexpectedly" in server.logged()
    assert "(unknown)" in server.logged()
    assert f"Process {second} ended" not in server.logged()
    assert server.process.returncode == 0
    assert "Traceback" not in server.logged()


async def test_code_that_can_not_start_replaces_no_process(
    database: Database, tmp_path: Path
) -> None:
    with served(tmp_path, 2) as server:
        before = await server.becomes_ready(2)
        template = template_of(server)
        migration = await database.fetch_row(FORGET_MIGRATION)
        assert migration is not None
        try:
            server.process.send_signal(signal.SIGHUP)
            await server.logs("A new process did not become ready; the old processes keep serving.")
        finally:
            await database.write(RECORD_MIGRATION, *migration)
        assert "The database lacks migrations of this version" in server.logged()
        # What is replaced has the code of those that serve.
        os.kill(before[0], signal.SIGKILL)
        third = (await server.becomes_ready(3))[-1]
        assert sorted(children(template)) == sorted([before[1], third])
        server.process.send_signal(signal.SIGHUP)
        await server.logs("All processes have been replaced.")
        assert await asyncio.to_thread(wait_until_ended, [template, *before, third], TIMEOUT)
        await server.stopped_by(signal.SIGTERM)
    assert server.process.returncode == 0


async def test_a_start_that_is_cancelled_at_any_await_leaves_no_process(
    django_db_setup: None, tmp_path: Path
) -> None:
    others = children(os.getpid())

    async def start_and_end() -> None:
        template = await Template.start(str(tmp_path))
        template.kill()
        await template.end(TIMEOUT)

    for cancellation in CANCELLATIONS:
        nth, reached = 0, True
        while reached:
            nth += 1
            starting = Interrupted(start_and_end(), nth, cancellation)
            await starting.run()
            reached = starting.reached
        assert nth > 2
    async with asyncio.timeout(TIMEOUT):
        while children(os.getpid()) != others:  # noqa: ASYNC110  # asyncio waits for each by itself
            await asyncio.sleep(0.01)
