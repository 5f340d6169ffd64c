"""However an execution ends, resolvers release what they hold, and no task of it remains."""

from __future__ import annotations

import asyncio
import gc
import inspect
import os
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from itertools import count
from typing import Any

import pytest
from graphql import parse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.database.database import Database
from core.execution.api import Executor
from tests.core.execution.resources import Node, Spec, World, resource_schema, trees

POOL_SIZE = 2
MAX_SECONDS = 20
SCHEMA = resource_schema()._schema
EXECUTORS = {"compiled": Executor(SCHEMA), "standard": Executor(SCHEMA, enabled=False)}
either_executor = pytest.mark.parametrize("kind", EXECUTORS)


@pytest.fixture
async def pool() -> AsyncIterator[Database]:
    """Few connections to the run's database."""
    opened = await Database(os.environ["DATABASE_URL"], size=POOL_SIZE).open()
    yield opened
    await opened.close()


@pytest.fixture(autouse=True)
def own_garbage() -> Iterator[None]:
    """Collects garbage before each test, so that what is collected in a test is its own.

    What is left, of other tests and of hypothesis, is exempt from the many collections in the test.
    """
    with warnings.catch_warnings(action="ignore"):
        gc.collect()
    gc.freeze()
    gc.disable()
    yield
    with warnings.catch_warnings(action="ignore"):
        gc.collect()
    gc.enable()


@contextmanager
def nothing_logged() -> Iterator[None]:
    """Fails if asyncio or Python report a problem, such as a coroutine that was never awaited."""
    loop = asyncio.get_running_loop()
    complaints: list[Any] = []
    before = loop.get_exception_handler()
    with warnings.catch_warnings(action="ignore"):
        gc.collect(1)  # What a case that failed has left behind is not this one's.
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
            gc.collect(1)  # All of a case is young; a full collection would take most of the time.
    finally:
        loop.set_exception_handler(before)
    assert complaints == []
    assert [str(warning.message) for warning in caught] == []


async def run(
    kind: str, operation: str, tree: Spec, world: World, seconds: float | None = None
) -> Any:
    """The result of an operation."""
    document = parse(f"{operation} {tree.selections}")
    async with asyncio.timeout(seconds):
        found = EXECUTORS[kind].execute(document, context=world, root=Node(spec=tree))
        return await found if inspect.isawaitable(found) else found


@asynccontextmanager
async def clean_end(world: World) -> AsyncIterator[None]:
    """Checks that an execution has left nothing behind."""
    before = asyncio.all_tasks()
    with nothing_logged():
        yield
        async with asyncio.timeout(MAX_SECONDS):
            while others := asyncio.all_tasks() - before:
                await asyncio.wait(others)
        assert +world.held == {}
    async with asyncio.timeout(MAX_SECONDS), AsyncExitStack() as all_connections:
        for _ in range(POOL_SIZE):
            await all_connections.enter_async_context(world.database.connection())


@either_executor
@settings(
    max_examples=settings().max_examples // 2,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    tree=trees(),
    operation=st.sampled_from(("query", "mutation")),
    cancel_at=st.none() | st.integers(0, 60),
    again_after=st.none() | st.integers(0, 3),
    seconds=st.none() | st.sampled_from((0, 0.0005, 0.002)),
)
async def test_resolvers_release_their_resources(
    kind: str,
    pool: Database,
    tree: Spec,
    operation: str,
    cancel_at: int | None,
    again_after: int | None,
    seconds: float | None,
) -> None:
    world = World(pool)
    async with clean_end(world):
        task = asyncio.ensure_future(run(kind, operation, tree, world, seconds))
        if cancel_at is not None:
            await cancel(task, cancel_at, again_after)
        with suppress(asyncio.CancelledError, TimeoutError):
            await asyncio.wait_for(asyncio.wait([task]), MAX_SECONDS)
            await task
        assert_ended(kind, world)


async def cancel(task: asyncio.Task[Any], after: int, again_after: int | None) -> None:
    """Cancels a task after so many turns of the loop, and perhaps once more."""
    await turns(after)
    task.cancel()
    if again_after is not None:
        await turns(again_after)
        task.cancel()


