"""Where values stand in the response: levels of objects, and columns of values under them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

from graphql.pyutils import Path

from core.execution.shapes import Shape

if TYPE_CHECKING:
    from core.execution.fields import Field
    from core.execution.selections import Selection


class Level(ABC):
    """Objects of one type that stand at one place of the document, and the answers made from them."""

    __slots__ = ("answers", "column", "selection")

    selection: Selection
    column: Column | None
    """The column whose values the objects are, in its order; None for the root."""
    answers: list[dict[str, Any]]

    @property
    @abstractmethod
    def objects(self) -> list[Any]: ...

    def values(self, attribute: str) -> list[Any]:
        """An attribute of each object. Errors: whatever reading it raises."""
        return [getattr(source, attribute) for source in self.objects]

    def path(self, index: int) -> Path | None:
        """The path of an object; None for the root."""
        return None if self.column is None else self.column.path(index)


class ObjectLevel(Level):
    """A level of objects that are there."""

    __slots__ = ("objects",)

    objects: list[Any]

    def __init__(self, selection: Selection, objects: list[Any], column: Column | None) -> None:
        self.selection = selection
        self.objects = objects
        self.column = column
        self.answers = []


class Column(ABC):
    """Values that stand under each other: of one field, for the objects of a level.

    A column may hold some of the objects only: `rows` then has their places in the level.
    """

    __slots__ = ("awaited", "field", "rows", "shape")

    field: Field
    shape: Shape
    rows: Sequence[int] | None
    awaited: bool
    """Whether execution waited for these very values."""

    def row(self, index: int) -> int:
        return index if self.rows is None else self.rows[index]

    def rows_at(self, indexes: Sequence[int]) -> Sequence[int]:
        rows = self.rows
        return indexes if rows is None else [rows[index] for index in indexes]

    @abstractmethod
    def part(self, indexes: Sequence[int], *, awaited: bool = False) -> Column:
        """The column of some of these values."""

    @abstractmethod
    def put(self, index: int, answer: Any) -> None:
        """Writes an answer where the value stands in the response."""

    def put_all(self, answers: list[Any]) -> None:
        """Writes the answers of all values."""
        for index, answer in enumerate(answers):
            self.put(index, answer)

    @abstractmethod
    def place(self, index: int) -> Hashable:
        """What tells the value's place from all others, as long as the column lives."""

    @abstractmethod
    def above(self, index: int) -> tuple[Column | None, int]:
        """The value that this one is a part of: its column and place; no column for the root."""

    @abstractmethod
    def origin(self, index: int) -> tuple[Level, int]:
        """The object that has the field: its level and place."""

    @abstractmethod
    def key(self, index: int, /) -> str | int:
        """The last step of the path."""

    @abstractmethod
    def order(self, index: int, /) -> int:
        """The place among the parts of the same value."""

    def path(self, index: int) -> Path:
        """The path of a value."""
        above, place = self.above(index)
        prefix = None if above is None else above.path(place)
        return Path(prefix, self.key(index), self.type_name)

    @property
    def type_name(self) -> str | None:
        """The type that has the field; None for an item of a list."""
        return None


class FieldColumn(Column):
    """Values of a field."""

    __slots__ = ("level",)

    def __init__(
        self,
        level: Level,
        field: Field,
        rows: Sequence[int] | None = None,
        *,
        awaited: bool = False,
    ) -> None:
        self.field = field
        self.shape = field.shape
        self.rows = rows
        self.awaited = awaited
        self.level = level

    def part(self, indexes: Sequence[int], *, awaited: bool = False) -> FieldColumn:
        rows = self.rows_at(indexes)
        return FieldColumn(self.level, self.field, rows, awaited=awaited or self.awaited)

    def put_all(self, answers: list[Any]) -> None:
        above, rows, key = self.level.answers, self.rows, self.field.key
        if rows is None:
            for parent, answer in zip(above, answers, strict=True):
                parent[key] = answer
        else:
            for row, answer in zip(rows, answers, strict=True):
                above[row][key] = answer

    def place(self, index: int) -> Hashable:
        return id(self.level), self.row(index), self.field.key

    def put(self, index: int, answer: Any) -> None:
        self.level.answers[self.row(index)][self.field.key] = answer

    def above(self, index: int) -> tuple[Column | None, int]:
        return self.level.column, self.row(index)

    def origin(self, index: int) -> tuple[Level, int]:
        return self.level, self.row(index)

    def key(self, _index: int, /) -> str | int:
        return self.field.key

    def order(self, _index: int, /) -> int:
        return self.field.order

    @property
    def type_name(self) -> str | None:
        return self.field.parent_type.name


class ItemColumn(Column):
    """The items of the lists in a column, one list after the other."""

    __slots__ = ("answers", "ends", "lists")

    def __init__(
        self,
        lists: Column,
        shape: Shape,
        ends: list[int],
        answers: list[list[Any]],
        rows: Sequence[int] | None = None,
        *,
        awaited: bool = False,
    ) -> None:
        self.field = lists.field
        self.shape = shape
        self.rows = rows
        self.awaited = awaited
        self.lists = lists
        self.ends = ends
        """Where each list ends among all items."""
        self.answers = answers
        """The lists of the response."""

    def part(self, indexes: Sequence[int], *, awaited: bool = False) -> ItemColumn:
        return ItemColumn(
            self.lists,
            self.shape,
            self.ends,
            self.answers,
            self.rows_at(indexes),
            awaited=awaited or self.awaited,
        )

    def place(self, index: int) -> Hashable:
        return id(self.answers), self.row(index)

    def put(self, index: int, answer: Any) -> None:
        which, place = self._find(index)
        self.answers[which][place] = answer

    def above(self, index: int) -> tuple[Column | None, int]:
        return self.lists, self._find(index)[0]

    def origin(self, index: int) -> tuple[Level, int]:
        return self.lists.origin(self._find(index)[0])

    def key(self, index: int, /) -> str | int:
        return self._find(index)[1]

    def order(self, index: int, /) -> int:
        return self._find(index)[1]

    def _find(self, index: int) -> tuple[int, int]:
        row = self.row(index)
        which = bisect_right(self.ends, row)
        return which, row - (self.ends[which - 1] if which else 0)
