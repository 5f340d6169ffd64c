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
    call_each,
)
from core.execution.plan.selection import Field
from core.execution.run.batches import ObjectBatch
from core.execution.run.resolve_info import python_arguments, resolve_info, strawberry_info
from core.execution.run.state import ExecutionState
from core.execution.schema.hints import BatchResolver


def call_resolver(state: ExecutionState, parents: ObjectBatch, field: Field) -> list[Any]:
    """A value for each parent; an exception stands for a failure."""
    resolution = field.resolution
    return _CALLS[type(resolution)](state, parents, field, resolution)


def _call(
    state: ExecutionState, parents: ObjectBatch, field: Field, call: CallResolver
) -> list[Any]:
    values: list[Any] = []
    function, first, parent_name, info_name, _ = call
    arguments: ArgumentValues | None = None
    for index, source in enumerate(parents.objects):
        try:
            if arguments is None or not arguments.shared:
                arguments = python_arguments(state, field, parents, index)
            named = {**arguments.by_name}
            if parent_name is not None:
                named[parent_name] = source
            if info_name is not None:
                named[info_name] = strawberry_info(state, field, parents, index)
            values.append(function(source, **named) if first else function(**named))
        except Exception as error:  # noqa: BLE001  # a resolver's exception is its field's error
            values.append(error)
    return values


def _resolve(
    state: ExecutionState, parents: ObjectBatch, field: Field, resolution: CallGraphQLResolver
) -> list[Any]:
    values: list[Any] = []
    resolve = resolution.resolve
    arguments: ArgumentValues | None = None
    for index, source in enumerate(parents.objects):
        try:
            if arguments is None or not arguments.shared:
                arguments = field.argument_values(state.variables)
            info = resolve_info(state, field, parents, index)
            values.append(resolve(source, info, **arguments.by_name))
        except Exception as error:  # noqa: BLE001  # a resolver's exception is its field's error
            values.append(error)
    return values


def _resolve_each(
    _state: ExecutionState,
    parents: ObjectBatch,
    _field: Field,
    resolution: ReadAttribute | CallWithParent | BatchResolver,
) -> list[Any]:
    return call_each(resolution.resolve, parents.objects)


_CALLS: dict[type, Callable[[ExecutionState, ObjectBatch, Field, Any], list[Any]]] = {
    CallResolver: _call,
    CallGraphQLResolver: _resolve,
    CallWithParent: _resolve_each,
    ReadAttribute: _resolve_each,
    BatchResolver: _resolve_each,
}
"""How each kind of `FieldResolution` is called, but for `UseLoader`."""
