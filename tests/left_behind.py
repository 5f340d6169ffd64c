"""Fails the run if a test leaves a task, thread, process, open file, socket, database session or lock behind.

Tasks are checked after each test. The other resources may belong to a fixture of the module, so they are checked after
the module, and reported with the test after which they were first seen. Resources of fixtures of the whole session are
checked at its end.
"""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg2
import pytest
import uvloop
from redis import Redis
from tqdm import TMonitor

from core.threads import EXECUTORS
from tests.session_check import SessionCheck

NAME = "left behind by the session"
"""The name of the check as a pytest plugin."""
SECONDS_TO_END = 30.0
"""How long a resource may take to be released, on a busy machine."""
POLL_SECONDS = 0.01
IN_POSTGRES = """
SELECT 'PostgreSQL session', pid::text, concat_ws(' ', state, application_name, left(query, 100)) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
UNION ALL
SELECT 'advisory lock', concat_ws(' ', pid, classid, objid), 'of the first number''s process' FROM pg_locks
WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""

Resources = dict[tuple[str, object], str]
"""Descriptions of open resources, by kind and an identity within the kind."""


class ServersView:
    """The sessions of PostgreSQL and the clients of Valkey, as the servers report them."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._url = variables["DATABASE_URL"]
        self._connect()
        self._valkey = Redis.from_url(variables["REDIS_URL"])
        self._own = str(self._valkey.client_id())

    def _connect(self) -> None:
        self._postgres = psycopg2.connect(self._url)
        self._postgres.autocommit = True

    def own_sockets(self) -> Iterator[tuple[str, object]]:
        """The check's own socket to PostgreSQL. It changes when a test terminates all sessions."""
        yield "socket", f"socket:[{os.fstat(self._postgres.fileno()).st_ino}]"

    def resources(self) -> Resources:
        try:
            found = self._in_postgres()
        except (psycopg2.OperationalError, psycopg2.InterfaceError):
            self._connect()
            found = self._in_postgres()
        clients: list[dict[str, str]] = self._valkey.client_list()  # type: ignore[assignment]  # typed for both kinds of client
        for client in clients:
            if client["id"] != self._own:
                found["Valkey client", client["id"]] = f"{client['name']} {client['cmd']}"
        return found

    def _in_postgres(self) -> Resources:
        with self._postgres.cursor() as cursor:
            cursor.execute(IN_POSTGRES)
            return {(kind, key): what for kind, key, what in cursor.fetchall()}

    def close(self) -> None:
        self._postgres.close()
        self._valkey.close()


