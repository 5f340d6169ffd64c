"""From the raw values of a column to its answers, as the types of the schema ask."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable
from contextlib import suppress
from functools import partial
from itertools import accumulate
from types import CoroutineType, NoneType
from typing import TYPE_CHECKING, Any, cast

from graphql import GraphQLError
from graphql.pyutils import Undefined, is_iterable
from graphql.type import GRAPHQL_MAX_INT, GRAPHQL_MIN_INT

from core.execution.coroutines import drop
from core.execution.json_rows import write_rows
from core.execution.objects import Answers, complete_abstract, complete_objects
from core.execution.positions import Column, ItemColumn, ObjectLevel
from core.execution.row_levels import read_rows
from core.execution.rows import Rows
from core.execution.shapes import AbstractShape, LeafShape, ListShape, ObjectShape, is_plain

if TYPE_CHECKING:
    from core.execution.run import Run


def complete(run: Run, column: Column, values: list[Any]) -> Answers:
    """An answer for each value: null for what failed or is still to come."""
    kind: type = type(values[0]) if values else NoneType
    kinds = {*map(type, values)} if len(values) > 1 else {kind}
    if len(kinds) == 1:
        if isinstance(column.shape, ObjectShape) and kind in column.field.by_class:
            selection = column.field.by_class[kind]
            return selection.read(run, ObjectLevel(selection, values, column))
        if kind is CoroutineType and not column.awaited and run.is_awaitable(values[0]):
            waiting = column.part(range(len(values)), awaited=True)
            run.wait(waiting, values, partial(go_on, run))
            return [None] * len(values)
    for kind in kinds:
        if not is_plain(kind):
            return _sift(run, column, values)
    return _complete_plain(run, column, values)


def go_on(run: Run, column: Column, values: list[Any], _known: list[Any]) -> Answers:
    """Completes values that were waited for."""
    return complete(run, column, values)


def missing(column: Column) -> TypeError:
    """The error of a null where none may be."""
    field = column.field
    return TypeError(f"Cannot return null for non-nullable field {field.parent_type}.{field.name}.")


def _not_iterable(column: Column) -> GraphQLError:
    field = column.field
    return GraphQLError(
        f"Expected Iterable, but did not find one for field '{field.parent_type}.{field.name}'."
    )


def _sift(run: Run, column: Column, values: list[Any]) -> Answers:
    """Completes values some of which are nulls, failures, or still to come."""
    good: list[int] = []
    awaited: list[int] = []
    for index, value in enumerate(values):
        if value is None or value is Undefined:
            if column.shape.nonnull:
                run.fail(column, index, missing(column))
        # What somebody waited for is not waited for again: a forgotten `await` is an error.
        elif not column.awaited and run.is_awaitable(value):
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
        return complete_objects(run, column, values, shape.graphql_type)
    if isinstance(shape, AbstractShape):
        return complete_abstract(run, column, values, shape.graphql_type)
    if isinstance(shape, ListShape):
        return _lists(run, column, values, shape)
    return _leaves(run, column, values, cast("LeafShape", shape))


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
                run.fail(column, index, shape.nothing(value, answer))
                answer = None
        except Exception as error:  # noqa: BLE001  # a scalar's refusal is its field's error
            run.fail(column, index, error)
            answer = None
        answers.append(answer)
    return answers


def _lists(run: Run, column: Column, values: list[Any], shape: ListShape) -> Answers:
    if type(values[0]) is Rows:
        found = _lists_of_rows(run, column, values, shape)
        if found is not None:
            return found
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
    _divide(found, ends, answers)
    return answers


def _lists_of_rows(run: Run, column: Column, values: list[Any], shape: ListShape) -> Answers | None:
    """Answers for lists of rows of one layout; None where objects must be made of the rows."""
    if {*map(type, values)} != {Rows} or len({value.layout for value in values}) != 1:
        return None
    if run.to_json:
        written = write_rows(run, column.field, shape.item, values)
        if written is not None:
            return written
    answers: list[list[Any]] = []
    ends = list(accumulate(map(len, values)))
    part = ItemColumn(column, shape.item, ends, answers)
    found = read_rows(run, part, values)
    if found is None:
        return None
    _divide(found, ends, answers)
    return answers


def _divide(items: Answers, ends: list[int], answers: list[list[Any]]) -> None:
    """Puts the answers of all items into their lists."""
    start = 0
    for end in ends:
        answers.append(items[start:end])
        start = end


def _iterated(
    run: Run, column: Column, values: list[Any], shape: ListShape
) -> tuple[list[Any], list[int]]:
    """The values with lists in the place of other iterables, and the indexes of those that are there."""
    lists = list(values)
    good: list[int] = []
    awaited: list[int] = []
    for index, value in enumerate(values):
        try:
            if type(value) in {list, tuple}:
                good.append(index)
            elif run.is_async_iterable(value):
                awaited.append(index)
            elif is_iterable(value):
                lists[index] = _items(value)
                good.append(index)
            else:
                run.fail(column, index, _not_iterable(column))
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
    except BaseException as error:
        if isinstance(error, Exception):
            with suppress(Exception):
                items.extend(iterator)
        drop(items)
        raise
    return items


async def _drained(iterable: AsyncIterable[Any], *, no_nulls: bool) -> list[Any]:
    """The items; with `no_nulls`, up to the first null or failure, which is the end of the whole list."""
    iterator = aiter(iterable)
    items: list[Any] = []
    try:
        async for item in iterator:
            items.append(item)
            if no_nulls and (item is None or item is Undefined or isinstance(item, Exception)):
                break
    except BaseException:
        drop(items)
        raise
    finally:
        close = getattr(iterator, "aclose", None)
        if close is not None:
            with suppress(Exception):
                await close()
    return items
