"""A load generator: `python -m tests.benchmarks.load`, a process of its own, told what to do on its standard input.

Connections stay open and send one request at a time. Without a rate each sends the next request when it has its answer;
with one, requests are due at even times, and a request that has to wait for a connection has that counted.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from time import perf_counter
from typing import NamedTuple, cast

import uvloop

ROOT = Path(__file__).resolve().parent.parent.parent
TICK_SECONDS = 0.001
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
) -> Figures:
    """What a server made of the requests, each the text of one in HTTP/1.1, sent in turn.

    Errors: RuntimeError if an answer was a failure.
    """
    task = {
        "port": port,
        "requests": requests,
        "seconds": seconds,
        "connections": connections,
        "rate": rate,
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.load"],
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
        self._open = True
        self.took: list[float] = []
        self.failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def due(self, count: int) -> None:
        """So many more are to be sent now."""
        now = perf_counter()
        for _ in range(count):
            if self._idle:
                self._idle.popleft().ask(next(self._requests), now)
            else:
                self._due.append(now)

    def ready(self, connection: Connection) -> None:
        """The connection may send its next request."""
        if not self._open:
            return
        if not self._paced:
            connection.ask(next(self._requests), perf_counter())
        elif self._due:
            connection.ask(next(self._requests), self._due.popleft())
        else:
            self._idle.append(connection)

    def stop(self) -> None:
        self._open = False

    def fail(self, said: str) -> None:
        if self._open and not self.failure.done():
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
        answers.took.append(perf_counter() - self._since)
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
    began = perf_counter()
    for client in clients:
        answers.ready(client)
    if rate is None:
        await asyncio.wait([answers.failure], timeout=seconds)
    else:
        await _pace(answers, rate, seconds)
    took = perf_counter() - began
    answers.stop()
    if answers.failure.done():
        answers.failure.result()
    times = sorted(answers.took)
    p50, p99 = (times[int(len(times) * part)] * 1000 for part in (0.5, 0.99))
    return Figures(len(times), took, p50, p99)


async def _pace(answers: Answers, rate: float, seconds: float) -> None:
    began = perf_counter()
    given = 0
    while (past := perf_counter() - began) < seconds and not answers.failure.done():
        answers.due(int(past * rate) - given)
        given = int(past * rate)
        await asyncio.sleep(TICK_SECONDS)


def main() -> None:
    task = json.load(sys.stdin)
    print(json.dumps(uvloop.run(run(**task))))


if __name__ == "__main__":
    main()
