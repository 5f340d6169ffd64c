"""One starter of servers in a folder at a time."""

from __future__ import annotations

import fcntl
import time
from pathlib import Path
from typing import IO

from core.embedded.processes import POLL_SECONDS, ServerFailed

TAKE_PATIENCE = 0.3  # Looking whether a lock is held holds it for a moment.
LOCK_FILE = "lock"


class AlreadyRunning(ServerFailed):
    """Another process has started the servers of this folder; the message says which."""


class FolderLock:
    """The right to use a folder, held until this process ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / LOCK_FILE
        self._file: IO[str] | None = None

    def take(self, note: str) -> None:
        """Takes the lock and leaves the note in it.

        Errors: AlreadyRunning, with the note of the process that has it.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            file = self._path.open("a+")
        except PermissionError:
            raise ServerFailed(
                f"{self._path.parent} belongs to another user. Run this as that user, or remove it."
            ) from None
        deadline = time.monotonic() + TAKE_PATIENCE
        while not _locked(file):
            if time.monotonic() > deadline:
                with file:
                    file.seek(0)
                    raise AlreadyRunning(file.read().strip())
            time.sleep(POLL_SECONDS)
        file.truncate(0)
        file.write(note)
        file.flush()
        self._file = file

    def release(self) -> None:
        if self._file is not None:
            self._file.truncate(0)
            self._file.close()
            self._file = None

    @property
    def is_held(self) -> bool:
        """Whether a live process has the lock."""
        try:
            with self._path.open("a+") as file:
                return not _locked(file)
        except OSError:
            return False


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
