"""Fifty clients at once that send anything and leave at any moment: `python -m tests.live.fuzz --seconds 600`.

All the while a watcher sends a plain query and a small write, which are to be answered as ever. In the end the memory
of the server is what it was, its connections to the database are all there, and its log holds no fault.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import httpx

from core.database.database import Database
from core.ids import global_id
from tests.paths import ROOT
from tests.servers import servers_for_tests, set_up_program

if __name__ == "__main__":
    set_up_program()

from core.config.schema import graphql_schema  # needs the settings
from core.datasets.reconcile import COUNTS, Count  # as above

# as above
from tests.core.server.served import Served, served  # as above
from tests.live.any_client import AnyClient  # as above
from tests.live.documents import Known  # as above
from tests.live.world import SignedInUser, signed_in  # as above

CROWD = (Path(__file__).parent.parent / "contract" / "crowd.sql").read_text()
CLIENTS = 50
CROWD_SIZE = 60
WARM_SHARE = 0.4
"""After this part of the time the server's caches are full and its memory is what it needs."""
UNUSED = """
SELECT state, left(query, 200) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'
"""
SIGNS = re.compile(r"Traceback|Fault | ERROR |never retrieved|never awaited")
"""Of what the log must not hold, whatever clients send."""
NEVER_BEGUN = re.compile(
    r"(?m)^.*RuntimeWarning: coroutine '(?:GraphQLCoreConverter|Executor)\S+' was never awaited\n"
    r"|^Exception ignored in: <coroutine object (?:GraphQLCoreConverter|Executor)\b.*\n"
    r"Traceback .*\n(  .*\n)*KeyError: '__import__'\n"
)
"""Of the standard executor alone: when a client disconnects it drops resolvers that it has not begun, and Python warns.

The second form is what Python writes if it can't warn from where its garbage collector began.
"""
LOG_OF_SOCKETS = re.compile(r"(?m)^.* INFO uvicorn.error: .*\n")


class Setup(NamedTuple):
    """How a server is set up."""

    pool_size: int
    compiled: bool


SETUPS = {
    Setup(4, compiled=True): 0.5,
    Setup(10, compiled=True): 0.25,
    Setup(4, compiled=False): 0.25,
}
"""With each one's share of the time."""


