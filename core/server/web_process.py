"""Server processes of a supervisor, and their template: `python -m core.server.web_process`.

The template imports the application once and forks each server process from itself. These share the memory of what is
imported, and need no second for it (docs/decisions/forked-processes.md). The template itself serves nothing.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
from contextlib import suppress
from select import select
from typing import NamedTuple

from core.server.prometheus_folder import name_process, share_metrics
from core.server.serving import prepare, serve

NAME_BYTES = 16
MAX_SOCKETS = 64
"""Of one request."""


class Forked(NamedTuple):
    """What a forked process has been given."""

    name: str
    parent: socket.socket
    """Its connection to the supervisor."""
    listeners: list[socket.socket]


def main(metrics: str, supervisor: str) -> None:
    """`metrics`: the folder of the shared metrics. `supervisor`: the file descriptor of a connection to it."""
    # Before any metric is defined, which is when its storage is chosen.
    share_metrics(metrics, "template")
    with socket.socket(fileno=int(supervisor)) as requests:
        prepare()
        forked = fork_on_request(requests)
    if forked is not None:
        name_process(forked.name)
        serve(forked.listeners, stop_at=(signal.SIGTERM,), parent=forked.parent)


def fork_on_request(requests: socket.socket) -> Forked | None:
    """Forks a process for each request, and reports the end of each: a line with its id and its exit code.

    A request is the name of a process with its sockets: the connection to the supervisor, to which the process writes a
    line with its id, and the listening ones. Returns in each forked process; in the template None, when there are no
    more requests and all its processes have ended.
    """
    gc.freeze()  # A collection would write to memory that is shared.
    woken, waker = socket.socketpair()
    waker.setblocking(False)
    signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda _signal, _frame: None)
    sources, processes = [requests, woken], set[int]()
    with woken, waker:
        while requests in sources or processes:
            ready, _, _ = select(sources, [], [])
            if woken in ready:
                woken.recv(1_024)
                _report_ends(requests, processes)
            if requests in ready:
                request = _received(requests)
                if request is None:
                    sources.remove(requests)
                    continue
                pid = os.fork()
                if not pid:
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    signal.set_wakeup_fd(-1)
                    with suppress(ConnectionError):  # The supervisor has ended, at which it stops.
                        request.parent.sendall(b"%d\n" % os.getpid())
                    return request
                processes.add(pid)
                # The end of the first must be that of the process, and no connection may wait in sockets of a template.
                for one in (request.parent, *request.listeners):
                    one.close()
    return None


def _received(requests: socket.socket) -> Forked | None:
    """A request; None if there are no more."""
    try:
        name, descriptors, _, _ = socket.recv_fds(requests, NAME_BYTES, MAX_SOCKETS)
    except ConnectionError:  # The supervisor was killed before it had read all reports.
        return None
    if not name:
        return None
    parent, *listeners = (socket.socket(fileno=number) for number in descriptors)
    return Forked(name.decode(), parent, listeners)


def _report_ends(requests: socket.socket, processes: set[int]) -> None:
    while processes:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        processes.discard(pid)
        with suppress(OSError):  # The supervisor has ended.
            requests.sendall(b"%d %d\n" % (pid, os.waitstatus_to_exitcode(status)))


if __name__ == "__main__":
    main(*sys.argv[1:])
