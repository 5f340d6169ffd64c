"""Completes the values of a batch: CompleteValue (specification 6.4.3) for many values at once.

A batch whose values are all of one plain kind is completed as a whole. Nulls, exceptions and awaitables are sorted out
one by one: errors go to `state.fail`, awaitables to `state.wait`, the rest is completed as a smaller batch.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from itertools import accumulate
from types import CoroutineType
from typing import Any, NamedTuple

from graphql import GraphQLError
from graphql.pyutils import Undefined, is_iterable
from graphql.type import GRAPHQL_MAX_INT, GRAPHQL_MIN_INT

from core.execution.plan.output_types import (
    AbstractType,
    LeafType,
    ListType,
    ObjectType,
    OutputType,
    is_plain,
)
from core.execution.rows.mapping import is_certain
from core.execution.rows.to_dicts import reader_of
from core.execution.rows.to_json import list_writer_of, writer_of
from core.execution.run.batches import ItemBatch, PlainObjectBatch, RowBatch, ValueBatch
from core.execution.run.eager_tasks import drop
from core.execution.run.object_types import (
    Results,
    complete_abstract,
    complete_objects,
    complete_some,
)
from core.execution.run.scheduler import Wait
from core.execution.run.state import ExecutionState
from core.execution.schema.row_layout import ROWS, RowLists, Rows


def complete(
    state: ExecutionState, batch: ValueBatch, values: list[Any], _known: object = None
) -> Results:
    """A completed value for each value: null for what failed or is awaited. Also the `Complete` of a `Wait`."""
    kinds: set[type] = {*map(type, values)}
    if len(kinds) == 1:
        (kind,) = kinds
        selection = batch.field.by_class.get(kind)
        if selection is not None and isinstance(batch.output_type, ObjectType):
            return selection.read(state, PlainObjectBatch(selection, values, batch))
        if kind is CoroutineType and not batch.awaited and state.is_awaitable(values[0]):
            batch.awaited = True
            state.scheduler.add(Wait([*values], batch, partial(complete, state), []))
            return [None] * len(values)
    for kind in kinds:
        if not is_plain(kind):
            return _sift(state, batch, values)
    return _complete_plain(state, batch, values)


def complete_loaded(
    state: ExecutionState, batch: ValueBatch, values: Sequence[Any], _known: object = None
) -> Results:
    """As `complete`, of what a loader returned."""
    if type(values) is RowLists:
        written = _written(state, batch, values) if state.to_json else None
        if written is not None:
            return written
    return complete(state, batch, list(values))


def _written(state: ExecutionState, batch: ValueBatch, objects: RowLists[Any]) -> Results | None:
    """The JSON of objects with lists of rows; None if they have values that don't lie in the rows."""
    try:
        write = list_writer_of(batch.field, objects, state.select)
    except Exception:  # noqa: BLE001  # a refused directive is the error of each object
        return None
    return None if write is None else write(objects)


def null_error(batch: ValueBatch) -> TypeError:
    """The error of a null in a non-null place."""
    field = batch.field
    return TypeError(f"Cannot return null for non-nullable field {field.parent_type}.{field.name}.")


def _not_iterable(batch: ValueBatch) -> GraphQLError:
    field = batch.field
    return GraphQLError(
        f"Expected Iterable, but did not find one for field '{field.parent_type}.{field.name}'."
    )


def _sift(state: ExecutionState, batch: ValueBatch, values: list[Any]) -> Results:
    """Completes values some of which are nulls, exceptions or awaitables."""
    good: list[int] = []
    awaited: list[int] = []
    for index, value in enumerate(values):
        if value is None or value is Undefined:
            if batch.output_type.nonnull:
                state.fail(batch, index, null_error(batch))
        # The result of an awaitable is not awaited again: a forgotten `await` is an error.
        elif not batch.awaited and state.is_awaitable(value):
            awaited.append(index)
        elif isinstance(value, Exception):
            state.fail(batch, index, value)
        else:
            good.append(index)
    if awaited:
        state.wait(batch, awaited, values, partial(complete, state))
    if len(good) == len(values):
        return _complete_plain(state, batch, values)
    return complete_some(batch, values, good, partial(_complete_plain, state))


def _complete_plain(state: ExecutionState, batch: ValueBatch, values: list[Any]) -> Results:
    output_type = batch.output_type
    if isinstance(output_type, ListType):
        return _lists(state, batch, values, output_type)
    if isinstance(output_type, ObjectType):
        return complete_objects(state, batch, values, output_type.graphql_type)
    if isinstance(output_type, AbstractType):
        return complete_abstract(state, batch, values, output_type.graphql_type)
    return _leaves(state, batch, values, output_type)


def _leaves(
    state: ExecutionState, batch: ValueBatch, values: list[Any], output_type: LeafType
) -> Results:
    kinds = {*map(type, values)}
    if kinds <= output_type.passthrough and not (
        output_type.is_int and (min(values) < GRAPHQL_MIN_INT or max(values) > GRAPHQL_MAX_INT)
    ):
        return values
    if output_type.coerce_all is not None:
        with suppress(Exception):
            found = output_type.coerce_all(values)
            if found is not None:
                return found
    results: Results = []
    names, coerce = output_type.enum_names, output_type.coerce
    for index, value in enumerate(values):
        try:
            result = names[id(value)] if id(value) in names else coerce(value)
            if result is None or result is Undefined:
                state.fail(batch, index, output_type.no_value_error(value, result))
                result = None
        except Exception as error:  # noqa: BLE001  # a scalar's exception is its field's error
            state.fail(batch, index, error)
            result = None
        results.append(result)
    return results


