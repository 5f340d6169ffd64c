"""Writes lists of SQL rows as JSON, where all values of the selection lie in the rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate, chain, groupby
from operator import itemgetter
from typing import Any, NamedTuple

import orjson
from orjson import Fragment

from core.execution.plan.codegen import (
    Computed,
    Constant,
    Nested,
    RowColumn,
    RowFields,
    RowSource,
    WrittenJSON,
)
from core.execution.plan.output_types import ListType, OutputType
from core.execution.plan.selection import Field, Select
from core.execution.rows.mapping import attribute_of, is_certain, resolves_later, row_fields
from core.execution.schema.hints import GlobalIdEncoder
from core.execution.schema.row_layout import Layout, Place, RowLists

try:
    from core.native.row_template import (
        COLUMN,
        COMPUTED,
        LITERAL,
        NUMBERED,
        UNLESS_NULL,
        Template,
    )
except ImportError:  # Not compiled: rows become dicts, then JSON; nothing below is used.
    Template = None  # type: ignore[assignment, misc]  # there is none


class Step(NamedTuple):
    """What a template writes next."""

    kind: int
    column: int = 0
    """The column of the row; for COMPUTED, the number of the computed list."""
    inside: int = -1
    """The place in the record that the column holds; -1 for the column itself."""
    skip: int = 0
    """For UNLESS_NULL: how many steps write the optional object."""
    text: bytes = b""
    """For LITERAL the text, for NUMBERED the prefix of the number."""


WriteObjects = Callable[[RowLists[Any]], list[Any] | None]
"""Writes objects with lists of rows as JSON; returns None if there is a value that the template can't write."""


class _NotWritable(Exception):
    """A value of the selection does not lie in the rows."""


def writer_of(
    field: Field, item_type: OutputType, layout: Layout[Any], select: Select
) -> RowWriter | None:
    """What writes the field's lists of rows as items of that type; None if values don't all lie in the rows.

    Errors: GraphQLError.
    """
    key = (layout, item_type)
    if key not in field.row_writers:
        field.row_writers[key] = _writer(field, item_type, layout, select)
    writer: RowWriter | None = field.row_writers[key]
    return writer


def _writer(
    field: Field, item_type: OutputType, layout: Layout[Any], select: Select
) -> RowWriter | None:
    if Template is None or not (layout.is_direct and is_certain(item_type, layout.kind)):
        return None
    steps = _Steps()
    try:
        steps.add_object(row_fields(select(field, item_type.graphql_type), layout, select))
    except _NotWritable:
        return None
    return RowWriter(steps.steps, steps.computed)


def list_writer_of(field: Field, objects: RowLists[Any], select: Select) -> WriteObjects | None:
    """What writes such objects of a field; None if they have values that don't all lie in the rows.

    Errors: GraphQLError.
    """
    key = (objects.kind, objects.attribute, objects.layout)
    if key not in field.list_writers:
        field.list_writers[key] = _list_writer(field, objects, select)
    write: WriteObjects | None = field.list_writers[key]
    return write


def _list_writer(field: Field, objects: RowLists[Any], select: Select) -> WriteObjects | None:
    """What writes objects of which the list and constants are selected."""
    object_type = field.output_type
    if not is_certain(object_type, objects.kind):
        return None
    fields = select(field, object_type.graphql_type).fields
    lists = [number for number, field in enumerate(fields) if field.constant is None]
    if len(lists) != 1 or attribute_of(fields[lists[0]]) != objects.attribute:
        return None
    (place,) = lists
    output_type = fields[place].output_type
    if not isinstance(output_type, ListType):
        return None
    writer = writer_of(fields[place], output_type.item, objects.layout, select)
    if writer is None:
        return None
    write, texts = writer.write, [_key(field) + orjson.dumps(field.constant) for field in fields]
    before = b"{" + b",".join([*texts[:place], _key(fields[place]) + b"["])
    after = b",".join([b"]", *texts[place + 1 :]]) + b"}"
    return lambda objects: write(objects.lists, objects.shared_by_each, before, after)


def written_fields(fields: RowFields, record: int | None = None) -> RowFields:
    """The same fields for a reader of rows whose results go to orjson: neighbours whose values lie in the rows are one.

    Its key is that of the first of them, and its value is JSON that has the keys of the others as well. What is
    resolved later stays a field, and so does an object that has such a field: a null can take the place of either.
    `record`: the column that holds the object, if it lies in one.
    """
    if Template is None:
        return fields
    found: RowFields = []
    for is_later, group in groupby(fields, lambda field: resolves_later([field])):
        run = list(group)
        if is_later:
            found += [(field, _around_later(source, record)) for field, source in run]
        elif len(run) == 1 and not isinstance(run[0][1], Nested):
            found += run
        else:
            found += _as_one(run, record)
    return found


