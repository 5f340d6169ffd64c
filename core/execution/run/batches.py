"""Batches of execution: all objects at one place of the document, and all values of one field of them.

An `ObjectBatch` has the parent objects of fields: as Python objects, or as SQL rows. A `FieldBatch` has the values of
one field for such parents; an `ItemBatch` the items of all lists in a batch. Positions count within the parents, or
within all items; indexes count within a batch, which may have only some of the positions.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Hashable, Sequence
from operator import itemgetter
from typing import Any

from graphql.pyutils import Path

from core.execution.plan.output_types import OutputType
from core.execution.plan.selection import Field, Selection
from core.execution.rows.mapping import attribute_of
from core.execution.schema.row_layout import Layout, Rows


class ObjectBatch(ABC):
    """Objects of one type at one place of the document, and the results made of them."""

    __slots__ = ("batch", "results", "selection")

    selection: Selection
    batch: ValueBatch | None
    """The batch whose values the objects are, in its order; None for the root."""
    results: list[dict[str, Any]]
    """Of the objects, once their leaves are read."""

    @property
    @abstractmethod
    def objects(self) -> list[Any]: ...

    def attribute_values(self, attribute: str) -> list[Any]:
        """An attribute of each object. Errors: whatever reading it raises."""
        return [getattr(source, attribute) for source in self.objects]

    def path(self, index: int) -> Path | None:
        """The path of an object; None for the root."""
        return None if self.batch is None else self.batch.path(index)


class PlainObjectBatch(ObjectBatch):
    """A batch of Python objects."""

    __slots__ = ("objects",)

    objects: list[Any]

    def __init__(self, selection: Selection, objects: list[Any], batch: ValueBatch | None) -> None:
        self.selection = selection
        self.objects = objects
        self.batch = batch


class RowBatch(ObjectBatch):
    """A batch of SQL rows, of which objects are made only if something asks for them."""

    __slots__ = ("_lists", "_make", "_objects", "_shared", "layout", "rows")

    def __init__(
        self,
        selection: Selection,
        rows: Sequence[Any],
        lists: Sequence[Rows[Any]],
        layout: Layout[Any],
        batch: ValueBatch | None,
    ) -> None:
        """`lists`: the lists to which the rows belong."""
        self.selection = selection
        self.rows = rows
        self._lists = lists
        self.layout = layout
        self._make = layout.make
        self.batch = batch
        self._objects: list[Any] | None = None
        self._shared: list[Any] | None = None

    @classmethod
    def nested(cls, parents: RowBatch, field: Field, selection: Selection) -> RowBatch:
        """The objects of a field, which lie in the rows of the parents, and whose results are in place."""
        layout: Any = parents.layout.places[attribute_of(field)]
        inside, rows = layout.inside, parents.rows
        if inside is not None:
            rows = list(map(itemgetter(inside), rows))
        batch = cls(selection, rows, parents._lists, layout, FieldBatch(parents, field))
        batch._make = layout.make_within
        batch.results = list(map(itemgetter(field.key), parents.results))
        return batch

    @property
    def objects(self) -> list[Any]:
        if self._objects is None:
            self._objects = list(map(self._make, self.rows, self.shared))
        return self._objects

    @property
    def shared(self) -> list[Any]:
        """For each row, what its list shares."""
        if self._shared is None:
            self._shared = Rows.shared_by_each(self._lists)
        return self._shared

    def attribute_values(self, attribute: str) -> list[Any]:
        place = self.layout.places.get(attribute)
        if isinstance(place, int):
            return list(map(itemgetter(place), self.rows))
        return super().attribute_values(attribute)


class ValueBatch(ABC):
    """Values of one field, or items of its lists."""

    __slots__ = ("awaited", "field", "output_type", "positions")

    field: Field
    output_type: OutputType
    positions: Sequence[int] | None
    """The positions of the values; None for all of them."""
    awaited: bool
    """Whether the values are results of awaitables."""

    def position(self, index: int) -> int:
        return index if self.positions is None else self.positions[index]

    def positions_at(self, indexes: Sequence[int]) -> Sequence[int]:
        positions = self.positions
        return indexes if positions is None else [positions[index] for index in indexes]

    @abstractmethod
    def part(self, indexes: Sequence[int], *, awaited: bool = False) -> ValueBatch:
        """The batch of some of these values."""

    @abstractmethod
    def put(self, index: int, result: Any) -> None:
        """Writes a completed value where it belongs in the response."""

    def put_all(self, results: list[Any]) -> None:
        """Writes all completed values."""
        for index, result in enumerate(results):
            self.put(index, result)

    @abstractmethod
    def location(self, index: int) -> Hashable:
        """Identifies the value's place in the response, as long as the batch lives."""

    @abstractmethod
    def parent(self, index: int) -> tuple[ValueBatch | None, int]:
        """The value that contains this one: its batch and index; no batch for the root."""

    @abstractmethod
    def owner(self, index: int) -> tuple[ObjectBatch, int]:
        """The object that has the field: its batch and index."""

    @abstractmethod
    def key(self, index: int, /) -> str | int:
        """The last step of the path."""

    @abstractmethod
    def order(self, index: int, /) -> int:
        """The place among the parts of the same value."""

    def path(self, index: int) -> Path:
        """The path of a value."""
        parent, at = self.parent(index)
        prefix = None if parent is None else parent.path(at)
        return Path(prefix, self.key(index), self.type_name)

    @property
    def type_name(self) -> str | None:
        """The type that has the field; None for an item of a list."""
        return None


