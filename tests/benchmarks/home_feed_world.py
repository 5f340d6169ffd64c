"""The data of the benchmark of home feeds: a trace, readers of its users, and a user with 100,000 followers."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import time
from typing import NamedTuple

import asyncpg

from core.accounts.tokens import AccessToken, AccessTokens
from core.devserver.folder_locks import folder_lock
from core.devserver.servers import running_servers
from tests.benchmarks.measured_servers import NO_LIMIT_REACHED
from tests.paths import ROOT
from tests.servers import SETTINGS

FOLDER = ROOT / ".data" / "benchmark-home-feeds"
SIZES = (5, 50, 500, 2_000, 5_000)
"""How many users the readers follow."""
READERS = 5
"""Of each size."""
FANS = 100_000
FEW = 10
SESSION = 1  # Does not exist: these operations do not look sessions up.
UNLIMITED = {
    **NO_LIMIT_REACHED,
    **dict.fromkeys(
        ("POSTS_PER_HOUR", "COMMENTS_PER_HOUR", "FOLLOWS_PER_HOUR"),
        NO_LIMIT_REACHED["REACTIONS_PER_HOUR"],
    ),
}
FILL = Path(__file__).parent / "sql" / "home_feed_readers.sql"


class User(NamedTuple):
    """A user who takes part, with a token that needs no session."""

    key: int
    authorization: str


class Users:
    """The users of the trace and those that were added, by name."""

    def __init__(self, database: asyncpg.Connection, secret: str) -> None:
        self._database = database
        self._tokens = AccessTokens(secret.encode())
        self._expires_at = int(time()) + 86_000

    async def of(self, *names: str) -> list[User]:
        """The users of these names. Order: of the names."""
        rows = await self._database.fetch(
            "SELECT username, id FROM users WHERE username = ANY($1)", names
        )
        keys = {str(row[0]): int(row[1]) for row in rows}
        return [self.user(keys[name]) for name in names]

    async def readers(self, size: int) -> list[User]:
        """The readers who follow so many users."""
        return await self.of(*(f"reads{size}_{number}" for number in range(1, READERS + 1)))

    def user(self, key: int) -> User:
        token = AccessToken(key, SESSION, self._expires_at)
        return User(key, f"Bearer {self._tokens.issue(token)}")


@contextmanager
def servers_with(trace: Path) -> Iterator[dict[str, str]]:
    """Runs PostgreSQL, which writes every commit to disk, and Valkey, with the trace imported; gives their settings.

    The data stays in FOLDER for the next run.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        folder_lock(FOLDER, "the benchmark of home feeds"),
        running_servers(FOLDER, durable=True) as servers,
    ):
        variables = {**SETTINGS, **servers.variables, **UNLIMITED, "DEBUG": "false"}

        def manage(*command: str) -> None:
            words = [sys.executable, "-W", "ignore", "manage.py", *command]
            subprocess.run(words, cwd=ROOT, env=variables, check=True)

        manage("migrate", "--verbosity=0")
        manage("import_trace", str(trace))
        asyncio.run(_fill(servers.database_url))
        # What a worker has not handled yet, as after the import, it would do while something else is measured.
        manage("work", "--once")
        yield variables


async def _fill(url: str) -> None:
    """Adds readers, follows and kept feeds to the trace, unless they are there."""
    database = await asyncpg.connect(url)
    try:
        await _fill_unless_filled(database)
    finally:
        await database.close()


async def _fill_unless_filled(database: asyncpg.Connection) -> None:
    if await database.fetchval("SELECT EXISTS (SELECT FROM users WHERE username = 'star')"):
        return
    wanted = [
        (f"reads{size}_{number}", size, 0) for size in SIZES for number in range(1, READERS + 1)
    ]
    async with database.transaction():
        await database.execute(
            "CREATE TEMPORARY TABLE wanted (name text, follows int, followers int)"
        )
        await database.copy_records_to_table(
            "wanted", records=[*wanted, ("star", 0, FANS), ("small", 0, FEW)]
        )
        await database.execute(FILL.read_text())
    await database.execute("VACUUM (ANALYZE)")
