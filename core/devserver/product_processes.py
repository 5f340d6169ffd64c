"""The processes of the product on this machine: web server and worker."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from core.devserver.server_processes import (
    POLL_SECONDS,
    ServerFailed,
    ServerProcess,
    SupervisedServer,
)
from core.server.healthcheck import responds

START_TIMEOUT = 60.0
EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104  # compared, not listened on


class LocalProcess(SupervisedServer):
    """A Python program of the checkout. Without a log it inherits our output."""

    def __init__(
        self,
        name: str,
        *arguments: str | Path,
        root: Path,
        variables: Mapping[str, str],
        log: Path | None = None,
    ) -> None:
        super().__init__(name)
        self._arguments = arguments
        self._root = root
        self._variables = variables
        self._log = log

    def start(self) -> None:
        self._process = ServerProcess.start(
            self.name,
            [sys.executable, *self._arguments],
            stop_signal=signal.SIGTERM,
            folder=self._root,
            variables=self._variables,
            log=self._log,
        )

    def wait(self) -> None:
        """Returns at once: nothing says when it is ready."""


class LocalWorker(LocalProcess):
    """The worker, which runs background work."""

    def __init__(self, *, root: Path, variables: Mapping[str, str], log: Path) -> None:
        command = (root / "manage.py", "work")
        super().__init__("The worker", *command, root=root, variables=variables, log=log)


class Web(LocalProcess):
    """The web server."""

    def __init__(
        self,
        *,
        root: Path,
        variables: Mapping[str, str],
        host: str,
        port: int,
        log: Path | None = None,
    ) -> None:
        command = ("-m", "core.server")
        super().__init__("The server", *command, root=root, variables=variables, log=log)
        self._address = ("localhost" if host in EVERYWHERE else host, port)

    def wait(self) -> None:
        """Returns when `/readyz` answers 200. Errors: ServerFailed."""
        deadline = time.monotonic() + START_TIMEOUT
        while not responds("/readyz", *self._address):
            if self.process.has_ended():
                raise ServerFailed("The server did not start; see its messages above.")
            if time.monotonic() > deadline:
                raise ServerFailed("The server started but is not ready: see /readyz.")
            time.sleep(POLL_SECONDS)
