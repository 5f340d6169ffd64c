"""One server process of several, started by the supervisor: `python -m core.server.web_process`."""

from __future__ import annotations

import gc
import signal
import socket
import sys
from collections.abc import Sequence

from core.config.environment import environment
from core.server.prometheus_folder import share_metrics


def main(number: str, folder: str, parent: str, *listeners: str) -> None:
    """Serves on inherited sockets, given by file descriptor, until SIGTERM or the end of the parent."""
    # Before any metric is defined, which is when its storage is chosen.
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
    """Serves until it is stopped. Returns the listening sockets for a restart; empty at a stop.

    Errors: SystemExit if the server can't start.
    """
    # Until the application begins: the imports leave little garbage, and to look for it takes a fifth of the start.
    gc.disable()
    from core.server.preflight import (  # noqa: PLC0415  # after share_metrics
        NotReadyToServe,
        check_database,
        check_media_folder,
        check_static_files,
    )

    # Before the application is imported, which takes some seconds.
    try:
        check_database(environment().database_url, environment().pgbouncer)
    except NotReadyToServe as problem:
        sys.exit(str(problem))
    from django.conf import settings  # noqa: PLC0415

    from core.server.asgi import application, server  # noqa: PLC0415
    from core.server.uvicorn_server import WebServer, configuration  # noqa: PLC0415

    if not settings.DEBUG:
        check_static_files(settings.STATIC_ROOT)
        check_media_folder(environment().media_storage)
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
