"""A small schema whose resolvers wait, load, fail and log."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, Sequence
from contextvars import ContextVar
from typing import Any

import strawberry
from graphql import (
    ExecutionResult,
    parse,
)

from core.execution.api import Executor
from core.execution.schema.dataloaders import Loader, loaded

SEEN: ContextVar[str] = ContextVar("SEEN", default="nothing")


class Numbers(Loader[int, int]):
    """Ten times the key; notes which keys it fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[list[int]] = []

    async def fetch(self, keys: list[int]) -> Sequence[int | BaseException]:
        self.fetched.append(keys)
        await asyncio.sleep(0)
        return [KeyError(f"no {key}") if key == 13 else key * 10 for key in keys]


class Shared:
    def __init__(self) -> None:
        self.numbers = Numbers()
        self.more = Numbers()
        self.chosen = 0
        self.log: list[str] = []


@strawberry.type
class Item:
    key: int

    @strawberry.field(graphql_type=int | None)
    @loaded("key")
    @staticmethod
    def ten(info: strawberry.Info[Shared, None]) -> Numbers:
        info.context.chosen += 1
        return info.context.numbers

    @strawberry.field(graphql_type=int | None)
    @loaded("key")
    @staticmethod
    def tens(info: strawberry.Info[Shared, None], more: bool = False) -> Numbers:
        return info.context.more if more else info.context.numbers

    @strawberry.field
    def items(self) -> list[Item]:
        return [Item(key=self.key + 1), Item(key=self.key + 2)]

    @strawberry.field
    def itself(self) -> Item:
        return self

    @strawberry.field
    def where(self, info: strawberry.Info[Shared, None]) -> str:
        return ".".join(str(step) for step in info.path.as_list())

    @strawberry.field
    def selected(self, info: strawberry.Info[Shared, None]) -> list[str]:
        return [getattr(field, "name", "") for field in info.selected_fields]


@strawberry.type
class Query:
    @strawberry.field
    def items(self, keys: list[int]) -> list[Item]:
        return [Item(key=key) for key in keys]

    @strawberry.field
    async def slow(self, seconds: float) -> str:
        async with asyncio.timeout(seconds):
            mine = asyncio.current_task()
            await asyncio.sleep(0.02)
            assert asyncio.current_task() is mine
        return "slow"

    @strawberry.field
    async def grouped(self) -> int:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(asyncio.sleep(0, number)) for number in (1, 2)]
            await asyncio.sleep(0)
        return sum(task.result() for task in tasks)

    @strawberry.field
    async def marked(self, mark: str) -> str:
        SEEN.set(mark)
        await asyncio.sleep(0)
        return SEEN.get()

    @strawberry.field
    async def stuck(self, info: strawberry.Info[Shared, None]) -> str | None:
        try:
            never: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            return await never
        finally:
            info.context.log.append("let go")

    @strawberry.field
    async def refused(self) -> str:
        await asyncio.sleep(0)
        raise ValueError("refused")


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def note(self, info: strawberry.Info[Shared, None], text: str) -> str:
        info.context.log.append(f"begin {text}")
        await asyncio.sleep(0)
        info.context.log.append(f"end {text}")
        if text == "bad":
            raise ValueError("bad")
        return text


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def happened(self) -> AsyncGenerator[Item, None]:
        yield Item(key=1)
        yield Item(key=2)


def made(**options: Any) -> strawberry.Schema:
    return strawberry.Schema(Query, Mutation, Subscription, **options)


async def run(executor: Executor, text: str, shared: Shared, **sent: Any) -> ExecutionResult:
    found: Any = executor.execute(parse(text), context=shared, **sent)
    result: ExecutionResult = await found if inspect.isawaitable(found) else found
    return result
