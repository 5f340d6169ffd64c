"""PostgreSQL and Valkey go away under load, 500 clients exhaust a small pool: `python -m tests.live.outages --away 60`.

Readers of heavy pages, writers and subscribers are at work all the time. PostgreSQL is restarted; Valkey is killed, and
stopped (SIGSTOP); then many more readers come, and both happen again. Every answer is a result or a clear error. A
second after the end of each outage there is no error, and when the many have left there is none. What was acknowledged
is there once and has reached each subscriber once. The server's memory stays the same, and its log holds no fault.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import signal
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import NamedTuple

from tests.servers import set_up_program

if __name__ == "__main__":
    set_up_program()

from core.graphql.codes import CODES  # needs the settings
from tests.live.fuzz import SIGNS, spread  # as above
from tests.live.http_client import HttpClient  # as above
from tests.live.kills import Record, clients, problems, report  # as above
from tests.live.surroundings import Surroundings, surroundings  # as above
from tests.live.world import Json, SignedInUser, operation  # as above

FEW = 4
"""Readers for whom the pool suffices, beside the writers."""
SUBSCRIBERS = 3
PAGE = 100
PAUSE_SECONDS = 0.2
"""Of a reader after an error, of the few readers after each answer, and of writers."""
RECOVERY_SECONDS = 1.0
"""How long after its end an outage may still cause errors."""
ANSWER_SECONDS = 60.0
CLEAR = {(503, "UNAVAILABLE"), (503, "TIMEOUT"), (200, "TIMEOUT")}
"""Statuses and codes of the errors that a reader may get."""
SERVER = {
    "DEBUG": "false",
    "POOL_SIZE": "4",
    "POOL_QUEUE": "100",
    "POOL_SECONDS": "5",
    **dict.fromkeys(
        (
            "USER_POINTS_PER_MINUTE",
            "ADDRESS_POINTS_PER_MINUTE",
            "POSTS_PER_HOUR",
            "COMMENTS_PER_HOUR",
            "REACTIONS_PER_HOUR",
        ),
        "0",
    ),
}
"""Settings of the server that the readers use; half of the writes go to another."""
FAULTS = re.compile(f'{SIGNS.pattern}|"level":"(?:ERROR|CRITICAL)"')
"""Of what the log must not hold."""


class Answer(NamedTuple):
    """What a reader was answered, and when, of `time.monotonic`."""

    began: float
    ended: float
    error: str | None
    """Status and code; None for a result."""


@dataclass
class Stage:
    """What readers and writers were answered in one stage."""

    name: str
    answers: list[Answer] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)
    """Errors without a code, a message or a time to wait, and connections without an answer."""
    recovered: float = inf
    """When the outage had ended."""
    late_write: bool = False
    """Whether a write was not acknowledged after the recovery."""
    refused_writes: int = 0
    memory: float = 0.0
    """MiB of the server at the end."""

    @property
    def errors(self) -> Counter[str]:
        return Counter(answer.error for answer in self.answers if answer.error is not None)

    @property
    def late_errors(self) -> int:
        """Errors after the recovery."""
        since = self.recovered + RECOVERY_SECONDS
        late = sum(answer.error is not None and answer.ended > since for answer in self.answers)
        return late + self.late_write

    @property
    def first_result(self) -> float:
        """Seconds from the end of the outage to the first result that was requested after it."""
        results = (
            answer.ended
            for answer in self.answers
            if answer.error is None and answer.began >= self.recovered
        )
        return min(results, default=inf) - self.recovered

    def __str__(self) -> str:
        results = [each.ended - each.began for each in self.answers if each.error is None]
        parts = [
            f"{self.name}: results {spread(results) if results else 0}",
            f"errors {dict(self.errors)}, unclear {len(self.unclear)}",
            f"writes not acknowledged {self.refused_writes}",
        ]
        if self.recovered < inf:
            parts.append(
                f"first result {self.first_result:.2f} s after the end, "
                f"errors later than {RECOVERY_SECONDS:g} s after it {self.late_errors}"
            )
        return "; ".join([*parts, f"{self.memory:.0f} MiB"])


class Crowd:
    """Readers of heavy pages; as many as each stage wants. The many read without a pause."""

    def __init__(self, around: Surroundings, users: list[SignedInUser], record: Record) -> None:
        self._around = around
        self._users = users
        self._record = record
        self.stages: list[Stage] = []

    @asynccontextmanager
    async def stage(self, name: str, readers: int) -> AsyncIterator[Stage]:
        """Within it so many clients read."""
        stage = Stage(name)
        stop = asyncio.Event()
        refused = self._record.refused.total()
        async with asyncio.TaskGroup() as group:
            for number in range(readers):
                user = self._users[number % len(self._users)]
                group.create_task(self._read(stage, stop, user, pauses=readers == FEW))
            try:
                yield stage
            finally:
                stage.late_write = self._record.last_refused > stage.recovered + RECOVERY_SECONDS
                stop.set()
        stage.refused_writes = self._record.refused.total() - refused
        stage.memory = self._around.memory(0) / 2**20
        self.stages.append(stage)
        print(stage, *stage.unclear[:3], sep="\n  ", flush=True)

    async def _read(
        self, stage: Stage, stop: asyncio.Event, user: SignedInUser, *, pauses: bool
    ) -> None:
        client = HttpClient(self._around.address(0), user.authorization)
        try:
            while not stop.is_set():
                began = time.monotonic()
                try:
                    async with asyncio.timeout(ANSWER_SECONDS):
                        status, body = await client.ask(operation("HomeFeed"), {"first": PAGE})
                except (OSError, EOFError, TimeoutError) as error:
                    found: str | None = type(error).__name__
                    stage.unclear.append(repr(error))
                    client.close()
                    client = HttpClient(self._around.address(0), user.authorization)
                else:
                    found = self._error_in(stage, status, body)
                stage.answers.append(Answer(began, time.monotonic(), found))
                if pauses or found is not None:
                    await asyncio.sleep(PAUSE_SECONDS)
        finally:
            client.close()

    @staticmethod
    def _error_in(stage: Stage, status: int, body: bytes) -> str | None:
        """Status and code of the error; None if there is none."""
        errors: list[Json] = json.loads(body).get("errors", [])
        if status == 200 and not errors:
            return None
        if not errors or not all(is_clear(status, error) for error in errors):
            stage.unclear.append(f"{status} {body.decode()[:300]}")
        return f"{status} {errors[0]['extensions']['code'] if errors else None}"


def is_clear(status: int, error: Json) -> bool:
    """Whether a client learns from the error what is wrong, and when to try again."""
    code = error["extensions"]["code"]
    waits = CODES[code].retry_after is None or error["extensions"]["retryAfterSeconds"] > 0
    return (status, code) in CLEAR and waits and bool(error["message"].strip())


async def restart_postgres(around: Surroundings) -> None:
    """Returns when it accepts connections again."""
    # Not in a thread: a server ends with the thread that started it.
    around.postgres.stop()
    around.postgres.start()
    await asyncio.to_thread(around.postgres.wait)


async def kill_valkey(around: Surroundings, seconds: float) -> None:
    """Returns when it answers again."""
    around.valkey.process.process.kill()
    around.valkey.stop()
    await asyncio.sleep(seconds)
    around.valkey.start()
    await asyncio.to_thread(around.valkey.wait)


async def stop_valkey(around: Surroundings, seconds: float) -> None:
    """It answers nothing for so long, though the kernel accepts connections for it."""
    pid = around.valkey.process.pid
    os.kill(pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(seconds)
    finally:
        os.kill(pid, signal.SIGCONT)


async def run(around: Surroundings, *, readers: int, away: float) -> tuple[Record, list[Stage]]:
    """What clients were answered. `readers`: the many. `away`: seconds that Valkey is away."""
    record = Record()
    around.start_worker()
    calm = max(away / 6, RECOVERY_SECONDS + 0.5)
    async with clients(around, record, subscribers=SUBSCRIBERS) as (writers, subscribers):
        crowd = Crowd(around, subscribers, record)
        stop = asyncio.Event()
        for writer in writers:
            writer.pause = PAUSE_SECONDS
        writing = [asyncio.create_task(writer.run(stop)) for writer in writers]
        async with crowd.stage("few readers", FEW):
            await asyncio.sleep(calm)
        for count in (FEW, readers):
            under = f"under {count} readers"
            rest = calm if count == FEW else away / 6
            if count != FEW:
                async with crowd.stage(under, count):
                    await asyncio.sleep(away / 3)
            async with crowd.stage(f"PostgreSQL restarted {under}", count) as stage:
                await asyncio.sleep(RECOVERY_SECONDS)
                await restart_postgres(around)
                stage.recovered = time.monotonic() if count == FEW else inf
                await asyncio.sleep(rest)
            for name, outage in (("killed", kill_valkey), ("stopped", stop_valkey)):
                async with crowd.stage(f"Valkey {name} for {away:g} s {under}", count) as stage:
                    await outage(around, away)
                    stage.recovered = time.monotonic() if count == FEW else inf
                    await asyncio.sleep(rest)
        left = time.monotonic()
        async with crowd.stage("few readers again", FEW) as stage:
            stage.recovered = left
            await asyncio.sleep(calm)
        stop.set()
        await asyncio.gather(*writing)
    return record, crowd.stages


def faults(around: Surroundings) -> list[str]:
    """Lines of the servers' and the worker's logs that must not be there."""
    return [line for line in around.logged().splitlines() if FAULTS.search(line)]


async def measure(around: Surroundings, readers: int, away: float) -> None:
    record, stages = await run(around, readers=readers, away=away)
    print(report(record))
    print("problems:", await problems(around, record) or "none", record.unclear[:5] or "")
    print("errors after recoveries:", sum(stage.late_errors for stage in stages))
    print("faults in logs:", len(logged := faults(around)), *logged[:5], sep="\n  ")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=500)
    parser.add_argument("--away", type=float, default=60.0, help="seconds that Valkey is away")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        with surroundings(folder, **SERVER) as around:
            asyncio.run(measure(around, arguments.clients, arguments.away))


if __name__ == "__main__":
    main()
