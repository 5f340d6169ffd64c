"""The ASGI application of a server process: GraphQL, Django's admin, probes and metrics."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from functools import cache, partial
from typing import cast

import django
from django.conf import settings as django_settings
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# The schema needs the models.
django.setup()

from core.config.environment import environment  # noqa: E402
from core.database.django_bridge import limit_django_statements  # noqa: E402
from core.graphql.http.http_errors import ClientDisconnected, HTTPError  # noqa: E402
from core.graphql.http.request_ids import cause  # noqa: E402
from core.graphql.http.requests import read_body  # noqa: E402
from core.graphql.http.shared_timeout import SharedTimeout  # noqa: E402
from core.graphql.limits.limits import Limits  # noqa: E402
from core.jobs.causes import CAUSE  # noqa: E402
from core.server.app import Server  # noqa: E402
from core.server.exports import exports_route  # noqa: E402
from core.server.front_page import front_page_routes  # noqa: E402
from core.server.garbage_collection import tune_garbage_collection  # noqa: E402
from core.server.health import health_routes  # noqa: E402
from core.server.media import media_routes  # noqa: E402
from core.server.playground import playground_routes  # noqa: E402
from core.server.prometheus import metrics_route  # noqa: E402
from core.server.security_headers import SecurityHeaders  # noqa: E402

GRAPHQL_PATHS = {"/graphql/", "/graphql"}
DJANGO_PATHS = (f"/{environment().admin_path}", django_settings.STATIC_URL.rstrip("/"))
"""The admin and its files."""
NOTHING_HERE = "Nothing is here. The GraphQL API is at /graphql/.\n"
BODIES = Limits(body_bytes=django_settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
"""Limits of request bodies for Django."""
body_timeout = SharedTimeout(environment().request_body_seconds)


class Application:
    """Routes the GraphQL endpoint by one comparison; Starlette routes everything else."""

    def __init__(self, graphql: Mapping[str, ASGIApp], rest: ASGIApp) -> None:
        """`graphql`: by the type of the scope."""
        self._graphql = graphql
        self._rest = rest

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] != "lifespan":
            CAUSE.set(partial(cause, scope))
            if scope["path"] in GRAPHQL_PATHS:
                return self._graphql[scope["type"]](scope, receive, send)
        if scope["type"] == "websocket":
            return send({"type": "websocket.close"})
        return self._rest(scope, receive, send)


@cache
def django_application() -> ASGIApp:
    """Django: the admin and its static files. Loaded at its first request, to save memory until then."""
    from django.core.handlers.asgi import ASGIHandler  # noqa: PLC0415

    if environment().pgbouncer == "NONE":
        limit_django_statements(environment().statement_seconds)
    return cast("ASGIApp", ASGIHandler())


async def serve_rest(scope: Scope, receive: Receive, send: Send) -> None:
    """Serves Django where it has pages. So it stays unloaded whatever else is requested, by mistake or by scanners."""
    path = scope["path"]
    if path == DJANGO_PATHS[0] or path.startswith(tuple(f"{each}/" for each in DJANGO_PATHS)):
        await serve_django(scope, receive, send)
    else:
        await PlainTextResponse(NOTHING_HERE, 404)(scope, receive, send)


async def serve_django(scope: Scope, receive: Receive, send: Send) -> None:
    """Serves Django. Reads the body first, because Django reads it without a timeout and a limit of bytes."""
    length = dict(scope["headers"]).get(b"content-length")
    try:
        body = await read_body(receive, length, BODIES, body_timeout)
    except ClientDisconnected:
        return
    except HTTPError as refused:
        limits = f"{BODIES.body_bytes:,} bytes and {body_timeout.seconds:g} seconds"
        message = f"The request body is refused. Limits: {limits}."
        response = PlainTextResponse(message, refused.status, headers={"connection": "close"})
        await response(scope, receive, send)
        return
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive_whole() -> Message:
        return next(messages, None) or await receive()

    await django_application()(scope, receive_whole, send)
    if scope["method"] == "POST":
        # The admin may have written events.
        server.live.notify()


def _playground_routes() -> list[Route]:
    """The playground's routes by the settings. What is for development only is loaded there only."""
    settings = environment()
    if not settings.playground:
        return []
    if not settings.debug:
        return playground_routes()
    from core.server.playground_development import development_routes  # noqa: PLC0415

    return [*development_routes(server), *playground_routes()]


server = Server(environment())


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    """Opens the server's connections and closes them."""
    async with server.running():
        tune_garbage_collection()
        yield


application = Application(
    server.graphql,
    SecurityHeaders(
        Starlette(
            routes=[
                *_playground_routes(),
                *front_page_routes(development=environment().debug),
                *health_routes(server),
                exports_route(server.services),
                metrics_route(),
                *media_routes(server.database, environment().cors_origins),
                Mount("/", serve_rest),
            ],
            lifespan=lifespan,
        ),
        admin_path=environment().admin_path,
        development=environment().debug,
    ),
)
