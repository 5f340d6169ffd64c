"""PostgreSQL's disk is full for a while under writers: `python -m tests.live.full_disk --seconds 20`.

The cluster lies on a tmpfs of its own, which is mounted and filled here, so this needs root.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from core.database.database import Database
from core.devserver.postgres import Postgres
from core.devserver.valkey import Valkey
from tests.servers import copy_migrated_cluster, set_up_program

if __name__ == "__main__":
    set_up_program()

from tests.core.server.served import served  # needs the settings
from tests.live.world import SignedInUser, operation, signed_in  # as above

WRITERS = 20
DISK_MIB = 512
BLOCK = bytes(2**20)
PAUSE_SECONDS = 0.2
BACK_SECONDS = 60.0
LINES_A_SECOND = 10
BYTES_A_SECOND = 10_000


@dataclass
class Answers:
    """What the writers were answered."""

    acknowledged: dict[str, float] = field(default_factory=dict)
    """When each text was."""
    refused: Counter[tuple[int, str]] = field(default_factory=Counter)
    """Statuses and codes of the others."""

    def since(self, moment: float) -> list[float]:
        return [at - moment for at in self.acknowledged.values() if at >= moment]


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A file system of its own in the folder. Errors: SystemExit without the right to mount one."""
    folder.mkdir()
    options = f"size={DISK_MIB}m,mode=755"
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"A tmpfs can't be mounted: {done.stderr.strip()} Run this as root.")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@asynccontextmanager
async def full(disk: Path) -> AsyncIterator[None]:
    """Within it nothing more can be written there."""
    ballast = disk / "ballast"

    def fill() -> None:
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(BLOCK)

    try:
        await asyncio.to_thread(fill)  # Meanwhile the writers send the bodies of their requests.
        yield
    finally:
        await asyncio.to_thread(ballast.unlink)


async def write(address: str, user: SignedInUser, answers: Answers) -> None:
    """Posts again and again."""
    number = 0
    headers = {"authorization": user.authorization}
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=60) as client:
        while True:
            number += 1
            # Long texts fill what PostgreSQL has reserved already.
            text = f"{user.key} {number} ".ljust(400, "x")
            asked = {"query": operation("CreatePost"), "variables": {"input": {"text": text}}}
            answer = await client.post("/graphql/", json=asked)
            result = answer.json()
            if "errors" in result:
                code = result["errors"][0]["extensions"]["code"]
                answers.refused[answer.status_code, code] += 1
            else:
                assert result["data"]["createPost"]["post"], result
                answers.acknowledged[text] = time.monotonic()
            await asyncio.sleep(PAUSE_SECONDS)


async def until_writes_are(word: str, address: str, seconds: float) -> float:
    """Returns when `/readyz` has this status of writes. Errors: TimeoutError."""
    async with httpx.AsyncClient(base_url=address) as client, asyncio.timeout(seconds):
        while (await client.get("/readyz", timeout=10)).json()["writes"] != word:  # noqa: ASYNC110
            await asyncio.sleep(PAUSE_SECONDS)
    return time.monotonic()


async def run(folder: Path, disk: Path, seconds: float) -> None:
    """Prints what came of it. Errors: AssertionError, TimeoutError if it is not as it should be."""
    database = await Database(os.environ["DATABASE_URL"], size=2).open()
    users = await signed_in(database, WRITERS, lasts=3_600)
    answers = Answers()
    with served(folder) as server:
        await server.becomes_ready(1)
        address = f"http://{server.address}"
        writing = [asyncio.create_task(write(address, user, answers)) for user in users]
        await asyncio.sleep(1)
        logged = len(server.logged())
        async with full(disk):
            began = time.monotonic()
            refused = await until_writes_are("refused", address, seconds) - began
            await asyncio.sleep(seconds - refused)
        freed = time.monotonic()
        async with asyncio.timeout(BACK_SECONDS):
            while not answers.since(freed):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        accepted = await until_writes_are("accepted", address, BACK_SECONDS) - freed
        ended = [task for task in writing if task.done()]
        for task in writing:
            task.cancel()
        await asyncio.wait(writing)
        # Each failed request has a line of its own, which says no more than that.
        logged_lines = server.logged()[logged:].splitlines(keepends=True)
        lines = "".join(line for line in logged_lines if '"logger":"request"' not in line)
    stored = {row[0] for row in await database.fetch("SELECT text FROM posts")}
    await database.close()
    lost = answers.acknowledged.keys() - stored
    print(f"full after {refused:.1f} s under writes, for {seconds:g} s in all")
    print(f"acknowledged {len(answers.acknowledged)}, lost {len(lost)}")
    print(f"refused: {dict(answers.refused)}")
    print(
        f"after it: first write after {min(answers.since(freed)):.2f} s, "
        f"readiness after {accepted:.1f} s"
    )
    print(f"logged: {lines.count(chr(10))} lines, {len(lines)} bytes")
    assert not lost
    assert not ended, ended
    assert {code for _, code in answers.refused} == {"UNAVAILABLE"}
    assert lines.count("\n") <= LINES_A_SECOND * (seconds + 10), lines[-2_000:]
    assert len(lines) <= BYTES_A_SECOND * (seconds + 10), lines[-2_000:]


def measure(folder: Path, seconds: float) -> None:
    """`run` with servers of its own, which the environment then names.

    Errors: SystemExit without the right to mount a file system.
    """
    disk = folder / "disk"
    with small_disk(disk):
        copy_migrated_cluster(disk / "postgres")
        postgres = Postgres(disk / "postgres", durable=True)
        valkey = Valkey(folder / "valkey")
        try:
            postgres.start()
            valkey.start()
            postgres.wait()
            valkey.wait()
            os.environ.update(DATABASE_URL=postgres.url, REDIS_URL=valkey.url)
            asyncio.run(run(folder, disk, seconds))
        finally:
            postgres.stop()
            valkey.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        measure(folder, parser.parse_args().seconds)


if __name__ == "__main__":
    main()
