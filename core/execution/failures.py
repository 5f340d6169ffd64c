"""What went wrong, and what of the answer that leaves."""

from __future__ import annotations

from collections.abc import Hashable
from operator import itemgetter
from typing import Any, NamedTuple

from graphql import FieldNode, GraphQLError, located_error

from core.execution.positions import Column

Steps = list[tuple[Column, int]]
"""A value, the value that it is a part of, and so on up to a field of the root."""


class _Failure(NamedTuple):
    column: Column
    at: int
    error: Exception
    phase: int
    """How many times execution had waited."""


class _Located(NamedTuple):
    phase: int
    crosses: bool
    """Whether it spreads beyond a value that was waited for, which takes longer."""
    spread: int
    """Then those that spread less far come first."""
    order: tuple[int, ...]
    failure: _Failure
    steps: Steps
    path: tuple[str | int, ...]
    null: int
    """The length of the path to what becomes null."""


class Failures:
    """The values of one execution that could not be had."""

    __slots__ = ("_failures", "_nulled", "_propagate", "_spreading", "reach_root")

    def __init__(self, *, propagate: bool) -> None:
        """`propagate`: whether a value that may not be null makes null what it is a part of."""
        self._propagate = propagate
        self._failures: list[_Failure] = []
        self._spreading: list[_Failure] = []
        """Those that may still make more null than their own values."""
        self._nulled: set[Hashable] = set()
        self.reach_root = False
        """Whether nothing is left of the answer."""

    def __bool__(self) -> bool:
        return bool(self._failures)

    def add(self, column: Column, at: int, error: Exception, phase: int) -> None:
        failure = _Failure(column, at, error, phase)
        self._failures.append(failure)
        if column.shape.nonnull and self._propagate:
            self._spreading.append(failure)

    def spread(self, phase: int | None = None) -> bool:
        """Whether failures that are new since the last time made more null than their own values.

        Those of this phase may take until the next; without a phase, all take effect.
        """
        new, self._spreading = self._spreading, []
        spread = False
        for failure in new:
            located = self._locate(failure)
            steps = located.steps
            if located.crosses and failure.phase == phase:
                self._spreading.append(failure)
            elif located.null < len(steps):
                spread = True
                if located.null:
                    nulled, index = steps[len(steps) - located.null]
                    self._nulled.add(nulled.place(index))
                else:
                    self.reach_root = True
        return spread

    def hide(self, column: Column, at: int) -> bool:
        """Whether a value is part of something that has become null."""
        return self.reach_root or any(
            above.place(index) in self._nulled for above, index in _steps(column, at)
        )

    def settle(
        self, data: dict[str, Any]
    ) -> tuple[dict[str, Any] | None, list[GraphQLError] | None]:
        """The data with nulls in the place of what failed, and the errors that a client is told.

        Between two waits, in the order in which execution field by field meets them. What it would
        have come to only after a null above it is left out.
        """
        if not self._failures:
            return data, None
        errors: list[GraphQLError] = []
        nulls: set[tuple[str | int, ...]] = set()
        for located in sorted(map(self._locate, self._failures), key=itemgetter(0, 1, 2, 3)):
            column, _, raw, _ = located.failure
            steps, path, null = located.steps, located.path, located.null
            if any(path[:length] in nulls for length in range(len(path) + 1)):
                continue
            errors.append(_located(raw, column.field.nodes, list(path)))
            nulls.add(path[:null])
            if null == 0:
                return None, errors
            nulled, index = steps[len(steps) - null]
            nulled.put(index, None)
        return data, errors

    def _locate(self, failure: _Failure) -> _Located:
        steps = _steps(failure.column, failure.at)
        order = tuple([column.order(at) for column, at in reversed(steps)])
        path = tuple([column.key(at) for column, at in reversed(steps)])
        null = _null_above(steps) if self._propagate else len(path)
        crosses = any(column.awaited for column, _ in steps[: len(steps) - null])
        spread = len(path) - null if crosses else 0
        return _Located(failure.phase, crosses, spread, order, failure, steps, path, null)


def _located(raw: Exception, nodes: list[FieldNode], path: list[str | int]) -> GraphQLError:
    """The error as the response has it, whatever an exception does when it is looked at."""
    try:
        return located_error(raw, nodes, path)
    except Exception:  # noqa: BLE001  # of a `__str__`, above all
        said = f"{type(raw).__name__} without a message"
        return GraphQLError(said, nodes, path=path, cause=raw, extensions={})


def _steps(column: Column | None, at: int) -> Steps:
    steps: Steps = []
    while column is not None:
        steps.append((column, at))
        column, at = column.above(at)
    return steps


def _null_above(steps: Steps) -> int:
    """The length of the path to what becomes null."""
    for count, (column, _) in enumerate(steps):
        if not column.shape.nonnull:
            return len(steps) - count
    return 0
