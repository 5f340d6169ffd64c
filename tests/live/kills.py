"""Any process is killed at any moment, and nothing is lost or doubled: `python -m tests.live.kills --kills 100`.

Writers send each write again, with the same `clientMutationId`, until it is acknowledged. A subscriber resumes whenever
it loses its connection. In the end every acknowledged write is there, once, every count is right, and the subscriber
has received every post once.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from core.database.database import Database
from tests.servers import set_up_program

if __name__ == "__main__":
    set_up_program()

from websockets.exceptions import WebSocketException

from core.datasets.reconcile import COUNTS  # needs the settings
from core.ids import global_id  # as above
from tests.live.fuzz import counted  # as above
from tests.live.surroundings import Surroundings, surroundings  # as above
from tests.live.world import (  # as above
    Closed,
    SignedInUser,
    Unavailable,
    operation,
    signed_in,
    websocket_client,
)

WRITERS = 8
KINDS = ("web", "worker", "postgres", "session", "valkey")
LOST = (OSError, WebSocketException, Closed, Unavailable, TimeoutError, EOFError)
PAUSE_SECONDS = 0.05
"""After a write that was not acknowledged."""
RESTART_PAUSE_SECONDS = 0.2
"""Of a writer after each write while a killed process starts."""
LAST_SECONDS = 60.0
"""Timeout for the last writes and events."""
CLEAR = {"UNAVAILABLE", "TIMEOUT"}
"""Codes of the errors that a client may get meanwhile."""
FOLLOWS = """
INSERT INTO follows (follower_id, followee_id)
SELECT follower, followee FROM unnest($1::bigint[]) follower, unnest($2::bigint[]) followee
"""
SET_COUNT = "UPDATE users SET {} = $2 WHERE id = ANY($1::bigint[])"


@dataclass
class Record:
    """What clients received as answers, and how long the service was away."""

    posts: dict[str, str] = field(default_factory=dict)
    """Ids of acknowledged posts by text."""
    comments: dict[str, str] = field(default_factory=dict)
    likes: dict[tuple[int, str], bool] = field(default_factory=dict)
    """Whether a user likes a post, by the last acknowledged call."""
    received: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    """Cursor and post of each event, by subscriber."""
    refused: Counter[str] = field(default_factory=Counter)
    last_refused: float = 0.0
    """When a write was not acknowledged, of `time.monotonic`."""
    unclear: list[str] = field(default_factory=list)
    """Answers that are neither a result nor a clear error."""
    resyncs: int = 0
    away: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    """Seconds from each kill until both servers have acknowledged a write again."""

    @property
    def has_reached_all(self) -> bool:
        """Whether each subscriber has received every post."""
        return all(
            len({post for _, post in received}) >= len(self.posts)
            for received in self.received.values()
        )


class Writer:
    """A client that posts, comments and likes, each until it is acknowledged."""

    pause = 0.0
    """Seconds after a write that was acknowledged."""

    def __init__(self, around: Surroundings, user: SignedInUser, record: Record, seed: int) -> None:
        self._user = user
        self._record = record
        self._chance = random.Random(seed)
        self._clients = [
            httpx.AsyncClient(
                base_url=f"http://{around.address(number)}",
                headers={"authorization": user.authorization},
                timeout=20,
            )
            for number in (0, 1)
        ]
        self._count = 0

    async def close(self) -> None:
        for client in self._clients:
            await client.aclose()

    async def run(self, stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            known = list(self._record.posts.values())
            if len(known) < 5 or self._chance.random() < 0.5:
                await self.post()
            elif self._chance.random() < 0.5:
                await self._comment(self._chance.choice(known))
            else:
                await self._like(self._chance.choice(known[-50:]))
            await asyncio.sleep(self.pause)

    async def post(self, first: int | None = None) -> None:
        """A post; `first`: the server to which it is sent as long as it takes."""
        text = self._text()
        sent = {"text": text, "clientMutationId": text}
        payload = await self._acknowledged("CreatePost", sent, only=first)
        self._record.posts[text] = payload["post"]["id"]

    async def _comment(self, post: str) -> None:
        text = self._text()
        sent = {"postId": post, "text": text, "clientMutationId": text}
        payload = await self._acknowledged("CreateComment", sent)
        self._record.comments[text] = payload["comment"]["id"]

    async def _like(self, post: str) -> None:
        key = (self._user.key, post)
        likes = not self._record.likes.get(key, False)
        await self._acknowledged("LikePost" if likes else "UnlikePost", {"postId": post})
        self._record.likes[key] = likes

    def _text(self) -> str:
        self._count += 1
        return f"{self._user.key} {self._count}"

    async def _acknowledged(
        self, name: str, sent: dict[str, Any], only: int | None = None
    ) -> dict[str, Any]:
        """The payload, once a server has acknowledged the call."""
        number = self._chance.randrange(2) if only is None else only
        while True:
            body = {"query": operation(name), "variables": {"input": sent}}
            try:
                answer = await self._clients[number].post("/graphql/", json=body)
                result = answer.json()
            except httpx.TransportError as error:
                self._record.refused[type(error).__name__] += 1
            except ValueError:
                self._record.unclear.append(answer.text)
            else:
                errors = result.get("errors")
                if errors is None:
                    [payload] = result["data"].values()
                    if not payload["errors"]:
                        return dict(payload)
                    errors = [{"extensions": error} for error in payload["errors"]]
                codes = {error["extensions"]["code"] for error in errors}
                self._record.refused.update(codes)
                if not codes <= CLEAR:
                    self._record.unclear.append(f"{name}: {answer.text[:300]}")
            self._record.last_refused = time.monotonic()
            await asyncio.sleep(PAUSE_SECONDS)
            if only is None:
                number = 1 - number


async def watch(
    around: Surroundings, reader: SignedInUser, record: Record, subscribed: asyncio.Event
) -> None:
    """Receives the home feed's events, and resumes from the last one after each lost connection."""
    received = record.received.setdefault(reader.key, [])
    cursor: str | None = None
    number = 0
    while True:
        with suppress(*LOST):
            async with websocket_client(around.address(number), reader.authorization) as client:
                ready = await client.watch_home(after=cursor)
                if ready["__typename"] == "ResyncRequired":
                    record.resyncs += 1
                    cursor = None
                    continue
                cursor = cursor or ready["cursor"]
                subscribed.set()
                while True:
                    event = await client.event()
                    cursor = event["cursor"]
                    if event["__typename"] == "FeedEntryAdded":
                        received.append((event["cursor"], event["edge"]["node"]["id"]))
        number = 1 - number
        await asyncio.sleep(PAUSE_SECONDS)


