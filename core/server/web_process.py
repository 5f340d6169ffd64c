"""One of several server processes: `python -m core.server.web_process`, started by the supervisor."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Sequence

from core.config.environment import environment
from core.server.prometheus_folder import share_metrics


def main(number: str, folder: str, parent: str, *listeners: str) -> None:
    """Serves with the sockets of these descriptors until told to stop, or the parent has ended."""
    # The metrics choose at their definition where they are kept.
    share_metrics(folder, number)
    run(
        [socket.socket(fileno=int(listener)) for listener in listeners],
        stop_at=(signal.SIGTERM,),
        parent=socket.socket(fileno=int(parent)),
    )


def run(
    listeners: Sequence[socket.socket],
    *,
    stop_at: Sequence[signal.Signals],
    parent: socket.socket | None = None,
) -> list[socket.socket]:
    """Serves until it is stopped. The sockets on which a new start is to listen, if there is one.

    Errors: SystemExit if the server can't start; its message or the log says why.
    """
    from core.server.asgi import application, server  # noqa: PLC0415  # after the metrics
    from core.server.preflight import NotReadyToServe, check_database  # noqa: PLC0415
    from core.server.uvicorn_server import WebServer, configuration  # noqa: PLC0415

    try:
        check_database(environment().database_url)
    except NotReadyToServe as problem:
        sys.exit(str(problem))
    web_server = WebServer(
        configuration(application, environment()),
        end_streams=server.live.connections.close_all,
        signals=stop_at,
        parent=parent,
    )
    web_server.run(list(listeners))
    return web_server.kept_listeners


if __name__ == "__main__":
    main(*sys.argv[1:])
