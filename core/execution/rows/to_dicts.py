"""Reads SQL rows straight into results."""

from __future__ import annotations

from typing import Any

from core.execution.plan.codegen import row_reader
from core.execution.plan.selection import ReadRows, Select, Selection
from core.execution.rows.mapping import row_fields
from core.execution.schema.row_layout import Layout


def reader_of(selection: Selection, layout: Layout[Any], select: Select) -> ReadRows:
    """The function that makes results of rows of that layout. Errors: GraphQLError."""
    read = selection.row_readers.get(layout)
    if read is None:
        read = row_reader(row_fields(selection, layout, select))
        selection.row_readers[layout] = read
    return read
