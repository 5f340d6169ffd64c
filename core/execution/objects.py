"""Objects of a column: of which type each is, and what is selected of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLAbstractType,
    GraphQLError,
    GraphQLObjectType,
    is_object_type,
)
from graphql.pyutils import inspect

from core.execution.hints import InstancesOf
from core.execution.information import information
from core.execution.positions import Column, ObjectLevel
from core.execution.shapes import ObjectShape, is_plain

if TYPE_CHECKING:
    from core.execution.run import Run

Answers = list[Any]

CLASSES = 16
"""For how many classes a field remembers what is selected of their objects."""


def complete_objects(
    run: Run, column: Column, values: list[Any], graphql_type: GraphQLObjectType
) -> Answers:
    """Answers for objects that are to be of one type."""
    is_type_of = graphql_type.is_type_of
    if is_type_of is None or _known_by_class(is_type_of, values):
        return _select(run, column, values, graphql_type, by_class=True)
    verdicts = _asked(run, column, values, is_type_of)
    if verdicts.count(True) == len(verdicts):
        return _select(run, column, values, graphql_type)
    return _admit(run, graphql_type, column, verdicts, values)


def _known_by_class(is_type_of: Any, values: list[Any]) -> bool:
    return isinstance(is_type_of, InstancesOf) and all(
        issubclass(kind, is_type_of.kind) for kind in {*map(type, values)}
    )


def _asked(run: Run, column: Column, values: list[Any], ask: Any, *more: Any) -> list[Any]:
    """What a function of the schema says about each value; its exceptions as values."""
    said: list[Any] = []
    for index, value in enumerate(values):
        try:
            info = information(run, column.field, *column.origin(index))
            said.append(ask(value, info, *more))
        except Exception as error:  # noqa: BLE001  # the schema's failure is the field's error
            said.append(error)
    return said


def _admit(
    run: Run,
    graphql_type: GraphQLObjectType,
    column: Column,
    verdicts: list[Any],
    values: list[Any],
) -> Answers:
    """Answers for the objects that their type says are its own."""
    good: list[int] = []
    awaited: list[int] = []
    for index, verdict in enumerate(verdicts):
        if run.is_awaitable(verdict):
            awaited.append(index)
        elif isinstance(verdict, Exception):
            run.fail(column, index, verdict)
        else:
            try:
                if verdict:
                    good.append(index)
                else:
                    run.fail(column, index, _not_of_type(column, graphql_type, values[index]))
            except Exception as error:  # noqa: BLE001  # of a verdict or value that can't be looked at
                run.fail(column, index, error)
    if awaited:
        run.wait(
            column.part(awaited, awaited=True),
            [verdicts[index] for index in awaited],
            partial(_admit, run, graphql_type),
            [values[index] for index in awaited],
        )
    answers: Answers = [None] * len(values)
    if good:
        objects = [values[index] for index in good]
        found = _select(run, column.part(good), objects, graphql_type)
        for index, answer in zip(good, found, strict=True):
            answers[index] = answer
    return answers


def complete_abstract(
    run: Run, column: Column, values: list[Any], graphql_type: GraphQLAbstractType
) -> Answers:
    """Answers for objects of any of the types that an interface or a union stands for."""
    resolve_type = graphql_type.resolve_type or run.plan.type_resolver
    names = _asked(run, column, values, resolve_type, graphql_type)
    return _sort_by_type(run, graphql_type, column, names, values)


def _sort_by_type(
    run: Run,
    graphql_type: GraphQLAbstractType,
    column: Column,
    names: list[Any],
    values: list[Any],
) -> Answers:
    """Answers for objects whose types go by those names."""
    by_name: dict[str, list[int]] = {}
    awaited: list[int] = []
    for index, name in enumerate(names):
        if isinstance(name, str):
            by_name.setdefault(name, []).append(index)
        elif run.is_awaitable(name):
            awaited.append(index)
        elif isinstance(name, Exception):
            run.fail(column, index, name)
        else:
            try:
                run.fail(column, index, _no_type_name(column, graphql_type, name, values[index]))
            except Exception as error:  # noqa: BLE001  # of a value that can't be shown
                run.fail(column, index, error)
    if awaited:
        run.wait(
            column.part(awaited, awaited=True),
            [names[index] for index in awaited],
            partial(_sort_by_type, run, graphql_type),
            [values[index] for index in awaited],
        )
    answers: Answers = [None] * len(values)
    for name, indexes in by_name.items():
        part = column.part(indexes)
        try:
            object_type = _object_type(run, column, graphql_type, name)
        except GraphQLError as error:
            for place in range(len(indexes)):
                run.fail(part, place, error)
            continue
        found = complete_objects(run, part, [values[index] for index in indexes], object_type)
        for index, answer in zip(indexes, found, strict=True):
            answers[index] = answer
    return answers


def _not_of_type(column: Column, graphql_type: GraphQLObjectType, value: Any) -> GraphQLError:
    message = f"Expected value of type '{graphql_type}' but got: {inspect(value)}."
    return GraphQLError(message, column.field.nodes)


def _no_type_name(
    column: Column, graphql_type: GraphQLAbstractType, name: Any, value: Any
) -> GraphQLError:
    field = column.field
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
    run: Run, column: Column, graphql_type: GraphQLAbstractType, name: str
) -> GraphQLObjectType:
    """The object type of that name. Errors: GraphQLError if the abstract type can't be it."""
    schema = run.plan.schema
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
    raise GraphQLError(message, column.field.nodes)


def _select(
    run: Run,
    column: Column,
    values: list[Any],
    graphql_type: GraphQLObjectType,
    *,
    by_class: bool = False,
) -> Answers:
    """Answers for objects of the type; `by_class`: all other objects of their classes are, too."""
    field = column.field
    try:
        selection = run.branch.selection(field, graphql_type, run.variables)
    except Exception as error:  # noqa: BLE001  # a refused directive is the error of each object
        for index in range(len(values)):
            run.fail(column, index, error)
        return [None] * len(values)
    if by_class and isinstance(column.shape, ObjectShape) and len(field.by_class) < CLASSES:
        kinds = filter(is_plain, map(type, values))
        field.by_class.update(dict.fromkeys(kinds, selection))
    return selection.read(run, ObjectLevel(selection, values, column))
