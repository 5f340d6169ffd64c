"""The server: `python -m core.server`.

A single process serves by itself; several are started by a supervisor. SIGTERM and SIGINT stop the server, SIGHUP
restarts it with the current code and settings.
"""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import socket
import sys
from collections.abc import Sequence
from tempfile import TemporaryDirectory

from core.config.environment import Environment, EnvironmentInvalid, environment
from core.config.logs import configure_logging
from core.server.listening_sockets import AddressTaken, bound_sockets
from core.server.prometheus_folder import SHARED_FOLDER, share_metrics

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def serve_alone(listeners: Sequence[socket.socket]) -> None:
    """Serves in this process. SIGHUP replaces it by a new run of the program.

    Meanwhile new connections wait in the listening sockets, which stay open.
    """
    from core.server.serving import prepare, serve  # noqa: PLC0415  # the supervisor does not need it

    prepare()
    kept = serve(listeners, stop_at=STOP_SIGNALS)
    if kept:
        for listener in kept:
            listener.set_inheritable(True)
        descriptors = [str(listener.fileno()) for listener in kept]
        command = [sys.executable, "-m", "core.server", *descriptors]
        os.execv(sys.executable, command)  # noqa: S606  # this program


def serve_with_supervisor(listeners: Sequence[socket.socket], settings: Environment) -> None:
    """Serves in other processes, which this one starts, watches and replaces."""
    configure_logging(settings.log_level, settings.log_format)
    with TemporaryDirectory(prefix="feed-metrics-") as folder:
        share_metrics(folder, "supervisor")
        from core.server.supervisor import Supervisor  # noqa: PLC0415  # after share_metrics

        supervisor = Supervisor(listeners, settings.web_processes, folder)
        if not asyncio.run(supervisor.run()):
            sys.exit("The server could not start; see its messages above.")


def _allow_many_connections() -> None:
    """Raises the limit of open files, by default 1,024, to the hard limit: each connection is one."""
    _, hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard_limit, hard_limit))


def main(*inherited: str) -> None:
    """`inherited`: file descriptors of the listening sockets, after a restart by SIGHUP."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.config.settings")
    os.environ.pop(SHARED_FOLDER, None)  # The supervisor creates its own.
    try:
        settings = environment()
        listeners = [socket.socket(fileno=int(number)) for number in inherited] or bound_sockets(
            settings.host, settings.port
        )
    except (EnvironmentInvalid, AddressTaken) as problem:
        sys.exit(str(problem))
    _allow_many_connections()
    if settings.web_processes == 1:
        serve_alone(listeners)
    else:
        serve_with_supervisor(listeners, settings)


if __name__ == "__main__":
    main(*sys.argv[1:])
