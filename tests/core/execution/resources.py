"""Trees of resolvers that hold resources while they wait, and fail at any step."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

import strawberry
from hypothesis import strategies as st

from core.database.database import Database
from core.execution.schema.dataloaders import Loader, loaded

OBJECTS = ("child", "needed", "loaded")
LISTS = ("items", "neededItems")
LEAVES = ("number", "neededNumber")
HOWS = ("sync", "coroutine", "coroutine", "coroutine", "task", "awaitable")
CONTAINERS = ("list", "iterator", "stream")
AROUND = ("hold", "tidy", "connection", "timeout", "group")
ALONE = ("pause", "pause", "query", "load", "null", "fail")


@dataclass(frozen=True)
class Spec:
    """A field: what it is called, how it gives its value, and the steps that it takes before that."""

    field: str
    how: str = "coroutine"
    steps: tuple[str, ...] = ()
    children: tuple[Spec, ...] = ()
    container: str = "list"
    """What a list is given as."""
    width: int = 2
    """How many items a list has."""

    @property
    def selections(self) -> str:
        fields = [
            f"c{place}: {child.field}(n: {place}){child.selections}"
            for place, child in enumerate(self.children)
        ]
        if self.field in LEAVES:
            return ""
        return f" {{ {' '.join(('__typename', *fields))} }}"


@st.composite
def specs(draw: st.DrawFn, depth: int = 2) -> Spec:
    """A field with all below it."""
    field = draw(st.sampled_from((*OBJECTS, *LISTS) if depth > 1 else (*OBJECTS, *LISTS, *LEAVES)))
    steps = draw(st.lists(st.sampled_from((*AROUND, *ALONE)), max_size=4))
    children: Sequence[Spec] = ()
    if field not in LEAVES and depth:
        children = draw(st.lists(specs(depth - 1), max_size=3))
    return Spec(
        field,
        draw(st.sampled_from(HOWS)),
        tuple(steps),
        tuple(children),
        draw(st.sampled_from(CONTAINERS)),
        draw(st.integers(0, 3)),
    )


def trees() -> st.SearchStrategy[Spec]:
    """The fields of a root."""
    return st.lists(specs(), min_size=1, max_size=5).map(
        lambda children: Spec("root", children=tuple(children))
    )


class Failed(ValueError):
    """What fails in a resolver."""


class World:
    """What resolvers share: the database, loaders, and a record of what they hold."""

    def __init__(self, database: Database, at_step: Callable[[int], None] | None = None) -> None:
        """`at_step` is called before each await, with its number."""
        self.database = database
        self._at_step = at_step
        self._steps = count(1)
        self.held: Counter[str] = Counter()
        """What has been acquired and not released."""
        self.taken = 0
        """How many times something was begun."""
        self.loaders: dict[Any, Any] = {}
        self.pairs = Pairs(self)

    async def pause(self) -> None:
        """Awaits one turn of the loop."""
        self.step()
        await asyncio.sleep(0)

    def step(self) -> None:
        """Says that something is about to be awaited."""
        if self._at_step is not None:
            self._at_step(next(self._steps))

    @asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[None]:
        """A resource whose acquire and release are awaited."""
        self.taken += 1
        self.held[name] += 1
        try:
            await self.pause()
            yield
        finally:
            await self.give_back(name)

    async def give_back(self, name: str) -> None:
        """Releases a resource; this may be cancelled, too."""
        try:
            await self.pause()
        finally:
            self.held[name] -= 1

    async def act(self, spec: Spec, give: Callable[[], Any]) -> Any:
        """The value of a field after all of its steps."""
        return give() if await self._goes_on(spec.steps) else None

    def act_at_once(self, spec: Spec, give: Callable[[], Any]) -> Any:
        """The same in a synchronous resolver."""
        if "fail" in spec.steps:
            raise Failed
        return None if "null" in spec.steps else give()

    async def _goes_on(self, steps: Sequence[str]) -> bool:
        """Whether there is a value, after all steps."""
        for place, step in enumerate(steps):
            self.step()
            if step in AROUND:
                return await self._around(step, steps[place + 1 :])
            if step == "pause":
                await self.pause()
            elif step == "query":
                await self.database.fetch("SELECT 1")
            elif step == "load":
                await self.pairs.load(place)
            elif step == "null":
                return False
            else:
                raise Failed
        return True

    async def _around(self, step: str, steps: Sequence[str]) -> bool:
        if step == "tidy":
            self.taken += 1
            self.held["finally"] += 1
            try:
                return await self._goes_on(steps)
            finally:
                await self.give_back("finally")
        if step == "connection":
            # Deadlock, if a resolver that holds a connection acquired another.
            rest = [each for each in steps if each not in {"connection", "query"}]
            async with self.hold("connection"), self.database.connection() as connection:
                await connection.fetch("SELECT 1")
                return await self._goes_on(rest)
        if step == "timeout":
            async with asyncio.timeout(60):
                return await self._goes_on(steps)
        if step == "group":
            async with asyncio.TaskGroup() as group:
                group.create_task(self._goes_on(("hold", "pause")))
                return await self._goes_on(steps)
        async with self.hold("resource"):
            return await self._goes_on(steps)


class Pairs(Loader[int, int]):
    """A loader that several resolvers await, and that holds a resource while it fetches."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def fetch(self, keys: list[int]) -> Sequence[int | BaseException]:
        async with self._world.hold("batch"):
            await self._world.pause()
        return [Failed() if key == 3 else 2 * key for key in keys]