@dataclass
class Outcome:
    """What came of it."""

    sent: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    plain: list[float] = field(default_factory=list)
    """How long each plain query took, in seconds."""
    writes: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    """MiB of the server, each second."""
    faults: list[str] = field(default_factory=list)

    @property
    def growth(self) -> float:
        """The memory at the end as a multiple of that of the warm server."""
        warm = self.memory[int(len(self.memory) * WARM_SHARE)]
        return self.memory[-1] / warm

    def _memory(self) -> str:
        shown = self.memory[:: max(1, len(self.memory) // 20)]
        figures = " ".join(f"{each:.0f}" for each in shown)
        return f"{figures}, end {self.memory[-1]:.0f} MiB, {self.growth:.2f} of the warm server"

    def __str__(self) -> str:
        lines = [
            f"requests: {dict(self.sent)}",
            f"answers: {dict(self.codes.most_common())}",
            f"plain query: {spread(self.plain)}",
            f"small write: {spread(self.writes)}",
            f"memory: {self._memory()}",
            f"faults: {len(self.faults)}",
            *self.faults[:20],
        ]
        return "\n".join(lines)


def spread(seconds: Sequence[float]) -> str:
    ordered = sorted(seconds)
    shown = {"median": 0.5, "p99": 0.99, "max": 1.0}
    at = {
        name: ordered[min(len(ordered) - 1, int(len(ordered) * part))]
        for name, part in shown.items()
    }
    return f"{len(ordered)}, " + ", ".join(
        f"{name} {each * 1e3:.0f} ms" for name, each in at.items()
    )


@contextmanager
def watching(address: str, user: SignedInUser, post: int, outcome: Outcome) -> Iterator[None]:
    """Adds to the outcome what a watcher sees meanwhile. The server knows its documents: many new ones are refused.

    It is a process of its own: a thread of this one would wait for the clients to make their documents.
    """
    command = [sys.executable, "-m", "tests.live.watcher", address, global_id("Post", post)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as watcher:
        if watcher.stdin is None or watcher.stdout is None:
            raise RuntimeError("It has a pipe.")
        watcher.stdin.write(f"{user.authorization}\n")
        watcher.stdin.flush()
        watcher.stdout.readline()
        try:
            yield
        finally:
            seen, _ = watcher.communicate(timeout=60)
    plain, writes, faults = json.loads(seen)
    outcome.plain += plain
    outcome.writes += writes
    outcome.faults += faults


async def fuzz(
    server: Served, database: Database, *, seconds: float, seed: int, setup: Setup
) -> Outcome:
    """Sends anything for so long to a server over an empty database."""
    [*users, watched] = await signed_in(database, CROWD_SIZE, lasts=3_600)
    async with database.connection() as connection:
        post = await connection.fetchval(
            "INSERT INTO posts (author_id, text) VALUES ($1, 'x') RETURNING id", watched.key
        )
        await add_crowd(connection)
    chance = random.Random(seed)
    known = Known(usernames=[f"p{number}" for number in range(1, CROWD_SIZE)])
    for table, name in (("posts", "Post"), ("users", "User"), ("comments", "Comment")):
        rows = await database.fetch(f"SELECT id FROM {table} ORDER BY id DESC LIMIT 60")  # noqa: S608  # ours
        known.ids.extend(global_id(name, row[0]) for row in rows)
    expired = SignedInUser(users[0].key, users[0].session_id, lasts=-5).authorization
    tokens = [
        None,
        None,
        "Bearer x",
        "Basic eDp5",
        expired,
        *(each.authorization for each in users[:15]),
    ]
    outcome = Outcome()
    stop = asyncio.Event()
    clients = [
        AnyClient(
            server.address,
            schema=graphql_schema,
            authorizations=tokens,
            chance=random.Random(chance.random()),
            known=known,
        )
        for _ in range(CLIENTS)
    ]
    with watching(server.address, watched, post, outcome):
        async with asyncio.TaskGroup() as group:
            for client in clients:
                group.create_task(client.run(stop))
            ends = perf_counter() + seconds
            while perf_counter() < ends and server.process.poll() is None:
                await asyncio.sleep(1)
                outcome.memory.append(memory_of(server.process.pid))
            stop.set()
    for client in clients:
        outcome.sent += client.sent
        outcome.codes += client.codes
        outcome.faults += client.faults
    outcome.faults += [problem async for problem in aftermath(server, database, setup)]
    return outcome


async def add_crowd(connection: Any) -> None:
    """Adds the users' posts, follows, likes, shares and comments, with their counts."""
    await connection.execute(CROWD)
    await set_counts(connection)


async def set_counts(connection: Any) -> None:
    """Sets every stored count to the number of its rows."""
    for count in COUNTS:
        await connection.execute(
            f"UPDATE {count.table} t SET {count.column} = {counted(count)}"  # noqa: S608  # ours
        )


async def aftermath(server: Served, database: Database, setup: Setup) -> Any:
    """What is not as it was before the clients came."""
    async with httpx.AsyncClient(base_url=f"http://{server.address}", timeout=20) as client:
        ready = (await client.get("/readyz")).json()
        if ready["status"] != "ready":
            yield f"/readyz responds {ready}"
        query = "{ publicFeed(first: 1) { edges { cursor } } }"
        asked = (
            client.post("/graphql/", json={"query": f"# {n}\n{query}"})
            for n in range(3 * setup.pool_size)
        )
        for answer in await asyncio.gather(*asked):
            if "errors" in answer.json():
                yield f"a query afterwards received: {answer.text}"
    for _ in range(50):
        rows = await database.fetch(UNUSED)
        if not rows:
            break
        await asyncio.sleep(0.1)
    else:
        yield f"sessions that are not idle: {rows}"
    for count in COUNTS:
        wrong = f"SELECT t.id FROM {count.table} t WHERE {count.column} <> {counted(count)}"  # noqa: S608  # ours
        if rows := await database.fetch(wrong):
            yield f"{count} is wrong in {len(rows)} rows"
    log = LOG_OF_SOCKETS.sub("", server.logged())
    if not setup.compiled:
        log = NEVER_BEGUN.sub("", log)
    if sign := SIGNS.search(log):
        yield f"logged, {len(SIGNS.findall(log))} times: {log[max(0, sign.start() - 500) :][:5_000]}"


def counted(count: Count) -> str:
    """The SQL of what a stored count of `t` is to be."""
    rows = (
        f"SELECT {count.number} FROM {count.counted} c WHERE c.{count.by} = t.id AND {count.only}"  # noqa: S608  # ours
    )
    return f"(coalesce(({rows}), 0) + {count.more})"


def memory_of(pid: int) -> float:
    """MiB that the process has in memory."""
    statm = Path(f"/proc/{pid}/statm").read_text()
    return int(statm.split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


@contextmanager
def set_up(folder: Path, setup: Setup) -> Iterator[Served]:
    with served(
        folder,
        DEBUG="false",
        POOL_SIZE=str(setup.pool_size),
        COMPILED_EXECUTION=str(setup.compiled).lower(),
    ) as server:
        yield server


async def run(folder: Path, setup: Setup, *, seconds: float, seed: int) -> Outcome:
    """What comes of it with a server of its own; the database is emptied."""
    database = await Database(os.environ["DATABASE_URL"], size=2).open()
    try:
        await database.write("TRUNCATE users, events, trace_imports CASCADE")
        with set_up(folder, setup) as server:
            await server.becomes_ready(1)
            return await fuzz(server, database, seconds=seconds, seed=seed, setup=setup)
    finally:
        await database.close()


def main() -> None:
    """Prints what came of each setup of the server."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--setup", type=int, help="only this one, from 0")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, servers_for_tests() as servers:
        os.environ.update(servers.variables)
        for number, (setup, share) in enumerate(SETUPS.items()):
            if arguments.setup not in {None, number}:
                continue
            print(f"{setup}, seed {arguments.seed}", flush=True)
            seconds = arguments.seconds * share
            outcome = asyncio.run(run(Path(folder), setup, seconds=seconds, seed=arguments.seed))
            print(outcome, flush=True)


if __name__ == "__main__":
    main()
