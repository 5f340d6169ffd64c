"""The lock of a folder: one process at a time starts servers in it."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from core.devserver.server_processes import POLL_SECONDS, ServerFailed

LOCK_TIMEOUT = 0.3  # Seconds; `is_locked` of another process holds the lock for a moment.
LOCK_FILE = "lock"


class AlreadyRunning(ServerFailed):
    """Another process holds the folder's lock; the message is its note."""


@contextmanager
def folder_lock(folder: Path, note: str) -> Iterator[None]:
    """Holds the folder's lock until the end of the block or of the process.

    Errors: AlreadyRunning, with the note of the process that holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK_FILE).open("a+") as file:
        deadline = time.monotonic() + LOCK_TIMEOUT
        while not _locked(file):
            if time.monotonic() > deadline:
                file.seek(0)
                raise AlreadyRunning(file.read().strip())
            time.sleep(POLL_SECONDS)
        file.truncate(0)
        file.write(note)
        file.flush()
        yield


def is_locked(folder: Path) -> bool:
    """Whether a process holds the folder's lock."""
    try:
        with (folder / LOCK_FILE).open("r+") as file:
            return not _locked(file)
    except OSError:
        return False


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
