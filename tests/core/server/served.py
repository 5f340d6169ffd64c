"""The server as its operator starts it, and clients that keep it busy."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from pathlib import Path
from typing import NamedTuple

import httpx
from prometheus_client.parser import text_string_to_metric_families

from core.database.database import Database
from core.devserver.ports import free_port
from core.server.uvicorn_server import ENDED_UNTIL, IDLE_UNTIL
from tests.live.world import SignedInUser, operation
from tests.paths import ROOT

TIMEOUT = 60.0
POSTS = "SELECT text FROM posts"


class Served:
    """One `python -m core.server` and what it has logged."""

    def __init__(self, folder: Path, processes: int, **variables: str) -> None:
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.log = folder / "server.log"
        own = {
            "PORT": str(self.port),
            "HOST": "127.0.0.1",
            "WEB_PROCESSES": str(processes),
            "LOG_LEVEL": "INFO",
            "POOL_SIZE": "4",
            "TMPDIR": str(folder),
        }
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "core.server"],
                cwd=ROOT,
                env={**os.environ, **own, **variables},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def logged(self) -> str:
        return self.log.read_text()

    def ready(self) -> list[int]:
        """The processes that have become ready so far, in order."""
        return [int(pid) for pid in re.findall(r"Ready, as process (\d+)", self.logged())]

    async def becomes_ready(self, processes: int) -> list[int]:
        """All that have become ready, when there are so many. Each may take `TIMEOUT` after the one before."""
        ready: list[int] = []
        while len(ready) < processes:
            deadline = time.monotonic() + TIMEOUT
            while self.ready() == ready:
                assert self.process.poll() is None, self.logged()
                assert time.monotonic() < deadline, self.logged()
                await asyncio.sleep(0.02)
            ready = self.ready()
        return ready

    async def logs(self, words: str, times: int = 1) -> None:
        """Returns when the words have been logged so often."""
        deadline = time.monotonic() + TIMEOUT
        while self.logged().count(words) < times:
            assert time.monotonic() < deadline, self.logged()
            await asyncio.sleep(0.02)

    def stops(self) -> list[float]:
        """When each process began to stop. Units: seconds since 1970."""
        return [
            datetime.strptime(f"{moment}000", "%Y-%m-%d %H:%M:%S,%f").timestamp()  # noqa: DTZ007  # local time
            for moment in re.findall(r"(?m)^(\S+ \S+) INFO \S+: Shutting down\.$", self.logged())
        ]

    async def stopped_by(self, number: signal.Signals) -> float:
        """Sends the signal; how long the server took to end."""
        began = time.monotonic()
        self.process.send_signal(number)
        await asyncio.to_thread(self.process.wait, TIMEOUT)
        return time.monotonic() - began


@contextmanager
def served(folder: Path, processes: int = 1, **variables: str) -> Iterator[Served]:
    """The server, killed at the end if it has not been stopped."""
    server = Served(folder, processes, **variables)
    try:
        yield server
    finally:
        server.process.kill()
        server.process.wait()


class Unanswered(NamedTuple):
    """A request without a response, on a connection that was accepted."""

    error: str
    sent: float
    """When it had been sent. Units: seconds since 1970."""


@dataclass
class Writer:
    """A client that posts again and again, and connects again when the server refuses connections."""

    address: str
    user: SignedInUser
    pause: float = 0.0
    """Seconds between its posts."""
    acknowledged: list[str] = field(default_factory=list)
    unavailable: int = 0
    refused: list[str] = field(default_factory=list)
    """Responses other than those that are expected."""
    unanswered: list[Unanswered] = field(default_factory=list)
    _sent: float = inf

    async def write(self, stop: asyncio.Event) -> None:
        number = 0
        async with self._client() as client:
            while not stop.is_set():
                number += 1
                text = f"{self.user.key} {number}"
                self._sent = inf
                try:
                    answer = await client.post(
                        "/graphql/",
                        json={
                            "query": operation("CreatePost"),
                            "variables": {"input": {"text": text}},
                        },
                        extensions={"trace": self._trace},
                    )
                except httpx.ConnectError:
                    await asyncio.sleep(0.01)
                except httpx.TransportError as error:
                    self.unanswered.append(Unanswered(repr(error), self._sent))
                else:
                    self._judge(answer, text)
                await asyncio.sleep(self.pause)

    async def _trace(self, step: str, _: object) -> None:
        if step.startswith("http11.send_request_body."):
            self._sent = time.time()

    def _client(self) -> httpx.AsyncClient:
        headers = {"authorization": self.user.authorization}
        return httpx.AsyncClient(
            base_url=f"http://{self.address}", headers=headers, timeout=TIMEOUT
        )

    def _judge(self, answer: httpx.Response, text: str) -> None:
        if answer.status_code == 503:
            self.unavailable += 1
            return
        result = answer.json()
        if (
            answer.status_code == 200
            and "errors" not in result
            and not result["data"]["createPost"]["errors"]
        ):
            self.acknowledged.append(text)
        else:
            self.refused.append(answer.text)


@asynccontextmanager
async def writing(server: Served, users: list[SignedInUser]) -> AsyncIterator[list[Writer]]:
    """Writers who are at work until the end."""
    writers = [Writer(server.address, user) for user in users]
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for writer in writers:
            group.create_task(writer.write(stop))
        try:
            await all_wrote(writers, [3] * len(writers))
            yield writers
        finally:
            stop.set()


async def all_wrote(writers: list[Writer], counts: list[int]) -> None:
    """Returns when each has so many acknowledged posts."""
    async with asyncio.timeout(TIMEOUT):
        while any(len(w.acknowledged) < n for w, n in zip(writers, counts, strict=True)):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def assert_nothing_is_lost(database: Database, server: Served, writers: list[Writer]) -> None:
    """Every request was answered, and every acknowledged post is stored.

    A process that stops closes idle connections after IDLE_UNTIL. On a busy machine a client may send a request after
    that, before it learns of it; HTTP has no remedy.
    """
    refused = [text for writer in writers for text in writer.refused]
    assert not refused, refused
    stops = server.stops()
    failed = [
        each
        for writer in writers
        for each in writer.unanswered
        if not any(0 <= each.sent - stop - IDLE_UNTIL < ENDED_UNTIL for stop in stops)
    ]
    assert not failed, (failed, stops)
    stored = {row[0] for row in await database.fetch(POSTS)}
    assert {text for writer in writers for text in writer.acknowledged} <= stored


async def metrics_of(client: httpx.AsyncClient) -> dict[tuple[str, ...], float]:
    """The value of each sample of `/metrics`, by its name and the values of its labels."""
    answer = await client.get("/metrics")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
