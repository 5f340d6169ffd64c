"""Decodes pictures in a process apart (`decoder.py`), and stores them."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

from feed.media.files import (
    THREADS,
    MediaSize,
    original_name,
    picture_name,
    store,
    stored,
    stored_size,
)
from feed.media.models import MAX_BYTES

ROOT = Path(__file__).resolve().parent.parent.parent
ANSWER_SECONDS = 30.0
"""Timeout for an answer. The decoder ends a picture before that."""
IDLE_SECONDS = 10.0
"""After that long without a picture the decoder ends."""
FOLDER = "feed-media-"
"""How the names of folders begin, each with the files of one picture."""
ABANDONED_SECONDS = 120.0
"""Twice as long as a job may take."""

Answer = dict[str, Any]


class DecoderEnded(Exception):
    """The decoder ended without an answer."""


class Decoder:
    """A process that decodes one picture after the other. It is started for the first one."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self.process: Process | None = None
        """None while there is nothing to decode."""
        self._idle: asyncio.TimerHandle | None = None

    async def decode(self, source: Path, folder: Path) -> Answer:
        """The picture's `width`, `height` and `placeholder`, with its files in the folder; or the `failure`.

        Errors: DecoderEnded, TimeoutError.
        """
        async with self._lock:
            if self._idle is not None:
                self._idle.cancel()
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    answer = await self._answer(source, folder)
            except BaseException:
                # Whatever it is doing, nobody waits for it.
                self.end()
                raise
            self._idle = asyncio.get_running_loop().call_later(IDLE_SECONDS, self.end)
            return answer

    async def _answer(self, source: Path, folder: Path) -> Answer:
        if self.process is None:
            # It gets no secret: its environment has nothing of ours.
            environment = {"PYTHONPATH": str(ROOT), "PATH": os.environ.get("PATH", os.defpath)}
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "feed.media.decoder"),
                stdin=PIPE,
                stdout=PIPE,
                cwd=ROOT,
                env=environment,
                start_new_session=True,
            )
        sending, receiving = self.process.stdin, self.process.stdout
        assert sending is not None  # noqa: S101  # pipes
        assert receiving is not None  # noqa: S101  # likewise
        request = {"source": str(source), "folder": str(folder)}
        sending.write(json.dumps(request).encode() + b"\n")
        with suppress(ConnectionError):
            await sending.drain()
        line = await receiving.readline()
        if not line:
            raise DecoderEnded
        answer: Answer = json.loads(line)
        return answer

    def end(self) -> None:
        """Ends the process, with the picture that it is decoding."""
        process, self.process = self.process, None
        if process is not None and process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


DECODER = Decoder()


async def processed(key: int, byte_size: int) -> Answer:
    """Decodes an uploaded file and stores the pictures; gives what `Decoder.decode` does.

    Errors: those of the storage, DecoderEnded, TimeoutError.
    """
    await THREADS.call(_remove_abandoned)
    with TemporaryDirectory(prefix=FOLDER, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        failure = await THREADS.call(_fetch, key, byte_size, folder / "original")
        if failure is not None:
            return {"failure": failure}
        answer = await DECODER.decode(folder / "original", folder)
        if "failure" not in answer:
            await THREADS.call(_store_all, key, folder)
        return answer


def _remove_abandoned() -> None:
    """Removes the folders of workers that were killed. Blocks."""
    for folder in Path(gettempdir()).glob(f"{FOLDER}*"):
        with suppress(OSError):
            if time.time() - folder.stat().st_mtime > ABANDONED_SECONDS:
                shutil.rmtree(folder)


def _fetch(key: int, byte_size: int, path: Path) -> str | None:
    """Copies the uploaded file; gives a failure if it is not the one that was announced. Blocks."""
    name = original_name(key)
    size = stored_size(name)
    if size is None or not size:
        return "DAMAGED"
    if size > min(byte_size, MAX_BYTES):
        return "TOO_LARGE"
    with stored(name) as file, path.open("wb") as copy:
        shutil.copyfileobj(file, copy)
    return None


def _store_all(key: int, folder: Path) -> None:
    for size in MediaSize:
        with (folder / f"{size.value}.webp").open("rb") as file:
            store(picture_name(key, size), file)