def _around_later(source: RowSource, record: int | None) -> RowSource:
    if not isinstance(source, Nested):
        return source
    inside = source.layout.inside
    if inside is not None and record is not None:
        return source  # A template reads no record of a record.
    return source._replace(
        fields=written_fields(source.fields, record if inside is None else inside)
    )


def _as_one(run: RowFields, record: int | None) -> RowFields:
    steps = _Steps(record)
    try:
        steps.add_values(run)
    except _NotWritable:
        return run
    return [(run[0][0], WrittenJSON(RowWriter(steps.steps, steps.computed).write_each))]


class RowWriter:
    """Writes rows of one layout for one selection."""

    def __init__(self, steps: Sequence[Step], computed: Sequence[Computed]) -> None:
        self._write = Template(tuple(steps)).write
        self._computed = computed

    def write(
        self,
        lists: Sequence[Sequence[Any]],
        shared: Callable[[], list[Any]],
        before: bytes = b"[",
        after: bytes = b"]",
    ) -> list[Any] | None:
        """A JSON array for each list of rows; None if there is a value that the template can't write.

        `shared`: for each row, what its list shares. `before`, `after`: what is written around the items.
        """
        ends = tuple(accumulate(map(len, lists)))
        try:
            return self._written(list(chain.from_iterable(lists)), shared, ends, before, after)
        except Exception:  # noqa: BLE001  # the values are completed one by one
            return None

    def write_each(self, batch: Any) -> list[Any]:
        """The JSON of each row of a batch. Errors: whatever its values or a function of them raise."""
        return self._written(batch.rows, lambda: batch.shared, None)

    def _written(
        self,
        rows: list[Any],
        shared: Callable[[], list[Any]],
        ends: tuple[int, ...] | None,
        *around: bytes,
    ) -> list[Any]:
        def column(place: Place) -> list[Any]:
            return list(map(itemgetter(place), rows)) if isinstance(place, int) else shared()

        functions = self._computed if rows else ()
        computed = tuple([part.function(*map(column, part.places)) for part in functions])
        return list(map(Fragment, self._write(rows, ends, computed, *around)))


class _Steps:
    """The steps of a template, as fields are added."""

    def __init__(self, record: int | None = None) -> None:
        self.steps: list[Step] = []
        self.computed: list[Computed] = []
        self._record = record
        """The column that holds the record that is being written."""
        self._is_optional = False
        self._begun = 0
        """Literals before this step may not be extended."""

    def add_object(self, fields: RowFields) -> None:
        """Errors: _NotWritable."""
        if not fields:
            self._add_literal(b"{}")
            return
        self._add_literal(b"{" + _key(fields[0][0]))
        self.add_values(fields)
        self._add_literal(b"}")

    def add_values(self, fields: RowFields) -> None:
        """The values, and between them the keys. Errors: _NotWritable."""
        for number, (field, source) in enumerate(fields):
            if number:
                self._add_literal(b"," + _key(field))
            self._add_value(source)

    def _add_value(self, source: RowSource) -> None:
        match source:
            case Constant(value):
                self._add_literal(orjson.dumps(value))
            case RowColumn(number):
                self._add_read(COLUMN, number)
            case Computed():
                self._add_computed(source)
            case Nested():
                self._add_nested(source)
            case _:
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
        if isinstance(function, GlobalIdEncoder) and isinstance(places[0], int):
            self._add_read(NUMBERED, places[0], function.prefix)
        elif self._is_optional or self._record is not None:
            raise _NotWritable
        else:
            self.steps.append(Step(COMPUTED, len(self.computed)))
            self.computed.append(source)

    def _add_nested(self, nested: Nested) -> None:
        layout, fields = nested
        if self._is_optional or (layout.inside is not None and self._record is not None):
            raise _NotWritable
        around, question = self._record, len(self.steps)
        if layout.optional:
            self._add_read(UNLESS_NULL, layout.first if layout.inside is None else layout.inside)
            self._begun = len(self.steps)
        self._is_optional = layout.optional
        self._record = around if layout.inside is None else layout.inside
        self.add_object(fields)
        self._record, self._is_optional = around, False
        if layout.optional:
            self._begun = len(self.steps)
            skip = self._begun - question - 1
            self.steps[question] = self.steps[question]._replace(skip=skip)


def _key(field: Field) -> bytes:
    return orjson.dumps(field.key) + b":"
