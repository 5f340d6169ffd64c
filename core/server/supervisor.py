"""The supervisor: starts, watches, replaces and stops server processes that share listening sockets.

SIGTERM and SIGINT stop all processes. SIGHUP replaces them one after the other, each when its successor is ready.
A process that ends unexpectedly is logged and replaced. A process whose supervisor has ended stops.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
from asyncio.subprocess import Process, create_subprocess_exec
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count

from prometheus_client import Counter, Gauge
from prometheus_client.multiprocess import mark_process_dead

from core.server.listening_sockets import SETTLE_SECONDS, refuse_handshakes

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
    process: Process
    pipe: asyncio.StreamReader
    writer: asyncio.StreamWriter
    """Kept open: the process stops when it closes."""
    started: float
    is_ready: bool = False
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it is ready or has failed to become ready."""

    async def becomes_ready(self) -> bool:
        """Waits until it serves; False if it ends first or takes longer than READY_SECONDS."""
        with suppress(TimeoutError):
            async with asyncio.timeout(READY_SECONDS):
                self.is_ready = bool(await self.pipe.read(1))
        self.settled.set()
        return self.is_ready

    def stop(self) -> None:
        with suppress(ProcessLookupError):
            self.process.terminate()

    async def end(self, seconds: float) -> None:
        """Waits until it has ended; kills it after the timeout."""
        ending = asyncio.create_task(self.process.wait())
        _, late = await asyncio.wait([ending], timeout=seconds)
        if late:
            logger.error("Process %d did not stop within %g s.", self.process.pid, seconds)
            with suppress(ProcessLookupError):
                self.process.kill()
            await ending


class Supervisor:
    """The parent of the server processes. It serves no requests."""

    def __init__(self, listeners: Iterable[socket.socket], size: int, metrics: str) -> None:
        """`size`: the number of processes. `metrics`: the folder of their shared metrics."""
        self._listeners = list(listeners)
        self._size = size
        self._metrics = metrics
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
        self._serving = [await self._start() for _ in range(self._size)]
        replacing = asyncio.create_task(self._replace_on_request())
        await self._stop.wait()
        replacing.cancel()
        await self._stop_all()
        return not self._has_failed

    async def _start(self) -> WebProcess:
        """Starts a process; it is not ready yet. Errors: OSError if the system refuses it."""
        ours, theirs = socket.socketpair()
        inherited = [theirs.fileno(), *(listener.fileno() for listener in self._listeners)]
        number = next(n for n in count(1) if n not in self._numbers)
        self._numbers.add(number)
        arguments = [str(number), self._metrics, *map(str, inherited)]
        try:
            with theirs:
                process = await create_subprocess_exec(
                    sys.executable,
                    "-m",
                    "core.server.web_process",
                    *arguments,
                    pass_fds=inherited,
                    process_group=0,  # A terminal's Ctrl-C is for the supervisor alone.
                )
        except BaseException:
            ours.close()
            self._numbers.discard(number)
            raise
        reader, writer = await asyncio.open_connection(sock=ours)
        now = asyncio.get_running_loop().time()
        started = WebProcess(number, process, reader, writer, now)
        self._running[started] = asyncio.create_task(self._watch(started))
        return started

    async def _watch(self, process: WebProcess) -> None:
        """Waits for the end of a process, and replaces it if the end was unexpected."""
        if await process.becomes_ready():
            self._has_served = True
            self._count_ready()
        elif process.process.returncode is None and not process.pipe.at_eof():
            logger.error(
                "Process %d was not ready within %g s.", process.process.pid, READY_SECONDS
            )
            process.process.kill()
        code = await process.process.wait()
        process.is_ready = False
        process.writer.close()
        mark_process_dead(process.number, self._metrics)  # type: ignore[no-untyped-call]
        self._numbers.discard(process.number)
        del self._running[process]
        self._count_ready()
        if process in self._serving and not self._stop.is_set():
            await self._replace_ended(process, code)

    async def _replace_ended(self, process: WebProcess, code: int) -> None:
        seconds = asyncio.get_running_loop().time() - process.started
        reason = signal.Signals(-code).name if code < 0 else f"code {code}"
        logger.error(
            "Process %d ended unexpectedly after %.0f s (%s).", process.process.pid, seconds, reason
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
                self._serving[self._serving.index(process)] = await self._start()
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
        for place in range(self._size):
            successor = await self._start()
            await successor.settled.wait()
            if not successor.is_ready:
                logger.error("A new process did not become ready; the old processes keep serving.")
                return False
            old, self._serving[place] = self._serving[place], successor
            old.stop()
            await old.end(STOP_SECONDS)
        return True

    async def _stop_all(self) -> None:
        refuse_handshakes(self._listeners)
        await asyncio.sleep(SETTLE_SECONDS)
        for listener in self._listeners:
            listener.close()
        running = list(self._running)
        for process in running:
            process.stop()
        await asyncio.gather(*(process.end(STOP_SECONDS) for process in running))

    def _count_ready(self) -> None:
        self._gauge.set(sum(process.is_ready for process in self._running))
