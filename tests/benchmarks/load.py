"""A load generator: `python -m tests.benchmarks.load`, a separate process that reads its task from standard input.

Connections stay open and send one request at a time. Without a rate, each sends the next request after the response.
With a rate, requests are due at even intervals and are timed from when they are due: waiting for a connection, or for
this process, counts.
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
"""In a response: a GraphQL error, or a failure in a payload."""
START_TIMEOUT_SECONDS = 60


class Figures(NamedTuple):
    """The figures of one load. Units: times in milliseconds."""

    requests: int
    seconds: float
    p50: float
    p99: float
    late: float
    """Delay of requests by this process while a connection was idle, 99th percentile."""

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
    """Sends the requests, texts in HTTP/1.1, in turn and again from the first.

    `precise`: requests are sent exactly when due, at more CPU time of this process for each.
    Errors: RuntimeError if a response is a failure.
    """
    task = {
        "port": port,
        "requests": requests,
        "seconds": seconds,
        "connections": connections,
        "rate": rate,
    }
    arguments = ["--precise"] if precise else []
    completed = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.load", *arguments],
        cwd=ROOT,
        input=json.dumps(task),
        text=True,
        capture_output=True,
        timeout=seconds + START_TIMEOUT_SECONDS,
        check=False,
    )
    if completed.returncode:
        raise RuntimeError(completed.stderr.strip().rpartition("\n")[2])
    return Figures(*json.loads(completed.stdout))


def request(
    method: str, path: str, body: bytes = b"", headers: Sequence[tuple[str, str]] = ()
) -> str:
    """The text of a request in HTTP/1.1."""
    fields = [("host", "localhost"), ("content-type", "application/json"), *headers]
    fields.append(("content-length", str(len(body))))
    head = "".join(f"{name}: {value}\r\n" for name, value in fields)
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n{body.decode()}"


class Load:
    """The state of a load: requests that are due, idle connections and measured times."""

    def __init__(self, requests: Sequence[bytes], *, paced: bool) -> None:
        self._requests = cycle(requests)
        self._paced = paced
        self._due: deque[float] = deque()
        self._idle: deque[Connection] = deque()
        self.is_open = True
        self.durations: list[float] = []
        self.late: list[float] = []
        self.failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def due(self, due_since: float) -> None:
        """Sends a request that is due since that time, or queues it until a connection is idle."""
        if self._idle:
            self.late.append(monotonic() - due_since)
            self._idle.popleft().send(next(self._requests), due_since)
        else:
            self._due.append(due_since)

    def ready(self, connection: Connection) -> None:
        """Gives the idle connection the next request, if one is due."""
        if not self.is_open:
            return
        if not self._paced:
            connection.send(next(self._requests), monotonic())
        elif self._due:
            connection.send(next(self._requests), self._due.popleft())
        else:
            self._idle.append(connection)

    def stop(self) -> None:
        self.is_open = False

    def fail(self, message: str) -> None:
        if self.is_open and not self.failure.done():
            self.failure.set_exception(RuntimeError(message))


class Connection(asyncio.Protocol):
    """One connection with at most one request in flight."""

    def __init__(self, load_state: Load) -> None:
        self._load = load_state
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._size = 0
        self._due_since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def send(self, request: bytes, due_since: float) -> None:
        """Sends a request that was due at that time."""
        assert self._transport is not None
        self._due_since = due_since
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received = self._received + data if self._received else data
        if not self._size:
            head = self._received.find(END_OF_HEAD)
            if head < 0:
                return
            at = self._received.lower().index(LENGTH) + len(LENGTH)
            length = int(self._received[at : self._received.index(b"\r", at)])
            self._size = head + len(END_OF_HEAD) + length
        if len(self._received) < self._size:
            return
        load_state, received = self._load, self._received
        self._received, self._size = b"", 0
        if not received.startswith(b"HTTP/1.1 200") or FAILED in received:
            load_state.fail(f"The server answered: {received[:1_000]!r}")
            return
        load_state.durations.append(monotonic() - self._due_since)
        load_state.ready(self)

    def connection_lost(self, _: Exception | None) -> None:
        self._load.fail("The server closed a connection.")


async def run(
    port: int, requests: list[str], seconds: float, connections: int, rate: float | None
) -> Figures:
    """Runs the load and returns its figures."""
    loop = asyncio.get_running_loop()
    load_state = Load([text.encode() for text in requests], paced=rate is not None)
    clients = [
        (await loop.create_connection(lambda: Connection(load_state), "127.0.0.1", port))[1]
        for _ in range(connections)
    ]
    began = monotonic()
    for client in clients:
        load_state.ready(client)
    if rate is not None:
        Pace(load_state, rate).send()
    await asyncio.wait([load_state.failure], timeout=seconds)
    duration = monotonic() - began
    load_state.stop()
    if load_state.failure.done():
        load_state.failure.result()
    p50, p99 = percentile(load_state.durations, 0.5), percentile(load_state.durations, 0.99)
    return Figures(len(load_state.durations), duration, p50, p99, percentile(load_state.late, 0.99))


class Pace:
    """Makes requests due at even intervals."""

    def __init__(self, load_state: Load, rate: float) -> None:
        self._load = load_state
        self._interval = 1 / rate
        self._loop = asyncio.get_running_loop()
        self._next = self._loop.time()

    def send(self) -> None:
        """Makes one request due now, and the next after the interval."""
        self._load.due(self._next)
        self._next += self._interval
        if self._load.is_open:
            self._loop.call_at(self._next, self.send)


def percentile(seconds: list[float], fraction: float) -> float:
    """A percentile in milliseconds; 0 of an empty list."""
    return sorted(seconds)[int(len(seconds) * fraction)] * 1000 if seconds else 0.0


def precise_loop() -> asyncio.AbstractEventLoop:
    """A loop whose timers are not rounded to milliseconds, as uvloop's and those over epoll are."""
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


def main() -> None:
    task = json.load(sys.stdin)
    gc.disable()  # A pause of this process would count as the server's.
    with suppress(PermissionError):
        os.nice(-10)  # PostgreSQL shares this core and must not delay the timing.
    loop = precise_loop if "--precise" in sys.argv else uvloop.new_event_loop
    with asyncio.Runner(loop_factory=loop) as runner:
        print(json.dumps(runner.run(run(**task))))


if __name__ == "__main__":
    main()
