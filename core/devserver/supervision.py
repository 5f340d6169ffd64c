"""Restarts servers that end, until a stop is requested."""

from __future__ import annotations

import signal
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from core.devserver.server_processes import ServerFailed, SupervisedServer, is_alive

WATCH_SECONDS = 0.2
RESTARTS = 5
RESTARTS_WITHIN_SECONDS = 60.0


class StopRequested(BaseException):
    """A signal requested that this process stops."""


@contextmanager
def stop_requests() -> Iterator[None]:
    """Raises StopRequested at the first SIGINT, SIGTERM or SIGHUP. Later signals are ignored while servers stop."""
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # Under nohup it stays ignored.
        numbers.append(signal.SIGHUP)

    def request(_number: int, _frame: FrameType | None) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise StopRequested

    for number in numbers:
        signal.signal(number, request)
    yield


def restart_ended(
    servers: Sequence[SupervisedServer],
    report: Callable[[str], None],
    *,
    after_restart: Callable[[], None] = lambda: None,
    with_process: int | None = None,
) -> NoReturn:
    """Restarts each server that ends by itself, and reports it.

    Errors: ServerFailed if one ends too often; StopRequested when the process `with_process` (`make`) stops.
    """
    restarts: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=RESTARTS))
    while True:
        server = _first_to_end(servers, with_process)
        if server is None:
            raise StopRequested
        now = time.monotonic()
        own = restarts[server.process.name]
        if len(own) == RESTARTS and now - own[0] < RESTARTS_WITHIN_SECONDS:
            raise ServerFailed(
                f"{server.process.name} ended {RESTARTS + 1} times within a minute and is not restarted.\n"
                f"{server.process.last_lines()}".rstrip()
            )
        own.append(now)
        report(f"{server.process.name} ended unexpectedly and is restarted.")
        server.stop()
        server.start()
        server.wait()
        after_restart()


def _first_to_end(
    servers: Sequence[SupervisedServer], with_process: int | None
) -> SupervisedServer | None:
    """The first server that ends; None when the other process stops."""
    while with_process is None or not has_stopped(with_process):
        for server in servers:
            if server.process.has_ended():
                return server
        time.sleep(WATCH_SECONDS)
    return None


def has_stopped(pid: int) -> bool:
    """Whether this `make` has ended, or got SIGINT or SIGHUP and waits for its commands.

    At these signals `make` resets its handlers, sends its commands no signal and waits for them. A terminal signals
    the commands too, but `kill` and a closed session do not.
    """
    if not is_alive(pid):
        return True
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True
    fields = dict(line.split(":", 1) for line in status.splitlines())
    handled = int(fields["SigCgt"], 16) | int(fields["SigIgn"], 16)
    return any(not handled >> number - 1 & 1 for number in (signal.SIGINT, signal.SIGHUP))
