"""Servers that tests may kill: a separate PostgreSQL and Valkey, and two web servers."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from core.devserver.ports import free_port
from core.devserver.postgres import Postgres
from core.devserver.product_processes import Web
from core.devserver.valkey import Valkey
from tests.paths import ROOT


class Surroundings:
    """PostgreSQL, Valkey and two web servers, each of which can be killed."""

    def __init__(self, postgres: Postgres, valkey: Valkey) -> None:
        self.postgres = postgres
        self.valkey = valkey
        self.ports = [free_port(), free_port()]
        self._webs: list[Web] = []

    @property
    def variables(self) -> dict[str, str]:
        return {
            **os.environ,
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.valkey.url,
            "LOG_LEVEL": "ERROR",
        }

    def start(self) -> None:
        """Creates the tables and starts the web servers."""
        command = [sys.executable, "-W", "ignore", "manage.py", "migrate", "--verbosity=0"]
        subprocess.run(command, cwd=ROOT, env=self.variables, check=True)
        for port in self.ports:
            variables = {**self.variables, "PORT": str(port)}
            web = Web(root=ROOT, variables=variables, host="127.0.0.1", port=port)
            self._webs.append(web)
            web.start()
        for web in self._webs:
            web.wait()

    def stop(self) -> None:
        for web in self._webs:
            web.process.process.kill()
            web.stop()

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

    async def kill_web(self, number: int) -> None:
        """Kills a web server and starts it again."""
        await asyncio.to_thread(self._restart_web, number)

    async def restart_valkey(self, *, away: float) -> None:
        """Kills Valkey and starts it again after so many seconds."""
        self.valkey.process.process.kill()
        await asyncio.to_thread(self.valkey.stop)
        await asyncio.sleep(away)
        await asyncio.to_thread(self._start_again, self.valkey)

    async def restart_postgres(self) -> None:
        """Restarts PostgreSQL, which ends all connections."""
        await asyncio.to_thread(self.postgres.stop)
        await asyncio.to_thread(self._start_again, self.postgres)

    def _restart_web(self, number: int) -> None:
        web = self._webs[number]
        web.process.process.kill()
        web.stop()
        web.start()
        web.wait()

    @staticmethod
    def _start_again(server: Postgres | Valkey) -> None:
        server.start()
        server.wait()


@contextmanager
def surroundings(folder: Path) -> Iterator[Surroundings]:
    """Starts everything; stops it at exit."""
    with ExitStack() as stack:
        postgres = Postgres(folder / "postgres", durable=True)
        valkey = Valkey(folder / "valkey")
        for server in (postgres, valkey):
            stack.callback(server.stop)
            server.start()
        for server in (postgres, valkey):
            server.wait()
        found = Surroundings(postgres, valkey)
        stack.callback(found.stop)
        found.start()
        yield found
