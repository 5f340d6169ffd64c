"""A server process: what it does before it serves, and how it serves."""

from __future__ import annotations

import gc
import signal
import socket
import sys
from collections.abc import Sequence

from core.config.environment import environment


def prepare() -> None:
    """Checks what the server needs and imports the application, which takes a second.

    Opens nothing that processes must not share, so the process may be forked afterwards.

    Errors: SystemExit if the server can't start.
    """
    # Until the application begins: the imports leave little garbage, and to look for it takes a fifth of the start.
    gc.disable()
    from core.server.preflight import (  # noqa: PLC0415  # the supervisor does not need it
        NotReadyToServe,
        check_database,
        check_media_folder,
        check_static_files,
    )

    # Before the application is imported, which takes longer.
    try:
        check_database(environment().database_url, environment().pgbouncer)
    except NotReadyToServe as problem:
        sys.exit(str(problem))
    import django  # noqa: PLC0415
    from django.conf import settings  # noqa: PLC0415

    django.setup()
    import core.server.app  # noqa: PLC0415
    import core.server.uvicorn_server  # noqa: F401, PLC0415

    if not settings.DEBUG:
        check_static_files(settings.STATIC_ROOT)
        check_media_folder(environment().media_storage)


def serve(
    listeners: Sequence[socket.socket],
    *,
    stop_at: Sequence[signal.Signals],
    parent: socket.socket | None = None,
) -> list[socket.socket]:
    """Serves until it is stopped, after `prepare`. Returns the listening sockets for a restart; empty at a stop."""
    from core.server.asgi import application, server  # noqa: PLC0415
    from core.server.uvicorn_server import WebServer, configuration  # noqa: PLC0415

    web_server = WebServer(
        configuration(application, environment()),
        end_streams=server.live.connections.close_all,
        signals=stop_at,
        parent=parent,
    )
    web_server.run(list(listeners))
    return web_server.kept_listeners
