"""PostgreSQL stands still under writers over HTTP: `python -m tests.benchmarks.stalls --seconds 5 15 60 --times 10`.

For each stall: how long after it the first write was acknowledged, how many acknowledged writes are missing, how
many sessions are left idle in a transaction, and what `/readyz` said during and after it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from pathlib import Path

import django
import httpx

from tests.servers import SETTINGS

os.environ.update(SETTINGS, LOG_LEVEL="WARNING")
django.setup()

from core.database.database import Database  # noqa: E402  # needs the settings
from tests.core.database.stalls import HORIZON, IDLE_IN_TRANSACTION, stalled  # noqa: E402  # needs the settings
from tests.live.surroundings import surroundings  # noqa: E402  # needs the settings
from tests.live.world import signed_in  # noqa: E402  # needs the settings

WRITERS = 20
SETTLED_SECONDS = 3.0
CREATE = (
    "mutation($t: String!) { createPost(input: {text: $t}) { post { id } errors { message } } }"
)


async def write(address: str, authorization: str, name: str, found: dict[str, float]) -> None:
    """Posts without a pause; when each that was acknowledged was."""
    number = 0
    headers = {"authorization": authorization}
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=90) as client:
        while True:
            number += 1
            text = f"{name} {number}"
            asked = {"query": CREATE, "variables": {"t": text}}
            answer = await client.post("/graphql/", json=asked)
            said = answer.json()
            if answer.status_code == 200 and (said.get("data") or {}).get("createPost"):
                if said["data"]["createPost"]["post"]:
                    found[text] = time.monotonic()
            else:
                await asyncio.sleep(0.05)


async def readiness(address: str) -> int:
    """The status of `/readyz`."""
    async with httpx.AsyncClient(base_url=address, timeout=10) as client:
        return (await client.get("/readyz")).status_code


async def measure(stalls: list[float], times: int) -> None:
    """Prints a line for each stall."""
    with tempfile.TemporaryDirectory() as folder, surroundings(Path(folder)) as around:
        database = await Database(around.postgres.url, size=2).open()
        people = await signed_in(database, WRITERS)
        address = f"http://{around.address(0)}"
        found: dict[str, float] = {}
        writing = [
            asyncio.create_task(write(address, person.authorization, f"w{person.key}", found))
            for person in people
        ]
        for seconds in stalls:
            for _ in range(times):
                await asyncio.sleep(SETTLED_SECONDS)
                with stalled(around.postgres):
                    during, _ = await asyncio.gather(readiness(address), asyncio.sleep(seconds))
                went_on = time.monotonic()
                while max(found.values(), default=0) < went_on:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
                first = min(at for at in found.values() if at >= went_on) - went_on
                before = (await database.fetch(HORIZON))[0][0]
                await asyncio.sleep(SETTLED_SECONDS)
                after = await readiness(address)
                acknowledged = set(found)
                rows = await database.fetch("SELECT text FROM posts")
                # Of those that were idle in a transaction one is still so a while later.
                idle = min([(await database.fetch(IDLE_IN_TRANSACTION))[0][0] for _ in range(50)])
                moved = (await database.fetch(HORIZON))[0][0] - before
                print(
                    f"stall {seconds:g} s: first success after {first:.2f} s, acknowledged {len(acknowledged)}, "
                    f"missing {len(acknowledged - {row[0] for row in rows})}, idle in transaction {idle}, "
                    f"horizon moved by {moved}, readyz {during} then {after}",
                    flush=True,
                )
                broken = [task for task in writing if task.done()]
                assert not broken, broken
        for task in writing:
            task.cancel()
        await asyncio.wait(writing)
        await database.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, nargs="+", default=[5.0])
    parser.add_argument("--times", type=int, default=10)
    given = parser.parse_args()
    asyncio.run(measure(given.seconds, given.times))
