"""Plain Strawberry: the product's schema, resolvers and statements under `strawberry.asgi.GraphQL`. Run by uvicorn.

Strawberry's ASGI view, its caches for parsing and validation, graphql-core's execution and DataLoaders.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import django
import strawberry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig

django.setup()

from core.accounts.graphql.types import User  # noqa: E402
from core.config.environment import environment  # noqa: E402
from core.config.schema import Mutation, Query  # noqa: E402
from core.context import Context  # noqa: E402
from core.graphql.scalars import DateTime  # noqa: E402
from core.graphql.user_errors import ERROR_TYPES  # noqa: E402
from core.server.app import Server  # noqa: E402
from feed.graphql.types import Post  # noqa: E402
from interactions.graphql.types import Comment  # noqa: E402

schema = strawberry.Schema(
    Query,
    Mutation,
    types=[User, Post, Comment, *ERROR_TYPES],
    extensions=[ParserCache, ValidationCache],
    config=StrawberryConfig(scalar_map={datetime: DateTime}),
)
server = Server(environment())


class View(GraphQL[Context, None]):
    async def get_context(
        self,
        request: Request | WebSocket,
        response: Response | WebSocket,  # noqa: ARG002  # named by Strawberry
    ) -> Context:
        return server.authentication.context_for(
            request.headers.get("authorization"), request.scope
        )


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    async with server.running():
        yield


application = Starlette(routes=[Mount("/graphql", View(schema))], lifespan=lifespan)
