"""A load generator: `python -m tests.benchmarks.load`, a process of its own, told what to do on its standard input.

Connections stay open and send one request at a time. Without a rate each sends the next request when it has its answer;
with one, each request is due at its own time, all at even distances, and is timed from then: what it waits for a
connection, or for this process, counts.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import selectors
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from itertools import cycle
from time import monotonic
from typing import NamedTuple, cast

import uvloop

from tests.paths import ROOT

END_OF_HEAD = b"\r\n\r\n"
LENGTH = b"content-length: "
FAILED = b'"errors":[{'
"""In an answer: an error, or a failure that a payload tells of."""
SECONDS_OF_PATIENCE = 60


class Figures(NamedTuple):
    """What a load has seen; times in milliseconds."""

    requests: int
    seconds: float
    p50: float
    p99: float
    late: float
    """By how much this process was late with a request for which a connection was free, at the 99th percentile."""

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


def load(
    port: int,
    requests: Sequence[str],
    *,
    seconds: float,
    connections: int = 16,
    rate: float | None = None,
    precise: bool = False,
) -> Figures:
    """What a server made of the requests, each the text of one in HTTP/1.1, sent in turn.

    `precise`: requests leave when they are due, for which this process needs more CPU time each.
    Errors: RuntimeError if an answer was a failure.
    """
    task = {
        "port": port,
        "requests": requests,
        "seconds": seconds,
        "connections": connections,
        "rate": rate,
    }
    arguments = ["--precise"] if precise else []
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.load", *arguments],
        cwd=ROOT,
        input=json.dumps(task),
        text=True,
        capture_output=True,
        timeout=seconds + SECONDS_OF_PATIENCE,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr.strip().rpartition("\n")[2])
    return Figures(*json.loads(done.stdout))


def request(
    method: str, path: str, body: bytes = b"", headers: Sequence[tuple[str, str]] = ()
) -> str:
    """The text of a request."""
    fields = [("host", "localhost"), ("content-type", "application/json"), *headers]
    fields.append(("content-length", str(len(body))))
    head = "".join(f"{name}: {value}\r\n" for name, value in fields)
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n{body.decode()}"


class Answers:
    """The load's state: what is to be sent, and how long answers took."""

    def __init__(self, requests: Sequence[bytes], *, paced: bool) -> None:
        self._requests = cycle(requests)
        self._paced = paced
        self._due: deque[float] = deque()
        self._idle: deque[Connection] = deque()
        self.is_open = True
        self.took: list[float] = []
        self.late: list[float] = []
        self.failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def due(self, since: float) -> None:
        """One more is to be sent, since that time."""
        if self._idle:
            self.late.append(monotonic() - since)
            self._idle.popleft().ask(next(self._requests), since)
        else:
            self._due.append(since)

    def ready(self, connection: Connection) -> None:
        """The connection may send its next request."""
        if not self.is_open:
            return
        if not self._paced:
            connection.ask(next(self._requests), monotonic())
        elif self._due:
            connection.ask(next(self._requests), self._due.popleft())
        else:
            self._idle.append(connection)

    def stop(self) -> None:
        self.is_open = False

    def fail(self, said: str) -> None:
        if self.is_open and not self.failure.done():
            self.failure.set_exception(RuntimeError(said))


class Connection(asyncio.Protocol):
    """One connection, with one request under way."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._whole = 0
        self._since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def ask(self, request: bytes, since: float) -> None:
        """Sends a request that was due at that time."""
        assert self._transport is not None
        self._since = since
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received = self._received + data if self._received else data
        if not self._whole:
            head = self._received.find(END_OF_HEAD)
            if head < 0:
                return
            at = self._received.lower().index(LENGTH) + len(LENGTH)
            length = int(self._received[at : self._received.index(b"\r", at)])
            self._whole = head + len(END_OF_HEAD) + length
        if len(self._received) < self._whole:
            return
        answers, received = self._answers, self._received
        self._received, self._whole = b"", 0
        if not received.startswith(b"HTTP/1.1 200") or FAILED in received:
            answers.fail(f"The server answered: {received[:1_000]!r}")
            return
        answers.took.append(monotonic() - self._since)
        answers.ready(self)

    def connection_lost(self, _: Exception | None) -> None:
        self._answers.fail("The server has closed a connection.")


async def run(
    port: int, requests: list[str], seconds: float, connections: int, rate: float | None
) -> Figures:
    """What the load has seen."""
    loop = asyncio.get_running_loop()
    answers = Answers([text.encode() for text in requests], paced=rate is not None)
    clients = [
        (await loop.create_connection(lambda: Connection(answers), "127.0.0.1", port))[1]
        for _ in range(connections)
    ]
    began = monotonic()
    for client in clients:
        answers.ready(client)
    if rate is not None:
        Pace(answers, rate).ask()
    await asyncio.wait([answers.failure], timeout=seconds)
    took = monotonic() - began
    answers.stop()
    if answers.failure.done():
        answers.failure.result()
    p50, p99 = percentile(answers.took, 0.5), percentile(answers.took, 0.99)
    return Figures(len(answers.took), took, p50, p99, percentile(answers.late, 0.99))


class Pace:
    """Requests at even times."""

    def __init__(self, answers: Answers, rate: float) -> None:
        self._answers = answers
        self._between = 1 / rate
        self._loop = asyncio.get_running_loop()
        self._next = self._loop.time()

    def ask(self) -> None:
        """Has one request sent now, and each of the others when it is due."""
        self._answers.due(self._next)
        self._next += self._between
        if self._answers.is_open:
            self._loop.call_at(self._next, self.ask)


def percentile(seconds: list[float], part: float) -> float:
    """In milliseconds; 0 of nothing."""
    return sorted(seconds)[int(len(seconds) * part)] * 1000 if seconds else 0.0


def precise_loop() -> asyncio.AbstractEventLoop:
    """A loop whose timers are not rounded to milliseconds, as uvloop's and those over epoll are."""
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


def main() -> None:
    task = json.load(sys.stdin)
    gc.disable()  # A pause here would count as the server's.
    with suppress(PermissionError):
        os.nice(-10)  # What PostgreSQL computes on the same core must not make answers look late.
    loop = precise_loop if "--precise" in sys.argv else uvloop.new_event_loop
    with asyncio.Runner(loop_factory=loop) as runner:
        print(json.dumps(runner.run(run(**task))))


if __name__ == "__main__":
    main()
