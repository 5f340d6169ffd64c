"""PostgreSQL and Valkey together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.devserver.postgres import Postgres
from core.devserver.server_processes import SupervisedServer
from core.devserver.valkey import Valkey


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
