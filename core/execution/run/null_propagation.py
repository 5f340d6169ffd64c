"""Field errors, and the nulls that they cause (specification 6.4.4).

A value that failed is null. If its type is non-null, the null propagates to the value that contains it, and so on up to
the first nullable value, or to the root: then `data` is null. `_nearest_nullable` decides how far.

Errors are collected while values are completed and take effect twice. `propagate` is called during execution and
only determines which awaited values are hidden by a null, so that they can be cancelled. `settle` is called once at
the end: it writes the nulls and chooses the errors of the response, at most one for each null.
"""

from __future__ import annotations

from collections.abc import Hashable
from operator import itemgetter
from typing import Any, NamedTuple

from graphql import FieldNode, GraphQLError, located_error

from core.execution.run.batches import ValueBatch

Ancestors = list[tuple[ValueBatch, int]]
"""A value, the value that contains it, and so on up to a field of the root."""


class _FieldError(NamedTuple):
    batch: ValueBatch
    at: int
    error: Exception
    phase: int
    """How often execution had waited before."""
    after_items: int | None
    """For a list that failed after it had items: how many."""


class _LocatedError(NamedTuple):
    """Ordered as execution field by field meets errors."""

    phase: int
    crosses_await: bool
    """Whether the null propagates beyond an awaited value, which takes graphql-core longer."""
    distance: int
    """How many levels it then propagates."""
    order: tuple[int, ...]
    """The place in the document."""
    error: _FieldError
    ancestors: Ancestors
    path: tuple[str | int, ...]
    null: int
    """The length of the path to the value that becomes null."""


class NullPropagation:
    """The field errors of one execution."""

    reach_root = False
    """Whether the data is null."""

    def __init__(self, *, enabled: bool) -> None:
        """`enabled`: whether nulls propagate; the operation may switch that off by a directive."""
        self._enabled = enabled
        self._errors: list[_FieldError] = []
        self._pending: list[_FieldError] = []
        """Errors of non-null values that have not been propagated."""
        self._nulls: set[Hashable] = set()
        """The locations of values that became null by propagation."""

    def add(
        self,
        batch: ValueBatch,
        index: int,
        error: Exception,
        phase: int,
        after_items: int | None = None,
    ) -> None:
        found = _FieldError(batch, index, error, phase, after_items)
        self._errors.append(found)
        if after_items or (batch.output_type.nonnull and self._enabled):
            self._pending.append(found)

    def propagate(self, phase: int | None = None) -> bool:
        """Whether a new error makes null a value that contains its own, or a list with items.

        An error of the current `phase` that crosses an awaited value takes effect in the next phase; without a
        phase, all take effect.
        """
        new, self._pending = self._pending, []
        propagated = False
        for error in new:
            located = self._locate(error)
            ancestors = located.ancestors
            if located.crosses_await and error.phase == phase:
                self._pending.append(error)
            elif located.null < len(ancestors) or error.after_items:
                propagated = True
                if located.null:
                    batch, index = ancestors[len(ancestors) - located.null]
                    self._nulls.add(batch.location(index))
                else:
                    self.reach_root = True
        return propagated

    def hide(self, batch: ValueBatch, index: int) -> bool:
        """Whether a value that contains this one became null."""
        return self.reach_root or any(
            above.location(at) in self._nulls for above, at in _ancestors(batch, index)
        )

    def settle(self, data: dict[str, Any]) -> tuple[dict[str, Any] | None, list[GraphQLError]]:
        """The data with all nulls, and the errors of the response.

        An error below a value that an earlier error made null is left out.
        """
        errors: list[GraphQLError] = []
        nulls: set[tuple[str | int, ...]] = set()
        for located in sorted(map(self._locate, self._errors), key=itemgetter(0, 1, 2, 3)):
            batch, raw = located.error.batch, located.error.error
            ancestors, path, null = located.ancestors, located.path, located.null
            if any(path[:length] in nulls for length in range(len(path) + 1)):
                continue
            errors.append(_graphql_error(raw, batch.field.nodes, list(path)))
            nulls.add(path[:null])
            if null == 0:
                return None, errors
            nulled, index = ancestors[len(ancestors) - null]
            nulled.put(index, None)
        return data, errors

    def _locate(self, error: _FieldError) -> _LocatedError:
        ancestors = _ancestors(error.batch, error.at)
        order = tuple([batch.order(index) for batch, index in reversed(ancestors)])
        if error.after_items is not None:
            # It has the place of the item that the list does not have.
            order = (*order, error.after_items)
        path = tuple([batch.key(index) for batch, index in reversed(ancestors)])
        null = _nearest_nullable(ancestors) if self._enabled else len(path)
        crosses = any(batch.awaited for batch, _ in ancestors[: len(ancestors) - null])
        distance = len(order) - null if crosses else 0
        return _LocatedError(error.phase, crosses, distance, order, error, ancestors, path, null)


def _nearest_nullable(ancestors: Ancestors) -> int:
    """The length of the path to the value that becomes null; 0 for the root."""
    for count, (batch, _) in enumerate(ancestors):
        if not batch.output_type.nonnull:
            return len(ancestors) - count
    return 0


def _ancestors(batch: ValueBatch | None, index: int) -> Ancestors:
    ancestors: Ancestors = []
    while batch is not None:
        ancestors.append((batch, index))
        batch, index = batch.parent(index)
    return ancestors


def _graphql_error(raw: Exception, nodes: list[FieldNode], path: list[str | int]) -> GraphQLError:
    """The error as the response has it, even if the exception itself raises when it is formatted."""
    try:
        return located_error(raw, nodes, path)
    except Exception:  # noqa: BLE001  # of a `__str__`, above all
        message = f"{type(raw).__name__} without a message"
        return GraphQLError(message, nodes, path=path, cause=raw, extensions={})
