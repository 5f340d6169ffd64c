"""The supervisor: starts, watches, replaces and stops server processes that share listening sockets.

SIGTERM and SIGINT stop all processes. SIGHUP replaces them one after the other, each when its successor is ready.
A process that ends unexpectedly is logged and replaced. A process whose supervisor has ended stops.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count

from prometheus_client import Counter, Gauge
from prometheus_client.multiprocess import mark_process_dead

from core.server.listening_sockets import SETTLE_SECONDS, refuse_handshakes
from core.server.template import Template

logger = logging.getLogger(__name__)

READY_SECONDS = 60.0
STOP_SECONDS = 2.0
STEADY_SECONDS = 10.0
"""The end of a process that ran for longer resets the delay before a restart."""
RETRY_SECONDS = (0.1, 1.0, 2.0, 5.0, 10.0, 30.0)
"""The delay before a restart, by the number of consecutive processes that ran for less."""


@dataclass(eq=False, slots=True)
class WebProcess:
    """One server process."""

    number: int
    """Names its metrics; reused after its end."""
    template: Template
    pipe: asyncio.StreamReader
    """Ends with the process."""
    writer: asyncio.StreamWriter
    """Kept open: the process stops when it closes."""
    started: float
    pid: int | None = None
    """None until it is forked."""
    is_ready: bool = False
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it is ready or has failed to become ready."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def becomes_ready(self) -> bool:
        """Waits until it serves; False if it ends first or takes longer than READY_SECONDS."""
        with suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(READY_SECONDS):
                self.pid = int(await self.pipe.readline() or 0) or None
                self.is_ready = bool(await self.pipe.read(1))
        self.settled.set()
        return self.is_ready

    async def exit_code(self) -> int | None:
        """Waits until it has ended; the code is as `Template.exit_code` gives it."""
        with suppress(ConnectionError):
            await self.pipe.read()
        self.writer.close()
        self.ended.set()
        return None if self.pid is None else await self.template.exit_code(self.pid)

    def stop(self) -> None:
        if self.pid is None:
            self.kill()
        else:
            with suppress(OSError):  # It has ended.
                self.writer.write_eof()

    def kill(self) -> None:
        if self.pid is None:
            self.template.kill()
        else:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    async def end(self, seconds: float) -> None:
        """Waits until it has ended; kills it after the timeout."""
        try:
            async with asyncio.timeout(seconds):
                await self.ended.wait()
        except TimeoutError:
            logger.error("Process %s did not stop within %g s.", self.pid, seconds)  # noqa: TRY400
            self.kill()
            await self.ended.wait()


class Supervisor:
    """The parent of the server processes. It serves no requests."""

    def __init__(self, listeners: Iterable[socket.socket], size: int, metrics: str) -> None:
        """`size`: the number of processes. `metrics`: the folder of their shared metrics."""
        self._listeners = list(listeners)
        self._size = size
        self._metrics = metrics
        self._template: Template
        """Of the newest code that has served."""
        self._renewing = asyncio.Lock()
        self._serving: list[WebProcess] = []
        self._running: dict[WebProcess, asyncio.Task[None]] = {}
        self._numbers: set[int] = set()
        self._early_ends = 0
        self._has_served = False
        self._has_failed = False
        self._stop = asyncio.Event()
        self._replace = asyncio.Event()
        self._ends = Counter(
            "feed_process_ends", "Server processes that ended by themselves.", ["reason"]
        )
        self._gauge = Gauge(
            "feed_processes", "Server processes that are ready.", multiprocess_mode="livesum"
        )

    async def run(self) -> bool:
        """Runs until all processes have stopped. False if the server could not start."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._replace.set)
        self._template = await Template.start(self._metrics)
        self._serving = [await self._start(self._template) for _ in range(self._size)]
        replacing = asyncio.create_task(self._replace_on_request())
        await self._stop.wait()
        replacing.cancel()
        await self._stop_all()
        return not self._has_failed

    async def _start(self, template: Template) -> WebProcess:
        """Starts a process; it is not ready yet. Errors: OSError if the system refuses it."""
        ours, theirs = socket.socketpair()
        number = next(n for n in count(1) if n not in self._numbers)
        self._numbers.add(number)
        try:
            with theirs:
                template.fork(str(number), [theirs, *self._listeners])
            reader, writer = await asyncio.open_connection(sock=ours)
        except BaseException:
            ours.close()
            self._numbers.discard(number)
            raise
        now = asyncio.get_running_loop().time()
        started = WebProcess(number, template, reader, writer, now)
        self._running[started] = asyncio.create_task(self._watch(started))
        return started

    async def _watch(self, process: WebProcess) -> None:
        """Waits for the end of a process, and replaces it if the end was unexpected."""
        if await process.becomes_ready():
            self._has_served = True
            self._count_ready()
        elif not process.pipe.at_eof():
            logger.error("Process %s was not ready within %g s.", process.pid, READY_SECONDS)
            process.kill()
        code = await process.exit_code()
        process.is_ready = False
        mark_process_dead(process.number, self._metrics)  # type: ignore[no-untyped-call]
        self._numbers.discard(process.number)
        del self._running[process]
        self._count_ready()
        if process in self._serving and not self._stop.is_set():
            await self._replace_ended(process, code)

    async def _replace_ended(self, process: WebProcess, code: int | None) -> None:
        seconds = asyncio.get_running_loop().time() - process.started
        if process.pid is None:
            logger.error("A process was not started: the template ended, for the reason above.")
        else:
            reason = _reason_of_end(code)
            logger.error(
                "Process %d ended unexpectedly after %.0f s (%s).", process.pid, seconds, reason
            )
            self._ends.labels(reason).inc()
        if not self._has_served:
            self._has_failed = True
            self._stop.set()
            return
        self._early_ends = 0 if seconds > STEADY_SECONDS else self._early_ends + 1
        await asyncio.sleep(RETRY_SECONDS[min(self._early_ends, len(RETRY_SECONDS) - 1)])
        while process in self._serving and not self._stop.is_set():
            try:
                async with self._renewing:
                    if self._template.has_ended:
                        self._template = await Template.start(self._metrics)
                self._serving[self._serving.index(process)] = await self._start(self._template)
            except OSError as error:
                logger.error("A process can't be started and is retried: %s", error)  # noqa: TRY400
                await asyncio.sleep(RETRY_SECONDS[-1])

    async def _replace_on_request(self) -> None:
        while True:
            await self._replace.wait()
            self._replace.clear()
            logger.info("Replacing the processes.")
            try:
                if await self._replace_all():
                    logger.info("All processes have been replaced.")
            except OSError as error:
                logger.error("The processes can't be replaced: %s", error)  # noqa: TRY400

    async def _replace_all(self) -> bool:
        """Replaces each process when its successor is ready; False if one does not become ready."""
        template = await Template.start(self._metrics)
        try:
            for place in range(self._size):
                successor = await self._start(template)
                await successor.settled.wait()
                if not successor.is_ready:
                    logger.error(
                        "A new process did not become ready; the old processes keep serving."
                    )
                    return False
                if self._template is not template:
                    self._template.retire()
                    self._template = template
                old, self._serving[place] = self._serving[place], successor
                old.stop()
                await old.end(STOP_SECONDS)
            return True
        finally:
            if self._template is not template:
                template.retire()

    async def _stop_all(self) -> None:
        refuse_handshakes(self._listeners)
        await asyncio.sleep(SETTLE_SECONDS)
        for listener in self._listeners:
            listener.close()
        running = list(self._running)
        for process in running:
            process.stop()
        await asyncio.gather(*(process.end(STOP_SECONDS) for process in running))
        self._template.retire()
        await self._template.end(STOP_SECONDS)

    def _count_ready(self) -> None:
        self._gauge.set(sum(process.is_ready for process in self._running))


def _reason_of_end(code: int | None) -> str:
    """The reason as the log and the metric name it."""
    if code is None:
        return "unknown"
    return signal.Signals(-code).name if code < 0 else f"code {code}"
