"""The processor's instructions for a request of each workload, counted by valgrind's callgrind in the served process.

    python -m tests.benchmarks.instructions [--requests 100]

They are those of user space alone. Under callgrind a request takes a hundred times as long, so what the server does
by the clock counts for more than in service. Log lines are therefore written less often, and a second count leaves
out what an idle server takes in the same time. That is too much where other work keeps the server from its turns:
then only runs that took equally long can be compared. The time is printed as well.

Needs valgrind (`apt-get install valgrind`); takes two minutes on an idle core.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Coroutine, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from core.devserver.ports import free_port
from tests.benchmarks.measured_servers import filled_servers
from tests.benchmarks.workloads import W2, W4, WORKLOADS, Data, read_data, requests_of
from tests.paths import ROOT

USERS, POSTS = 500, 3_000
VIEWERS = 25
"""Of W2: few, so that each has come before; the first request of a viewer costs more."""
WARM_UP = 120
START_SECONDS = 1_500
SERVE = (
    "-W",
    "ignore",
    "-c",
    "from core.server import __main__, request_log; request_log.FLUSH_SECONDS = 60; __main__.main()",
)
"""In service, hundreds of log lines are written at a time."""
IDLE_SECONDS = 10.0
CONNECTIONS = {W4: 16}
"""Likes that arrive together are committed together."""
TOTAL = re.compile(r"^(?:totals|summary): (\d+)", re.MULTILINE)
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


async def send(port: int, requests: Iterable[str], connections: int) -> None:
    """Sends all requests over a few connections. Errors: AssertionError for a response with errors."""
    remaining = iter(requests)

    async def send_in_turn() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in remaining:
            writer.write(request.encode())
            head = await reader.readuntil(b"\r\n\r\n")
            length = LENGTH.search(head)
            assert length is not None, head
            body = await reader.readexactly(int(length[1]))
            assert b" 200 " in head[:20], head + body
            assert b'"errors":[{' not in body, body
        writer.close()

    await asyncio.gather(*(send_in_turn() for _ in range(connections)))


def requests_in_turn(workload: str, data: Data, seed: int, count: int) -> Iterator[str]:
    """So many requests. For W2 always of the same viewers; no like comes twice."""
    requests = requests_of(workload, data, Random(0 if workload == W2 else seed), by_hand=False)
    return islice(cycle(requests[:VIEWERS] if workload == W2 else requests), count)


@contextmanager
def counted_server(folder: Path, variables: Mapping[str, str]) -> Iterator[tuple[int, int]]:
    """Runs the server under callgrind. Gives its port and process."""
    port = free_port()
    command = [
        "valgrind",
        "--quiet",
        "--tool=callgrind",
        "--instr-atstart=no",
        f"--callgrind-out-file={folder}/counts",
        sys.executable,
        *SERVE,
    ]
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **variables, "PORT": str(port), "PYTHONHASHSEED": "0"}
    )
    try:
        asyncio.run(_listens(process, port))
        yield port, process.pid
    finally:
        process.kill()
        process.wait()


async def _listens(process: subprocess.Popen[bytes], port: int) -> None:
    async with asyncio.timeout(START_SECONDS):
        while True:
            assert process.poll() is None, "The server has ended."
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(1)
            else:
                writer.close()
                return


def control(*arguments: str) -> None:
    subprocess.run(["callgrind_control", *arguments], check=True, capture_output=True)


class Count(NamedTuple):
    """What the server has taken."""

    instructions: int
    seconds: float

    def __sub__(self, other: Count) -> Count:
        return Count(self.instructions - other.instructions, self.seconds - other.seconds)


def count(folder: Path, process: int, work: Coroutine[Any, Any, None]) -> Count:
    """What the server takes while the work is done."""
    control("-z", str(process))
    began = time.monotonic()
    asyncio.run(work)
    seconds = time.monotonic() - began
    control("-d", "count", str(process))
    newest = max(folder.glob("counts.*"), key=lambda path: path.stat().st_mtime_ns)
    total = TOTAL.search(newest.read_text(errors="replace"))
    assert total is not None, newest
    return Count(int(total[1]), seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description="Counts instructions for each workload.")
    parser.add_argument("--requests", type=int, default=100)
    number = parser.parse_args().requests
    with tempfile.TemporaryDirectory() as name, filled_servers(USERS, POSTS) as filled:
        data = asyncio.run(read_data(filled))
        # Under callgrind everything is slow, which is not worth a log line for each request.
        unlogged = dict.fromkeys(("SLOW_REQUEST_SECONDS", "SLOW_STATEMENT_SECONDS"), "60")
        variables = {**filled, **unlogged, "BYTE_CACHE_SECONDS": "0"}
        folder = Path(name)
        with counted_server(folder, variables) as (port, process):
            for workload in WORKLOADS:
                counts = _counted(workload, data, number, folder, port, process)
                print(f"{workload:<16}{counts}", flush=True)


def _counted(workload: str, data: Data, number: int, folder: Path, port: int, process: int) -> str:
    """The instructions for a request of the workload: all, and without those by the clock; and how long it took."""
    connections = CONNECTIONS.get(workload, 4)

    def sending(seed: int, times: int) -> Coroutine[Any, Any, None]:
        requests = requests_in_turn(workload, data, seed, times)
        return send(port, requests, connections)

    asyncio.run(sending(1, WARM_UP))
    control("-i", "on", str(process))
    count(folder, process, sending(4, number // 5))
    # Of two counts, so that what the server does at a connection's begin does not count.
    few = count(folder, process, sending(2, number))
    many = count(folder, process, sending(3, 3 * number))
    idle = count(folder, process, asyncio.sleep(IDLE_SECONDS))
    control("-i", "off", str(process))
    more = many - few
    by_clock = idle.instructions / idle.seconds * more.seconds
    whole = more.instructions / (2 * number)
    return f"{whole:>12,.0f}{whole - by_clock / (2 * number):>12,.0f}{more.seconds:>8.0f} s"


if __name__ == "__main__":
    main()
