"""The embedded servers as real processes: started, stopped, killed, started again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import redis

from core.devserver.postgres import Postgres
from core.devserver.product_processes import LocalProcess
from core.devserver.server_processes import (
    ServerFailed,
    ServerProcess,
    is_alive,
    servers_in,
    wait_until_ended,
)
from core.devserver.servers import running_servers
from core.devserver.supervision import RESTARTS, restart_ended
from tests.commands import handling_signal
from tests.leaks import record_output
from tests.paths import ROOT
from tests.servers import copy_migrated_cluster, temporary_servers

TIMEOUT = 30.0


class Starter:
    """A process of its own that has started servers in a folder."""

    def __init__(self, folder: Path, *command: str) -> None:
        self.folder = folder
        with handling_signal(signal.SIGHUP), handling_signal(signal.SIGINT):
            self.process = subprocess.Popen(
                command or (sys.executable, "-m", "tests.core.devserver.starter", str(folder)),
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        self.told: dict[str, Any] = {}

    def listen(self) -> Starter:
        """Waits for the starter's next line."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, self.process.stderr and self.process.stderr.read()
        self.told = json.loads(line)
        return self

    @property
    def pids(self) -> list[int]:
        return list(self.told["processes"].values())

    def end(self, number: signal.Signals) -> str:
        """Sends the signal; what the starter still wrote, once it and its servers are gone."""
        self.process.send_signal(number)
        output, errors = self.process.communicate(timeout=TIMEOUT)
        record_output("a starter", errors)
        assert wait_until_ended(self.pids, TIMEOUT), "a server outlived its starter"
        return output

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(psycopg2.connect(self.told["DATABASE_URL"])) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return list(cursor.fetchall()) if cursor.description else []


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Starter]]:
    """Starts another process with servers in the test's folder."""
    copy_migrated_cluster(tmp_path / "data" / "postgres")
    started: list[Starter] = []

    def start_one() -> Starter:
        started.append(Starter(tmp_path / "data"))
        return started[-1]

    yield start_one
    end_all(started)


def end_all(started: list[Starter]) -> None:
    for starter in started:
        with starter.process as process:
            process.kill()
        if starter.told:
            assert wait_until_ended(starter.pids, TIMEOUT)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_ends_both_servers_and_keeps_the_data(
    start: Callable[[], Starter], number: signal.Signals
) -> None:
    first = start().listen()
    first.query("CREATE TABLE kept AS SELECT 7 AS number")
    assert first.end(number) == "stopped\n"
    assert first.process.returncode == 0
    assert start().listen().query("SELECT number FROM kept") == [(7,)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_starter_that_make_started_ends_with_make(tmp_path: Path, number: signal.Signals) -> None:
    rules = tmp_path / "rules"
    rules.write_text(
        f"start:\n\t@exec {sys.executable} -m tests.core.devserver.starter {tmp_path / 'data'} $$PPID\n"
    )
    copy_migrated_cluster(tmp_path / "data" / "postgres")
    starter = Starter(tmp_path / "data", "make", "-f", str(rules))
    try:
        starter.listen().end(number)
    finally:
        end_all([starter])


def test_a_killed_starter_leaves_no_server_and_loses_no_commit(
    start: Callable[[], Starter],
) -> None:
    first = start().listen()
    first.query("CREATE TABLE kept AS SELECT 7 AS number")
    first.end(signal.SIGKILL)
    assert start().listen().query("SELECT number FROM kept") == [(7,)]


def test_a_start_over_a_crash_recovers_though_the_old_process_number_is_taken(
    start: Callable[[], Starter],
) -> None:
    first = start().listen()
    first.query("CREATE TABLE kept AS SELECT 7 AS number")
    stale = first.folder / "postgres" / "cluster" / "postmaster.pid"
    lines = stale.read_text().splitlines()
    first.process.kill()
    for pid in first.pids:
        os.kill(pid, signal.SIGKILL)
    assert wait_until_ended(first.pids, TIMEOUT)
    stale.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert start().listen().query("SELECT number FROM kept") == [(7,)]


def test_a_start_ends_what_is_left_of_an_earlier_one(tmp_path: Path) -> None:
    copy_migrated_cluster(tmp_path / "postgres")
    with running_servers(tmp_path, durable=False) as servers:
        left = servers.started[1].process
        assert servers_in(tmp_path / "postgres" / "cluster", "postgres")
        another = Postgres(tmp_path / "postgres", durable=False)
        another.start()
        try:
            assert left.has_ended()
            another.wait()
        finally:
            another.stop()


def test_a_cluster_that_was_half_made_is_made_again(tmp_path: Path) -> None:
    unfinished = tmp_path / "postgres" / "unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    with (
        running_servers(tmp_path, durable=False) as servers,
        closing(psycopg2.connect(servers.database_url)) as connection,
    ):
        assert connection.status
    assert not unfinished.exists()


