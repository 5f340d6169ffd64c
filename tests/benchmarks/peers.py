"""The servers that are measured beside each other, and what they have in common: data, PostgreSQL, Valkey, cores."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from core.devserver.folder_locks import folder_lock
from core.devserver.ports import free_port
from core.devserver.product_processes import LocalProcess
from core.devserver.servers import running_servers
from tests.benchmarks.live import ServerFigures
from tests.paths import ROOT
from tests.servers import SETTINGS

FOLDER = ROOT / ".data" / "benchmark-workloads"
SERVE = ("-W", "ignore", "-m", "core.server")
UVICORN = (
    "-m",
    "uvicorn",
    "--loop=uvloop",
    "--http=httptools",
    "--no-access-log",
    "--no-server-header",
    "--log-level=warning",
)
OURS, KEPT, BASELINE, STOCK = "ours", "ours, bytes kept 1 s", "baseline", "Strawberry, our SQL"


class Cores:
    """Who runs where: the measured servers on one core, all else on the others.

    Where that can't be had, with one core or without Linux, all share what there is.
    """

    def __init__(self) -> None:
        self._all = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_setaffinity") else []
        self.are_parted = len(self._all) > 1

    @contextmanager
    def for_all_else(self) -> Iterator[None]:
        """Keeps this process, and what it starts, off the servers' core."""
        self._run_on(self._all[1:])
        try:
            yield
        finally:
            self._run_on(self._all)

    @contextmanager
    def for_servers(self) -> Iterator[None]:
        """What is started in here has the servers' core."""
        self._run_on(self._all[:1])
        try:
            yield
        finally:
            self._run_on(self._all[1:])

    def _run_on(self, cores: Sequence[int]) -> None:
        if self.are_parted:
            os.sched_setaffinity(0, cores)


class Peer:
    """One server process."""

    def __init__(self, name: str, command: Sequence[str], variables: Mapping[str, str]) -> None:
        self.name = name
        self.port = free_port()
        if command != SERVE:
            command = (*command, "--port", str(self.port))
        everything = {**variables, "PORT": str(self.port)}
        self._process = LocalProcess(name, *command, root=ROOT, variables=everything)

    def start(self) -> None:
        self._process.start()

    async def wait(self) -> None:
        """Returns when the server listens, which it does when it can serve."""
        async with asyncio.timeout(60):
            while True:
                if self._process.process.has_ended():
                    raise RuntimeError(f"{self.name} did not start; its messages are above.")
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                except OSError:
                    await asyncio.sleep(0.1)
                else:
                    writer.close()
                    return

    def stop(self) -> None:
        self._process.stop()

    @property
    def figures(self) -> ServerFigures:
        return ServerFigures(self._process.process.pid)


@contextmanager
def filled_servers(people: int, posts: int) -> Iterator[dict[str, str]]:
    """The settings for PostgreSQL and Valkey with demo data, which are removed at the end."""
    with folder_lock(FOLDER, "the benchmark over HTTP"):
        try:
            with running_servers(FOLDER, durable=True) as servers:
                variables = {**SETTINGS, **servers.variables, "DEBUG": "false"}
                for command in (
                    ("migrate", "--verbosity=0"),
                    ("seed_demo", f"--people={people}", f"--posts={posts}"),
                ):
                    manage = [sys.executable, "-W", "ignore", "manage.py", *command]
                    subprocess.run(manage, cwd=ROOT, env=variables, check=True)
                yield variables
        finally:
            for server in ("postgres", "valkey"):
                shutil.rmtree(FOLDER / server, ignore_errors=True)


@contextmanager
def running_peers(variables: Mapping[str, str], cores: Cores) -> Iterator[dict[str, Peer]]:
    """The servers by name, up."""
    plain = {**variables, "BYTE_CACHE_SECONDS": "0"}
    found = {
        BASELINE: Peer(BASELINE, (*UVICORN, "tests.benchmarks.baseline:application"), plain),
        OURS: Peer(OURS, SERVE, plain),
        KEPT: Peer(KEPT, SERVE, {**variables, "BYTE_CACHE_SECONDS": "1"}),
        STOCK: Peer(STOCK, (*UVICORN, "tests.benchmarks.stock:application"), plain),
    }
    with ExitStack() as stack:
        with cores.for_servers():
            for peer in found.values():
                stack.callback(peer.stop)
                peer.start()
        for peer in found.values():
            asyncio.run(peer.wait())
        yield found
