"""The server: `python -m core.server`.

One process serves by itself; several have a supervisor as their parent. SIGTERM and SIGINT stop
it, SIGHUP starts it anew, with the code and the settings that are there by then.
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
    """Serves in this process. At SIGHUP the program is started anew in its place.

    Connections that come meanwhile wait in the listening sockets, which stay open.
    """
    from core.server.web_process import run  # noqa: PLC0415  # not for the supervisor

    kept = run(listeners, stop_at=STOP_SIGNALS)
    if kept:
        for listener in kept:
            listener.set_inheritable(True)
        descriptors = [str(listener.fileno()) for listener in kept]
        command = [sys.executable, "-m", "core.server", *descriptors]
        os.execv(sys.executable, command)  # noqa: S606  # ourselves


def serve_with_supervisor(listeners: Sequence[socket.socket], settings: Environment) -> None:
    """Serves in processes that this one starts, watches and replaces."""
    configure_logging(settings.log_level)
    with TemporaryDirectory(prefix="feed-metrics-") as folder:
        share_metrics(folder, "supervisor")
        from core.server.supervisor import Supervisor  # noqa: PLC0415  # after the metrics

        supervisor = Supervisor(listeners, settings.web_processes, folder)
        if not asyncio.run(supervisor.run()):
            sys.exit("The server could not start; its messages are above.")


def _allow_many_connections() -> None:
    """Each connection is an open file, and the usual limit of 1,024 of those is soon reached."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def main(*inherited: str) -> None:
    """`inherited`: the listening sockets' descriptors, of a server that starts itself anew."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.config.settings")
    os.environ.pop(SHARED_FOLDER, None)  # The supervisor makes its own.
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
