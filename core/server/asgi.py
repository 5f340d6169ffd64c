"""The ASGI application: the GraphQL path beside Django, and what lives as long as the process."""

from __future__ import annotations

import ctypes.util
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from functools import cache
from typing import cast

import django
from django.conf import settings as django_settings
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send


def set_up_django() -> None:
    """Loads the apps, whose models the schema is declared from.

    strawberry-django tries Django's geographic fields, which start some seventy programs to find a
    library that nothing here uses: a third of the time of a start.
    """
    find_library = ctypes.util.find_library
    ctypes.util.find_library = lambda _: None  # type: ignore[assignment]
    try:
        django.setup()
    finally:
        ctypes.util.find_library = find_library


set_up_django()

from core.config.environment import environment  # noqa: E402
from core.graphql.http.http_errors import ClientDisconnected, HTTPError  # noqa: E402
from core.graphql.http.requests import read_body  # noqa: E402
from core.graphql.http.shared_timeout import SharedTimeout  # noqa: E402
from core.graphql.limits.limits import Limits  # noqa: E402
from core.server.app import Server  # noqa: E402
from core.server.front_page import front_page_routes  # noqa: E402
from core.server.garbage_collection import settle_down  # noqa: E402
from core.server.health import health_routes  # noqa: E402
from core.server.prometheus import metrics_route  # noqa: E402

GRAPHQL_PATHS = {"/graphql/", "/graphql"}
BODIES = Limits(body_bytes=django_settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
"""Of what is sent to Django's pages."""
BODY_SECONDS = 10.0
body_timeout = SharedTimeout(BODY_SECONDS)


class Application:
    """Routes the GraphQL path by itself, which costs nothing; the rest is Starlette's to route."""

    def __init__(self, graphql: ASGIApp, rest: ASGIApp) -> None:
        self._graphql = graphql
        self._rest = rest

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] != "lifespan" and scope["path"] in GRAPHQL_PATHS:
            return self._graphql(scope, receive, send)
        if scope["type"] == "websocket":
            return send({"type": "websocket.close"})
        return self._rest(scope, receive, send)


@cache
def django_application() -> ASGIApp:
    """The admin and its files. Loaded when somebody opens it, for its memory is of no use to feeds."""
    from django.core.handlers.asgi import ASGIHandler  # noqa: PLC0415

    return cast("ASGIApp", ASGIHandler())


async def serve_django(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads the whole body first: Django would wait for it without end and write any number of bytes to disk."""
    length = dict(scope["headers"]).get(b"content-length")
    try:
        body = await read_body(receive, length, BODIES, body_timeout)
    except ClientDisconnected:
        return
    except HTTPError as refused:
        said = f"The form did not arrive: {BODIES.body_bytes:,} bytes and {BODY_SECONDS:g} seconds are the limits."
        answer = PlainTextResponse(said, refused.status, headers={"connection": "close"})
        await answer(scope, receive, send)
        return
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive_whole() -> Message:
        return next(messages, None) or await receive()

    await django_application()(scope, receive_whole, send)


server = Server(environment())


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    """Opens the server's connections and closes them."""
    async with server.running():
        settle_down()
        yield


application = Application(
    server.graphql,
    Starlette(
        routes=[
            *front_page_routes(development=environment().debug),
            *health_routes(server),
            metrics_route(),
            Mount("/", serve_django),
        ],
        lifespan=lifespan,
    ),
)
