"""PostgreSQL and Valkey together: durable ones for a checkout, temporary ones for tests."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.devserver.folder_locks import folder_lock, is_locked
from core.devserver.postgres import Postgres
from core.devserver.supervision import SupervisedServer
from core.devserver.valkey import Valkey

ABANDONED_AFTER_SECONDS = 60.0  # A newer folder may belong to a run that has not locked it yet.


@dataclass(frozen=True, slots=True)
class Servers:
    """The URLs of both servers, and those servers that were started here."""

    database_url: str
    redis_url: str
    started: tuple[SupervisedServer, ...]

    @property
    def variables(self) -> dict[str, str]:
        """The URLs by the names of their settings."""
        return {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url}


@contextmanager
def running_servers(
    folder: Path, *, durable: bool, given: Mapping[str, str] | None = None
) -> Iterator[Servers]:
    """Starts both servers, and stops them at the end. A server whose URL is given is used instead of a new one.

    Locks: the caller holds the folder's lock.
    """
    folder, given = folder.resolve(), given or {}
    with ExitStack() as stack:
        postgres = (
            None if given.get("DATABASE_URL") else Postgres(folder / "postgres", durable=durable)
        )
        valkey = None if given.get("REDIS_URL") else Valkey(folder / "valkey")
        started: list[SupervisedServer] = [server for server in (valkey, postgres) if server]
        for server in started:
            stack.callback(server.stop)
            server.start()
        for server in started:
            server.wait()
        yield Servers(
            database_url=postgres.url if postgres else given["DATABASE_URL"],
            redis_url=valkey.url if valkey else given["REDIS_URL"],
            started=tuple(started),
        )


@contextmanager
def temporary_servers(parent: Path) -> Iterator[Servers]:
    """Starts new servers that are not durable, in a folder that is removed at the end.

    Also removes the folders that killed runs left in the parent.
    """
    parent = parent.resolve()
    parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        folder = parent / secrets.token_hex(6)
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.enter_context(folder_lock(folder, "a test run"))
        for other in parent.iterdir():
            if is_old(other) and not is_locked(other):
                shutil.rmtree(other, ignore_errors=True)
        yield stack.enter_context(running_servers(folder, durable=False))


def is_old(folder: Path) -> bool:
    """Whether the folder is so old that a live run would have locked it."""
    try:
        modified = folder.stat().st_mtime
    except FileNotFoundError:
        return False
    return time.time() - modified > ABANDONED_AFTER_SECONDS
