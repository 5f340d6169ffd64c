"""500 clients exhaust a small pool while servers are away: `python -m tests.live.outages --clients 500 --away 60`.

PostgreSQL is restarted and Valkey is stopped (SIGSTOP) under them. Every answer is a result or a clear error; when
fewer clients are left, there is no error; the server's memory stays the same.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import django
import httpx

from core.database.database import Database
from tests.servers import SETTINGS

if __name__ == "__main__":
    # Under pytest this is done already.
    os.environ.update(SETTINGS, DATABASE_URL="postgresql://localhost/feed")
    django.setup()

from core.devserver.postgres import Postgres
from core.devserver.valkey import Valkey
from tests.core.server.served import Served, served  # needs the settings
from tests.live.fuzz import CROWD_SIZE, add_crowd, memory_of, migrate, spread  # as above
from tests.live.overload import Client  # as above
from tests.live.world import SignedInUser, operation, signed_in  # as above

POOL_SIZE = 4
POOL_QUEUE = 100
FEW = 4
"""Clients for which the pool suffices."""
PAGE = 100
PAUSE_SECONDS = 0.2
"""Of a client after an error."""
NO_RATES = {"USER_POINTS_PER_MINUTE": "0", "ADDRESS_POINTS_PER_MINUTE": "0"}


@dataclass
class Stage:
    """What clients were answered in one stage."""

    name: str
    answers: Counter[str] = field(default_factory=Counter)
    """200, or status and code."""
    seconds: list[float] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)
    """Errors without a code or a time to wait, and connections without an answer."""
    memory: float = 0.0
    """MiB of the server at the end."""

    def __str__(self) -> str:
        return (
            f"{self.name}: {dict(self.answers)}, unclear {len(self.unclear)}, {spread(self.seconds)}, "
            f"{self.memory:.0f} MiB"
        )

    @property
    def errors(self) -> int:
        return sum(count for answer, count in self.answers.items() if answer != "200")


class Crowd:
    """Clients that read heavy pages without a pause, some of them in each stage."""

    def __init__(self, server: Served, users: list[SignedInUser]) -> None:
        self._server = server
        self._users = users
        self.stages: list[Stage] = []

    @asynccontextmanager
    async def stage(self, name: str, clients: int) -> AsyncIterator[Stage]:
        """Within it so many clients read."""
        stage = Stage(name)
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for number in range(clients):
                group.create_task(self._read(stage, stop, self._users[number % len(self._users)]))
            try:
                yield stage
            finally:
                stop.set()
        stage.memory = memory_of(self._server.process.pid)
        self.stages.append(stage)
        print(stage, *stage.unclear[:3], sep="\n  ", flush=True)

    async def _read(self, stage: Stage, stop: asyncio.Event, user: SignedInUser) -> None:
        client = Client(self._server.address, user)
        try:
            while not stop.is_set():
                began = perf_counter()
                try:
                    async with asyncio.timeout(60):
                        status, body = await client.ask(operation("HomeFeed"), first=PAGE)
                except (OSError, EOFError, TimeoutError) as error:
                    stage.unclear.append(repr(error))
                    client.close()
                    client = Client(self._server.address, user)
                else:
                    self._judge(stage, status, body, perf_counter() - began)
                    if status == 200:
                        continue
                await asyncio.sleep(PAUSE_SECONDS)
        finally:
            client.close()

    @staticmethod
    def _judge(stage: Stage, status: int, body: bytes, seconds: float) -> None:
        stage.seconds.append(seconds)
        errors = json.loads(body).get("errors")
        if status == 200 and not errors:
            stage.answers["200"] += 1
            return
        code = errors[0]["extensions"]["code"]
        stage.answers[f"{status} {code}"] += 1
        if (status, code) not in {(503, "UNAVAILABLE"), (200, "TIMEOUT")}:
            stage.unclear.append(body.decode()[:300])


async def until_ready(address: str) -> float:
    """Seconds until the server is ready."""
    began = perf_counter()
    async with httpx.AsyncClient(base_url=f"http://{address}", timeout=20) as client:
        async with asyncio.timeout(60):
            while (await client.get("/readyz")).json()["status"] != "ready":  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    return perf_counter() - began


async def run(
    folder: Path, postgres: Postgres, valkey: Valkey, *, clients: int, away: float
) -> list[Stage]:
    """What clients were answered in each stage."""
    database = await Database(postgres.url, size=1).open()
    users = await signed_in(database, CROWD_SIZE, lasts=3_600)
    async with database.connection() as connection:
        await add_crowd(connection)
    await database.close()
    variables = {
        "DATABASE_URL": postgres.url,
        "REDIS_URL": valkey.url,
        "DEBUG": "false",
        **NO_RATES,
    }
    sizes = {"POOL_SIZE": str(POOL_SIZE), "POOL_QUEUE": str(POOL_QUEUE), "POOL_SECONDS": "5"}
    with served(folder, 1, **variables, **sizes) as server:
        await server.becomes_ready(1)
        crowd = Crowd(server, users)
        async with crowd.stage("few clients", FEW):
            await asyncio.sleep(away / 6)
        async with crowd.stage(f"{clients} clients", clients):
            await asyncio.sleep(away / 3)
        async with crowd.stage("PostgreSQL restarted", clients):
            await asyncio.sleep(1)
            # Not in a thread: a server ends with the thread that started it.
            postgres.stop()
            postgres.start()
            await asyncio.to_thread(postgres.wait)
            await asyncio.sleep(away / 6)
        async with crowd.stage(f"Valkey stopped for {away:g} s", clients):
            os.kill(valkey.process.pid, signal.SIGSTOP)
            try:
                await asyncio.sleep(away)
            finally:
                os.kill(valkey.process.pid, signal.SIGCONT)
        ready = await until_ready(server.address)
        print(f"ready {ready:.1f} s later", flush=True)
        async with crowd.stage("few clients again", FEW):
            await asyncio.sleep(away / 6)
    return crowd.stages


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=500)
    parser.add_argument("--away", type=float, default=60.0, help="seconds that Valkey is stopped")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        postgres = Postgres(folder / "postgres", durable=True)
        valkey = Valkey(folder / "valkey")
        try:
            for server in (postgres, valkey):
                server.start()
            for server in (postgres, valkey):
                server.wait()
            os.environ.update(DATABASE_URL=postgres.url, REDIS_URL=valkey.url)
            migrate()
            asyncio.run(
                run(folder, postgres, valkey, clients=arguments.clients, away=arguments.away)
            )
        finally:
            postgres.stop()
            valkey.stop()


if __name__ == "__main__":
    main()
