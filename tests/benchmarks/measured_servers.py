"""The servers measured side by side, and what they share: data, PostgreSQL, Valkey and cores."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

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
OURS, CACHED, BASELINE, STOCK = (
    "ours",
    "ours, responses cached 1 s",
    "baseline",
    "Strawberry, our SQL",
)


NO_LIMIT_REACHED = {
    "USER_POINTS_PER_MINUTE": "999999999",
    "ADDRESS_POINTS_PER_MINUTE": "999999999",
    "REACTIONS_PER_HOUR": "999999999",
}
"""Rate limits are in force, and so high that no client of a benchmark reaches one."""


class PostgresFigures:
    """CPU time of PostgreSQL: the postmaster and its processes."""

    def __init__(self, backend_pid: int) -> None:
        """`backend_pid`: what `pg_backend_pid()` returns, on this machine."""
        self._postmaster = int(_process_stat(backend_pid)[1])

    @property
    def cpu(self) -> float:
        """Seconds of CPU time, with those of processes that have ended."""
        ticks = sum(map(int, _process_stat(self._postmaster)[11:15]))
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(FileNotFoundError, ProcessLookupError):
                fields = _process_stat(int(folder.name))
                if int(fields[1]) == self._postmaster:
                    ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")


def _process_stat(pid: int) -> list[str]:
    """The fields of a process's `stat` after its name: its state, its parent, ..."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


class Cores:
    """CPU affinity: measured servers on one core, everything else on the others.

    With one core, or without Linux, all processes share all cores.
    """

    def __init__(self) -> None:
        self._all = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_setaffinity") else []
        self.are_separate = len(self._all) > 1

    @contextmanager
    def for_everything_else(self) -> Iterator[None]:
        """Keeps this process and its children off the servers' core."""
        self._run_on(self._all[1:])
        try:
            yield
        finally:
            self._run_on(self._all)

    @contextmanager
    def for_servers(self) -> Iterator[None]:
        """Processes started inside run on the servers' core."""
        self._run_on(self._all[:1])
        try:
            yield
        finally:
            self._run_on(self._all[1:])

    def _run_on(self, cores: Sequence[int]) -> None:
        if self.are_separate:
            os.sched_setaffinity(0, cores)


class MeasuredServer:
    """One server process."""

    def __init__(self, name: str, command: Sequence[str], variables: Mapping[str, str]) -> None:
        self.name = name
        self.port = free_port()
        if command != SERVE:
            command = (*command, "--port", str(self.port))
        environment = {**variables, "PORT": str(self.port)}
        self._process = LocalProcess(name, *command, root=ROOT, variables=environment)

    def start(self) -> None:
        self._process.start()

    async def wait(self) -> None:
        """Returns when the server listens. Errors: RuntimeError if it exits, TimeoutError."""
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
def filled_servers(users: int, posts: int) -> Iterator[dict[str, str]]:
    """Runs PostgreSQL and Valkey with demo data; gives their settings and removes their data at the end."""
    with folder_lock(FOLDER, "the benchmark over HTTP"):
        try:
            with running_servers(FOLDER, durable=True) as servers:
                variables = {**SETTINGS, **servers.variables, "DEBUG": "false", **NO_LIMIT_REACHED}
                for command in (
                    ("migrate", "--verbosity=0"),
                    ("seed_demo", f"--users={users}", f"--posts={posts}"),
                ):
                    manage = [sys.executable, "-W", "ignore", "manage.py", *command]
                    subprocess.run(manage, cwd=ROOT, env=variables, check=True)
                yield variables
        finally:
            for server in ("postgres", "valkey"):
                shutil.rmtree(FOLDER / server, ignore_errors=True)


@contextmanager
def running_measured_servers(
    variables: Mapping[str, str], cores: Cores
) -> Iterator[dict[str, MeasuredServer]]:
    """Runs the measured servers; gives them by name."""
    uncached = {**variables, "BYTE_CACHE_SECONDS": "0"}
    servers_by_name = {
        BASELINE: MeasuredServer(
            BASELINE, (*UVICORN, "tests.benchmarks.baseline:application"), uncached
        ),
        OURS: MeasuredServer(OURS, SERVE, uncached),
        CACHED: MeasuredServer(CACHED, SERVE, {**variables, "BYTE_CACHE_SECONDS": "1"}),
        STOCK: MeasuredServer(STOCK, (*UVICORN, "tests.benchmarks.stock:application"), uncached),
    }
    with ExitStack() as stack:
        with cores.for_servers():
            for server in servers_by_name.values():
                stack.callback(server.stop)
                server.start()
        for server in servers_by_name.values():
            asyncio.run(server.wait())
        yield servers_by_name