def _lists(
    state: ExecutionState, batch: ValueBatch, values: list[Any], output_type: ListType
) -> Results:
    if type(values[0]) is Rows:
        found = _lists_of_rows(state, batch, values, output_type)
        if found is not None:
            return found
    if not {*map(type, values)} <= {list, tuple}:
        values, good = _iterated(state, batch, values, output_type)
        if len(good) < len(values):
            return complete_some(batch, values, good, partial(_complete_plain, state))
    results: list[list[Any]] = []
    if len(values) == 1:
        items = list(values[0])
        part = ItemBatch(batch, output_type.item, [len(items)], results)
        results.append(complete(state, part, items) if items else [])
        return results
    ends = list(accumulate(map(len, values)))
    items = [item for value in values for item in value]
    found = (
        complete(state, ItemBatch(batch, output_type.item, ends, results), items) if items else []
    )
    _divide(found, ends, results)
    return results


def _lists_of_rows(
    state: ExecutionState, batch: ValueBatch, values: list[Rows[Any]], output_type: ListType
) -> Results | None:
    """The completed lists of rows of one layout; None if objects have to be made of the rows.

    As JSON if all values lie in the rows. Otherwise as dicts, at first with JSON for those that do.
    """
    layout, item_type = values[0].layout, output_type.item
    if not layout.is_direct or (
        len(values) > 1
        and ({*map(type, values)} != {Rows} or len({value.layout for value in values}) != 1)
    ):
        return None
    try:
        writer = writer_of(batch.field, item_type, layout, state.select) if state.to_json else None
        if writer is not None:
            shared = partial(Rows.shared_by_each, values)
            written = writer.write(list(map(ROWS, values)), shared)
            if written is not None:
                return written
        if not is_certain(item_type, layout.kind):
            return None
        selection = state.select(batch.field, item_type.graphql_type)
        readers = [
            reader_of(selection, layout, state.select, to_json=to_json)
            for to_json in ((True, False) if state.to_json else (False,))
        ]
    except Exception:  # noqa: BLE001  # a refused directive is the error of each object
        return None
    results: list[list[Any]] = []
    ends = list(accumulate(map(len, values)))
    rows = Rows.joined(values)
    items = ItemBatch(batch, item_type, ends, results)
    for read in readers:
        found = read(state, RowBatch(selection, rows, values, layout, items)) if rows else []
        if found is not None:
            _divide(found, ends, results)
            return results
    return None


def _divide(items: Results, ends: list[int], results: list[list[Any]]) -> None:
    """Divides the completed items among their lists."""
    start = 0
    for end in ends:
        results.append(items[start:end])
        start = end


def _iterated(
    state: ExecutionState, batch: ValueBatch, values: list[Any], output_type: ListType
) -> tuple[list[Any], list[int]]:
    """The values, with lists in the place of other iterables, and the indexes of those that are not awaited."""
    lists = list(values)
    good: list[int] = []
    awaited: list[int] = []
    for index, value in enumerate(values):
        found = value
        try:
            if type(value) not in {list, tuple, _CutShort}:
                if state.is_async_iterable(value):
                    lists[index] = _drained(value, no_nulls=output_type.item.nonnull)
                    awaited.append(index)
                    continue
                found = _items(value) if is_iterable(value) else _not_iterable(batch)
        except Exception as error:  # noqa: BLE001  # an iterator's exception is its field's error
            found = error
        if isinstance(found, Exception):
            state.fail(batch, index, found)
        elif type(found) is _CutShort:
            _fail_cut_short(state, batch, index, found, output_type.item)
        else:
            lists[index] = found
            good.append(index)
    if awaited:
        state.wait(batch, awaited, lists, partial(complete, state))
    return lists, good


class _CutShort(NamedTuple):
    """The items that an iterator gave before it failed."""

    items: list[Any]
    error: Exception


def _fail_cut_short(
    state: ExecutionState, batch: ValueBatch, index: int, cut: _CutShort, item_type: OutputType
) -> None:
    """Adds the errors of the items, then that of their iterator. Awaitables among the items are closed."""
    items, error = cut
    good: list[int] = []
    for place, item in enumerate(items):
        if state.is_awaitable(item):
            drop([item])
        else:
            good.append(place)
    if good:
        unused = [[None] * len(items)]
        of_items = ItemBatch(batch.part([index]), item_type, [len(items)], unused, good)
        complete(state, of_items, [items[place] for place in good])
    state.fail(batch, index, error, after_items=len(items))


def _items(iterable: Iterable[Any]) -> list[Any] | _CutShort:
    """The items. If the iterator fails, the awaitables that it gives afterwards are closed."""
    iterator = iter(iterable)
    items: list[Any] = []
    try:
        items.extend(iterator)
    except Exception as error:  # noqa: BLE001  # an iterator's exception is its field's error
        more: list[Any] = []
        with suppress(Exception):
            more.extend(iterator)
        drop(more)
        return _CutShort(items, error)
    except BaseException:
        drop(items)
        raise
    return items


async def _drained(iterable: AsyncIterable[Any], *, no_nulls: bool) -> list[Any] | _CutShort:
    """The items; with `no_nulls`, up to the first null or exception, which makes the whole list null."""
    iterator = aiter(iterable)
    items: list[Any] = []
    try:
        async for item in iterator:
            items.append(item)
            if no_nulls and (item is None or item is Undefined or isinstance(item, Exception)):
                break
    except Exception as error:  # noqa: BLE001  # as above
        return _CutShort(items, error)
    except BaseException:
        drop(items)
        raise
    finally:
        close = getattr(iterator, "aclose", None)
        if close is not None:
            with suppress(Exception):
                await close()
    return items
