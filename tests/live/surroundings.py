"""Servers that tests may kill: a separate PostgreSQL and Valkey, two web servers, and on demand a worker."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import MappingProxyType

from core.devserver.ports import free_port
from core.devserver.postgres import PROGRAM, Postgres
from core.devserver.product_processes import LocalWorker, Web
from core.devserver.server_processes import servers_in
from core.devserver.valkey import Valkey
from tests.paths import ROOT
from tests.servers import copy_migrated_cluster


class Surroundings:
    """PostgreSQL, Valkey and two web servers, each of which can be killed."""

    def __init__(
        self, postgres: Postgres, valkey: Valkey, first: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """`first`: further variables of the first web server and of the worker."""
        self.postgres = postgres
        self.valkey = valkey
        self._first = first
        self.ports = [free_port(), free_port()]
        self._webs: list[Web] = []
        self._worker: LocalWorker | None = None

    @property
    def variables(self) -> dict[str, str]:
        return {
            **os.environ,
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.valkey.url,
            "LOG_LEVEL": "ERROR",
        }

    def start(self) -> None:
        """Starts the web servers."""
        for port in self.ports:
            first = self._first if port == self.ports[0] else {}
            variables = {**self.variables, **first, "PORT": str(port)}
            log = self._log("web")
            web = Web(root=ROOT, variables=variables, host="127.0.0.1", port=port, log=log)
            self._webs.append(web)
            web.start()
        for web in self._webs:
            web.wait()

    def start_worker(self) -> None:
        """Starts a worker, in place of one that was killed."""
        variables = {**self.variables, **self._first}
        self._worker = LocalWorker(root=ROOT, variables=variables, log=self._log("worker"))
        self._worker.start()

    def stop(self) -> None:
        """Ends the processes, and shows what they have logged."""
        if self._worker is not None:
            self._worker.process.process.kill()
            self._worker.stop()
        for web in self._webs:
            web.process.process.kill()
            web.stop()
        sys.stderr.write(self.logged())

    def logged(self) -> str:
        """What the web servers and the worker have logged."""
        logs = (self._log("web"), self._log("worker"))
        return "".join(log.read_text() for log in logs if log.exists())

    def _log(self, name: str) -> Path:
        return self.postgres.folder.with_name(f"{name}.log")

    def address(self, number: int) -> str:
        """The address of a web server."""
        return f"127.0.0.1:{self.ports[number]}"

    def pid(self, number: int) -> int:
        """A web server's process."""
        return self._webs[number].process.pid

    def memory(self, number: int) -> int:
        """The resident memory of a web server. Units: bytes."""
        statm = Path(f"/proc/{self.pid(number)}/statm").read_text()
        return int(statm.split()[1]) * os.sysconf("SC_PAGE_SIZE")

    async def kill_web(self, number: int, *, waits: bool = True) -> None:
        """Kills a web server and starts it again; returns, unless `waits` is false, when it is ready."""
        web = self._webs[number]
        web.process.process.kill()
        web.stop()
        web.start()
        if waits:
            await asyncio.to_thread(web.wait)

    async def restart_valkey(self, *, away: float) -> None:
        """Kills Valkey and starts it again after so many seconds."""
        self.valkey.process.process.kill()
        await asyncio.to_thread(self.valkey.stop)
        await asyncio.sleep(away)
        await asyncio.to_thread(self._start_again, self.valkey)

    @property
    def worker_pid(self) -> int:
        """The worker's process."""
        assert self._worker is not None
        return self._worker.process.pid

    async def kill_worker(self) -> None:
        """Kills the worker and starts another."""
        assert self._worker is not None
        self._worker.process.process.kill()
        self._worker.stop()
        self.start_worker()

    async def kill_postgres(self) -> None:
        """Kills all processes of PostgreSQL at once, as a machine does that loses its power, and starts it again."""
        for pid in self._postgres_processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        # Not in a thread: a server ends with the thread that started it.
        self.postgres.stop()
        self.postgres.start()
        await asyncio.to_thread(self.postgres.wait)

    async def kill_backend(self) -> None:
        """Kills the process of one session, upon which PostgreSQL ends all sessions and recovers."""
        sessions = set(self._postgres_processes()) - {self.postgres.process.pid}
        with suppress(ProcessLookupError):
            os.kill(max(sessions), signal.SIGKILL)

    def _postgres_processes(self) -> list[int]:
        return servers_in(self.postgres.folder / "cluster", PROGRAM)

    async def restart_postgres(self) -> None:
        """Restarts PostgreSQL, which ends all connections."""
        await asyncio.to_thread(self.postgres.stop)
        await asyncio.to_thread(self._start_again, self.postgres)

    @staticmethod
    def _start_again(server: Postgres | Valkey) -> None:
        server.start()
        server.wait()


@contextmanager
def surroundings(folder: Path, **first: str) -> Iterator[Surroundings]:
    """Starts everything; stops it at exit. `first`: further variables of the first web server and of the worker."""
    copy_migrated_cluster(folder / "postgres")
    with ExitStack() as stack:
        postgres = Postgres(folder / "postgres", durable=True)
        valkey = Valkey(folder / "valkey")
        for server in (postgres, valkey):
            stack.callback(server.stop)
            server.start()
        for server in (postgres, valkey):
            server.wait()
        found = Surroundings(postgres, valkey, first)
        stack.callback(found.stop)
        found.start()
        yield found
