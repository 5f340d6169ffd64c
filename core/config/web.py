"""The web server as a process that can be started, awaited and stopped."""

from __future__ import annotations

import http.client
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from core.embedded.processes import POLL_SECONDS, ServerFailed, ServerProcess

START_PATIENCE = 60.0


class Web:
    """The server process under these settings, writing its log where we write."""

    def __init__(self, root: Path, variables: Mapping[str, str], *, host: str, port: int) -> None:
        self._root = root
        self._variables = variables
        self._address = ("127.0.0.1" if host == "0.0.0.0" else host, port)  # noqa: S104  # compared
        self._process: ServerProcess | None = None

    @property
    def process(self) -> ServerProcess:
        if self._process is None:
            raise ServerFailed("The server is not running.")
        return self._process

    def start(self) -> None:
        """Starts the process without waiting; call `wait` before use."""
        self._process = ServerProcess.start(
            "The server",
            [sys.executable, "-m", "core.config.serve"],
            stop_signal=signal.SIGTERM,
            folder=self._root,
            variables=self._variables,
        )

    def wait(self) -> None:
        """Returns when the server says that it is ready."""
        deadline = time.monotonic() + START_PATIENCE
        while not self._is_ready():
            if self.process.has_ended():
                raise ServerFailed("The server did not start; its messages are above.")
            if time.monotonic() > deadline:
                raise ServerFailed("The server started and does not become ready: see /readyz.")
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()
            self._process = None

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection(*self._address, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
