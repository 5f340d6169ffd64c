"""Execution without a database: compiled execution against graphql-core, over objects in memory.

    python -m tests.benchmarks.execution [--rounds N] [--results FILE]

Prints for each workload the median time of one execution and the ratio of the medians. Rounds of both executors
alternate, so that other load on the machine affects both.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import inspect
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphql import DocumentNode, execute, get_introspection_query, parse, validate
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from core.execution import Executor
from tests.benchmarks.figures import Figure, write_results
from tests.benchmarks.page_in_memory import HOME, ITEMS, PUBLIC, InMemoryContext, page_schema

Execute = Callable[[DocumentNode, dict[str, Any]], Any]


@dataclass(frozen=True)
class Workload:
    """An operation, and how many times a round executes it."""

    name: str
    text: str
    variables: dict[str, Any]
    repeats: int
    at_least: float | None = None
    """The goal: how many times as fast as graphql-core."""


WORKLOADS = (
    Workload("W1: 20 posts with authors", PUBLIC, {"first": 20}, 100),
    Workload("W2: 20 posts, 3 comments each", HOME, {"first": 20}, 40, at_least=15),
    Workload("introspection", get_introspection_query(), {}, 10),
    Workload("a list of 5,000 items", ITEMS, {"count": 5000}, 3),
)


async def seconds(run: Execute, document: DocumentNode, workload: Workload) -> float:
    """The mean CPU time of an execution in a round."""
    started = time.process_time()
    for _ in range(workload.repeats):
        result = run(document, workload.variables)
        if inspect.isawaitable(result):
            await result
    return (time.process_time() - started) / workload.repeats


async def measure(workload: Workload, rounds: int) -> tuple[float, float, float]:
    """Milliseconds of graphql-core, of compiled execution, and of the first execution, which compiles the plan."""
    schema = page_schema()._schema
    document = parse(workload.text)
    assert validate(schema, document) == []
    executor = Executor(schema)

    def standard(document: DocumentNode, variables: dict[str, Any]) -> Any:
        return execute(
            schema,
            document,
            None,
            InMemoryContext(),
            variables,
            executor_class=StrawberryGraphQLCoreExecutionContext,
            operation_extensions=None,
        )

    def compiled(document: DocumentNode, variables: dict[str, Any]) -> Any:
        return executor.execute(document, variables=variables, context=InMemoryContext())

    started = time.process_time()
    first = await awaited(compiled(document, workload.variables))
    first_time = time.process_time() - started
    other = await awaited(standard(document, workload.variables))
    assert first.errors is None, first.errors
    assert first.data == other.data
    assert not executor.counters.fallbacks
    gc.collect()
    gc.freeze()
    times: dict[str, list[float]] = {"standard": [], "compiled": []}
    for _ in range(rounds):
        times["standard"].append(await seconds(standard, document, workload))
        times["compiled"].append(await seconds(compiled, document, workload))
    standard_ms, compiled_ms = (statistics.median(found) * 1000 for found in times.values())
    return standard_ms, compiled_ms, first_time * 1000


async def awaited(result: Awaitable[Any] | Any) -> Any:
    return await result if inspect.isawaitable(result) else result


async def main(rounds: int, results: Path | None) -> None:
    figures = []
    head = ("workload", "graphql-core", "compiled", "ratio", "first run")
    print("{:32} {:>13} {:>10} {:>7} {:>11}".format(*head))
    for workload in WORKLOADS:
        standard, compiled, first = await measure(workload, rounds)
        print(
            f"{workload.name:32} {standard:10.3f} ms {compiled:7.3f} ms {standard / compiled:6.1f}x"
            f" {first:8.1f} ms"
        )
        name = f"Execution alone, {workload.name}"
        ratio = standard / compiled
        figures.append(
            Figure(f"{name}: graphql-core / ours", ratio, "x", at_least=workload.at_least)
        )
        if workload.text == HOME:
            figures.append(Figure(f"{name}: first run, with compilation", first, "ms", at_most=30))
    write_results(results, figures)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument(
        "--results", type=Path, metavar="FILE", help="write the figures to FILE as JSON"
    )
    arguments = parser.parse_args()
    asyncio.run(main(arguments.rounds, arguments.results))
