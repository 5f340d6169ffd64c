"""The processor's instructions for a request of each workload, counted by valgrind's callgrind in the served process.

    python -m tests.benchmarks.instructions [--requests 100]

Other load on the machine does not change the counts, so two commits can be compared whatever else runs. They are those
of user space alone. Needs valgrind (`apt-get install valgrind`); takes five minutes on an idle core.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from random import Random

from core.devserver.ports import free_port
from tests.benchmarks.measured_servers import SERVE, filled_servers
from tests.benchmarks.workloads import W2, W4, WORKLOADS, Data, read_data, requests_of
from tests.paths import ROOT

USERS, POSTS = 500, 3_000
VIEWERS = 25
"""Of W2: few, so that each has come before; the first request of a viewer costs more."""
WARM_UP = 120
START_SECONDS = 1_500
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


def instructions(
    folder: Path, port: int, process: int, requests: Iterable[str], connections: int
) -> int:
    """The instructions that the server takes for the requests."""
    control("-z", str(process))
    asyncio.run(send(port, requests, connections))
    control("-d", "count", str(process))
    newest = max(folder.glob("counts.*"), key=lambda path: path.stat().st_mtime_ns)
    total = TOTAL.search(newest.read_text(errors="replace"))
    assert total is not None, newest
    return int(total[1])


def main() -> None:
    parser = argparse.ArgumentParser(description="Counts instructions for each workload.")
    parser.add_argument("--requests", type=int, default=100)
    count = parser.parse_args().requests
    with tempfile.TemporaryDirectory() as name, filled_servers(USERS, POSTS) as filled:
        data = asyncio.run(read_data(filled))
        # Under callgrind everything is slow, which is not worth a log line for each request.
        unlogged = dict.fromkeys(("SLOW_REQUEST_SECONDS", "SLOW_STATEMENT_SECONDS"), "60")
        variables = {**filled, **unlogged, "BYTE_CACHE_SECONDS": "0"}
        with counted_server(Path(name), variables) as (port, process):
            for workload in WORKLOADS:
                connections = CONNECTIONS.get(workload, 4)
                asyncio.run(send(port, requests_in_turn(workload, data, 1, WARM_UP), connections))
                # Of two counts, so that what the server does by itself and at a connection's begin does not count.
                few, many = (
                    instructions(
                        Path(name),
                        port,
                        process,
                        requests_in_turn(workload, data, seed, number),
                        connections,
                    )
                    for seed, number in ((2, count), (3, 3 * count))
                )
                print(f"{workload:<16}{(many - few) / (2 * count):>12,.0f}", flush=True)


if __name__ == "__main__":
    main()
