"""The supervisor's side of a template, the process from which it lets server processes be forked."""

from __future__ import annotations

import asyncio
import socket
import sys
from asyncio.subprocess import Process, create_subprocess_exec
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress


class Template:
    """A running template process (core/server/web_process.py)."""

    def __init__(
        self,
        process: Process,
        requests: socket.socket,
        reports: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        """Made by `start`. `requests`: the connection that `reports` and `writer` use."""
        self._process = process
        self._requests = requests
        self._reports = reports
        self._writer = writer
        loop = asyncio.get_running_loop()
        self._codes: defaultdict[int, asyncio.Future[int | None]] = defaultdict(loop.create_future)
        self._reading = asyncio.create_task(self._read_reports())

    @classmethod
    async def start(cls, metrics: str) -> Template:
        """Starts one. `metrics`: the folder of the shared metrics. Errors: OSError if the system refuses it."""
        ours, theirs = socket.socketpair()
        with theirs:
            reports, writer = await asyncio.open_connection(sock=ours)
            try:
                process = await create_subprocess_exec(
                    sys.executable,
                    "-m",
                    "core.server.web_process",
                    metrics,
                    str(theirs.fileno()),
                    pass_fds=[theirs.fileno()],
                    process_group=0,  # A terminal's Ctrl-C is for the supervisor alone.
                )
            except BaseException:
                writer.close()
                raise
        return cls(process, ours, reports, writer)

    @property
    def has_ended(self) -> bool:
        return self._reading.done()

    def fork(self, name: str, sockets: Sequence[socket.socket]) -> None:
        """Asks for a process. The template forks it when it has imported the application; if it can't, it closes
        the sockets. Errors: OSError if it has ended.
        """
        descriptors = [one.fileno() for one in sockets]
        socket.send_fds(self._requests, [name.encode()], descriptors)

    async def exit_code(self, pid: int) -> int | None:
        """The exit code of a process that has ended; negative for a signal, None if the template ended before it."""
        if self.has_ended and pid not in self._codes:
            return None
        try:
            return await self._codes[pid]
        finally:
            self._codes.pop(pid, None)

    async def _read_reports(self) -> None:
        with suppress(ConnectionError):
            async for line in self._reports:
                pid, code = map(int, line.split())
                self._codes[pid].set_result(code)
        for code_of_one in self._codes.values():
            if not code_of_one.done():
                code_of_one.set_result(None)
        self._writer.close()

    def retire(self) -> None:
        """Lets it end after its processes: it will not be asked for more."""
        with suppress(OSError):  # It has ended.
            self._writer.write_eof()

    def kill(self) -> None:
        """Ends a template that does not fork."""
        with suppress(ProcessLookupError):
            self._process.kill()

    async def end(self, seconds: float) -> None:
        """Waits until it has ended; kills it after the timeout."""
        try:
            async with asyncio.timeout(seconds):
                await self._process.wait()
        except TimeoutError:
            self.kill()
            await self._process.wait()
