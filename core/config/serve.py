"""The server process: `python -m core.config.serve`."""

from __future__ import annotations

import os
import resource
import sys

import uvicorn

from core.config.environment import Environment, EnvironmentInvalid, environment
from core.config.protocol import WholeAnswersProtocol, websocket_protocol

KEEP_ALIVE_SECONDS = 75  # Longer than load balancers keep a connection, so that they close first.
STOP_SECONDS = 10
WAITING_CONNECTIONS = 2_048
WEBSOCKET_MESSAGE_BYTES = 256 * 1024
WEBSOCKET_PING_SECONDS = 25
WEBSOCKET_PONG_SECONDS = (
    60  # A phone that is slow to read is told so; it must not be cut off first.
)


def serve(settings: Environment) -> None:
    """Serves until it is told to stop."""
    _allow_many_connections()
    uvicorn.run(
        "core.config.asgi:application",
        interface="asgi3",
        host=settings.host,
        port=settings.port,
        workers=settings.web_processes,
        loop="uvloop",
        http=WholeAnswersProtocol,
        ws=websocket_protocol,  # type: ignore[arg-type]  # it is only called
        ws_max_size=WEBSOCKET_MESSAGE_BYTES,
        ws_ping_interval=WEBSOCKET_PING_SECONDS,
        ws_ping_timeout=WEBSOCKET_PONG_SECONDS,
        ws_per_message_deflate=False,  # It costs each idle connection a compressor's memory.
        lifespan="on",
        log_config=None,  # Django's logging configuration holds for all.
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        backlog=WAITING_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
    )


def _allow_many_connections() -> None:
    """Each connection is an open file, and the usual limit of 1,024 of those is soon reached."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.config.settings")
    try:
        settings = environment()
    except EnvironmentInvalid as problem:
        sys.exit(str(problem))
    serve(settings)


if __name__ == "__main__":
    main()
