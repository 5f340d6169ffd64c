"""PostgreSQL is killed at any moment, and no event is missed: `python -m tests.live.crash --rounds 50`.

Transactions that are rolled back take numbers that are on no disk, and PostgreSQL gives those out again after a crash.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from core.database.database import Database
from core.ids import global_id
from tests.servers import set_up_program

if __name__ == "__main__":
    set_up_program()

from tests.live.surroundings import Surroundings, surroundings  # needs the settings
from tests.live.world import (  # as above
    SignedInUser,
    WebSocketClient,
    operation,
    signed_in,
    websocket_client,
)

CURSOR = "{ homeFeed(first: 100) { eventCursor edges { node { id } } } }"
WRITE_SECONDS = 30.0


class Round(NamedTuple):
    """The outcome of a crash."""

    resumed: bool
    """Whether the client could resume; otherwise it had to query again."""
    acknowledged: int
    missed: int
    """Acknowledged posts that neither the page nor the resumed subscription showed."""
    missed_live: int
    """Posts after the crash that a subscriber who stayed connected did not receive."""
    twice: int


class Client:
    """A client that reads and writes over HTTP."""

    def __init__(self, http: httpx.AsyncClient, user: SignedInUser) -> None:
        self._http = http
        self._headers = {"authorization": user.authorization}

    async def ask(self, query: str, **variables: Any) -> Any:
        sent = {"query": query, "variables": variables}
        answer = await self._http.post("/graphql/", json=sent, headers=self._headers)
        return answer.json()

    async def post(self) -> str | None:
        """The id of a new post; None if it was not acknowledged."""
        try:
            answer = await self.ask(operation("CreatePost"), input={"text": "x"})
        except httpx.HTTPError:
            return None
        post = (answer.get("data") or {}).get("createPost", {}).get("post")
        return None if post is None else str(post["id"])

    async def posts(self, count: int) -> set[str]:
        """So many new posts, retried until they succeed."""
        made: set[str] = set()
        async with asyncio.timeout(WRITE_SECONDS):
            while len(made) < count:
                tried = await asyncio.gather(*(self.post() for _ in range(count - len(made))))
                made |= {id for id in tried if id is not None}
        return made

    async def comment_on_nothing(self) -> None:
        """A transaction that is rolled back."""
        wanted = {
            "postId": global_id("Post", 1),
            "text": "x",
            "clientMutationId": os.urandom(8).hex(),
        }
        answer = await self.ask(operation("CreateComment"), input=wanted)
        assert answer["data"]["createComment"]["errors"]


async def crash_round(around: Surroundings, chance: random.Random) -> Round:
    """Writes, reads a cursor, kills PostgreSQL, writes and resumes."""
    async with _client(around) as (user, client):
        async with websocket_client(around.address(1), user.authorization) as connected:
            await connected.watch_home()
            before = await client.posts(chance.randrange(5))
            await asyncio.gather(*(client.comment_on_nothing() for _ in range(40)))
            writers = [asyncio.create_task(client.post()) for _ in range(chance.choice((0, 0, 4)))]
            page = (await client.ask(CURSOR))["data"]["homeFeed"]
            await asyncio.sleep(chance.random() * 0.02)
            os.kill(around.postgres.process.pid, signal.SIGQUIT)
            # Not in a thread: a server ends with the thread that started it.
            around.postgres.stop()
            around.postgres.start()
            around.postgres.wait()
            meanwhile = {id for id in await asyncio.gather(*writers) if id is not None}
            after = await client.posts(60)
            live = await _entries(connected, after)
        async with websocket_client(around.address(0), user.authorization) as resuming:
            first = await resuming.watch_home(after=page["eventCursor"])
            seen = {edge["node"]["id"] for edge in page["edges"]}
            acknowledged = before | meanwhile | after
            given = await _entries(resuming, acknowledged - seen) if first["resumed"] else []
    missed = len(acknowledged - seen - set(given)) if first["resumed"] else 0
    twice = len(given) - len(set(given)) + len(live) - len(set(live))
    return Round(first["resumed"], len(acknowledged), missed, len(after - set(live)), twice)


async def _entries(watcher: WebSocketClient, expected: set[str]) -> list[str]:
    """The posts that the subscriber receives, until all expected ones have arrived or none follow."""
    received: list[str] = []
    try:
        while not expected <= set(received):
            async with asyncio.timeout(20):
                event = await watcher.event()
            if event["__typename"] != "FeedEntryAdded":
                break
            received.append(event["edge"]["node"]["id"])
    except TimeoutError:
        pass
    return received


@asynccontextmanager
async def _client(around: Surroundings) -> AsyncIterator[tuple[SignedInUser, Client]]:
    database = await Database(around.postgres.url, size=1).open()
    try:
        await database.write("TRUNCATE users CASCADE")
        [user] = await signed_in(database, 1)
    finally:
        await database.close()
    address = f"http://{around.address(0)}"
    async with httpx.AsyncClient(base_url=address, timeout=20) as http:
        yield user, Client(http, user)


def main(rounds: int) -> None:
    """Prints a line for each round, then the sums."""
    chance = random.Random()
    with tempfile.TemporaryDirectory() as folder, surroundings(Path(folder)) as around:
        found = []
        for number in range(rounds):
            found.append(asyncio.run(crash_round(around, chance)))
            print(number + 1, found[-1], flush=True)
    print(
        f"{rounds} crashes, {sum(each.acknowledged for each in found)} posts: "
        f"{sum(each.resumed for each in found)} resumed, {sum(each.missed for each in found)} missed, "
        f"{sum(each.missed_live for each in found)} missed live, {sum(each.twice for each in found)} twice"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    main(parser.parse_args().rounds)
