"""The API works through PgBouncer, in session and in transaction mode, without settings for a role."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from core.database.connecting import KEEPALIVES, PLANNER, TIMEOUTS, PgBouncer
from core.database.database import Database, DatabaseUnavailable, Row
from core.devserver.ports import free_port
from core.devserver.server_processes import ServerProcess, own_folder, write_private
from core.server.preflight import NotReadyToServe, check_database
from tests.core.server.served import TIMEOUT, served
from tests.live.world import Api, eventually, signed_in, websocket_client

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="needs apt-get install pgbouncer")
CONFIGURATION = """
[databases]
{name} = host={host} port={port} dbname={name} user={user} password={password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own_port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = {size}
ignore_startup_parameters = {ignored}
"""
SETTINGS = "SELECT name, setting FROM pg_settings"
MODES = pytest.mark.parametrize("mode", ["SESSION", "TRANSACTION"])


@contextmanager
def pgbouncer(
    folder: Path, mode: PgBouncer, *, size: int = 20, ignored: str = "extra_float_digits"
) -> Iterator[str]:
    """Runs PgBouncer before the PostgreSQL of the tests. Gives the URL of the database through it."""
    assert PROGRAM is not None
    folder = folder / "pgbouncer"
    owner = own_folder(folder)
    for parent in folder.parents:  # It does not run as root, and pytest's folders are private.
        if parent.name.startswith("pytest-"):
            parent.chmod(0o711)
    url = urlsplit(os.environ["DATABASE_URL"])
    own_port = free_port()
    configuration = CONFIGURATION.format(
        name=url.path[1:],
        host=url.hostname,
        port=url.port,
        user=url.username,
        password=url.password,
        own_port=own_port,
        mode=mode.lower(),
        size=size,
        ignored=ignored,
    )
    write_private(folder / "pgbouncer.ini", configuration, owner)
    process = ServerProcess.start(
        "PgBouncer",
        [PROGRAM, "pgbouncer.ini"],
        stop_signal=signal.SIGINT,
        folder=folder,
        log=folder.with_suffix(".log"),
        owner=owner,
    )
    try:
        yield f"postgresql://{url.username}@127.0.0.1:{own_port}{url.path}"
    finally:
        process.stop()


def settings(rows: Sequence[Row]) -> dict[str, str]:
    """The settings of the API among all of a session."""
    return {row[0]: row[1] for row in rows if row[0].lower() in PLANNER | TIMEOUTS}


async def connected(url: str, mode: PgBouncer, *, size: int = 4) -> Database:
    """The database through PgBouncer, as soon as it listens."""
    deadline = time.monotonic() + TIMEOUT
    while True:
        try:
            return await Database(url, size=size, pgbouncer=mode).open()
        except DatabaseUnavailable:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)


@MODES
async def test_statements_have_the_settings_of_the_api(
    mode: PgBouncer, tmp_path: Path, database: Database
) -> None:
    with pgbouncer(tmp_path, mode) as url:
        behind = await connected(url, mode)
        try:
            alone = await Database(os.environ["DATABASE_URL"], size=1).open()
            direct = settings(await alone.fetch(SETTINGS))
            await alone.close()
            assert settings(await behind.fetch(SETTINGS)) == direct
            async with behind.transaction() as transaction:
                assert settings(await transaction.fetch(SETTINGS)) == direct
        finally:
            await behind.close()


@MODES
async def test_concurrent_statements_get_their_own_rows_and_errors(
    mode: PgBouncer, tmp_path: Path, database: Database
) -> None:
    """With fewer sessions than connections, statements of several would meet in one session."""
    size = 2 if mode == "TRANSACTION" else 8
    with pgbouncer(tmp_path, mode, size=size) as url:
        behind = await connected(url, mode, size=8)
        try:

            async def ask(number: int) -> None:
                if number % 10 == 9:
                    with pytest.raises(asyncpg.DivisionByZeroError):
                        await behind.fetch("SELECT $1::int / 0", number)
                elif number % 3:
                    assert (await behind.fetch("SELECT $1::int", number))[0][0] == number
                else:
                    async with behind.transaction() as transaction:
                        [row] = await transaction.fetch("SELECT $1::text, now()", str(number))
                        assert row[0] == str(number)

            await asyncio.gather(*(ask(number) for number in range(400)))

            async def are_released() -> bool:
                return behind.unused_connections == 8

            assert await eventually(are_released)
        finally:
            await behind.close()


@MODES
async def test_the_whole_server_works_through_it(
    mode: PgBouncer, tmp_path: Path, database: Database
) -> None:
    reader, author = await signed_in(database, 2)
    with pgbouncer(tmp_path, mode) as url:
        await (await connected(url, mode)).close()
        with served(tmp_path, 1, DATABASE_URL=url, PGBOUNCER=mode) as server:
            await server.becomes_ready(1)
            api = Api(server.address)
            try:
                await api.change(reader, "FollowUser", userId=author.id)
                async with websocket_client(server.address, reader.authorization) as client:
                    await client.watch_home()
                    made = await api.change(author, "CreatePost", text="through PgBouncer")
                    assert (await client.event())["__typename"] == "FeedEntryAdded"
                for _ in range(2):
                    liked = await api.change(reader, "LikePost", postId=made["post"]["id"])
                assert not liked["changed"]
                page = await api.do(reader, "HomeFeed", first=5)
                [edge] = page["edges"]
                assert edge["node"]["likeCount"] == 1
            finally:
                await api.close()
            assert "Traceback" not in server.logged()


@pytest.mark.parametrize(
    ("mode", "said", "advice"),
    [
        ("SESSION", "NONE", "Set PGBOUNCER to its pool_mode"),
        ("TRANSACTION", "NONE", "Set PGBOUNCER to its pool_mode"),
        ("TRANSACTION", "SESSION", "Set PGBOUNCER=transaction."),
    ],
)
async def test_a_server_does_not_start_by_another_mode(
    mode: PgBouncer, said: PgBouncer, advice: str, tmp_path: Path, database: Database
) -> None:
    with pgbouncer(tmp_path, mode) as url:
        await (await connected(url, mode, size=1)).close()
        await asyncio.to_thread(check_database, url, mode)
        with pytest.raises(NotReadyToServe, match=advice):
            await asyncio.to_thread(check_database, url, said)


async def test_sessions_that_are_shared_by_settings_that_pgbouncer_ignores_are_noticed(
    tmp_path: Path, database: Database
) -> None:
    ignored = ",".join([*PLANNER, *TIMEOUTS, *KEEPALIVES, "statement_timeout"])
    with pgbouncer(tmp_path, "TRANSACTION", ignored=ignored) as url:
        await (await connected(url, "TRANSACTION", size=1)).close()
        with pytest.raises(NotReadyToServe, match=r"Set PGBOUNCER=transaction\."):
            await asyncio.to_thread(check_database, url, "NONE")
