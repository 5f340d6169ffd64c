"""Eight writers, and readers who poll for newer posts as fast as they can: `python -m tests.live.polling --seconds 60`.

A post that is acknowledged later with a lower key than one that was read must come all the same, and nothing twice.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path
from time import monotonic

import httpx

from core.database.database import Database
from tests.servers import set_up_program

if __name__ == "__main__":
    set_up_program()

from tests.live.crash import Client
from tests.live.surroundings import Surroundings, surroundings
from tests.live.world import signed_in

WRITERS = 8
FEEDS = ("homeFeed", "publicFeed")


class Poller:
    """A reader of a feed, who reads on from the newest known cursor."""

    def __init__(self, client: Client, feed: str) -> None:
        self._client = client
        self._feed = feed
        self._cursor: str | None = None
        self.seen: list[str] = []
        self.polls = 0

    async def poll(self) -> bool:
        """Reads a page; whether it had rows."""
        before = "" if self._cursor is None else f', before: "{self._cursor}"'
        query = f"{{ {self._feed}(last: 50{before}) {{ edges {{ cursor node {{ id }} }} }} }}"
        edges = (await self._client.ask(query))["data"][self._feed]["edges"]
        self.polls += 1
        if edges:
            self._cursor = edges[0]["cursor"]
            self.seen += [edge["node"]["id"] for edge in edges]
        return bool(edges)


async def run(around: Surroundings, seconds: float) -> tuple[set[str], list[Poller]]:
    """The posts that were acknowledged, and the readers, who have read to the end."""
    database = await Database(around.postgres.url, size=1).open()
    viewer, *authors = await signed_in(database, WRITERS)
    for author in authors:
        statement = "INSERT INTO follows (follower_id, followee_id) VALUES ($1, $2)"
        await database.write(statement, viewer.key, author.key)
    await database.close()
    acknowledged: set[str] = set()
    ends = monotonic() + seconds

    async def write(client: Client) -> None:
        while monotonic() < ends:
            post = await client.post()
            if post is not None:
                acknowledged.add(post)

    async def read(poller: Poller) -> None:
        while monotonic() < ends:
            await poller.poll()

    async with (
        httpx.AsyncClient(base_url=f"http://{around.address(0)}", timeout=30) as here,
        httpx.AsyncClient(base_url=f"http://{around.address(1)}", timeout=30) as there,
    ):
        writers = [Client(there, each) for each in (viewer, *authors)]
        pollers = [Poller(Client(here, viewer), feed) for feed in FEEDS]
        await asyncio.gather(*map(write, writers), *map(read, pollers))
        for poller in pollers:
            while await poller.poll():
                pass
    return acknowledged, pollers


def main(seconds: float) -> None:
    """Prints what each reader missed or received twice."""
    with tempfile.TemporaryDirectory() as folder, surroundings(Path(folder)) as around:
        acknowledged, pollers = asyncio.run(run(around, seconds))
    for feed, poller in zip(FEEDS, pollers, strict=True):
        print(
            f"{feed}: {len(acknowledged)} posts, {poller.polls} polls, "
            f"{len(acknowledged - set(poller.seen))} missed, {len(poller.seen) - len(set(poller.seen))} twice"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    main(parser.parse_args().seconds)
