"""Measures how soon a notification is there: `python -m tests.interactions.notifications.live_figures --likes 300`.

Starts PostgreSQL, Valkey, a server and a worker. Each user likes a post by the API; prints the time from before the
mutation is sent, and from its answer, until the author's WebSocket has the notification.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from core.devserver.ports import free_port
from core.devserver.product_processes import LocalWorker, Web
from tests.paths import ROOT
from tests.servers import servers_of_program

GAP = 0.1
"""The longest time between a notification and the next like. Units: seconds."""
FIRST = 10
"""How many likes are not measured: what they need is loaded then."""


def row(name: str, seconds: Sequence[float]) -> str:
    ordered = sorted(each * 1_000 for each in seconds)
    p99 = ordered[int(len(ordered) * 0.99)]
    return f"{name}: p50 {median(ordered):.1f} ms, p99 {p99:.1f} ms, most {ordered[-1]:.1f} ms"


async def measure(address: str, likes: int) -> None:
    from core.database.database import Database  # noqa: PLC0415  # after Django is set up
    from core.ids import global_id  # noqa: PLC0415
    from tests.interactions.cast import create_posts  # noqa: PLC0415
    from tests.live.world import Api, operation, signed_in, websocket_client  # noqa: PLC0415

    database = await Database(os.environ["DATABASE_URL"], size=1).open()
    author, *fans = await signed_in(database, FIRST + likes + 1)
    [post] = await create_posts(database, author.key)
    await database.close()
    api = Api(address)
    from_sending, from_answer = [], []
    rng = random.Random(1)
    async with websocket_client(address, author.authorization) as client:
        await client.subscribe("1", operation("NotificationEvents"))
        await client.event()

        async def arrival() -> float:
            assert (await client.event())["__typename"] == "NotificationAdded"
            return perf_counter()

        for fan in fans:
            await asyncio.sleep(rng.random() * GAP)
            sent = perf_counter()
            arrives = asyncio.create_task(arrival())
            await api.change(fan, "LikePost", postId=global_id("Post", post))
            answered = perf_counter()
            arrived = await arrives
            from_sending.append(arrived - sent)
            from_answer.append(arrived - answered)
    await api.close()
    print(row(f"{likes} likes, from sending the mutation", from_sending[FIRST:]))
    print(row(f"{likes} likes, from its answer", from_answer[FIRST:]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--likes", type=int, default=300)
    likes = parser.parse_args().likes
    with (
        TemporaryDirectory() as folder,
        servers_of_program(LOG_LEVEL="ERROR"),
        ExitStack() as stack,
    ):
        port = free_port()
        variables = {**os.environ, "PORT": str(port)}
        web = Web(root=ROOT, variables=variables, host="127.0.0.1", port=port)
        worker = LocalWorker(root=ROOT, variables=variables, log=Path(folder) / "worker.log")
        for process in (web, worker):
            process.start()
            stack.callback(process.stop)
        web.wait()
        asyncio.run(measure(f"127.0.0.1:{port}", likes))


if __name__ == "__main__":
    main()
