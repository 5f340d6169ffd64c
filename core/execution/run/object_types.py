"""Determines the object type of each value, and completes the objects (specification 6.4.3, ResolveAbstractType)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from graphql import GraphQLAbstractType, GraphQLError, GraphQLObjectType, is_object_type
from graphql.pyutils import inspect

from core.execution.plan.output_types import ObjectType, is_plain
from core.execution.run.batches import PlainObjectBatch, ValueBatch
from core.execution.run.resolve_info import resolve_info
from core.execution.run.state import ExecutionState
from core.execution.schema.hints import InstancesOf

Results = list[Any]

FAILED = object()
"""In the place of what a function that has raised did not return."""

CLASSES = 16
"""For how many Python classes a field remembers the selection."""


def complete_some(
    batch: ValueBatch,
    values: list[Any],
    some: list[int],
    complete: Callable[[ValueBatch, list[Any]], Results],
) -> Results:
    """The results of the values at some indexes, completed as a smaller batch; null for the others."""
    results: Results = [None] * len(values)
    if some:
        found = complete(batch.part(some), [values[index] for index in some])
        for index, result in zip(some, found, strict=True):
            results[index] = result
    return results


def complete_objects(
    state: ExecutionState, batch: ValueBatch, values: list[Any], graphql_type: GraphQLObjectType
) -> Results:
    """Completes objects that have to be of one type."""
    is_type_of = graphql_type.is_type_of
    if is_type_of is None or _known_by_class(is_type_of, values):
        return _select(state, graphql_type, batch, values, by_class=True)
    verdicts = _call_each(state, batch, values, is_type_of)
    if all(verdict is True for verdict in verdicts):
        return _select(state, graphql_type, batch, values)
    return _complete_verified(state, graphql_type, batch, verdicts, values)


def _known_by_class(is_type_of: Any, values: list[Any]) -> bool:
    return isinstance(is_type_of, InstancesOf) and all(
        issubclass(kind, is_type_of.kind) for kind in {*map(type, values)}
    )


def _call_each(
    state: ExecutionState, batch: ValueBatch, values: list[Any], ask: Any, *more: Any
) -> list[Any]:
    """What a function of the schema returns for each value. What it raises becomes the error of the value."""
    returned: list[Any] = []
    for index, value in enumerate(values):
        try:
            info = resolve_info(state, batch.field, *batch.owner(index))
            returned.append(ask(value, info, *more))
        except Exception as error:  # noqa: BLE001  # the function's exception is the field's error
            state.fail(batch, index, error)
            returned.append(FAILED)
    return returned


def _fail_each(state: ExecutionState, batch: ValueBatch, results: list[Any]) -> list[Any]:
    """The results of what was awaited, of which exceptions become the errors of the values."""
    found: list[Any] = []
    for index, result in enumerate(results):
        failed = isinstance(result, Exception)
        if failed:
            state.fail(batch, index, result)
        found.append(FAILED if failed else result)
    return found


def _complete_verified(
    state: ExecutionState,
    graphql_type: GraphQLObjectType,
    batch: ValueBatch,
    verdicts: list[Any],
    values: list[Any],
) -> Results:
    """Completes the objects for which `is_type_of` returned true."""
    good: list[int] = []
    awaited: list[int] = []
    for index, verdict in enumerate(verdicts):
        if state.is_awaitable(verdict):
            awaited.append(index)
        elif verdict is not FAILED:
            try:
                if verdict:
                    good.append(index)
                else:
                    state.fail(batch, index, _not_of_type(batch, graphql_type, values[index]))
            except Exception as error:  # noqa: BLE001  # of the verdict's or the value's own methods
                state.fail(batch, index, error)
    if awaited:

        def complete(part: ValueBatch, found: list[Any], known: list[Any]) -> Results:
            verdicts = _fail_each(state, part, found)
            return _complete_verified(state, graphql_type, part, verdicts, known)

        state.wait(batch, awaited, verdicts, complete, values)
    return complete_some(batch, values, good, partial(_select, state, graphql_type))


def complete_abstract(
    state: ExecutionState, batch: ValueBatch, values: list[Any], graphql_type: GraphQLAbstractType
) -> Results:
    """Completes objects of an interface or a union."""
    resolve_type = graphql_type.resolve_type or state.plan.type_resolver
    names = _call_each(state, batch, values, resolve_type, graphql_type)
    return _sort_by_type(state, graphql_type, batch, names, values)


def _sort_by_type(
    state: ExecutionState,
    graphql_type: GraphQLAbstractType,
    batch: ValueBatch,
    names: list[Any],
    values: list[Any],
) -> Results:
    """Completes objects whose types have those names."""
    by_name: dict[str, list[int]] = {}
    awaited: list[int] = []
    for index, name in enumerate(names):
        if isinstance(name, str):
            by_name.setdefault(name, []).append(index)
        elif state.is_awaitable(name):
            awaited.append(index)
        elif name is not FAILED:
            try:
                state.fail(batch, index, _no_type_name(batch, graphql_type, name, values[index]))
            except Exception as error:  # noqa: BLE001  # of the value's `__repr__`
                state.fail(batch, index, error)
    if awaited:

        def complete(part: ValueBatch, found: list[Any], known: list[Any]) -> Results:
            names = _fail_each(state, part, found)
            return _sort_by_type(state, graphql_type, part, names, known)

        state.wait(batch, awaited, names, complete, values)
    results: Results = [None] * len(values)
    for name, indexes in by_name.items():
        part = batch.part(indexes)
        try:
            object_type = _object_type(state, batch, graphql_type, name)
        except GraphQLError as error:
            for place in range(len(indexes)):
                state.fail(part, place, error)
            continue
        found = complete_objects(state, part, [values[index] for index in indexes], object_type)
        for index, result in zip(indexes, found, strict=True):
            results[index] = result
    return results


def _not_of_type(batch: ValueBatch, graphql_type: GraphQLObjectType, value: Any) -> GraphQLError:
    message = f"Expected value of type '{graphql_type}' but got: {inspect(value)}."
    return GraphQLError(message, batch.field.nodes)


def _no_type_name(
    batch: ValueBatch, graphql_type: GraphQLAbstractType, name: Any, value: Any
) -> GraphQLError:
    field = batch.field
    place = (
        f"Abstract type '{graphql_type}' must resolve to an Object type at runtime"
        f" for field '{field.parent_type}.{field.name}'"
    )
    if name is None:
        return GraphQLError(
            f"{place}. Either the '{graphql_type}' type should provide a 'resolve_type' function"
            " or each possible type should provide an 'is_type_of' function.",
            field.nodes,
        )
    return GraphQLError(
        f"{place} with value {inspect(value)}, received '{inspect(name)}',"
        " which is not a valid Object type name.",
        field.nodes,
    )


def _object_type(
    state: ExecutionState, batch: ValueBatch, graphql_type: GraphQLAbstractType, name: str
) -> GraphQLObjectType:
    """The object type of that name. Errors: GraphQLError if it is no possible type of the abstract type."""
    schema = state.plan.schema
    found = schema.get_type(name)
    if found is None:
        message = (
            f"Abstract type '{graphql_type}' was resolved to a type '{name}'"
            " that does not exist inside the schema."
        )
    elif not is_object_type(found):
        message = f"Abstract type '{graphql_type}' was resolved to a non-object type '{name}'."
    elif not schema.is_sub_type(graphql_type, found):
        message = f"Runtime Object type '{found}' is not a possible type for '{graphql_type}'."
    else:
        return found
    raise GraphQLError(message, batch.field.nodes)


def _select(
    state: ExecutionState,
    graphql_type: GraphQLObjectType,
    batch: ValueBatch,
    values: list[Any],
    *,
    by_class: bool = False,
) -> Results:
    """Completes objects of that type. `by_class`: all other objects of their classes are of it, too."""
    field = batch.field
    try:
        selection = state.select(field, graphql_type)
    except Exception as error:  # noqa: BLE001  # a refused directive is the error of each object
        for index in range(len(values)):
            state.fail(batch, index, error)
        return [None] * len(values)
    if by_class and isinstance(batch.output_type, ObjectType) and len(field.by_class) < CLASSES:
        kinds = filter(is_plain, map(type, values))
        field.by_class.update(dict.fromkeys(kinds, selection))
    return selection.read(state, PlainObjectBatch(selection, values, batch))