class Children(Loader[Any, Any]):
    """The children at one place, for several parents at once."""

    def __init__(self, world: World, place: int) -> None:
        self._world = world
        self._place = place

    async def fetch(self, keys: list[Any]) -> Sequence[Any]:
        found = []
        for parent in keys:
            spec = parent.children[self._place]
            try:
                found.append(await self._world.act(spec, partial(Node, spec=spec)))
            except Failed as error:
                found.append(error)
        return found


class Late:
    """An awaitable that is neither a coroutine nor a future."""

    def __init__(self, act: Callable[[], Any]) -> None:
        self._act = act

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._act().__await__()  # type: ignore[no-any-return]  # of a coroutine


def resolved(parent: Node, info: strawberry.Info[World], n: int, give: Any = None) -> Any:
    """What a resolver returns: a value, or an awaitable."""
    spec, world = parent.spec.children[n], info.context
    if give is None:
        give = partial(Node, spec=spec)
    if spec.how == "sync":
        return world.act_at_once(spec, give)
    if spec.how == "task":
        return asyncio.ensure_future(world.act(spec, give))
    if spec.how == "awaitable":
        return Late(lambda: world.act(spec, give))
    return world.act(spec, give)


def listed(parent: Node, info: strawberry.Info[World], n: int) -> Any:
    """The items of a list, in a container that may fail on the way. Every second one is awaited."""
    spec, world = parent.spec.children[n], info.context

    def item(place: int) -> Any:
        if place % 2:
            return world.act(spec, partial(Node, spec=spec))
        return Node(spec=spec)

    def iterator() -> Iterator[Any]:
        for place in range(spec.width):
            yield item(place)
            if "fail" in spec.steps and place:
                raise Failed

    async def stream() -> AsyncIterator[Any]:
        async with world.hold("stream"):
            for place in range(spec.width):
                await world.act(spec, lambda: None)
                yield item(place)

    if spec.container == "list":
        return resolved(parent, info, n, lambda: [item(place) for place in range(spec.width)])
    return iterator() if spec.container == "iterator" else stream()


@strawberry.type
class Node:
    spec: strawberry.Private[Spec]

    @strawberry.field
    def child(self, info: strawberry.Info[World], n: int) -> Node | None:
        return resolved(self, info, n)  # type: ignore[no-any-return]  # or what gives one later

    @strawberry.field
    def needed(self, info: strawberry.Info[World], n: int) -> Node:
        return resolved(self, info, n)  # type: ignore[no-any-return]  # as above

    @strawberry.field
    def items(self, info: strawberry.Info[World], n: int) -> list[Node | None] | None:
        return listed(self, info, n)  # type: ignore[no-any-return]  # as above

    @strawberry.field
    def needed_items(self, info: strawberry.Info[World], n: int) -> list[Node]:
        return listed(self, info, n)  # type: ignore[no-any-return]  # as above

    @strawberry.field
    async def number(self, info: strawberry.Info[World], n: int) -> int | None:
        return await info.context.act(self.spec.children[n], lambda: n)  # type: ignore[no-any-return]  # as above

    @strawberry.field
    async def needed_number(self, info: strawberry.Info[World], n: int) -> int:
        return await info.context.act(self.spec.children[n], lambda: n)  # type: ignore[no-any-return]  # as above

    @strawberry.field(graphql_type="Node | None")
    @loaded("spec")
    @staticmethod
    def loaded(info: strawberry.Info[World], n: int) -> Children:
        loaders = info.context.loaders
        if n not in loaders:
            loaders[n] = Children(info.context, n)
        return loaders[n]  # type: ignore[no-any-return]  # as above


@strawberry.type
class Query(Node):
    pass


@strawberry.type
class Mutation(Node):
    pass


def resource_schema() -> strawberry.Schema:
    """The schema of all trees."""
    return strawberry.Schema(Query, Mutation)