async def kill(around: Surroundings, kind: str, chance: random.Random) -> None:
    """Kills a process and starts it again, where nothing else does."""
    match kind:
        case "web":
            await around.kill_web(chance.randrange(2), waits=False)
        case "worker":
            await around.kill_worker()
        case "postgres":
            await around.kill_postgres()
        case "session":
            await around.kill_backend()
        case "valkey":
            await around.restart_valkey(away=0)


class Clients(NamedTuple):
    """Writers, and subscribers who follow all of them."""

    writers: list[Writer]
    subscribers: list[SignedInUser]


@asynccontextmanager
async def clients(
    around: Surroundings, record: Record, *, subscribers: int = 1
) -> AsyncIterator[Clients]:
    """Empty tables and these clients; in the end all that was written has reached the subscribers."""
    database = await Database(around.postgres.url, size=1).open()
    try:
        await database.write("TRUNCATE users, events, jobs CASCADE")
        users = await signed_in(database, subscribers + WRITERS + 2, lasts=7_200)
        readers, authors = users[:subscribers], users[subscribers:]
        keys = [[user.key for user in each] for each in (readers, authors)]
        await database.write(FOLLOWS, *keys)
        await database.write(SET_COUNT.format("following_count"), keys[0], len(authors))
        await database.write(SET_COUNT.format("follower_count"), keys[1], len(readers))
    finally:
        await database.close()
    writers = [Writer(around, user, record, number) for number, user in enumerate(authors)]
    subscribed = [asyncio.Event() for _ in readers]
    watching = [
        asyncio.create_task(watch(around, reader, record, event))
        for reader, event in zip(readers, subscribed, strict=True)
    ]
    try:
        for event in subscribed:
            await event.wait()
        yield Clients(writers, readers)
        with suppress(TimeoutError):  # What is missing is counted.
            async with asyncio.timeout(LAST_SECONDS):
                while not record.has_reached_all:  # noqa: ASYNC110
                    await asyncio.sleep(PAUSE_SECONDS)
    finally:
        for task in watching:
            task.cancel()
        for writer in writers:
            await writer.close()