class LeftBehindCheck(SessionCheck):
    """Compares the open resources before and after."""

    def __init__(self, servers: ServersView) -> None:
        super().__init__(NAME)
        self._servers = servers
        self.loop: asyncio.AbstractEventLoop | None = None
        """The loop of the tests."""
        self._at_start: Resources = {}
        self._of_session: Resources = {}
        """Resources of fixtures of the session."""
        self._before_module: Resources = {}
        self._module: ModuleType | None = None
        self._first_seen: dict[tuple[str, object], str] = {}
        """The test after which a resource was first seen."""
        self._seen_in_process: Resources = {}
        self._reported: Resources = {}

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self) -> None:
        # libuv opens a pipe with its first loop and never closes it.
        uvloop.new_event_loop().close()
        self._at_start = self._resources()

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Iterator[Any]:
        if fixturedef.scope not in {"session", "package"}:
            return (yield)
        before = self._resources()
        try:
            return (yield)
        finally:
            self._of_session |= without(self._resources(), before)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[Any]:
        module = getattr(item, "module", None)
        if module is not self._module or self._module is None:
            self._module = module
            self._before_module = self._resources()
        self._tasks_before = self._tasks()
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Iterator[Any]:
        result = yield
        left = self._left(lambda: without(self._tasks(), self._tasks_before))
        self._look_for_new(item.nodeid)
        if nextitem is None or getattr(nextitem, "module", None) is not self._module:
            known = self._before_module
            left |= self._left(lambda: without(without(self._resources(), known), self._of_session))
        if left:
            self._reported |= left
            pytest.fail("\n".join(["Left behind:", *self._described(left)]), pytrace=False)
        return result

    @pytest.hookimpl(
        trylast=True
    )  # After the fixtures of the session have ended, if a failure stopped it.
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        known = self._at_start | self._reported
        left = self._left(lambda: without(self._resources(), known))
        self.found = list(self._described(left))
        self.report(session)
        self._servers.close()

    def _left(self, look: Callable[[], Resources]) -> Resources:
        """The resources that are still open after `SECONDS_TO_END`."""
        deadline = time.monotonic() + SECONDS_TO_END
        while left := look():
            if time.monotonic() > deadline:
                return left
            gc.collect()
            if self.loop is None or self.loop.is_closed() or self.loop.is_running():
                time.sleep(POLL_SECONDS)
            else:
                self.loop.run_until_complete(asyncio.sleep(POLL_SECONDS))
        return {}

    def _described(self, left: Resources) -> Iterator[str]:
        for (kind, key), what in left.items():
            seen = self._first_seen.get((kind, key))
            after = f", first seen after {seen}" if seen else ""
            if kind == "socket":
                what = socket_described(str(key)) or what  # noqa: PLW2901  # known now only
            yield f"{kind} {key}: {what}{after}"

    def _tasks(self) -> Resources:
        """The unfinished tasks of the tests' loop."""
        if self.loop is None or self.loop.is_closed():
            return {}
        return {
            ("task", task): str(task.get_coro())
            for task in asyncio.all_tasks(self.loop)
            if not task.done()
        }

    def _look_for_new(self, test: str) -> None:
        """Remembers the test as that after which each new resource was first seen.

        A new session or client has a new socket here, or belongs to a process that a test started. Otherwise the
        servers are not asked, which takes longer than most tests.
        """
        found = self._in_process()
        processes = [key for key in without(found, self._at_start) if key[0] == "process"]
        if found != self._seen_in_process or processes:
            self._seen_in_process = found
            found = found | self._servers.resources()
        for key in found:
            self._first_seen.setdefault(key, test)

    def _resources(self) -> Resources:
        return self._in_process() | self._servers.resources()

    def _in_process(self) -> Resources:
        found = {**open_files(), **threads(self.loop), **children()}
        for own in self._servers.own_sockets():
            found.pop(own, None)
        return found


@pytest.fixture(scope="session", autouse=True)
async def tests_loop(pytestconfig: pytest.Config) -> None:
    """Passes the loop of the tests to the check."""
    check = pytestconfig.pluginmanager.get_plugin(NAME)
    if isinstance(check, LeftBehindCheck):
        check.loop = asyncio.get_running_loop()


def without(resources: Resources, others: Resources) -> Resources:
    return {key: what for key, what in resources.items() if key not in others}


def open_files() -> Resources:
    """The open files and sockets of this process."""
    found: Resources = {}
    with os.scandir("/proc/self/fd") as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                # After each test: pathlib would take most of the time of the whole check.
                target = os.readlink(entry.path).rpartition("/")[2]  # noqa: PTH115
                if target.startswith("socket:"):
                    found["socket", target] = f"descriptor {entry.name}"
                elif target != "fd":  # The descriptor that reads the folder.
                    found["open file", (entry.name, target)] = ""
    return found


def threads(loop: asyncio.AbstractEventLoop | None) -> Resources:
    """The threads of this process, without those of the loop, of services and of tqdm, which are reused."""
    executors = [getattr(loop, "_default_executor", None), *EXECUTORS]
    reused = set().union(*(getattr(each, "_threads", ()) for each in executors))
    return {
        ("thread", thread.ident): thread.name
        for thread in threading.enumerate()
        if thread not in reused and not isinstance(thread, TMonitor)
    }


def children() -> Resources:
    """The child processes that have not been waited for."""
    found: Resources = {}
    with os.scandir("/proc/self/task") as tasks:
        for task in tasks:
            with suppress(OSError), open(f"{task.path}/children") as pids:  # noqa: PTH123  # as above
                for pid in pids.read().split():
                    with suppress(OSError):
                        found["process", int(pid)] = (
                            Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
                        )
    return found


def socket_described(key: str) -> str:
    """The addresses of a socket in the notation of /proc/net; empty if it has none."""
    inode = key.removeprefix("socket:[").removesuffix("]")
    for name in ("tcp", "tcp6", "unix", "udp"):
        for line in Path(f"/proc/self/net/{name}").read_text().splitlines()[1:]:
            parts = line.split()
            if inode in parts:
                return f"{name} {' '.join(parts[1:4])}"
    return ""
