"""What went wrong, and what of the answer that leaves."""

from __future__ import annotations

from typing import Any, NamedTuple

from graphql import GraphQLError, located_error

from core.execution.positions import Column

Place = tuple[str | int, ...]


class Failure(NamedTuple):
    """A value that could not be had."""

    column: Column
    at: int
    error: Exception


class _Located(NamedTuple):
    order: tuple[int, tuple[int, ...]]
    failure: Failure
    columns: list[tuple[Column, int]]
    place: Place


def reaches_root(failure: Failure) -> bool:
    """Whether nothing between the value and the root may be null."""
    column: Column | None = failure.column
    index = failure.at
    while column is not None:
        if not column.shape.nonnull:
            return False
        column, index = column.above(index)
    return True


def settle(
    data: dict[str, Any], failures: list[Failure], *, propagate: bool
) -> tuple[dict[str, Any] | None, list[GraphQLError]]:
    """The data with nulls in the place of what failed, and the errors that a client is told.

    In the order in which execution field by field meets them: what it would have come to only after a null
    above it is left out.
    """
    errors: list[GraphQLError] = []
    nulls: set[Place] = set()
    for located in sorted(map(_locate, failures), key=lambda located: located.order):
        place = located.place
        if any(place[:length] in nulls for length in range(len(place) + 1)):
            continue
        column, _, raw = located.failure
        errors.append(located_error(raw, column.field.nodes, list(place)))
        null = _null_above(located.columns) if propagate else len(place)
        nulls.add(place[:null])
        if null == 0:
            return None, errors
        nulled, index = located.columns[len(place) - null]
        nulled.put(index, None)
    return data, errors


def _locate(failure: Failure) -> _Located:
    columns: list[tuple[Column, int]] = []
    column: Column | None = failure.column
    index = failure.at
    while column is not None:
        columns.append((column, index))
        column, index = column.above(index)
    order = tuple(above.order(at) for above, at in reversed(columns))
    place = tuple(above.key(at) for above, at in reversed(columns))
    return _Located((failure.column.waits, order), failure, columns, place)


def _null_above(columns: list[tuple[Column, int]]) -> int:
    """The length of the path to what becomes null."""
    for steps, (column, _) in enumerate(columns):
        if not column.shape.nonnull:
            return len(columns) - steps
    return 0