async def cancelled_at_each_turn(
    kind: str, tree: Spec, pool: Database, *, again_after: int | None = None
) -> None:
    """Cancels executions of a query, each one turn of the loop later than the one before."""
    for number in range(1, 20):
        world = World(pool)
        async with clean_end(world):
            task = asyncio.ensure_future(run(kind, "query", tree, world))
            await cancel(task, number, again_after)
            await asyncio.wait([task])
            assert_ended(kind, world)


async def turns(count: int) -> None:
    """Returns after so many turns of the loop."""
    for _ in range(count):
        await asyncio.sleep(0)


def assert_ended(kind: str, world: World) -> None:
    """Nothing is held when the result is given; batches of the standard executor's loaders end by themselves."""
    if kind == "compiled":
        assert +world.held == {}


EVERYTHING = Spec(
    "root",
    children=(
        Spec("child", "coroutine", ("hold", "query", "tidy", "pause")),
        Spec("child", "task", ("tidy", "connection", "query")),
        Spec("child", "awaitable", ("group", "pause", "load")),
        Spec("items", "coroutine", ("hold", "load"), (Spec("number", steps=("tidy", "query")),)),
        Spec("items", container="stream", steps=("hold", "pause"), width=3),
        Spec("loaded", steps=("hold", "query", "tidy", "pause")),
        Spec("child", "coroutine", ("pause",), (Spec("loaded", steps=("connection", "query")),)),
    ),
)


@either_executor
async def test_an_execution_can_be_cancelled_at_every_await(kind: str, pool: Database) -> None:
    for number in count(1):
        if not await cancelled_at(number, kind, pool):
            break
    assert number > 25


@either_executor
@pytest.mark.parametrize("container", ["list", "iterator", "stream"])
async def test_an_execution_can_be_cancelled_at_every_turn_of_the_loop(
    kind: str, container: str, pool: Database
) -> None:
    fails = ("pause", "fail")
    children = [Spec("child", how, fails) for how in ("coroutine", "task", "awaitable")]
    items = Spec("items", "sync", container=container, width=3, children=(*children, *children))
    tree = Spec("root", children=(*children, items, Spec("child", children=(*children, items))))
    await cancelled_at_each_turn(kind, tree, pool)


@either_executor
@pytest.mark.parametrize(
    "others", [[], [("child", "sync")], [("child", "task", ("load", "load"))] * 2]
)
@pytest.mark.parametrize("again_after", range(4))
async def test_a_batch_ends_with_the_last_caller_that_is_cancelled(
    kind: str, others: list[Any], again_after: int, pool: Database
) -> None:
    tree = Spec(
        "root", children=(Spec("child", steps=("load",)), *(Spec(*each) for each in others))
    )
    await cancelled_at_each_turn(kind, tree, pool, again_after=again_after)


@either_executor
async def test_coroutines_in_the_value_of_a_task_are_closed(kind: str, pool: Database) -> None:
    """A task may end in the turn of the loop in which its execution is cancelled, so that nobody reads its value."""
    number, items = Spec("number"), Spec("items", "task", width=2)
    tree = Spec("root", children=(Spec("child", "sync", children=(number, items)), number))
    await cancelled_at_each_turn(kind, tree, pool)


async def cancelled_at(number: int, kind: str, pool: Database) -> bool:
    """Whether an execution reached that await and was cancelled there."""
    reached = False

    def cancel(step: int) -> None:
        nonlocal reached
        if step == number:
            reached = True
            task.cancel()

    world = World(pool, cancel)
    async with clean_end(world):
        task = asyncio.ensure_future(run(kind, "query", EVERYTHING, world))
        await asyncio.wait([task])
        assert_ended(kind, world)
        assert task.cancelled() or not task.result().errors
    return reached


@either_executor
@pytest.mark.parametrize("failing", ["sync", "coroutine", "task", "awaitable"])
@pytest.mark.parametrize("pauses", [0, 1, 2, 5])
async def test_a_field_that_fails_ends_its_siblings(
    kind: str, failing: str, pauses: int, pool: Database
) -> None:
    fails = Spec("needed", failing, (*["pause"] * pauses, "fail"))
    for children in ((*EVERYTHING.children, fails), (fails, *EVERYTHING.children)):
        world = World(pool)
        async with clean_end(world):
            result = await run(kind, "query", Spec("root", children=children), world)
            assert result.data is None
            assert isinstance(result.errors[0].original_error, ValueError)
