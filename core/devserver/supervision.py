"""Keeping servers up until told to stop."""

from __future__ import annotations

import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn, Protocol

from core.devserver.server_processes import ServerFailed, ServerProcess, is_alive

WATCH_SECONDS = 0.2
RESTARTS = 5
RESTARTS_WITHIN_SECONDS = 60.0


class StopRequested(BaseException):
    """The person or the system asked this process to stop."""


class SupervisedServer(Protocol):
    """Something that runs as one process and can be started again."""

    @property
    def process(self) -> ServerProcess: ...

    def start(self) -> None: ...

    def wait(self) -> None: ...

    def stop(self) -> None: ...


@contextmanager
def stop_requests() -> Iterator[None]:
    """Within it SIGINT, SIGTERM and a closed terminal raise StopRequested, once; what follows is
    left in peace to stop in order."""
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup means it.
        numbers.append(signal.SIGHUP)

    def request(_number: int, _frame: FrameType | None) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise StopRequested

    for number in numbers:
        signal.signal(number, request)
    yield


def keep_up(
    servers: Sequence[SupervisedServer],
    report: Callable[[str], None],
    *,
    after_restart: Callable[[], None] = lambda: None,
    with_process: int | None = None,
) -> NoReturn:
    """Starts a server again where one ends by itself, and reports it.

    Errors: ServerFailed if they end over and over; StopRequested passes through, and is raised
    when the process that this one shall end with (`make`) ends or is told to.
    """
    restarts: deque[float] = deque(maxlen=RESTARTS)
    while True:
        server = _first_to_end(servers, with_process)
        if server is None:
            raise StopRequested
        now = time.monotonic()
        if len(restarts) == RESTARTS and now - restarts[0] < RESTARTS_WITHIN_SECONDS:
            raise ServerFailed(
                f"{server.process.name} keeps ending. {server.process.last_lines()}".rstrip()
            )
        restarts.append(now)
        report(f"{server.process.name} has ended by itself; it is started again.")
        server.stop()
        server.start()
        server.wait()
        after_restart()


def _first_to_end(
    servers: Sequence[SupervisedServer], with_process: int | None
) -> SupervisedServer | None:
    """The first server that ends; None if the other process did, or was told to."""
    while with_process is None or not is_interrupted(with_process):
        for server in servers:
            if server.process.has_ended():
                return server
        time.sleep(WATCH_SECONDS)
    return None


def is_interrupted(pid: int) -> bool:
    """Whether this `make` has ended, or was told to stop and now waits for us to end.

    On SIGINT and SIGHUP it takes back its handler and waits for its commands, which get no signal
    from it. From a terminal they get one of their own, but not from `kill` or a closed session.
    """
    if not is_alive(pid):
        return True
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True
    fields = dict(line.split(":", 1) for line in status.splitlines())
    minded = int(fields["SigCgt"], 16) | int(fields["SigIgn"], 16)
    return any(not minded >> number - 1 & 1 for number in (signal.SIGINT, signal.SIGHUP))