def test_a_folder_is_started_by_one_at_a_time(start: Callable[[], Starter]) -> None:
    start().listen()
    second = start()
    _, error = second.process.communicate(timeout=TIMEOUT)
    assert "AlreadyRunning: the starter" in error
    assert second.process.returncode == 1


def test_a_server_that_ends_by_itself_is_started_again_where_it_was(
    start: Callable[[], Starter],
) -> None:
    starter = start().listen()
    before = starter.told
    starter.query("CREATE TABLE kept AS SELECT 7 AS number")
    for name in ("Valkey", "PostgreSQL"):
        os.kill(starter.told["processes"][name], signal.SIGKILL)
        starter.listen()
    assert starter.told["DATABASE_URL"] == before["DATABASE_URL"]
    assert starter.told["REDIS_URL"] == before["REDIS_URL"]
    assert starter.query("SELECT number FROM kept") == [(7,)]
    with redis.Redis.from_url(starter.told["REDIS_URL"]) as client:
        assert client.ping()


def test_servers_of_two_folders_run_side_by_side(tmp_path: Path) -> None:
    for name in ("one", "two"):
        copy_migrated_cluster(tmp_path / name / "postgres")
    with (
        running_servers(tmp_path / "one", durable=False) as one,
        running_servers(tmp_path / "two", durable=False) as two,
    ):
        assert one.database_url != two.database_url
        for servers in (one, two):
            with closing(psycopg2.connect(servers.database_url)) as connection:
                assert connection.status


def test_servers_run_in_a_folder_that_is_closed_to_others(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with (
        running_servers(closed / "data", durable=True) as servers,
        closing(psycopg2.connect(servers.database_url)) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SHOW fsync")
        assert cursor.fetchone() == ("on",)


def test_nobody_gets_in_without_the_password(tmp_path: Path) -> None:
    copy_migrated_cluster(tmp_path / "postgres")
    with running_servers(tmp_path, durable=False) as servers:
        secret = servers.database_url.split(":")[2].split("@")[0]
        wrong = servers.database_url.replace(secret, "wrong")
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            psycopg2.connect(wrong)
        address = servers.redis_url.split("@")[1]
        with (
            redis.Redis.from_url(f"redis://{address}") as client,
            pytest.raises(redis.AuthenticationError),
        ):
            client.ping()


def test_given_servers_are_used_and_not_started(tmp_path: Path) -> None:
    given = {"DATABASE_URL": "postgresql://elsewhere/feed", "REDIS_URL": "redis://elsewhere"}
    with running_servers(tmp_path, durable=True, given=given) as servers:
        assert servers.variables == given
        assert servers.started == ()
    assert not list(tmp_path.iterdir())


def test_data_of_another_major_version_is_refused(tmp_path: Path) -> None:
    copy_migrated_cluster(tmp_path / "postgres")
    (tmp_path / "postgres" / "cluster" / "PG_VERSION").write_text("9\n")
    with pytest.raises(ServerFailed, match="created by PostgreSQL 9"):
        Postgres(tmp_path / "postgres", durable=False).start()


def test_a_server_that_can_not_start_says_why(tmp_path: Path) -> None:
    copy_migrated_cluster(tmp_path / "postgres")
    (tmp_path / "postgres" / "cluster" / "postgresql.conf").write_text("nonsense = 1\n")
    postgres = Postgres(tmp_path / "postgres", durable=False)
    postgres.start()
    try:
        with pytest.raises(ServerFailed, match="nonsense"):
            postgres.wait()
    finally:
        postgres.stop()


def test_temporary_servers_leave_nothing_and_clear_what_a_killed_run_left(tmp_path: Path) -> None:
    abandoned = tmp_path / "abandoned"
    abandoned.mkdir()
    (abandoned / "lock").touch()
    os.utime(abandoned, (0, 0))
    with temporary_servers(tmp_path):
        assert not abandoned.exists()
        assert len(list(tmp_path.iterdir())) == 1
    assert not list(tmp_path.iterdir())


def test_a_process_that_does_not_stop_is_killed(tmp_path: Path) -> None:
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(); signal.pause()"
    log = tmp_path / "log"
    process = ServerProcess.start(
        "deaf",
        [sys.executable, "-uc", deaf],
        stop_signal=signal.SIGTERM,
        folder=tmp_path,
        log=log,
    )
    while not log.stat().st_size:
        assert not process.has_ended()
    process.stop(timeout=0.1)
    assert not is_alive(process.pid)


def test_restarts_are_counted_for_each_server(tmp_path: Path) -> None:
    servers = [
        LocalProcess(name, "-c", "pass", root=tmp_path, variables={}, log=tmp_path / "log")
        for name in ("First", "Second")
    ]
    reports: list[str] = []
    for server in servers:
        server.start()
    try:
        with pytest.raises(ServerFailed) as failure:
            restart_ended(servers, reports.append)
    finally:
        for server in servers:
            server.stop()
    name = str(failure.value).split()[0]
    assert f"{name} ended {RESTARTS + 1} times within a minute" in str(failure.value)
    assert sum(each.startswith(name) for each in reports) == RESTARTS
    assert len(reports) > RESTARTS
