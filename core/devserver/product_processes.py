"""The processes of the product on this machine: web server and worker."""

from __future__ import annotations

import http.client
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from core.devserver.server_processes import POLL_SECONDS, ServerFailed, ServerProcess

START_TIMEOUT = 60.0
EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104  # compared, not listened on


class LocalProcess:
    """A Python program of the checkout. Without a log it inherits our output."""

    def __init__(
        self,
        name: str,
        *arguments: str | Path,
        root: Path,
        variables: Mapping[str, str],
        log: Path | None = None,
    ) -> None:
        self._name = name
        self._arguments = arguments
        self._root = root
        self._variables = variables
        self._log = log
        self._process: ServerProcess | None = None

    @property
    def process(self) -> ServerProcess:
        if self._process is None:
            raise ServerFailed(f"{self._name} is not running.")
        return self._process

    def start(self) -> None:
        """Starts the process without waiting; call `wait` before use."""
        self._process = ServerProcess.start(
            self._name,
            [sys.executable, *self._arguments],
            stop_signal=signal.SIGTERM,
            folder=self._root,
            variables=self._variables,
            log=self._log,
        )

    def wait(self) -> None:
        """Returns when the process is ready. Without a readiness check: at once."""

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()
            self._process = None


class Worker(LocalProcess):
    """The worker, which runs background work."""

    def __init__(self, *, root: Path, variables: Mapping[str, str], log: Path) -> None:
        command = (root / "manage.py", "work")
        super().__init__("The worker", *command, root=root, variables=variables, log=log)


class Web(LocalProcess):
    """The web server."""

    def __init__(self, *, root: Path, variables: Mapping[str, str], host: str, port: int) -> None:
        command = ("-m", "core.server")
        super().__init__("The server", *command, root=root, variables=variables)
        self._address = ("localhost" if host in EVERYWHERE else host, port)

    def wait(self) -> None:
        """Returns when `/readyz` answers 200. Errors: ServerFailed."""
        deadline = time.monotonic() + START_TIMEOUT
        while not self._is_ready():
            if self.process.has_ended():
                raise ServerFailed("The server did not start; see its messages above.")
            if time.monotonic() > deadline:
                raise ServerFailed("The server started but is not ready: see /readyz.")
            time.sleep(POLL_SECONDS)

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection(*self._address, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