async def kill_under_load(around: Surroundings, kills: int, chance: random.Random) -> Record:
    """Kills processes so many times, of each kind equally often."""
    record = Record()
    around.start_worker()
    kinds = [KINDS[number % len(KINDS)] for number in range(kills)]
    chance.shuffle(kinds)
    async with clients(around, record) as ([first, second, *writers], _):
        stopping = asyncio.Event()
        writing = [asyncio.create_task(writer.run(stopping)) for writer in writers]
        for kind in kinds:
            for writer in writers:
                writer.pause = 0.0
            await asyncio.sleep(chance.random())
            began = time.monotonic()
            await kill(around, kind, chance)
            for writer in writers:
                writer.pause = RESTART_PAUSE_SECONDS
            await asyncio.gather(first.post(0), second.post(1))
            record.away[kind].append(time.monotonic() - began)
            print(f"{kind}: {record.away[kind][-1]:.1f} s", flush=True)
        stopping.set()
        async with asyncio.timeout(LAST_SECONDS):
            await asyncio.gather(*writing)
    return record


async def problems(around: Surroundings, record: Record) -> dict[str, int]:
    """How much is lost, doubled, miscounted or missing, by kind."""
    database = await Database(around.postgres.url, size=1).open()
    try:
        found = {"unclear errors": len(record.unclear), "resyncs": record.resyncs}
        for table, acknowledged in (("posts", record.posts), ("comments", record.comments)):
            rows = await database.fetch(f"SELECT text, count(*) FROM {table} GROUP BY text")  # noqa: S608  # ours
            stored: dict[str, int] = dict(rows)  # type: ignore[arg-type]  # rows of two
            found[f"{table} lost"] = len(acknowledged.keys() - stored.keys())
            found[f"{table} twice"] = sum(count > 1 for count in stored.values())
        rows = await database.fetch("SELECT user_id, post_id FROM post_likes")
        liked = {(user, global_id("Post", post)) for user, post in rows}
        found["likes lost"] = sum(
            (key in liked) is not likes for key, likes in record.likes.items()
        )
        for count in COUNTS:
            wrong = f"SELECT FROM {count.table} t WHERE {count.column} <> {counted(count)}"  # ours
            found[f"{count} off"] = len(await database.fetch(wrong))
    finally:
        await database.close()
    events = [Counter(received) for received in record.received.values()]
    posts = set(record.posts.values())
    found["events missing"] = sum(len(posts - {post for _, post in each}) for each in events)
    found["events twice"] = sum(count > 1 for each in events for count in each.values())
    return {kind: count for kind, count in found.items() if count}


def report(record: Record) -> str:
    lines = [
        f"{len(record.posts)} posts, {len(record.comments)} comments, {len(record.likes)} likes acknowledged",
        f"meanwhile: {dict(record.refused)}",
    ]
    for kind, seconds in record.away.items():
        if seconds:
            median = sorted(seconds)[len(seconds) // 2]
            lines.append(
                f"{kind}: {len(seconds)} kills, ready again after {median:.1f} s, at most {max(seconds):.1f} s"
            )
    return "\n".join(lines)


async def measure(around: Surroundings, kills: int, seed: int) -> None:
    record = await kill_under_load(around, kills, random.Random(seed))
    print(report(record))
    print("problems:", await problems(around, record) or "none", record.unclear[:5] or "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, surroundings(Path(folder)) as around:
        asyncio.run(measure(around, arguments.kills, arguments.seed))


if __name__ == "__main__":
    main()
