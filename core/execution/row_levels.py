"""Rows of a level, read straight into answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from core.execution.fields import Field
from core.execution.positions import Column, FieldColumn, Level
from core.execution.row_sources import Computed, Constant, is_certain, source_of
from core.execution.rows import Layout, Rows

if TYPE_CHECKING:
    from core.execution.run import Run
    from core.execution.selections import Selection

Answers = list[dict[str, Any]]
ReadRows = Callable[["Run", "RowLevel"], Answers | None]


class RowLevel(Level):
    """A level whose objects are rows still."""

    __slots__ = ("_lists", "_objects", "_shared", "layout", "rows")

    def __init__(
        self,
        selection: Selection,
        rows: Sequence[Any],
        lists: Sequence[Rows[Any]],
        layout: Layout[Any],
        column: Column | None,
    ) -> None:
        """`lists`: those that the rows are of."""
        self.selection = selection
        self.rows = rows
        self._lists = lists
        self.layout = layout
        self.column = column
        self.answers = []
        self._objects: list[Any] | None = None
        self._shared: list[Any] | None = None

    @property
    def objects(self) -> list[Any]:
        if self._objects is None:
            self._objects = list(map(self.layout.make, self.rows, self.shared))
        return self._objects

    @property
    def shared(self) -> list[Any]:
        """For each row, what its list shares."""
        if self._shared is None:
            self._shared = Rows.shared_by_each(self._lists)
        return self._shared

    def values(self, attribute: str) -> list[Any]:
        place = self.layout.places.get(attribute)
        if isinstance(place, int):
            return [row[place] for row in self.rows]
        return super().values(attribute)

    def below(self, run: Run, field: Field) -> RowLevel:
        """The level of a field's objects, which lie in the same rows, and whose answers are there."""
        layout: Any = self.layout.places[field.way.attribute or ""]
        shape: Any = field.shape
        selection = run.branch.selection(field, shape.graphql_type, run.variables)
        inside = layout.inside
        rows = self.rows if inside is None else [row[inside] for row in self.rows]
        level = RowLevel(selection, rows, self._lists, layout, FieldColumn(self, field))
        key = field.key
        level.answers = [answer[key] for answer in self.answers]
        return level


def read_rows(run: Run, column: Column, lists: Sequence[Rows[Any]]) -> Answers | None:
    """The answers for the rows of lists of one layout; None where objects must be made to tell."""
    shape: Any = column.shape
    layout = lists[0].layout
    if not is_certain(shape, layout):
        return None
    try:
        selection = run.branch.selection(column.field, shape.graphql_type, run.variables)
        read = selection.row_readers.get(layout)
        if read is None:
            read = selection.row_readers[layout] = _Text(run).reader(selection, layout)
    except Exception:  # noqa: BLE001  # a refused directive is the error of each object
        return None
    rows = Rows.joined(lists)
    return read(run, RowLevel(selection, rows, lists, layout, column)) if rows else []


class _Text:
    """The text of a function that makes answers of rows in one expression, as it is put together.

    What can't be read from columns is left for later: it goes the way of objects. So does the level as a whole
    if anything fails, which has had no effect by then.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._names: dict[str, Any] = {}
        self._columns: list[str] = []
        self._together: list[str] = []
        """Columns that have a value for every row."""
        self._levels = 1
        self._after: list[str] = []

    def reader(self, selection: Selection, layout: Layout[Any]) -> ReadRows:
        answer = self._object(selection, layout, "row", "level0", None)
        columns = "".join(f", {name}" for name in self._together)
        loop = (
            f"for row{columns} in zip(rows{columns}, strict=True)" if columns else "for row in rows"
        )
        text = "\n".join(
            (
                "def read_rows(run, level0):",
                "    rows = level0.rows",
                "    try:",
                *(f"        {line}" for line in self._columns),
                f"        level0.answers = answers = [{answer} {loop}]",
                "    except Exception: return None",
                *(f"    {line}" for line in self._after),
                "    return answers",
            )
        )
        exec(text, self._names)  # noqa: S102  # text made of numbers and checked names only
        read: ReadRows = self._names["read_rows"]
        return read

    def _object(
        self, selection: Selection, layout: Layout[Any], base: str, level: str, absent: str | None
    ) -> str:
        pairs = [
            f"{field.key!r}: {self._value(field, layout, base, level, absent)}"
            for field in selection.fields
        ]
        return f"{{{', '.join(pairs)}}}"

    def _value(
        self, field: Field, layout: Layout[Any], base: str, level: str, absent: str | None
    ) -> str:
        """How a value is written: `absent` is what is null in rows that don't have the object."""
        source = source_of(field, layout)
        text: str | None = None
        if isinstance(source, Constant):
            text = repr(source.value)
        elif isinstance(source, int):
            text = f"{base}[{source}]"
        elif isinstance(source, Computed):
            text = self._computed(source, base, absent)
        elif isinstance(source, Layout):
            text = self._nested(field, source, base, level, absent)
        if text is None:
            self._later(field, level)
        return text or "None"

    def _nested(
        self,
        field: Field,
        place: Layout[Any],
        base: str,
        level: str,
        absent: str | None,
    ) -> str | None:
        """How an object that lies in the same row is written, if that can be done."""
        if place.optional and absent is not None:
            return None
        shape: Any = field.shape
        selection = self._run.branch.selection(field, shape.graphql_type, self._run.variables)
        where = place.within(base)
        if not place.optional:
            below = f"level{self._levels}"
            self._levels += 1
            before = len(self._after)
            text = self._object(selection, place, where, below, absent)
            if len(self._after) > before:
                self._names[f"field_{below}"] = field
                self._after.insert(before, f"{below} = {level}.below(run, field_{below})")
            return text
        kept = (len(self._after), len(self._columns))
        null = place.absent(base)
        text = self._object(selection, place, where, "", null)
        if len(self._after) > kept[0]:
            del self._after[kept[0] :], self._columns[kept[1] :]
            return None
        return f"(None if {null} is None else {text})"

    def _later(self, field: Field, level: str) -> None:
        name = f"field{len(self._names)}"
        self._names[name] = field
        self._after.append(f"run.read_later({level}, {name})")

    def _computed(self, source: Computed, base: str, absent: str | None) -> str | None:
        if absent and not all(isinstance(place, int) for place in source.places):
            return None
        there = f" if {absent} is not None" if absent else ""
        columns = [
            f"[{base}[{place}] for row in rows{there}]"
            if isinstance(place, int)
            else "level0.shared"
            for place in source.places
        ]
        number = len(self._names)
        self._names[f"function{number}"] = source.function
        call = f"function{number}({', '.join(columns)})"
        if absent:
            self._columns.append(f"next{number} = iter({call}).__next__")
            return f"next{number}()"
        self._columns.append(f"value{number} = {call}")
        self._together.append(f"value{number}")
        return f"value{number}"
