"""Sockets that never complete a request slow down nobody: `python -m tests.live.half_open --sockets 10000`."""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import tempfile
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import httpx

from tests.servers import servers_for_tests, set_up_program

if __name__ == "__main__":
    set_up_program()

from tests.core.server.served import Served, metrics_of, served  # needs the settings
from tests.live.fuzz import memory_of, spread  # as above
from tests.live.raw_clients import RawClient  # as above

HALF_HEAD = b"POST /graphql/ HTTP/1.1\r\nHost: localhost\r\nContent-Ty"
PLAIN = "{ publicFeed(first: 1) { edges { cursor } } }"
LOCAL = [f"127.0.0.{number}" for number in range(1, 5)]
"""One address has no more ports than some twenty thousand."""
AT_ONCE = 100
AT_LEAST = 10


class Outcome(NamedTuple):
    """Seconds of each plain query, and MiB of the server, before and meanwhile."""

    before: list[float]
    meanwhile: list[float]
    memory: tuple[float, float]
    closed: int
    """Sockets that the server has closed in the end."""

    def __str__(self) -> str:
        return (
            f"a query before: {spread(self.before)}\na query meanwhile: {spread(self.meanwhile)}\n"
            f"memory: {self.memory[0]:.0f} MiB, then {self.memory[1]:.0f} MiB; {self.closed} closed"
        )


async def queries(address: str, seconds: float) -> list[float]:
    """How long each of the plain queries took that were sent for so long, at least ten.

    Errors: AssertionError if one fails.
    """
    took: list[float] = []
    ends = perf_counter() + seconds
    async with httpx.AsyncClient(base_url=f"http://{address}", timeout=20) as client:
        while (began := perf_counter()) < ends or len(took) < AT_LEAST:
            sent = {"query": f"# {len(took)}\n{PLAIN}"}  # None from the cache.
            answer = await client.post("/graphql/", json=sent)
            assert answer.status_code == 200, answer.text
            assert "errors" not in answer.json(), answer.text
            took.append(perf_counter() - began)
            await asyncio.sleep(0.02)
    return took


async def half_open(server: Served, sockets: int, seconds: float) -> Outcome:
    """Opens so many sockets and asks for so long beside them."""
    pid = server.process.pid
    before, memory = await queries(server.address, seconds), memory_of(pid)
    opened: list[RawClient] = []
    async with asyncio.TaskGroup() as group:
        asking = group.create_task(queries(server.address, seconds))
        while len(opened) < sockets:
            local = LOCAL[len(opened) // AT_ONCE % len(LOCAL)]
            connecting = [
                RawClient.connect(server.address, local=local)
                for _ in range(min(AT_ONCE, sockets - len(opened)))
            ]
            for number, client in enumerate(await asyncio.gather(*connecting)):
                if number % 2:
                    client.send(HALF_HEAD)
                opened.append(client)
        highest = memory_of(pid)
    async with asyncio.timeout(120):
        for client in opened:
            await client.is_lost()
    async with httpx.AsyncClient(base_url=f"http://{server.address}", timeout=20) as http:
        metrics = await metrics_of(http)
    closed = metrics["feed_http_connections_cut_off_total", "no request in time"]
    return Outcome(before, asking.result(), (memory, highest), int(closed))


async def run(folder: Path, sockets: int, seconds: float, *, head_seconds: float = 20) -> Outcome:
    """The outcome with a server of its own."""
    with served(folder, DEBUG="false", REQUEST_HEAD_SECONDS=f"{head_seconds:g}") as server:
        await server.becomes_ready(1)
        return await half_open(server, sockets, seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sockets", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=15)
    arguments = parser.parse_args()
    _, hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard_limit, hard_limit))
    with tempfile.TemporaryDirectory() as folder, servers_for_tests() as servers:
        os.environ.update(servers.variables)
        print(asyncio.run(run(Path(folder), arguments.sockets, arguments.seconds)))


if __name__ == "__main__":
    main()
