"""Lists of rows, written as JSON at once, where all of their answers lie in the rows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from orjson import Fragment

from core.execution.fields import Field
from core.execution.hints import Base64Numbers
from core.execution.row_sources import Computed, Constant, is_certain, source_of
from core.execution.rows import Layout, Place, Rows

try:
    from core.execution.row_template import Template
except ImportError:  # Not compiled here: rows become dicts, and those JSON.
    Template = None  # type: ignore[assignment, misc]  # there is none

if TYPE_CHECKING:
    from core.execution.run import Run
    from core.execution.selections import Selection

# As in row_template.c.
LITERAL, COLUMN, NUMBERED, COMPUTED, UNLESS_NULL = range(5)


class Step(NamedTuple):
    """What a template writes next."""

    kind: int
    column: int = 0
    """Of the row; for COMPUTED, which of the computed lists."""
    inside: int = -1
    """The place in the record that the column holds, if that is meant."""
    skip: int = 0
    """For UNLESS_NULL: how many steps are about what may not be there."""
    text: bytes = b""
    """For LITERAL what is written, for NUMBERED what stands before the number."""


class _NotWritable(Exception):
    """More than the rows is needed."""


def write_rows(run: Run, field: Field, shape: Any, lists: Sequence[Rows[Any]]) -> list[Any] | None:
    """A JSON array for each list of rows of one layout; None where answers don't all lie in the rows.

    `shape`: of an item.
    """
    layout = lists[0].layout
    if Template is None or not is_certain(shape, layout):
        return None
    try:
        selection = run.branch.selection(field, shape.graphql_type, run.variables)
        if layout not in selection.row_writers:
            selection.row_writers[layout] = _writer(run, selection, layout)
        writer = selection.row_writers[layout]
        return None if writer is None else writer.write(lists)
    except Exception:  # noqa: BLE001  # each object finds the errors of its own fields
        return None


class RowWriter:
    """How rows of one layout are written for one selection."""

    def __init__(self, steps: Sequence[Step], computed: Sequence[Computed]) -> None:
        self._write = Template(tuple(steps)).write
        self._computed = computed

    def write(self, lists: Sequence[Rows[Any]]) -> list[Any]:
        """Errors: any, if a value is none that a template can write."""
        rows = Rows.joined(lists)
        if not rows:
            return [[] for _ in lists]

        def column(place: Place) -> list[Any]:
            if isinstance(place, int):
                return [row[place] for row in rows]
            return Rows.shared_by_each(lists)

        computed = tuple([part.function(*map(column, part.places)) for part in self._computed])
        ends = tuple(accumulate([len(of.rows) for of in lists]))
        return list(map(Fragment, self._write(rows, ends, computed)))


def _writer(run: Run, selection: Selection, layout: Layout[Any]) -> RowWriter | None:
    text = _Steps(run)
    try:
        text.add_object(selection, layout)
    except _NotWritable:
        return None
    return RowWriter(text.steps, text.computed)


class _Steps:
    """The steps of a template, as they are put together."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.steps: list[Step] = []
        self.computed: list[Computed] = []
        self._record: int | None = None
        """The column that holds the record that is being written."""
        self._is_optional = False
        self._begun = 0
        """Literals before this step are not to be lengthened."""

    def add_object(self, selection: Selection, layout: Layout[Any]) -> None:
        """Errors: _NotWritable."""
        before = b"{"
        for field in selection.fields:
            self._add_literal(before + orjson.dumps(field.key) + b":")
            self._add_value(field, layout)
            before = b","
        self._add_literal(b"}" if selection.fields else b"{}")

    def _add_value(self, field: Field, layout: Layout[Any]) -> None:
        source = source_of(field, layout)
        if isinstance(source, Constant):
            self._add_literal(orjson.dumps(source.value))
        elif isinstance(source, int):
            self._add_read(COLUMN, source)
        elif isinstance(source, Computed):
            self._add_computed(source)
        elif isinstance(source, Layout):
            self._add_nested(field, source)
        else:
            raise _NotWritable

    def _add_literal(self, text: bytes) -> None:
        steps = self.steps
        if len(steps) > self._begun and steps[-1].kind == LITERAL:
            text = steps.pop().text + text
        steps.append(Step(LITERAL, text=text))

    def _add_read(self, kind: int, place: int, text: bytes = b"") -> None:
        inside = (place, -1) if self._record is None else (self._record, place)
        self.steps.append(Step(kind, *inside, text=text))

    def _add_computed(self, source: Computed) -> None:
        function, places = source
        if isinstance(function, Base64Numbers) and isinstance(places[0], int):
            self._add_read(NUMBERED, places[0], function.prefix)
        elif self._is_optional or self._record is not None:
            raise _NotWritable
        else:
            self.steps.append(Step(COMPUTED, len(self.computed)))
            self.computed.append(source)

    def _add_nested(self, field: Field, layout: Layout[Any]) -> None:
        """Adds an object that lies in the same row."""
        if self._is_optional or (layout.inside is not None and self._record is not None):
            raise _NotWritable
        shape: Any = field.shape
        selection = self._run.branch.selection(field, shape.graphql_type, self._run.variables)
        around, question = self._record, len(self.steps)
        if layout.optional:
            self._add_read(UNLESS_NULL, layout.first if layout.inside is None else layout.inside)
            self._begun = len(self.steps)
        self._is_optional = layout.optional
        self._record = around if layout.inside is None else layout.inside
        self.add_object(selection, layout)
        self._record, self._is_optional = around, False
        if layout.optional:
            self._begun = len(self.steps)
            skip = self._begun - question - 1
            self.steps[question] = self.steps[question]._replace(skip=skip)
