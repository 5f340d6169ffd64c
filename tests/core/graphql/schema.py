"""A small schema, for tests of HTTP, limits and errors that need no database."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import strawberry
from starlette.types import Scope

from core.errors import ClientError


@dataclass
class Calls:
    """Counts the calls of a server's resolvers."""

    counted: int = 0
    written: int = 0
    cancelled: int = 0
    let_go: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class RequestContext:
    viewer: str | None
    calls: Calls


Info = strawberry.Info[RequestContext, None]


@strawberry.type
class Tree:
    name: str = "leaf"

    @strawberry.field
    @staticmethod
    def child() -> Tree:
        return Tree()

    @strawberry.field
    @staticmethod
    def children(first: int = 2) -> list[Tree]:
        return [Tree() for _ in range(first)]

    @strawberry.field
    @staticmethod
    def must() -> str:
        raise RuntimeError("password=swordfish")


@strawberry.type
class Query:
    @strawberry.field
    @staticmethod
    def hello(name: str = "world") -> str:
        return f"Hello {name}"

    @strawberry.field
    @staticmethod
    async def later() -> str:
        await asyncio.sleep(0)
        return "later"

    @strawberry.field
    @staticmethod
    def viewer(info: Info) -> str | None:
        return info.context.viewer

    @strawberry.field
    @staticmethod
    async def counted(info: Info, at_least: int = 0) -> int:
        info.context.calls.counted = max(info.context.calls.counted + 1, at_least)
        await asyncio.sleep(0)
        return info.context.calls.counted

    @strawberry.field
    @staticmethod
    async def held(info: Info) -> int:
        info.context.calls.counted += 1
        try:
            await info.context.calls.let_go.wait()
        except asyncio.CancelledError:
            info.context.calls.cancelled += 1
            raise
        return info.context.calls.counted

    @strawberry.field
    @staticmethod
    def number(value: int) -> int:
        return value

    @strawberry.field
    @staticmethod
    def large() -> int:
        return 2**40

    @strawberry.field
    @staticmethod
    def real(value: float) -> float:
        return value

    @strawberry.field
    @staticmethod
    def moment(at: dt.datetime) -> dt.datetime:
        return at

    @strawberry.field
    @staticmethod
    def items(ids: list[strawberry.ID]) -> int:
        return len(ids)

    @strawberry.field
    @staticmethod
    def tree() -> Tree:
        return Tree()

    @strawberry.field
    @staticmethod
    def broken() -> str | None:
        raise RuntimeError("password=swordfish")

    @strawberry.field
    @staticmethod
    def unencodable() -> str:
        return "\ud800"

    @strawberry.field
    @staticmethod
    def refused() -> str | None:
        raise ClientError("No such thing.", "NOT_FOUND", kind="thing")


@strawberry.type
class Mutation:
    @strawberry.mutation
    @staticmethod
    def write(info: Info, by: int = 1) -> int:
        info.context.calls.written += by
        return info.context.calls.written


@strawberry.type
class Subscription:
    @strawberry.subscription
    @staticmethod
    async def ticks() -> AsyncIterator[int]:
        yield 1


SCHEMA = strawberry.Schema(Query, Mutation, Subscription)


def context_for(calls: Calls, authorization: str | None, scope: Scope) -> RequestContext:
    """The context, or the error that the token's name selects."""
    assert scope["type"] == "http"
    match authorization:
        case None:
            return RequestContext(None, calls)
        case "Bearer expired":
            raise ClientError("The token has expired.", "UNAUTHENTICATED")
        case "Bearer busy":
            raise ClientError("Too many requests.", "RATE_LIMITED", retryAfterSeconds=2.5)
        case "Bearer broken":
            raise RuntimeError("password=swordfish")
        case "Bearer unlisted":
            raise ClientError("The code is not in the table.", "UNLISTED")
        case _:
            return RequestContext(authorization.removeprefix("Bearer "), calls)