class FieldBatch(ValueBatch):
    """Values of a field."""

    __slots__ = ("parents",)

    def __init__(
        self,
        parents: ObjectBatch,
        field: Field,
        positions: Sequence[int] | None = None,
        *,
        awaited: bool = False,
    ) -> None:
        self.field = field
        self.output_type = field.output_type
        self.positions = positions
        self.awaited = awaited
        self.parents = parents

    def part(self, indexes: Sequence[int], *, awaited: bool = False) -> FieldBatch:
        positions = self.positions_at(indexes)
        return FieldBatch(self.parents, self.field, positions, awaited=awaited or self.awaited)

    def put_all(self, results: list[Any]) -> None:
        key, objects = self.field.key, self.parents.results
        if self.positions is not None:
            objects = [objects[position] for position in self.positions]
        for parent, result in zip(objects, results, strict=True):
            parent[key] = result

    def location(self, index: int) -> Hashable:
        return id(self.parents), self.position(index), self.field.key

    def put(self, index: int, result: Any) -> None:
        self.parents.results[self.position(index)][self.field.key] = result

    def parent(self, index: int) -> tuple[ValueBatch | None, int]:
        return self.parents.batch, self.position(index)

    def owner(self, index: int) -> tuple[ObjectBatch, int]:
        return self.parents, self.position(index)

    def key(self, _index: int, /) -> str | int:
        return self.field.key

    def order(self, _index: int, /) -> int:
        return self.field.order

    @property
    def type_name(self) -> str | None:
        return self.field.parent_type.name


class ItemBatch(ValueBatch):
    """The items of the lists in a batch, one list after the other."""

    __slots__ = ("ends", "lists", "results")

    def __init__(
        self,
        lists: ValueBatch,
        output_type: OutputType,
        ends: list[int],
        results: list[list[Any]],
        positions: Sequence[int] | None = None,
        *,
        awaited: bool = False,
    ) -> None:
        self.field = lists.field
        self.output_type = output_type
        self.positions = positions
        self.awaited = awaited
        self.lists = lists
        self.ends = ends
        """Where each list ends among all items."""
        self.results = results
        """The lists of the response."""

    def part(self, indexes: Sequence[int], *, awaited: bool = False) -> ItemBatch:
        return ItemBatch(
            self.lists,
            self.output_type,
            self.ends,
            self.results,
            self.positions_at(indexes),
            awaited=awaited or self.awaited,
        )

    def location(self, index: int) -> Hashable:
        return id(self.results), self.position(index)

    def put(self, index: int, result: Any) -> None:
        which, place = self._find(index)
        self.results[which][place] = result

    def parent(self, index: int) -> tuple[ValueBatch | None, int]:
        return self.lists, self._find(index)[0]

    def owner(self, index: int) -> tuple[ObjectBatch, int]:
        return self.lists.owner(self._find(index)[0])

    def key(self, index: int, /) -> str | int:
        return self._find(index)[1]

    def order(self, index: int, /) -> int:
        return self._find(index)[1]

    def _find(self, index: int) -> tuple[int, int]:
        position = self.position(index)
        which = bisect_right(self.ends, position)
        return which, position - (self.ends[which - 1] if which else 0)
