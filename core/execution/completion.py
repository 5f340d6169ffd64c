"""From the raw values of a column to its answers, as the types of the schema ask."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable
from contextlib import suppress
from functools import lru_cache, partial
from itertools import accumulate
from types import GeneratorType, NoneType
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLAbstractType,
    GraphQLError,
    GraphQLObjectType,
    is_object_type,
)
from graphql.pyutils import Undefined, inspect, is_iterable
from graphql.type import GRAPHQL_MAX_INT, GRAPHQL_MIN_INT

from core.execution.coroutines import abandon
from core.execution.hints import InstancesOf
from core.execution.information import ignores_parameter, information
from core.execution.positions import Column, ItemColumn, Level
from core.execution.shapes import AbstractShape, LeafShape, ListShape, ObjectShape

if TYPE_CHECKING:
    from core.execution.run import Run

Answers = list[Any]


def complete(run: Run, column: Column, values: list[Any]) -> Answers:
    """An answer for each value: null for what failed or is still to come."""
    kinds = {*map(type, values)}
    if len(kinds) == 1:
        (kind,) = kinds
        if isinstance(column.shape, ObjectShape) and kind in column.field.by_class:
            selection = column.field.by_class[kind]
            return selection.read(run, Level(selection, values, column))
    for kind in kinds:
        if not _is_plain(kind):
            return _sift(run, column, values)
    return _complete_plain(run, column, values)


CLASSES = 16
"""For how many classes a field remembers what is selected of their objects."""


def go_on(run: Run, column: Column, values: list[Any], _known: list[Any]) -> Answers:
    """Completes values that were waited for."""
    return complete(run, column, values)


def missing(column: Column) -> TypeError:
    """The error of a null where none may be."""
    field = column.field
    return TypeError(f"Cannot return null for non-nullable field {field.parent_type}.{field.name}.")


@lru_cache(maxsize=4096)
def _is_plain(kind: type) -> bool:
    """Whether all values of a Python type are there, and no failures."""
    return not (
        kind is NoneType
        or kind is type(Undefined)
        or kind is GeneratorType
        or hasattr(kind, "__await__")
        or issubclass(kind, Exception)
    )


def _sift(run: Run, column: Column, values: list[Any]) -> Answers:
    """Completes values some of which are nulls, failures, or still to come."""
    good: list[int] = []
    awaited: list[int] = []
    for index, value in enumerate(values):
        if value is None or value is Undefined:
            if column.shape.nonnull:
                run.fail(column, index, missing(column))
        elif run.is_awaitable(value):
            awaited.append(index)
        elif isinstance(value, Exception):
            run.fail(column, index, value)
        else:
            good.append(index)
    if awaited:
        waiting = column.part(awaited, awaited=True)
        run.wait(waiting, [values[index] for index in awaited], partial(go_on, run))
    if len(good) == len(values):
        return _complete_plain(run, column, values)
    return _complete_some(run, column, values, good)


def _complete_some(run: Run, column: Column, values: list[Any], some: list[int]) -> Answers:
    answers: Answers = [None] * len(values)
    if some:
        found = _complete_plain(run, column.part(some), [values[index] for index in some])
        for index, answer in zip(some, found, strict=True):
            answers[index] = answer
    return answers


def _complete_plain(run: Run, column: Column, values: list[Any]) -> Answers:
    shape = column.shape
    if isinstance(shape, ObjectShape):
        return _objects(run, column, values, shape.graphql_type)
    if isinstance(shape, ListShape):
        return _lists(run, column, values, shape)
    if isinstance(shape, LeafShape):
        return _leaves(run, column, values, shape)
    assert isinstance(shape, AbstractShape)
    return _abstract(run, column, values, shape.graphql_type)


def _leaves(run: Run, column: Column, values: list[Any], shape: LeafShape) -> Answers:
    kinds = {*map(type, values)}
    if kinds <= shape.as_is and not (
        shape.whole_numbers and (min(values) < GRAPHQL_MIN_INT or max(values) > GRAPHQL_MAX_INT)
    ):
        return values
    if shape.many is not None:
        with suppress(Exception):
            found = shape.many(values)
            if found is not None:
                return found
    answers: Answers = []
    names, coerce = shape.names, shape.coerce
    for index, value in enumerate(values):
        try:
            answer = names[id(value)] if id(value) in names else coerce(value)
            if answer is None or answer is Undefined:
                raise shape.nothing(value, answer)
        except Exception as error:  # noqa: BLE001  # a scalar's refusal is its field's error
            run.fail(column, index, error)
            answer = None
        answers.append(answer)
    return answers


def _lists(run: Run, column: Column, values: list[Any], shape: ListShape) -> Answers:
    if not {*map(type, values)} <= {list, tuple}:
        values, good = _iterated(run, column, values, shape)
        if len(good) < len(values):
            return _complete_some(run, column, values, good)
    answers: list[list[Any]] = []
    if len(values) == 1:
        items = list(values[0])
        part = ItemColumn(column, shape.item, [len(items)], answers)
        answers.append(complete(run, part, items) if items else [])
        return answers
    ends = list(accumulate(map(len, values)))
    items = [item for value in values for item in value]
    found = complete(run, ItemColumn(column, shape.item, ends, answers), items) if items else []
    start = 0
    for end in ends:
        answers.append(found[start:end])
        start = end
    return answers


def _iterated(
    run: Run, column: Column, values: list[Any], shape: ListShape
) -> tuple[list[Any], list[int]]:
    """The values with lists in the place of other iterables, and the indexes of those that are there."""
    lists = list(values)
    good: list[int] = []
    awaited: list[int] = []
    for index, value in enumerate(values):
        try:
            if isinstance(value, list | tuple):
                good.append(index)
            elif run.is_async_iterable(value):
                awaited.append(index)
            elif is_iterable(value):
                lists[index] = _items(value)
                good.append(index)
            else:
                field = column.field
                raise GraphQLError(
                    "Expected Iterable, but did not find one for field"
                    f" '{field.parent_type}.{field.name}'."
                )
        except Exception as error:  # noqa: BLE001  # an iterator's failure is its field's error
            run.fail(column, index, error)
    if awaited:
        waiting = column.part(awaited, awaited=True)
        no_nulls = shape.item.nonnull
        drained = [_drained(values[index], no_nulls=no_nulls) for index in awaited]
        run.wait(waiting, drained, partial(go_on, run))
    return lists, good


def _items(iterable: Iterable[Any]) -> list[Any]:
    """The items. If that fails, what the iterator still has to give is let go of in good order."""
    iterator = iter(iterable)
    items: list[Any] = []
    try:
        items.extend(iterator)
    except Exception:
        with suppress(Exception):
            items.extend(iterator)
        abandon(items)
        raise
    return items


async def _drained(iterable: AsyncIterable[Any], *, no_nulls: bool) -> list[Any]:
    """The items; with `no_nulls`, up to the first null, which is the end of the whole list."""
    iterator = aiter(iterable)
    items: list[Any] = []
    try:
        async for item in iterator:
            items.append(item)
            if no_nulls and item is None:
                break
    except Exception:
        abandon(items)
        raise
    finally:
        close = getattr(iterator, "aclose", None)
        if close is not None:
            with suppress(Exception):
                await close()
    return items


def _objects(
    run: Run, column: Column, values: list[Any], graphql_type: GraphQLObjectType
) -> Answers:
    is_type_of = graphql_type.is_type_of
    if is_type_of is None:
        return _select(run, column, values, graphql_type)
    if isinstance(is_type_of, InstancesOf):
        kinds = {*map(type, values)}
        if all(issubclass(kind, is_type_of.kind) for kind in kinds):
            answers = _select(run, column, values, graphql_type)
            by_class = column.field.by_class
            if len(kinds) == 1 and len(by_class) < CLASSES:
                selection = column.field.selections.get(graphql_type)
                if selection is not None and isinstance(column.shape, ObjectShape):
                    by_class[kinds.pop()] = selection
            return answers
    verdicts = _asked(run, column, values, is_type_of)
    if verdicts.count(True) == len(verdicts):
        return _select(run, column, values, graphql_type)
    return _admit(run, graphql_type, column, verdicts, values)


def _asked(run: Run, column: Column, values: list[Any], ask: Any, *more: Any) -> list[Any]:
    """What a function of the schema says about each value; its exceptions as values."""
    if ignores_parameter(ask, 1):
        info = information(run, column.field, *column.origin(0))
        with suppress(Exception):
            return [ask(value, info, *more) for value in values]
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
        elif verdict:
            good.append(index)
        else:
            message = f"Expected value of type '{graphql_type}' but got: {inspect(values[index])}."
            run.fail(column, index, GraphQLError(message, column.field.nodes))
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


def _abstract(
    run: Run, column: Column, values: list[Any], graphql_type: GraphQLAbstractType
) -> Answers:
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
        if type(name) is str:
            by_name.setdefault(name, []).append(index)
        elif run.is_awaitable(name):
            awaited.append(index)
        elif isinstance(name, Exception):
            run.fail(column, index, name)
        else:
            run.fail(column, index, _no_type_name(column, graphql_type, name, values[index]))
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
        found = _objects(run, part, [values[index] for index in indexes], object_type)
        for index, answer in zip(indexes, found, strict=True):
            answers[index] = answer
    return answers


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
    run: Run, column: Column, values: list[Any], graphql_type: GraphQLObjectType
) -> Answers:
    try:
        selection = run.branch.selection(column.field, graphql_type, run.variables)
    except Exception as error:  # noqa: BLE001  # a refused directive is the error of each object
        for index in range(len(values)):
            run.fail(column, index, error)
        return [None] * len(values)
    return selection.read(run, Level(selection, values, column))
