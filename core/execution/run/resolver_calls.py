"""Resolves the values of a field one parent after the other (specification 6.4.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.execution.plan.arguments import ArgumentValues
from core.execution.plan.field_resolution import (
    CallGraphQLResolver,
    CallResolver,
    CallWithParent,
    ReadAttribute,
)
from core.execution.plan.selection import Field
from core.execution.run.batches import ObjectBatch
from core.execution.run.resolve_info import python_arguments, resolve_info, strawberry_info
from core.execution.run.state import ExecutionState
from core.execution.schema.hints import BatchResolver


def call_resolver(state: ExecutionState, parents: ObjectBatch, field: Field) -> list[Any]:
    """A value for each parent; an exception stands for a failure."""
    resolve = _resolver(state, parents, field)
    values: list[Any] = []
    for index, source in enumerate(parents.objects):
        try:
            values.append(resolve(source, index))
        except Exception as error:  # noqa: BLE001  # a resolver's exception is its field's error
            values.append(error)
    return values


def _resolver(
    state: ExecutionState, parents: ObjectBatch, field: Field
) -> Callable[[Any, int], Any]:
    """A function that resolves the field for one parent, which has that index."""
    match field.resolution:
        case CallResolver() as call:
            return _strawberry_resolver(state, parents, field, call)
        case CallWithParent(function):
            return lambda source, _: function(source)
        case ReadAttribute(name):
            return lambda source, _: getattr(source, name)
        case BatchResolver() as batch:
            return lambda source, _: batch.resolve(source)
        case CallGraphQLResolver(resolve):
            return _graphql_resolver(state, parents, field, resolve)
    raise TypeError(field.resolution)  # `UseLoader`: its fields are loaded, not called.


def _strawberry_resolver(
    state: ExecutionState, parents: ObjectBatch, field: Field, call: CallResolver
) -> Callable[[Any, int], Any]:
    function, first, parent_name, info_name, _ = call
    arguments: ArgumentValues | None = None

    def resolve(source: Any, index: int) -> Any:
        nonlocal arguments
        if arguments is None or not arguments.shared:
            arguments = python_arguments(state, field, parents, index)
        named = {**arguments.by_name}
        if parent_name is not None:
            named[parent_name] = source
        if info_name is not None:
            named[info_name] = strawberry_info(state, field, parents, index)
        return function(source, **named) if first else function(**named)

    return resolve


def _graphql_resolver(
    state: ExecutionState, parents: ObjectBatch, field: Field, function: Callable[..., Any]
) -> Callable[[Any, int], Any]:
    arguments: ArgumentValues | None = None

    def resolve(source: Any, index: int) -> Any:
        nonlocal arguments
        if arguments is None or not arguments.shared:
            arguments = field.argument_values(state.variables)
        info = resolve_info(state, field, parents, index)
        return function(source, info, **arguments.by_name)

    return resolve
