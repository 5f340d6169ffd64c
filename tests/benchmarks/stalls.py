"""PostgreSQL is stopped under writers over HTTP: `python -m tests.benchmarks.stalls --seconds 5 15 60 --times 10`.

For each stall: the time from its end to the first acknowledged write, the number of acknowledged writes that are
missing, the number of sessions left idle in a transaction, and the status of `/readyz` during and after it.
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
TEMPORARY_CODES = {"UNAVAILABLE", "TIMEOUT"}
SETTLED_SECONDS = 3.0
CREATE = (
    "mutation($t: String!) { createPost(input: {text: $t}) { post { id } errors { message } } }"
)


async def write(
    address: str, authorization: str, name: str, acknowledged: dict[str, float]
) -> None:
    """Creates posts without a pause; records when each was acknowledged.

    Errors: AssertionError at an answer that no stall explains.
    """
    number = 0
    headers = {"authorization": authorization}
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=90) as client:
        while True:
            number += 1
            text = f"{name} {number}"
            request = {"query": CREATE, "variables": {"t": text}}
            answer = await client.post("/graphql/", json=request)
            body = answer.json()
            if "errors" not in body:
                assert body["data"]["createPost"]["post"], body
                acknowledged[text] = time.monotonic()
            else:
                codes = {error["extensions"]["code"] for error in body["errors"]}
                assert codes <= TEMPORARY_CODES, body
                await asyncio.sleep(0.05)


async def readiness(address: str) -> int:
    """The status of `/readyz`."""
    async with httpx.AsyncClient(base_url=address, timeout=10) as client:
        return (await client.get("/readyz")).status_code


def assert_all_write(writing: list[asyncio.Task[None]]) -> None:
    ended = [task for task in writing if task.done()]
    assert not ended, ended


async def measure(stalls: list[float], times: int) -> None:
    """Prints a line for each stall."""
    with tempfile.TemporaryDirectory() as folder, surroundings(Path(folder)) as around:
        database = await Database(around.postgres.url, size=2).open()
        users = await signed_in(database, WRITERS, lasts=86_400)
        address = f"http://{around.address(0)}"
        found: dict[str, float] = {}
        writing = [
            asyncio.create_task(write(address, user.authorization, f"w{user.key}", found))
            for user in users
        ]
        for seconds in stalls:
            for _ in range(times):
                await asyncio.sleep(SETTLED_SECONDS)
                with stalled(around.postgres):
                    during, _ = await asyncio.gather(readiness(address), asyncio.sleep(seconds))
                resumed = time.monotonic()
                while max(found.values(), default=0) < resumed:
                    assert_all_write(writing)
                    await asyncio.sleep(0.01)
                first = min(at for at in found.values() if at >= resumed) - resumed
                before = (await database.fetch(HORIZON))[0][0]
                await asyncio.sleep(SETTLED_SECONDS)
                after = await readiness(address)
                acknowledged = set(found)
                rows = await database.fetch("SELECT text FROM posts")
                # The least of many samples: leaves out transactions that are merely between two statements.
                idle = min([(await database.fetch(IDLE_IN_TRANSACTION))[0][0] for _ in range(50)])
                moved = (await database.fetch(HORIZON))[0][0] - before
                print(
                    f"stall {seconds:g} s: first success after {first:.2f} s, acknowledged {len(acknowledged)}, "
                    f"missing {len(acknowledged - {row[0] for row in rows})}, idle in transaction {idle}, "
                    f"horizon moved by {moved}, readyz {during} then {after}",
                    flush=True,
                )
                assert_all_write(writing)
        for task in writing:
            task.cancel()
        await asyncio.wait(writing)
        await database.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, nargs="+", default=[5.0])
    parser.add_argument("--times", type=int, default=10)
    arguments = parser.parse_args()
    asyncio.run(measure(arguments.seconds, arguments.times))
